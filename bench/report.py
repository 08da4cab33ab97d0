"""The figures of a run as the tables of docs/performance.md."""
import statistics

from figures import METRICS, growth, of_parts, promises, ratios, values
from interference import is_disturbed
from work import GROWING, ROUTES, TUNNELS

BEGIN = "<!-- results: written by bench/run.py -->"
END = "<!-- end of results -->"

# title: metrics
SECTIONS = {
    "Idle memory": of_parts("memory"),
    "Relayed messages": of_parts("echo-64", "echo-1k"),
    "Larger relayed messages": of_parts("echo-16k", "echo-256k"),
    "A steady pace": of_parts("pace"),
    "Upgrades": of_parts("upgrade"),
    "HTTP": of_parts("http"),
    "Downloads": of_parts("download"),
    "More tunnels": of_parts(*TUNNELS),
    "More routes": of_parts(*ROUTES),
    "Idle memory with TLS": of_parts("tls-memory"),
    "Relayed messages with TLS": of_parts("tls-echo-64", "tls-echo-1k"),
    "Larger relayed messages with TLS": of_parts("tls-echo-16k", "tls-echo-256k"),
    "Upgrades with TLS": of_parts("tls-upgrade"),
    "Full handshakes": of_parts("handshake-ecdsa", "handshake-rsa"),
    "Resumed handshakes": of_parts("resumed-ecdsa", "resumed-rsa"),
    "Plain tunnels in a storm of handshakes": of_parts("storm-plain"),
    "Tunnels with TLS in a storm of handshakes": of_parts("storm-tls"),
}


def _disturbance(samples):
    subjects = [of_subject for of_part in samples.values() for of_subject in of_part.values()]
    every = [sample for of_subject in subjects for sample in of_subject]
    return f"{sum(map(is_disturbed, every))} of {len(every)} samples were disturbed by other programs."


def _number(value, unit):
    if unit == "µs":
        return f"{value:.2f}" if value < 100 else f"{value:,.0f}"
    return f"{value:,.0f}" if unit else _ratio(value)


def _ratio(value):
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _median_and_spread(found, text):
    if not found:
        return "–"
    if len(found) == 1:
        return text(found[0])
    return f"{text(statistics.median(found))} ({text(min(found))}–{text(max(found))})"


def _table(header, rows):
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _metric_table(samples, metrics, subjects):
    """With ratios where the floor did the work, too."""
    is_beside_floor = {metric: bool(values(samples, metric, "floor")) for metric in metrics}
    header = ["median (lowest–highest)"]
    for metric in metrics:
        _, text, unit, _ = METRICS[metric]
        header += [f"{text}, {unit}" if unit else text] + ["÷ floor"] * is_beside_floor[metric]
    rows = []
    for subject in subjects:
        row = [subject]
        for metric in metrics:
            unit = METRICS[metric][2]
            row.append(_median_and_spread(values(samples, metric, subject), lambda v, u=unit: _number(v, u)))
            if is_beside_floor[metric]:
                row.append(_median_and_spread(ratios(samples, metric, subject, "floor"), _ratio))
        if any(values(samples, metric, subject) for metric in metrics):
            rows.append(row)
    return _table(header, rows)


def _comparison_table(samples, subjects):
    others = [name for name in subjects if name not in ("fairlead", "floor-again", "floor-splice")]
    rows = []
    for title, metrics in SECTIONS.items():
        for metric in metrics:
            found = [ratios(samples, metric, "fairlead", other) for other in others]
            if any(found):
                text = METRICS[metric][1] + (f" ({title.lower()})" if metric.startswith("storm") else "")
                rows.append([text] + [_median_and_spread(each, _ratio) for each in found])
    return _table(["Fairlead ÷"] + others, rows)


def _growth_table(samples, subjects):
    """Each count beside the cheapest of the same subject."""
    rows = []
    for name in subjects:
        row = [name]
        for family in GROWING:
            found = growth(samples, family, name)
            row += [_ratio(found[part]) if found else "–" for part in family]
        if any(cell != "–" for cell in row[1:]):
            rows.append(row)
    header = [f"{count:,} {kind}" for family, kind in zip(GROWING, ("tunnels", "routes"))
              for count in family.values()]
    return _table(["CPU ÷ the lowest of the kind", *header], rows)


def _preamble(run):
    machine = run["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    return (f"{machine['cpus']} × {machine['cpu_model']}, Linux {machine['kernel']}, {versions}; "
            f"commit {run['commit']}; `{run['command']}`; {run['rounds']} rounds, {run['tls_rounds']} with "
            f"TLS, {run['storm_rounds']} storms, {run['tunnels']:,} tunnels for memory, two thirds of them "
            f"with TLS. {run['pinning']} {_disturbance(run['samples'])}\n")


def tables(run):
    """The generated section of docs/performance.md as Markdown."""
    samples = run["samples"]
    subjects = run["subjects"]
    parts = [_preamble(run)]
    for title, metrics in SECTIONS.items():
        if any(METRICS[metric][0] in samples for metric in metrics):
            parts.append(f"### {title}\n\n" + _metric_table(samples, metrics, subjects))
    if any(part in samples for family in GROWING for part in family):
        parts.append("### Growth\n\n" + _growth_table(samples, subjects))
    if "fairlead" in subjects:
        parts.append("### Fairlead against each\n\nBelow 1 is less memory, CPU or delay; for the rates, "
                     "above 1 is faster. With TLS the floor is the plain one.\n\n"
                     "![Costs of Fairlead as ratios to those of its peers](performance-ratios.svg)\n\n"
                     + _comparison_table(samples, subjects))
        lines = [f"- {text} – **{'held' if held else 'missed'}**" for text, held in promises(samples)]
        parts.append("### Promises\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def replace_between_markers(text, generated, first=BEGIN, last=END):
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError("the markers of the generated section are missing")
    return f"{before}{first}\n{generated}{last}{after}"
