"""From the raw samples of a run to medians, ratios and the tables of docs/performance.md."""
import statistics

from interference import is_disturbed

BEGIN = "<!-- results: written by bench/run.py -->"
END = "<!-- end of results -->"

# What the project promises; see promises().
MAX_IDLE_BYTES = 1024
MAX_MESSAGE_RATIO = 1.10
MAX_WATCHED_RATIO = 1.05

def _cpu_us(count):
    return lambda sample: sample["cpu_ns"] / sample[count] / 1e3


def _rate(count):
    return lambda sample: sample[count] / sample["seconds"]


# metric: (part, text, unit, value of one sample)
METRICS = {
    "idle": ("memory", "user memory per idle tunnel", "B", lambda s: s["idle_user"] / s["tunnels"]),
    "idle_after": ("memory", "the same after a 16 KiB echo on each", "B",
                   lambda s: s["after_user"] / s["tunnels"]),
    "cpu_64": ("echo-64", "CPU per relayed message of 64 B", "µs", _cpu_us("relayed_messages")),
    "cpu_16k": ("echo-16k", "CPU per relayed message of 16 KiB", "µs", _cpu_us("relayed_messages")),
    "cpu_cycle": ("upgrade", "CPU per connect, upgrade, echo and close", "µs", _cpu_us("cycles")),
    "upgrades": ("upgrade", "upgrades per second", "/s", _rate("cycles")),
    "cpu_get": ("http", "CPU per GET of 1 KiB", "µs", _cpu_us("requests")),
    "gets": ("http", "GET of 1 KiB per second", "/s", _rate("requests")),
}


def _undisturbed(rounds):
    """The tuples of samples that others left alone, or all when none was: then the spread shows it."""
    return [each for each in rounds if not any(map(is_disturbed, each))] or rounds


def values(samples, metric, subject):
    part, _, _, value = METRICS[metric]
    rounds = [(sample,) for sample in samples.get(part, {}).get(subject, [])]
    return [value(sample) for sample, in _undisturbed(rounds)]


def ratios(samples, metric, subject, other):
    """One ratio per round, each from two samples taken within seconds: slow drift cancels out."""
    part, _, _, value = METRICS[metric]
    of_part = samples.get(part, {})
    rounds = list(zip(of_part.get(subject, []), of_part.get(other, [])))
    return [value(one) / value(two) for one, two in _undisturbed(rounds) if value(two) > 0]


def _disturbance(samples):
    subjects = [of_subject for of_part in samples.values() for of_subject in of_part.values()]
    every = [sample for of_subject in subjects for sample in of_subject]
    return f"{sum(map(is_disturbed, every))} of {len(every)} samples were disturbed by other programs."


def _number(value, unit):
    if unit == "µs":
        return f"{value:.2f}" if value < 100 else f"{value:.0f}"
    return f"{value:,.0f}"


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
    header = ["median (lowest–highest)"]
    for metric in metrics:
        _, text, unit, _ = METRICS[metric]
        header += [f"{text}, {unit}", "÷ floor"]
    rows = []
    for subject in subjects:
        row = [subject]
        for metric in metrics:
            unit = METRICS[metric][2]
            row.append(_median_and_spread(values(samples, metric, subject), lambda v, u=unit: _number(v, u)))
            row.append(_median_and_spread(ratios(samples, metric, subject, "floor"), _ratio))
        rows.append(row)
    return _table(header, rows)


def _comparison_table(samples, subjects):
    others = [name for name in subjects if name not in ("fairlead", "floor-again")]
    rows = []
    for metric, (_, text, _, _) in METRICS.items():
        found = [ratios(samples, metric, "fairlead", other) for other in others]
        if any(found):
            rows.append([text] + [_median_and_spread(each, _ratio) for each in found])
    return _table(["Fairlead ÷"] + others, rows)


def promises(samples):
    """What this project promises and whether the run shows it: (text, held) pairs."""
    found = []
    idle = values(samples, "idle", "fairlead")
    if idle:
        worst = max(idle)
        text = f"user memory per idle tunnel below {MAX_IDLE_BYTES} B: {worst:,.0f} B"
        found.append((text, worst < MAX_IDLE_BYTES))
    for metric, size in (("cpu_64", "64 B"), ("cpu_16k", "16 KiB")):
        each = ratios(samples, metric, "fairlead", "floor")
        if each:
            middle = statistics.median(each)
            limit = f"within {MAX_MESSAGE_RATIO:.2f} of the floor"
            text = f"CPU per relayed message of {size} {limit}: {middle:.2f}"
            found.append((text, middle <= MAX_MESSAGE_RATIO))
        watched = ratios(samples, metric, "fairlead-all", "fairlead")
        if watched:
            middle = statistics.median(watched)
            limit = f"within {MAX_WATCHED_RATIO:.2f} of without"
            text = f"the same with keepalive and every limit on {limit}: {middle:.2f}"
            found.append((text, middle <= MAX_WATCHED_RATIO))
    return found


def tables(run):
    """The generated section of docs/performance.md as Markdown."""
    samples = run["samples"]
    subjects = run["subjects"]
    machine = run["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    parts = [
        f"{machine['cpus']} × {machine['cpu_model']}, Linux {machine['kernel']}, {versions}; "
        f"commit {run['commit']}; `{run['command']}`; {run['rounds']} rounds, "
        f"{run['tunnels']:,} tunnels for memory. {run['pinning']} {_disturbance(samples)}\n"
    ]
    sections = [("Idle memory", ["idle", "idle_after"]), ("Relayed messages", ["cpu_64", "cpu_16k"]),
                ("Upgrades", ["cpu_cycle", "upgrades"]), ("HTTP", ["cpu_get", "gets"])]
    for title, metrics in sections:
        if any(METRICS[metric][0] in samples for metric in metrics):
            parts.append(f"### {title}\n\n" + _metric_table(samples, metrics, subjects))
    if "fairlead" in subjects:
        parts.append("### Fairlead against each\n\nBelow 1 is less memory or CPU; for the rates, above 1 is "
                     "faster.\n\n" + _comparison_table(samples, subjects))
        lines = [f"- {text} – **{'held' if held else 'missed'}**" for text, held in promises(samples)]
        parts.append("### Promises\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def replace_between_markers(text, generated, first=BEGIN, last=END):
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError("the markers of the generated section are missing")
    return f"{before}{first}\n{generated}{last}{after}"
