"""A run beside the committed one: what costs Fairlead more, as ratios, so that the machine cancels out."""
import statistics

from figures import METRICS, ratios, values
from work import PACE, STORM, is_with_tls

FAILS_AT = 1.5  # of the committed ratio: more than a noisy machine does to a median
# The first of them that has done the work in both runs. The floor has no TLS: beside it a machine with slower
# cryptography would look like a regression.
BESIDE = ("floor", "haproxy")
BESIDE_WITH_TLS = ("haproxy",)


def _is_cost(metric):
    part, _, unit, _ = METRICS[metric]
    return unit in ("µs", "B") and part not in STORM and part not in PACE


def comparisons(committed, now):
    """(text, committed ratio, ratio now) of every cost that both runs have measured."""
    found = []
    for metric in filter(_is_cost, METRICS):
        for other in BESIDE_WITH_TLS if is_with_tls(METRICS[metric][0]) else BESIDE:
            both = [ratios(samples, metric, "fairlead", other) for samples in (committed, now)]
            if all(both):
                found.append((f"{METRICS[metric][1]}, of {other}", *map(statistics.median, both)))
                break
    return found


def left_out(committed, now):
    """The costs that were measured now and are not in the committed run."""
    return [METRICS[metric][1] for metric in filter(_is_cost, METRICS)
            if values(now, metric, "fairlead") and not values(committed, metric, "fairlead")]


def worse(compared):
    """Those that fail the run."""
    return [text for text, before, now in compared if now > FAILS_AT * before]


def table(compared):
    lines = ["| cost, as a ratio | committed | now | now ÷ committed |", "| --- | ---: | ---: | ---: |"]
    lines += [f"| {text} | {before:.2f} | {now:.2f} | {now / before:.2f} |" for text, before, now in compared]
    return "\n".join(lines) + "\n"
