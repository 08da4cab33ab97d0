"""The result of a soak as the section of docs/reliability.md, and whether it is good."""
import slope

# What may grow in an hour where the noise does not explain it: share of the mean.
MAX_GROWTH_PER_HOUR = 0.01
KINDS = {"memory": ("user memory", "MB", 1e6), "descriptors": ("descriptors", "", 1),
         "source_ports": ("source ports in use", "", 1)}


def is_flat(fitted):
    return fitted is not None and slope.is_flat(fitted, 60, MAX_GROWTH_PER_HOUR)


def lost(result):
    """How much of each kind was lost: all of it has to be 0."""
    told, asked = result["told"], result["requests"]
    return {"corrupted messages": told["corrupted"], "corrupted bodies": asked["corrupted"],
            "unexpected ends": told["unexpected_ends"], "silent tunnels": told["silent"],
            "failed requests": asked["failed"], "failed reloads": len(result["failures"]),
            "tunnels left": result["after"]["tunnels"], "source ports left": result["after"]["source_ports"]}


def is_good(result):
    return not any(lost(result).values()) and all(map(is_flat, result["fits"].values()))


def _row(kind, result):
    text, unit, scale = KINDS[kind]
    fitted = result["fits"][kind]
    if fitted is None:
        return f"| {text} | – | – | too short to tell |"
    number = (lambda value: f"{value / scale:,.2f}") if scale > 1 else (lambda value: f"{value:,.1f}")
    hour = [60 * fitted[bound] for bound in ("slope", "low", "high")]
    growth = f"{number(hour[0])} ({number(hour[1])} to {number(hour[2])})"
    verdict = "flat" if is_flat(fitted) else "**grows**"
    return f"| {text}{f', {unit}' if unit else ''} | {number(fitted['mean'])} | {growth} | {verdict} |"


def _losses(result):
    found = lost(result)
    if not any(found.values()):
        return "Nothing was lost: " + ", ".join(f"0 {text}" for text in found) + "."
    return "**Lost: " + ", ".join(f"{count:,.0f} {text}" for text, count in found.items() if count) + "**."


def section(run):
    result, machine = run["result"], run["machine"]
    told, asked, after = result["told"], result["requests"], result["after"]
    sockets = [each["bytes"] / each["sockets"] for each in result["sockets"] if each["sockets"]]
    lines = [
        f"{machine['cpus']} CPUs, Linux {machine['kernel']}; commit {run['commit']}; `{run['command']}`; "
        f"load average {result['load_average']['begin']:.1f} before and {result['load_average']['end']:.1f} "
        "at the end, so other programs worked beside. One worker.",
        "",
        f"- {result['minutes']:g} minutes, {result['tunnels']:,} tunnels at once, one in five with TLS. "
        f"{told['echoes']:,} echoes, {told['echoed_bytes'] / 1e9:.1f} GB, each byte compared.",
        f"- {told['opened']:,} tunnels were opened, {told['closed']:,} ended by a Close handshake, "
        f"{told['reset']:,} by a RST, also inside a message.",
        f"- {result['reloads']} reloads of a changed file, which changed a limit of all tunnels and added or "
        "removed a route.",
        f"- {result['restarts']} ends and starts of a backend, every other round by SIGKILL; "
        f"{told['expected_ends']:,} tunnels ended with theirs, were dialled again and came back.",
        f"- {asked['answered']:,} GETs beside, {asked['bytes'] / 1e6:,.0f} MB of bodies compared; "
        f"{asked['expected_refusals']:,} were refused while their backend was away.",
        f"- {_losses(result)}",
        "",
        "| while all tunnels are open, after a third of the time | mean | growth an hour (95 % interval) | |",
        "| --- | ---: | ---: | --- |",
        *(_row(kind, result) for kind in KINDS),
        "",
        f"The line goes through the means of {result['fits']['memory']['blocks']} minutes."
        if result["fits"]["memory"] else "",
        "Flat is what has 0 in its interval, or grows by less than "
        f"{MAX_GROWTH_PER_HOUR:.0%} of its mean an hour at the interval's upper end.",
        f"The kernel held {min(sockets) / 1024:.2f} to {max(sockets) / 1024:.2f} KiB in the buffers of each "
        "of Fairlead's sockets." if sockets else "",
        f"When all clients had left there were {after['tunnels']:.0f} tunnels, {after['source_ports']:.0f} "
        f"source ports in use, {after['descriptors']} descriptors and {after['memory'] / 1e6:.2f} MB.",
        "",
        "![Memory and descriptors during a soak](soak.svg)",
    ]
    return "\n".join(lines) + "\n"
