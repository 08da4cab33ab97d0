#!/usr/bin/python3
"""Holds every port of one source towards one destination at once, and measures what the last dials cost.

One source, one backend address, ports 1024 to 65535: 64,512 tunnels, over as many Fairleads (replicas) as
the limit of descriptors asks for, in a network namespace of the run's own. Once with the ledger's ports, once
with the kernel's choice, which Fairlead ends at 98 %. At each level of fill tunnels are opened one by one
through every replica and timed by their client; at the end each tunnel echoes a message, and the kernel's own
count is taken.
A complete run writes bench/results/ports.json and the section of docs/performance.md; one with --ports only
prints.
Exit code: 0 all was held; 1 something failed or was not held; 2 wrong arguments.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from replica import Clients, Replica, set_sysctl, start_backends
from results import ROOT, described, in_namespace, main_of, write_results
from subjects import RunFailed, stop_process

FIRST_PORT = 1024
ALL_PORTS = 65_536 - FIRST_PORT
PORTS_PER_REPLICA = 9_300  # a tunnel takes two descriptors of 20,000
CONNECTIONS_PER_BACKEND = 17_000  # one descriptor each; the kernel spreads them with some scatter
PROBES = 100  # at each level and replica
SOURCE = "127.0.64.1"
BACKEND = "127.0.65.1:82"
LISTENERS = "100 1023"  # what the kernel may choose from when all other ports are the ledger's

# mode: (the kernel's range, the pool's key, levels of fill, share that must be held)
MODES = {
    "ledger": (lambda last: LISTENERS, "", [0.10, 0.50, 0.90, 0.99, 1.00], 0.999),
    "kernel": (lambda last: f"{FIRST_PORT} {last}", 'port_selection = "kernel"', [0.10, 0.50, 0.90, 0.98],
               0.979),
}

CONFIG = """workers = 1
[[listen]]
address = "{listen}"
[admin]
address = "{admin}"
[drain]
window = "0s"
[log]
access = "off"
[source]
addresses = ["{source}"]
ports = "{first}-{last}"
replica = "{index}/{count}"
{selection}
[pool.echo]
backends = ["{backend}"]
[[route]]
pool = "echo"
"""


class Filled:
    """One Fairlead with the generator that holds its tunnels."""

    def __init__(self, index, count, mode, last, build_dir, run_dir):
        self.listen = f"127.0.71.{index}:80"
        admin = f"127.0.72.{index}:81"
        config = CONFIG.format(listen=self.listen, admin=admin, source=SOURCE, first=FIRST_PORT, last=last,
                               index=index, count=count, selection=MODES[mode][1], backend=BACKEND)
        self.proxy = Replica(f"replica{index}", config, admin, build_dir, run_dir)
        self.capacity = int(self.metric("fairlead_source_tuples_capacity"))
        self._ports = self.capacity / MODES[mode][2][-1]
        self.opened = 1
        self.clients = Clients(build_dir, self.listen, f"127.96.{index * 4}.1")

    def metric(self, name):
        return self.proxy.metric(name)

    def begin_fill(self, level):
        """Up to the probes of that level; False when there is nothing to open."""
        self._wanted = min(self.capacity, round(self._ports * level))
        more = self._wanted - PROBES - self.opened
        if more <= 0:
            return False
        self.clients.tell(f"open {more}")
        self.opened += more
        return True

    def probe(self):
        probes = self._wanted - self.opened
        self.clients.tell(f"probe {probes}")
        self.opened += probes
        return self.clients.answer()["took_ns"]

    def refusals(self, count):
        """Nanoseconds of each 503."""
        took = []
        for _ in range(count):
            begun = time.perf_counter_ns()
            try:
                urllib.request.urlopen(f"http://{self.listen}/", timeout=10).close()
                raise RunFailed(f"{self.listen} has a port left that it did not count")
            except urllib.error.HTTPError as error:
                error.close()
                if error.code != 503:
                    raise RunFailed(f"{self.listen} answers {error.code}, its ports used up") from error
            took.append(time.perf_counter_ns() - begun)
        return took

    def stop(self):
        self.clients.stop()
        self.proxy.stop()


def established():
    """The kernel's own count of connections from the source to the backend."""
    done = subprocess.run(["ss", "-Htn", "state", "established", "src", SOURCE, "dst", BACKEND],
                          capture_output=True, text=True, check=True)
    return done.stdout.count("\n")


