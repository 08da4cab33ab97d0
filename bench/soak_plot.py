"""Memory and descriptors over the minutes of a soak, one panel below the other."""
import plot

HEIGHT = 220


def draw(result):
    samples = result["samples"]
    memory = [(each["minute"], each["memory"] / 1e6) for each in samples]
    descriptors = [(each["minute"], each["descriptors"] / 1e3) for each in samples]
    lines = plot.panel(memory, ("minutes", "MB of user memory"), height=HEIGHT, dots=False)
    lines += plot.panel(descriptors, ("minutes", "descriptors, in thousands"), top=HEIGHT, height=HEIGHT,
                        dots=False)
    told = (f"{result['tunnels']:,} tunnels over {result['minutes']:g} minutes. Memory from "
            f"{min(y for _, y in memory):.1f} to {max(y for _, y in memory):.1f} MB, descriptors from "
            f"{min(y for _, y in descriptors):.2f} to {max(y for _, y in descriptors):.2f} thousand.")
    return plot.document(2 * HEIGHT, "Memory and descriptors during a soak", told, lines)
