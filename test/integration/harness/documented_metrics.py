"""The metrics that docs/metrics.md documents, and those that a text names."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

_row = re.compile(r"^\| `((?:fairlead|process)_\w+)` \| (\w+) \| ([^|]*) \|", re.MULTILINE)
_name = re.compile(r"\b(?:fairlead|process)_[a-z_]+\b(?!\()")
_parts = ("_bucket", "_sum", "_count")


def documented():
    """{name: (type, set of labels)}"""
    with open(os.path.join(ROOT, "docs", "metrics.md"), encoding="utf-8") as file:
        rows = _row.findall(file.read())
    return {name: (kind, {*filter(None, map(str.strip, labels.split(",")))}) for name, kind, labels in rows}


def family(name, known):
    """The metric that a series of this name belongs to."""
    for part in _parts:
        whole = name.removesuffix(part)
        if whole != name and known.get(whole, ("",))[0] == "histogram":
            return whole
    return name


def unknown_in(text):
    """Names in a query, or in a file of them, that are documented nowhere."""
    known = documented()
    return sorted({name for name in _name.findall(text) if family(name, known) not in known})
