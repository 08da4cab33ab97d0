"""From the raw samples of a run to its figures: values, ratios within a round, and what of it is promised."""
import statistics

from interference import is_disturbed
from work import GROWING, ROUTES, TUNNELS

PEERS = ("haproxy", "haproxy-tuned", "nginx", "nginx-tuned")

# What the project promises; see promises().
MAX_IDLE_BYTES = 1024
MAX_TLS_IDLE_BYTES = 2048
MAX_MESSAGE_RATIOS = {"cpu_64": 1.10, "cpu_1k": 1.10, "cpu_16k": 1.10, "cpu_256k": 0.65}
MAX_PACE_RATIO = 1.00
MAX_GROWTH = 1.10
MAX_WATCHED_RATIO = 1.05
MAX_TLS_MESSAGE_RATIO = 1.00
MAX_TLS_UPGRADE_RATIO = 1.05
MAX_STORM_RATIO = 3.0


def _cpu_us(count):
    return lambda sample: sample["cpu_ns"] / sample[count] / 1e3


def _rate(count):
    return lambda sample: sample[count] / sample["seconds"]


def _per_tunnel(kind):
    return lambda sample: sample[kind] / sample["tunnels"]


def _delay_us(when, percentile):
    return lambda sample: sample[when][percentile] / 1e3


def _message(part, size):
    return (part, f"CPU per relayed message of {size}", "µs", _cpu_us("relayed_messages"))


def _handshakes(part, what):
    return {f"cpu_{part}": (part, f"CPU per {what}", "µs", _cpu_us("handshakes")),
            f"rate_{part}": (part, f"{what}s per second", "/s", _rate("handshakes"))}


def _storm(part):
    name = part.replace("-", "_")
    return {f"{name}_quiet_p50": (part, "median in quiet", "µs", _delay_us("quiet", "p50_ns")),
            f"{name}_p50": (part, "median in the storm", "µs", _delay_us("storm", "p50_ns")),
            f"{name}_quiet_p99": (part, "p99 in quiet", "µs", _delay_us("quiet", "p99_ns")),
            f"{name}_p99": (part, "p99 in the storm", "µs", _delay_us("storm", "p99_ns")),
            f"{name}_ratio": (part, "p99, storm ÷ quiet", "",
                              lambda sample: sample["storm"]["p99_ns"] / sample["quiet"]["p99_ns"]),
            f"{name}_rate": (part, "handshakes per second", "/s", _rate("handshakes"))}


# metric: (part, text, unit, value of one sample)
METRICS = {
    "idle": ("memory", "user memory per idle tunnel", "B", _per_tunnel("idle_user")),
    "idle_after": ("memory", "the same after a 16 KiB echo on each", "B", _per_tunnel("after_user")),
    "cpu_64": _message("echo-64", "64 B"),
    "cpu_1k": _message("echo-1k", "1 KiB"),
    "cpu_16k": _message("echo-16k", "16 KiB"),
    "cpu_256k": _message("echo-256k", "256 KiB"),
    "cpu_cycle": ("upgrade", "CPU per connect, upgrade, echo and close", "µs", _cpu_us("cycles")),
    "upgrades": ("upgrade", "upgrades per second", "/s", _rate("cycles")),
    "cpu_get": ("http", "CPU per GET of 1 KiB", "µs", _cpu_us("requests")),
    "gets": ("http", "GET of 1 KiB per second", "/s", _rate("requests")),
    "cpu_download": ("download", "CPU per GET of 10 MiB", "µs", _cpu_us("requests")),
    "downloads": ("download", "GET of 10 MiB per second", "/s", _rate("requests")),
    "tls_idle": ("tls-memory", "user memory per idle wss tunnel", "B", _per_tunnel("idle_user")),
    "tls_idle_after": ("tls-memory", "the same after a 16 KiB echo on each", "B", _per_tunnel("after_user")),
    "tls_cpu_64": _message("tls-echo-64", "64 B with TLS"),
    "tls_cpu_1k": _message("tls-echo-1k", "1 KiB with TLS"),
    "tls_cpu_16k": _message("tls-echo-16k", "16 KiB with TLS"),
    "tls_cpu_256k": _message("tls-echo-256k", "256 KiB with TLS"),
    "tls_cycle": ("tls-upgrade", "CPU per connect, TLS, upgrade, echo and close", "µs", _cpu_us("cycles")),
    "tls_upgrades": ("tls-upgrade", "wss upgrades per second", "/s", _rate("cycles")),
    **_handshakes("handshake-ecdsa", "full ECDSA handshake"),
    **_handshakes("handshake-rsa", "full RSA handshake"),
    **_handshakes("resumed-ecdsa", "resumed ECDSA handshake"),
    **_handshakes("resumed-rsa", "resumed RSA handshake"),
    **{f"cpu_{count}_tunnels": (part, f"CPU per relayed message of 64 B over {count:,} tunnels", "µs",
                                _cpu_us("relayed_messages")) for part, count in TUNNELS.items()},
    **{f"cpu_{count}_routes": (part, f"CPU per GET of 1 KiB with {count:,} routes", "µs", _cpu_us("requests"))
       for part, count in ROUTES.items()},
    **{f"pace_{name}": ("pace", f"{text} at a steady pace", "µs", _delay_us("paced", f"{name}_ns"))
       for name, text in (("p50", "median"), ("p99", "p99"), ("p999", "p99.9"))},
    **_storm("storm-plain"),
    **_storm("storm-tls"),
}


