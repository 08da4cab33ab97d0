"""What a run measures: its parts, and what the generator does in one sample of each."""

# Tunnels that are opened and say nothing.
MEMORY = {"memory": {}, "tls-memory": {"tls": "ecdsa"}}

_MESSAGES = {  # of the size; larger ones on fewer tunnels, so that those under way stay within the caches
    "64": {"size": 64, "connections": 100, "messages": 40_000, "warmup": 4_000},
    "1k": {"size": 1024, "connections": 100, "messages": 40_000, "warmup": 4_000},
    "16k": {"size": 16384, "connections": 100, "messages": 30_000, "warmup": 3_000},
    "256k": {"size": 262144, "connections": 10, "messages": 2_000, "warmup": 200},
}
_TLS_MESSAGES = {"64": 20_000, "1k": 20_000, "16k": 10_000, "256k": 1_000}
_UPGRADES = {"cycles": 3_000, "warmup": 300, "in_flight": 32}
_HANDSHAKES = {"handshakes": 2_000, "warmup": 200, "in_flight": 32}


def _tls_echo(size):
    messages = _TLS_MESSAGES[size]
    return ("echo", {**_MESSAGES[size], "messages": messages, "warmup": messages // 10, "tls": "ecdsa"})


# part: (the generator's subcommand, its options)
TIMED = {
    **{f"echo-{size}": ("echo", work) for size, work in _MESSAGES.items()},
    "upgrade": ("upgrade", _UPGRADES),
    "http": ("http", {"connections": 64, "requests": 30_000, "warmup": 3_000}),
    "download": ("http", {"connections": 8, "requests": 300, "warmup": 30, "body": 10 * 1024 * 1024}),
    **{f"tls-echo-{size}": _tls_echo(size) for size in _MESSAGES},
    "tls-upgrade": ("upgrade", {**_UPGRADES, "cycles": 2_000, "warmup": 200, "tls": "ecdsa"}),
    "handshake-ecdsa": ("handshake", {**_HANDSHAKES, "tls": "ecdsa"}),
    "handshake-rsa": ("handshake", {**_HANDSHAKES, "tls": "rsa"}),
    "resumed-ecdsa": ("handshake", {**_HANDSHAKES, "tls": "ecdsa", "resumed": 1}),
    "resumed-rsa": ("handshake", {**_HANDSHAKES, "tls": "rsa", "resumed": 1}),
}
# Messages over more and more tunnels, as many out at once over all of them.
_GROWING = {"size": 64, "in_flight": 100, "messages": 30_000, "warmup": 10_000}
TUNNELS = {f"tunnels-{count}": count for count in (100, 1_000, 9_000)}
TIMED.update({part: ("echo", {**_GROWING, "connections": count}) for part, count in TUNNELS.items()})

# GETs to a fresh process with more and more routes, each for a host of its own, all of which are asked for.
ROUTES = {f"routes-{count}": count for count in (10, 1_000, 10_000)}
ROUTE_REQUESTS = {"connections": 64, "requests": 20_000, "warmup": 15_000}
GROWING = (TUNNELS, ROUTES)

# What a quick run does half of.
COUNTS = {"messages", "cycles", "requests", "handshakes"}

# Open tunnels that echo 64 B at a pace, in quiet and while clients shake hands: all dial at once.
STORM = {"storm-plain": {}, "storm-tls": {"tls": "ecdsa"}}
STORM_TUNNELS = 1_000
STORM_PACE = 2_000  # messages a second over all tunnels
STORM_HANDSHAKES = {"handshakes": 2_000, "warmup": 0, "in_flight": 2_000, "tls": "rsa"}
QUIET_S = 3

# Open tunnels that echo 64 B at a pace, in quiet.
PACE = {"pace": 10_000}
PACE_TUNNELS = 1_000
PACE_S = 3

WORK = {**MEMORY, **{part: {**ROUTE_REQUESTS, "routes": count} for part, count in ROUTES.items()}, **TIMED,
        **{part: {"tunnels": PACE_TUNNELS, "pace": pace, "seconds": PACE_S} for part, pace in PACE.items()},
        **{part: {**tls, "tunnels": STORM_TUNNELS, "pace": STORM_PACE, "quiet_s": QUIET_S,
                  "storm": STORM_HANDSHAKES} for part, tls in STORM.items()}}
PARTS = list(WORK)
WITH_ROUTES = ("fairlead", "haproxy", "nginx")


def is_with_tls(part):
    if part in PACE or part in ROUTES:
        return False
    return part in STORM or "tls" in (MEMORY[part] if part in MEMORY else TIMED[part][1])


def takes_part(part, subject):
    """Every subject without TLS; with it those that speak it, and the plain floor where it can do it."""
    if subject.name == "floor-splice":
        return part == "echo-256k"
    if part in PACE:
        return subject.name not in ("floor-again", "fairlead-all")
    if part in TUNNELS or part in ROUTES:
        return subject.name in WITH_ROUTES or (subject.name == "floor" and part in TUNNELS)
    if not is_with_tls(part):
        return True
    return subject.tls_listen is not None or (
        subject.name == "floor" and part in TIMED and TIMED[part][0] in ("echo", "upgrade"))
