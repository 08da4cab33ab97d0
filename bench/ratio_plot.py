"""What each work costs Fairlead beside each peer: a row for each cost, a dot for each peer, on a log axis."""
import math
import statistics

import plot
from figures import METRICS, PEERS, ratios

ROW, LABELS, RIGHT, TOP, BOTTOM = 22, 300, 20, 64, 34
TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
# Circles are HAProxy and squares nginx; filled is by default, hollow is tuned.
STYLE = (".haproxy{fill:#2a78d6;stroke:#2a78d6}.nginx{fill:#c2611f;stroke:#c2611f}"
         ".tuned{fill:none;stroke-width:2}"
         ".even{stroke:#777;stroke-width:1.5}"
         "@media(prefers-color-scheme:dark){.haproxy{fill:#5aa2f5;stroke:#5aa2f5}"
         ".nginx{fill:#f0924f;stroke:#f0924f}"
         ".tuned{fill:none}}")


def costs(samples):
    """(text, {peer: median ratio}) of each cost that Fairlead and a peer have."""
    rows = []
    for metric, (part, text, unit, _) in METRICS.items():
        if unit not in ("µs", "B") or part.startswith("storm"):
            continue
        found = {peer: ratios(samples, metric, "fairlead", peer) for peer in PEERS}
        middles = {peer: statistics.median(each) for peer, each in found.items() if each}
        if middles:
            is_again = part == "tls-memory" and "wss" not in text
            rows.append((text + (" (wss)" if is_again else ""), middles))
    return rows


def _across(ratio):
    first, last = math.log(TICKS[0]), math.log(TICKS[-1])
    at = (math.log(min(max(ratio, TICKS[0]), TICKS[-1])) - first) / (last - first)
    return LABELS + at * (plot.WIDTH - LABELS - RIGHT)


def _dot(peer, x, y):
    kind = peer.replace("-", " ")
    if peer.startswith("haproxy"):
        return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    return f'<rect class="{kind}" x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7"/>'


def draw(samples):
    rows = costs(samples)
    height = TOP + ROW * len(rows) + BOTTOM
    lines = []
    for number, peer in enumerate(PEERS):
        x = 20 + 150 * number
        lines += [_dot(peer, x, 16), f'<text x="{x + 10}" y="20">{peer}</text>']
    lines.append(f'<text x="{_across(1) - 8:.1f}" y="{TOP - 24}" text-anchor="end">'
                 'Fairlead costs less</text>')
    lines.append(f'<text x="{_across(1) + 8:.1f}" y="{TOP - 24}">more</text>')
    for tick in TICKS:
        x, kind = _across(tick), "even" if tick == 1 else "grid"
        lines.append(f'<path class="{kind}" d="M{x:.1f} {TOP - 14}V{height - BOTTOM}"/>'
                     f'<text x="{x:.1f}" y="{height - BOTTOM + 18}" text-anchor="middle">{tick:g}</text>')
    for number, (text, middles) in enumerate(rows):
        y = TOP + ROW * number
        lines.append(f'<text x="{LABELS - 10}" y="{y + 4}" text-anchor="end">{text}</text>')
        lines += [_dot(peer, _across(ratio), y) for peer, ratio in middles.items()]
    told = ". ".join(f"{text}: " + ", ".join(f"{ratio:.2f} of {peer}" for peer, ratio in middles.items())
                     for text, middles in rows)
    return plot.document(height, "Costs of Fairlead as ratios to those of its peers", told, lines, STYLE)
