"""What healthy tunnels notice of each kind of flood, and what the flood is told.

    make storm            # ARGS="--only pings --seconds 5"

Fifty tunnels echo 64 bytes ten times a second each, in quiet and then beside each flood. The floods and their
backend run at a low priority, for on one machine they would otherwise take the proxy's processor and not its
service. The exit code is not 0 when a healthy tunnel is lost, a message is late by more than a second at the
end, or memory passes its bound.
"""
import argparse
import os
import platform
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "integration")]
from harness.case import pool, route  # noqa: E402
from harness.floods import start_flood  # noqa: E402
from harness.healthy_tunnels import HealthyTunnels  # noqa: E402
from harness.namespace import enter_network_namespace  # noqa: E402
from harness.process_backend import ProcessBackend  # noqa: E402
from harness.process_stats import peak_resident_bytes, reset_peak  # noqa: E402
from harness.proxy import Proxy  # noqa: E402
import record  # noqa: E402

TUNNELS = 50
EVERY_MS = 100
PENDING = 65_536  # limits.pending_bytes
HEAD = 65_536  # the largest buffer of a head
BODY = 32_768  # the block that a body passes through
SPARE = 16 * 1024 * 1024
LIMITS = '[timeouts]\nhead = "5s"\nbody = "5s"\n[log]\naccess = "off"'

# kind: (connections at once, bytes of memory each may hold). Ten thousand descriptors are left for the rest.
FLOODS = {
    "connects": (500, 0),
    "requests": (200, HEAD),
    "slow-heads": (5000, 16_384),
    "slow-bodies": (5000, BODY + 16_384),
    "slow-readers": (500, PENDING + 16_384),
    "one-byte-frames": (50, PENDING),
    "pings": (50, PENDING),
    "tiny-fragments": (50, PENDING),
    "header-bombs": (200, HEAD),
    "giant-frames": (2000, 12_288),
}


class Storm:
    def __init__(self):
        self.backend, self.flooded = ProcessBackend(), ProcessBackend(wrapper=("nice", "-n", "10"))
        parts = [pool("healthy", self.backend), route("healthy", path='"/echo"')]
        parts += [pool("flooded", self.flooded), route("flooded")]
        self.proxy = Proxy("\n".join([LIMITS, *parts]), workers=2)
        self.healthy = HealthyTunnels(self.proxy.address, TUNNELS, EVERY_MS)

    def delays_for(self, seconds):
        self.healthy.delays()
        time.sleep(seconds)
        return self.healthy.delays()

    def ticks(self):
        """How many of the workers' ticks came no later than each bound, in seconds."""
        series = self.proxy.metrics().series("fairlead_worker_loop_lag_seconds_bucket")
        counts = {}
        for labels, value in series:
            bound = float(labels["le"])
            counts[bound] = counts.get(bound, 0) + value
        return counts

    def lag_ms(self, before):
        """The bound that 99 of 100 ticks since then kept: what the proxy itself kept others waiting."""
        counts = {bound: count - before[bound] for bound, count in self.ticks().items()}
        kept = [bound for bound, count in counts.items() if count >= 0.99 * max(counts.values())]
        return 1000 * min(kept)

    def measure(self, kind, seconds):
        count, each = FLOODS[kind]
        quiet = self.delays_for(seconds)
        reset_peak(self.proxy.pid)
        before = peak_resident_bytes(self.proxy.pid)
        flood = start_flood(kind, self.proxy.address, count, seconds + 1)
        try:
            time.sleep(1)  # until it is there
            ticks = self.ticks()
            storm = self.delays_for(seconds)
            lag_ms = self.lag_ms(ticks)
            result = flood.result()
        finally:
            flood.close()
        grown = peak_resident_bytes(self.proxy.pid) - before
        time.sleep(0.5)
        after = self.delays_for(1)
        problems = [f"{what}: {after[what]}" for what in ("lost", "late", "disorder") if after[what]]
        if grown > count * each + SPARE:
            problems.append(f"memory grew by {grown} bytes, {count * each + SPARE} allowed")
        return {"kind": kind, "count": count, "quiet": quiet, "storm": storm, "lag_ms": lag_ms,
                "flood": result, "memory": grown, "memory_bound": count * each + SPARE,
                "problems": problems}

    def close(self):
        self.healthy.close()
        self.proxy.abandon()
        self.backend.close()
        self.flooded.close()


def machine():
    with open("/proc/loadavg") as file:
        load = file.read().split()[0]
    kernel = platform.release().split("-")[0]
    return f"{os.cpu_count()} processors, Linux {kernel}, load before the run {load}"


def ratio(one):
    return one["storm"]["p99_ms"] / one["quiet"]["p99_ms"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8, help="for each half of each measurement")
    parser.add_argument("--only", choices=FLOODS)
    parser.add_argument("--record", action="store_true", help="in docs/reliability.md and results/storm.json")
    arguments = parser.parse_args()
    where, rows = machine(), []
    for kind in [arguments.only] if arguments.only else FLOODS:
        storm = Storm()
        try:
            rows.append(storm.measure(kind, arguments.seconds))
        finally:
            storm.close()
        print(record.storm_row(rows[-1]), flush=True)
    print(f"median ratio of the p99: {statistics.median(map(ratio, rows)):.2f}")
    if arguments.record:
        record.save_storm({"machine": where, "seconds": arguments.seconds, "rows": rows})
    problems = [f"{row['kind']}: {problem}" for row in rows for problem in row["problems"]]
    for problem in problems:
        print(f"FAILED: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    enter_network_namespace()
    sys.exit(main())