def of_parts(*parts):
    """The metrics of these parts, in their order."""
    return [metric for part in parts for metric, (of_part, *_) in METRICS.items() if of_part == part]


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


def ratio_to_better_peer(samples, metric):
    """The median ratio to the peer that does best, or None when no peer was measured."""
    found = [ratios(samples, metric, "fairlead", peer) for peer in PEERS]
    return max((statistics.median(each) for each in found if each), default=None)


def _plain_promises(samples):
    idle = values(samples, "idle", "fairlead")
    if idle:
        text = f"user memory per idle tunnel below {MAX_IDLE_BYTES} B"
        yield text, max(idle), "B", max(idle) < MAX_IDLE_BYTES
    for metric, limit in MAX_MESSAGE_RATIOS.items():
        each = ratios(samples, metric, "fairlead", "floor")
        if each:
            middle = statistics.median(each)
            yield f"{METRICS[metric][1]} within {limit:.2f} of the floor", middle, "", middle <= limit
        watched = ratios(samples, metric, "fairlead-all", "fairlead")
        if watched:
            middle = statistics.median(watched)
            text = f"the same with keepalive and every limit on within {MAX_WATCHED_RATIO:.2f} of without"
            yield text, middle, "", middle <= MAX_WATCHED_RATIO


def growth(samples, family, subject):
    """part: its median as a ratio to the lowest of the family, which is TUNNELS or ROUTES; {} without all."""
    each = [values(samples, metric, subject) for metric in of_parts(*family)]
    if not all(each):
        return {}
    middles = list(map(statistics.median, each))
    return {part: middle / min(middles) for part, middle in zip(family, middles)}


def _growth_promises(samples):
    for metric in of_parts("pace"):
        ratio = ratio_to_better_peer(samples, metric)
        if ratio is not None:
            text = f"{METRICS[metric][1]} within {MAX_PACE_RATIO:.2f} of the better peer"
            yield text, ratio, "", ratio <= MAX_PACE_RATIO
    for family, text in zip(GROWING, ("message over 100 to 9,000 tunnels", "GET with 10 to 10,000 routes")):
        ratios_found = growth(samples, family, "fairlead").values()
        if ratios_found:
            text = f"CPU per {text} within {MAX_GROWTH:.2f} of the lowest"
            yield text, max(ratios_found), "", max(ratios_found) <= MAX_GROWTH


def _tls_promises(samples):
    idle = values(samples, "tls_idle", "fairlead")
    if idle:
        text = f"user memory per idle wss tunnel below {MAX_TLS_IDLE_BYTES} B"
        yield text, max(idle), "B", max(idle) < MAX_TLS_IDLE_BYTES
    limits = {metric: MAX_TLS_MESSAGE_RATIO for metric in of_parts(*(
        f"tls-echo-{size}" for size in ("64", "1k", "16k", "256k")))}
    for metric, limit in {**limits, "tls_cycle": MAX_TLS_UPGRADE_RATIO}.items():
        ratio = ratio_to_better_peer(samples, metric)
        if ratio is not None:
            yield f"{METRICS[metric][1]} within {limit:.2f} of the better peer", ratio, "", ratio <= limit
    for part, kind in (("storm-plain", "plain"), ("storm-tls", "wss")):
        each = values(samples, f"{part.replace('-', '_')}_ratio", "fairlead")
        if each:
            middle = statistics.median(each)
            limit = f"within {MAX_STORM_RATIO:.0f} times that in quiet"
            text = f"p99 of {kind} echoes in a storm of handshakes {limit}"
            yield text, middle, "", middle <= MAX_STORM_RATIO


def promises(samples):
    """What this project promises and whether the run shows it: (text, held) pairs."""
    return [(f"{text}: " + (f"{value:,.0f} B" if unit == "B" else f"{value:.2f}"), held)
            for promised in (_plain_promises, _growth_promises, _tls_promises)
            for text, value, unit, held in promised(samples)]
