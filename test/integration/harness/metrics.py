"""The Prometheus text exposition (format 0.0.4) as a list of samples."""
import re

_sample = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)(?: [0-9]+)?$")
_label = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """One scrape."""

    def __init__(self, text):
        self.text = text
        self.samples = []  # (name, labels, value)
        self.types = {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ", 3)
                self.types[name] = kind
            elif line and not line.startswith("#"):
                match = _sample.match(line)
                if not match:
                    raise AssertionError(f"not a sample of the exposition format: {line!r}")
                name, labels, value = match.groups()
                self.samples.append((name, dict(_label.findall(labels or "")), float(value)))

    def series(self, name, **labels):
        """Every (labels, value) of `name` that carries at least these labels."""
        wanted = labels.items()
        return [
            (have, value)
            for have_name, have, value in self.samples
            if have_name == name and wanted <= have.items()
        ]

    def value(self, name, **labels):
        """The sum of those series; 0 when there are none."""
        return sum(value for _, value in self.series(name, **labels))