def measure_level(replicas, level):
    filling = [replica for replica in replicas if replica.begin_fill(level)]
    for replica in filling:
        replica.clients.answer()
    names = ("fairlead_backend_dial_seconds_sum", "fairlead_backend_dial_seconds_count")
    before = [sum(replica.metric(name) for replica in replicas) for name in names]
    took = [each for replica in replicas for each in replica.probe()]
    after = [sum(replica.metric(name) for replica in replicas) for name in names]
    dial_s = (after[0] - before[0]) / (after[1] - before[1])
    took.sort()
    found = {"level": level, "tunnels": sum(replica.opened for replica in replicas), "samples": len(took),
             "upgrade_median_us": statistics.median(took) / 1e3,
             "upgrade_p99_us": took[len(took) * 99 // 100] / 1e3, "dial_mean_us": dial_s * 1e6}
    text = (f"  {level:.0%}: {found['tunnels']:,} tunnels, upgrade {found['upgrade_median_us']:.0f} us "
            f"(p99 {found['upgrade_p99_us']:.0f}), dial {found['dial_mean_us']:.1f} us")
    print(text, file=sys.stderr, flush=True)
    return found


def run_mode(mode, ports, build_dir):
    """In a namespace of its own: prints the result as JSON."""
    kernel_range, _, levels, _ = MODES[mode]
    last = FIRST_PORT + ports - 1
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    set_sysctl("net.ipv4.ip_unprivileged_port_start", "50")
    set_sysctl("net.ipv4.ip_local_port_range", kernel_range(last))
    count = -(-ports // PORTS_PER_REPLICA)
    backends, replicas = [], []
    with tempfile.TemporaryDirectory(prefix="fairlead-ports-") as run_dir:
        try:
            backends = start_backends(build_dir, BACKEND, -(-ports // CONNECTIONS_PER_BACKEND))
            for index in range(1, count + 1):
                replicas.append(Filled(index, count, mode, last, build_dir, pathlib.Path(run_dir)))
            begun = time.monotonic()
            found = [measure_level(replicas, level) for level in levels]
            took_s = time.monotonic() - begun
            refusals = [each for replica in replicas for each in replica.refusals(20)]
            for replica in replicas:
                replica.clients.tell("echo 64")
            for replica in replicas:
                replica.clients.answer()
            foreign = sum(replica.metric("fairlead_source_foreign_ports_total") for replica in replicas)
            failed = sum(replica.metric("fairlead_backend_dial_failures_total") for replica in replicas)
            print(json.dumps({
                "mode": mode, "theory": ports, "held": established(), "replicas": count,
                "backends": len(backends), "fill_seconds": took_s, "levels": found,
                "refusal_median_us": statistics.median(refusals) / 1e3, "foreign_ports": foreign,
                "failed_dials": failed - len(refusals)}))
        finally:
            for process in replicas:
                process.stop()
            for process in backends:
                stop_process(process)


def is_held(result):
    is_clean = result["foreign_ports"] == 0 and result["failed_dials"] == 0
    return is_clean and result["held"] >= MODES[result["mode"]][3] * result["theory"]


def section(run):
    """The generated part of docs/performance.md as Markdown."""
    machine = run["machine"]
    header = ["ports chosen by", "at", "tunnels", "client's upgrade, median µs (p99)", "÷ first",
              "proxy's dial, mean µs", "÷ first"]
    lines = [
        f"{machine['cpus']} CPUs, Linux {machine['kernel']}; commit {run['commit']}; `{run['command']}`. "
        f"About {PROBES} tunnels through each replica at each level, one after another.\n",
        "| " + " | ".join(header) + " |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for result in run["results"]:
        first = result["levels"][0]
        for each in result["levels"]:
            upgrade, dial = each["upgrade_median_us"], each["dial_mean_us"]
            lines.append(
                f"| {result['mode']} | {each['level']:.0%} | {each['tunnels']:,} | {upgrade:.0f} "
                f"({each['upgrade_p99_us']:.0f}) | {upgrade / first['upgrade_median_us']:.2f} | {dial:.1f} | "
                f"{dial / first['dial_mean_us']:.2f} |")
    lines.append("")
    for result in run["results"]:
        share = result["held"] / result["theory"]
        lines.append(
            f"- {result['mode']}: {result['held']:,} of {result['theory']:,} held at once ({share:.2%}) by "
            f"{result['replicas']} Fairleads, in {result['fill_seconds']:.0f} s; "
            f"{result['failed_dials']:.0f} dials failed, {result['foreign_ports']:.0f} ports were refused by "
            f"bind() or connect(); a 503 for want of a port takes {result['refusal_median_us']:.0f} µs.")
    return "\n".join(lines) + "\n"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build" / "bench")
    parser.add_argument("--ports", type=int, default=ALL_PORTS, help=f"of the space (at most {ALL_PORTS})")
    parser.add_argument("--in-namespace", choices=MODES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.build_dir = arguments.build_dir.resolve()
    if not 4000 <= arguments.ports <= ALL_PORTS:
        parser.error(f"--ports must be 4000 to {ALL_PORTS}")
    return arguments


def main():
    arguments = parse_arguments()
    if arguments.in_namespace:
        run_mode(arguments.in_namespace, arguments.ports, arguments.build_dir)
        return 0
    run = {**described("bench/ports.py"), "results": []}
    for mode in MODES:
        print(f"{mode}:", file=sys.stderr, flush=True)
        run["results"].append(in_namespace(__file__, "--in-namespace", mode, "--ports", arguments.ports,
                                           "--build-dir", arguments.build_dir))
    print(section(run))
    if arguments.ports == ALL_PORTS:
        write_results(run, "ports", "performance.md", section(run))
    return 0 if all(map(is_held, run["results"])) else 1


if __name__ == "__main__":
    sys.exit(main_of("ports.py", main))
