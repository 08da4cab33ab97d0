"""Everything at once: checked tunnels and requests, while backends, networks and clients fail at random.

    make chaos MINUTES=10 SEED=1234

At the end each byte that either end acknowledged must have been in order, no tunnel may be stuck, descriptors
and memory must be back, and the process must never have died nor said anything at level `error`. The exit
code says it. With --record the figures go to docs/reliability.md and test/chaos/results/latest.json.
"""
import argparse
import collections
import os
import random
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "test/integration")]
from harness.lab import enter_lab  # noqa: E402
from harness.process_stats import descriptor_count, peak_resident_bytes, resident_bytes  # noqa: E402
from harness.proxy import SANITIZED  # noqa: E402
from harness.waiting import eventually  # noqa: E402
import faults  # noqa: E402
import record  # noqa: E402
from chaos_site import Site  # noqa: E402

WARM_UP_S = 3
PAUSE_S = (0.2, 2.0)  # between the beginnings of two faults
AT_ONCE = 3
SPARE_DESCRIPTORS = 2 * 4 * 2 + 4  # pipes that two workers keep at hand for bodies, and the admin listener
MEMORY_ALLOWANCE = 32 * 1024 * 1024


class Run:
    def __init__(self, site, chance, seconds):
        self.site = site
        self.chance = chance
        self.seconds = seconds
        self.counts = collections.Counter()
        self.problems = []
        self._holding = []  # (ends at, fault)

    def cause_faults(self):
        begun = time.monotonic()
        long_cut_at = begun + self.seconds / 3 if self.seconds >= 120 else float("inf")
        next_at = begun
        while (now := time.monotonic()) < begun + self.seconds:
            assert self.site.proxy.process.poll() is None, "the process died"
            self._end_those_before(now)
            if now >= long_cut_at and self._begin(faults.LongCut, now):
                long_cut_at = float("inf")
            if now >= next_at and len(self._holding) < AT_ONCE:
                self._begin(self.chance.choice(faults.ORDINARY), now)
                next_at = now + self.chance.uniform(*PAUSE_S)
            time.sleep(0.02)
        self._end_those_before(float("inf"))

    def _begin(self, which, now):
        fault = which(self.site, self.chance)
        if any(fault.holds & other.holds for _, other in self._holding):
            return False
        fault.begin()
        self.counts[fault.kind] += 1
        self._holding.append((now + fault.lasts_s, fault))
        return True

    def _end_those_before(self, time_point):
        for entry in [entry for entry in self._holding if entry[0] <= time_point]:
            self._holding.remove(entry)
            entry[1].end()

    def check(self, what, is_well, told=""):
        if not is_well:
            self.problems.append(f"{what}: {told}" if told else what)

    def eventually(self, what, question, told, timeout_s=30):
        try:
            eventually(question, timeout_s)
        except AssertionError:
            self.problems.append(f"{what}: {told()}")


def finish(run, base):
    """What is left when all faults are over; the figures of the run."""
    site, pid = run.site, run.site.proxy.pid
    proxy = site.proxy
    site.clients.ask("speak")
    time.sleep(2)
    settled = site.clients.ask("settle")
    run.check("stuck tunnels", not settled["stuck"], str(settled["stuck"]))
    run.check("no tunnel is open", settled["open"] > 0)
    closed = site.clients.ask("close")
    run.check("tunnels do not close", closed["left"] == 0, f"{closed['left']} left")
    report = site.clients.ask("report")
    run.check("violations", not report["violations"], "; ".join(report["violations"]))
    complaints = site.complaints()
    run.check("a backend complains", not complaints, "; ".join(complaints[:5]))
    for gauge in ("fairlead_tunnels_open", "fairlead_connections_open", "fairlead_backend_connections"):
        run.eventually(gauge, lambda: site.metrics().value(gauge) == 0, lambda: site.metrics().value(gauge))
    run.eventually(
        "descriptors are left over",
        lambda: descriptor_count(pid) <= base["descriptors"] + SPARE_DESCRIPTORS,
        lambda: f"{descriptor_count(pid)}, {base['descriptors']} before",
    )
    metrics, grown = site.metrics(), resident_bytes(pid) - base["memory"]
    exceptions = metrics.value("fairlead_exceptions_total")
    run.check("exceptions", exceptions == 0, str(exceptions))
    run.check("memory", SANITIZED or grown < MEMORY_ALLOWANCE, f"{grown} bytes more than before")
    memory = {"base": base["memory"], "peak": peak_resident_bytes(pid), "end": base["memory"] + grown}
    descriptors = {"base": base["descriptors"], "end": descriptor_count(pid)}
    errors = [line for line in proxy.stderr().splitlines() if " error " in line or " critical " in line]
    run.check("the log has errors", not errors, "; ".join(errors[:5]))
    proxy.process.terminate()
    run.check("exit code", proxy.wait_exit(20) == 0, str(proxy.process.returncode))
    return {"clients": report, "memory": memory, "descriptors": descriptors, "log_errors": len(errors)}


def perform(arguments, seed):
    site = Site(arguments.tunnels, arguments.requesters, seed)
    try:
        base = {"descriptors": descriptor_count(site.proxy.pid)}
        most = arguments.tunnels / 2  # on a busy machine a client may be too late to answer a ping
        eventually(lambda: site.clients.ask("report")["open"] >= most, 60, lambda: site.clients.ask("report"))
        time.sleep(WARM_UP_S)
        base["memory"] = resident_bytes(site.proxy.pid)
        run = Run(site, random.Random(seed), arguments.seconds)
        run.cause_faults()
        figures = finish(run, base)
    finally:
        site.close()
    kinds = dict(sorted(run.counts.items()))
    return {"seed": seed, "seconds": arguments.seconds, "tunnels_at_once": arguments.tunnels,
            "requesters_at_once": arguments.requesters, "faults": kinds, **figures, "problems": run.problems}


def commit():
    words = ["git", "describe", "--always"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=None, help="of the faults; printed, by default a new one")
    parser.add_argument("--tunnels", type=int, default=60)
    parser.add_argument("--requesters", type=int, default=8)
    parser.add_argument("--record", action="store_true", help="in docs and results/latest.json")
    arguments = parser.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if arguments.seed is None else arguments.seed
    print(f"chaos: {arguments.seconds:.0f} s, SEED={seed}", flush=True)
    run = {"commit": commit(), **perform(arguments, seed)}
    print(record.table(run))
    if arguments.record:
        record.save(run)
    for problem in run["problems"]:
        print(f"FAILED: {problem}", file=sys.stderr)
    return 1 if run["problems"] else 0


if __name__ == "__main__":
    enter_lab()
    sys.exit(main())
