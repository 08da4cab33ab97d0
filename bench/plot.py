"""One panel of a plot as SVG: axes from 0, a line with dots; readable on light and on dark pages."""
from xml.sax.saxutils import escape

WIDTH = 640
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 20, 44
STYLE = ("text{font:12px system-ui,sans-serif;fill:#595959}.axis{stroke:#999;fill:none}"
         ".grid{stroke:#9996;fill:none}.line{stroke:#2a78d6;stroke-width:2;fill:none}.dot{fill:#2a78d6}"
         ".other{fill:#8a8a8a}.mark{stroke:#2a78d6;stroke-dasharray:4 3;fill:none}"
         "@media(prefers-color-scheme:dark){text{fill:#b4b4b4}.line,.mark{stroke:#5aa2f5}.dot{fill:#5aa2f5}}")


def steps(most, wanted=5):
    """Round numbers from 0 to at least `most`, about as many as wanted."""
    round_ones = (unit * 10 ** power for power in range(-3, 12) for unit in (1, 2, 5))
    step = next(each for each in round_ones if most <= each * wanted)
    return [step * i for i in range(-int(-most // step) + 1)]


def document(height, title, description, lines, style=""):
    """The whole file; who cannot see it is read the title and the description."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title>', f'<desc id="desc">{escape(description)}</desc>',
        f"<style>{STYLE}{style}</style>", *lines, "</svg>"]) + "\n"


def panel(points, words, top=0, height=320, across_unit=1, across_suffix="", dots=True):
    """The lines of one panel. words: (what is across, what is up)."""
    across = steps(max(x for x, _ in points) / across_unit)
    up = steps(max(y for _, y in points))
    bottom = top + height - BOTTOM

    def place(x, y):
        return (LEFT + x / across_unit / across[-1] * (WIDTH - LEFT - RIGHT),
                bottom - y / up[-1] * (height - TOP - BOTTOM))

    lines = []
    for value in up:
        x, y = place(0, value)
        lines.append(f'<path class="grid" d="M{x:.1f} {y:.1f}H{WIDTH - RIGHT}"/>'
                     f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in across:
        x, y = place(value * across_unit, 0)
        lines.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">'
                     f'{value:g}{across_suffix}</text>')
    lines.append(f'<path class="axis" d="M{LEFT} {top + TOP}V{bottom}H{WIDTH - RIGHT}"/>')
    placed = [place(x, y) for x, y in points]
    lines.append('<polyline class="line" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in placed) + '"/>')
    if dots:
        lines += [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in placed]
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(f'<text x="{middle}" y="{top + height - 8}" text-anchor="middle">{escape(words[0])}</text>')
    lines.append(f'<text x="{LEFT}" y="{top + TOP - 7}">{escape(words[1])}</text>')
    return lines
