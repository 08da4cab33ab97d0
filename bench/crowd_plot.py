"""User memory against tunnels."""
import plot


def draw(result):
    points = [(0, result["user_before"] / 1e6)] + [(each["tunnels"], each["user"] / 1e6)
                                                    for each in result["levels"]]
    told = ", ".join(f"{count:,} tunnels {memory:.1f} MB" for count, memory in points)
    lines = plot.panel(points, ("open tunnels", "MB of user memory, all processes"), across_unit=1000,
                       across_suffix="k")
    return plot.document(320, "User memory of all processes against open tunnels", told, lines)
