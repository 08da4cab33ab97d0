"""The figures of a chaos run and of a storm, as tables and as files."""
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "reliability.md"
RESULTS = HERE / "results"
CHAOS = ("<!-- chaos: written by test/chaos/chaos.py -->", "<!-- end of chaos -->")
STORM = ("<!-- storm: written by test/chaos/storm.py -->", "<!-- end of storm -->")


def replace_between(text, markers, content):
    begin, end = (text.index(marker) for marker in markers)
    return text[: begin + len(markers[0])] + "\n" + content + "\n" + text[end:]


def _mib(count):
    return f"{count / 1024 / 1024:,.1f} MiB"


def _list(counts):
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"


def _floods_together(counts):
    merged = {}
    for name, count in counts.items():
        name = "floods" if name.startswith("Flood") else name
        merged[name] = merged.get(name, 0) + count
    return merged


def table(run):
    clients, memory = run["clients"], run["memory"]
    sent = f"{clients['acknowledged']:,}, {_mib(clients['acknowledged_bytes'])}"
    answers = f"{clients.get('answers', 0):,}, {_mib(clients.get('body_bytes', 0))} of bodies"
    rows = {
        "run": f"{run['seconds']:,.0f} s at `{run['commit']}`, `make chaos SEED={run['seed']}`",
        "at once": f"{run['tunnels_at_once']} tunnels, {run['requesters_at_once']} clients with requests",
        "faults": f"{sum(run['faults'].values()):,}: {_list(_floods_together(run['faults']))}",
        "tunnels opened": f"{clients.get('tunnels', 0):,}",
        "how they ended": _list(clients["ends"]),
        "messages acknowledged by the backend": sent,
        "messages of the backend that came": f"{clients['received']:,}",
        "whole answers to requests": answers,
        "**lost, doubled, changed or out of order**": f"**{clients['violation_count']}**",
        "memory at the beginning, at most, at the end": " / ".join(map(_mib, memory.values())),
        "descriptors before and after": "{base} / {end}".format(**run["descriptors"]),
        "lines at level `error`": run["log_errors"],
        "verdict": "; ".join(run["problems"]) or "held",
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["| what | figure |", "| --- | --- |", *lines])


def save(run):
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(replace_between(PAGE.read_text(encoding="utf-8"), CHAOS, table(run)), encoding="utf-8")


def storm_row(row):
    quiet, storm, flood = row["quiet"], row["storm"], row["flood"]
    told = ", ".join(f"{count:,} × {name}" for name, count in flood["answers"].items()) or "nothing"
    rate = flood.get("connected", 0) / flood["seconds"]
    cells = (
        row["kind"],
        f"{row['count']:,}",
        f"{rate:,.0f}",
        f"{flood.get('bytes', 0) / flood['seconds'] / 1e6:,.1f}",
        f"{quiet['p99_ms']:.1f}",
        f"{storm['p99_ms']:.1f}",
        f"{storm['p99_ms'] / quiet['p99_ms']:.1f}",
        f"{row['lag_ms']:g}",
        f"{storm['lost']}",
        f"{row['memory'] / 1024 / 1024:,.1f} of {row['memory_bound'] / 1024 / 1024:,.0f}",
        told,
    )
    return "| " + " | ".join(cells) + " |"


def save_storm(run):
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "storm.json").write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    names = ("flood", "at once", "connections/s", "MB/s", "p99 quiet, ms", "p99 beside it, ms", "ratio",
             "worker late by, ms", "healthy lost", "memory, MiB", "what it was told")
    head = ["| " + " | ".join(names) + " |", "| --- |" + " ---: |" * 9 + " --- |"]
    said = [f"{run['seconds']:.0f} s each, {run['machine']}:", ""]
    text = "\n".join([*said, *head, *map(storm_row, run["rows"])])
    PAGE.write_text(replace_between(PAGE.read_text(encoding="utf-8"), STORM, text), encoding="utf-8")
