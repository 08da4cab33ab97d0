"""User memory against tunnels, as an SVG that is readable on light and on dark pages."""

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 20, 44
STYLE = ("text{font:12px system-ui,sans-serif;fill:#666}.axis{stroke:#999;fill:none}"
         ".grid{stroke:#9996;fill:none}.line{stroke:#2a78d6;stroke-width:2;fill:none}.dot{fill:#2a78d6}")


def _steps(most, wanted=5):
    """Round numbers from 0 to at least `most`, about as many as wanted."""
    round_ones = (unit * 10 ** power for power in range(9) for unit in (1, 2, 5))
    step = next(each for each in round_ones if most <= each * wanted)
    return [step * i for i in range(-int(-most // step) + 1)]


def draw(result):
    points = [(0, result["user_before"] / 1e6)] + [(each["tunnels"], each["user"] / 1e6)
                                                    for each in result["levels"]]
    across, up = _steps(points[-1][0] / 1000), _steps(max(y for _, y in points))

    def place(x, y):
        inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return LEFT + x / 1000 / across[-1] * inner_width, HEIGHT - BOTTOM - y / up[-1] * inner_height

    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
             "<title>User memory of all processes against open tunnels</title>", f"<style>{STYLE}</style>"]
    for value in up:
        x, y = place(0, value)
        lines.append(f'<path class="grid" d="M{x:.1f} {y:.1f}H{WIDTH - RIGHT}"/>'
                     f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in across:
        x, y = place(value * 1000, 0)
        lines.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{value:g}k</text>')
    lines.append(f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    placed = [place(x, y) for x, y in points]
    lines.append('<polyline class="line" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in placed) + '"/>')
    lines += [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in placed]
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">open tunnels</text>')
    lines.append(f'<text x="{LEFT + 8}" y="{TOP + 4}">MB of user memory, all processes</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"
