#!/usr/bin/python3
"""Holds 100,000 WebSockets at once through Fairlead, from two sources to one backend address and port.

A process may have 20,000 descriptors on some machines and a tunnel takes two, so several Fairleads share one
listening address (SO_REUSEPORT) and one tuple space (source.replica), as replicas on one host do; all in a
network namespace of the run's own. The tunnels are opened in steps, and at each the memory is read. At the
end each tunnel echoes a message, every Fairlead is scraped, reloads its configuration and takes part in one
drain, which the clients time: each has to get a Close with 1001.
A complete run writes bench/results/crowd.json, docs/crowd-memory.svg and the section of docs/performance.md;
one with --tunnels only prints.
Exit code: 0 all were held and left in order; 1 something failed; 2 wrong arguments.
"""
import argparse
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import crowd_plot
from replica import Clients, Replica, set_sysctl, start_backends
from results import ROOT, described, in_namespace, main_of, write_results
from subjects import RunFailed, stop_process

ALL_TUNNELS = 100_000
TUNNELS_PER_REPLICA = 9_100  # of at most about 9,900: the kernel spreads them with some scatter
TUNNELS_PER_CLIENT = 14_500
CONNECTIONS_PER_BACKEND = 16_500
LEVELS = (0.1, 0.25, 0.5, 0.75, 1.0)
LISTEN = "127.0.81.1:80"
BACKEND = "127.0.82.1:82"
SOURCES = ("127.0.83.1", "127.0.83.2")
DRAIN_S = 30
SCRAPES = 5
SOCKETS_PER_TUNNEL = 4  # the client's, two of Fairlead's, the backend's: all on this machine

CONFIG = """workers = 1
[[listen]]
address = "{listen}"
[admin]
address = "{admin}"
[drain]
window = "{drain}s"
[log]
access = "off"
[source]
addresses = [{sources}]
ports = "1024-65535"
replica = "{index}/{count}"
[pool.echo]
backends = ["{backend}"]
[[route]]
pool = "echo"
"""
CHANGE = """[[route]]
path = "/added-by-a-reload"
pool = "echo"
"""


def kernel_bytes():
    """What the kernel keeps for itself; of it sockets take by far the most that changes here."""
    found = {}
    for line in pathlib.Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        key, value = line.split(":")
        found[key] = int(value.split()[0]) * 1024
    return found["Slab"] + found["KernelStack"] + found["PageTables"]


class Crowd:
    """The replicas, the backends behind them and the clients before them."""

    def __init__(self, tunnels, build_dir, run_dir):
        self.tunnels = tunnels
        self._run_dir = run_dir
        self.replicas, self.clients, self.backends = [], [], []
        self._count = -(-tunnels // TUNNELS_PER_REPLICA)
        try:
            self.backends = start_backends(build_dir, BACKEND, -(-tunnels // CONNECTIONS_PER_BACKEND))
            for index in range(1, self._count + 1):
                self.replicas.append(Replica(f"replica{index}", self._config(index), self._admin(index),
                                             build_dir, run_dir))
            for index in range(-(-tunnels // TUNNELS_PER_CLIENT)):
                self.clients.append(Clients(build_dir, LISTEN, f"127.96.{index * 4}.1"))
        except BaseException:
            self.stop()
            raise
        self.opened = len(self.clients)

    def _admin(self, index):
        return f"127.0.84.{index}:81"

    def _config(self, index):
        return CONFIG.format(listen=LISTEN, admin=self._admin(index), drain=DRAIN_S, backend=BACKEND,
                             index=index, count=self._count,
                             sources=", ".join(f'"{source}"' for source in SOURCES))

    def tell_all(self, command):
        for each in self.clients:
            each.tell(command)
        return [each.answer() for each in self.clients]

    def open_up_to(self, wanted):
        shares = [(wanted - self.opened + i) // len(self.clients) for i in range(len(self.clients))]
        for client, share in zip(self.clients, shares):
            client.tell(f"open {share}")
        for client in self.clients:
            client.answer()
        self.opened += sum(shares)

    def sum_of(self, metric):
        return sum(replica.metric(metric) for replica in self.replicas)

    def user_bytes(self):
        return sum(replica.memory() for replica in self.replicas)

    def scrape(self):
        """Milliseconds of each scrape."""
        took = []
        for replica in self.replicas * SCRAPES:
            begun = time.perf_counter()
            replica.get("/metrics")
            took.append((time.perf_counter() - begun) * 1e3)
        return took

    def reload(self):
        """Seconds until all of them go by a changed configuration."""
        for index, _ in enumerate(self.replicas, 1):
            file = self._run_dir / f"replica{index}.toml"
            file.write_text(self._config(index) + CHANGE, encoding="utf-8")
        begun = time.monotonic()
        for replica in self.replicas:
            if replica.post("/reload").get("error"):
                raise RunFailed("a reload was refused")
        return time.monotonic() - begun

    def drain(self):
        """What each client saw."""
        for client in self.clients:
            client.tell("closes 0")
        for replica in self.replicas:
            replica.process.send_signal(signal.SIGTERM)
        return [client.answer() for client in self.clients]

    def stop(self):
        for each in self.clients + self.replicas:
            each.stop()
        for each in self.backends:
            stop_process(each)


def steadiness(told):
    """Tunnels that left in each second, over all clients; the first and the last second are not whole."""
    seconds = [0] * max(len(each["per_second"]) for each in told)
    for each in told:
        for second, count in enumerate(each["per_second"]):
            seconds[second] += count
    return seconds


def measure(crowd):
    kernel_before, user_before = kernel_bytes(), crowd.user_bytes()
    levels = []
    begun = time.monotonic()
    for share in LEVELS:
        crowd.open_up_to(round(crowd.tunnels * share))
        levels.append({"tunnels": crowd.opened, "user": crowd.user_bytes(),
                       "kernel": kernel_bytes() - kernel_before, "opened_after_s": time.monotonic() - begun})
        print(f"  {crowd.opened:,} tunnels after {levels[-1]['opened_after_s']:.0f} s, user memory "
              f"{levels[-1]['user'] / 1e6:.1f} MB", file=sys.stderr, flush=True)
    held = int(crowd.sum_of("fairlead_websocket_tunnels_active"))
    crowd.tell_all("echo 64")
    scrapes = crowd.scrape()
    reload_s = crowd.reload()
    crowd.tell_all("echo 64")
    closed = int(crowd.sum_of("fairlead_websocket_tunnels_closed_total"))
    refused = int(crowd.sum_of("fairlead_refusals_total"))
    failed = int(crowd.sum_of("fairlead_backend_dial_failures_total"))
    after = crowd.user_bytes()
    told = crowd.drain()
    codes = {}
    for each in told:
        for code, count in each["codes"].items():
            codes[code] = codes.get(code, 0) + count
    return {"tunnels": crowd.tunnels, "held": held, "replicas": len(crowd.replicas), "levels": levels,
            "user_before": user_before, "user_after_echo": after, "scrape_ms": scrapes, "reload_s": reload_s,
            "closed_by_reload": closed, "refused": refused, "failed_dials": failed, "codes": codes,
            "left_per_second": steadiness(told)}


def run_in_namespace(arguments):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    set_sysctl("net.ipv4.ip_unprivileged_port_start", "50")
    set_sysctl("net.ipv4.ip_local_port_range", "100 1023")
    with tempfile.TemporaryDirectory(prefix="fairlead-crowd-") as run_dir:
        crowd = Crowd(arguments.tunnels, arguments.build_dir, pathlib.Path(run_dir))
        try:
            print(json.dumps(measure(crowd)))
        finally:
            crowd.stop()


def is_whole(result):
    is_held = result["held"] == result["tunnels"] and not result["refused"] and not result["failed_dials"]
    return is_held and not result["closed_by_reload"] and result["codes"] == {"1001": result["tunnels"]}


def section(run):
    """The generated part of docs/performance.md as Markdown."""
    result, machine = run["result"], run["machine"]
    count = result["tunnels"]
    whole = result["left_per_second"][1:-1]
    lines = [
        f"{machine['cpus']} CPUs, Linux {machine['kernel']}; commit {run['commit']}; `{run['command']}`. "
        f"{result['replicas']} Fairleads share one address, two sources and one backend address.\n",
        "| tunnels | opened after, s | user memory of all, MB | for each tunnel, B | kernel, for each of its "
        "sockets, B |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in result["levels"]:
        own = (each["user"] - result["user_before"]) / each["tunnels"]
        kernel = each["kernel"] / each["tunnels"] / SOCKETS_PER_TUNNEL
        lines.append(f"| {each['tunnels']:,} | {each['opened_after_s']:.0f} | {each['user'] / 1e6:.1f} | "
                     f"{own:,.0f} | {kernel:,.0f} |")
    lines += [
        "",
        "![User memory against tunnels](crowd-memory.svg)",
        "",
        f"- {result['held']:,} of {count:,} were open at once, each answered an echo before and after a "
        f"reload. {result['failed_dials']} dials failed, {result['refused']} requests were refused.",
        f"- Without a tunnel the {result['replicas']} processes have {result['user_before'] / 1e6:.1f} MB.",
        f"- A scrape takes {statistics.median(result['scrape_ms']):.1f} ms, "
        f"{max(result['scrape_ms']):.1f} at most, of a process with {count // result['replicas']:,} tunnels.",
        f"- A reload of all took {result['reload_s'] * 1e3:.0f} ms and closed {result['closed_by_reload']}.",
        f"- A drain over {DRAIN_S} s: Close codes " +
        ", ".join(f"{code}: {number:,}" for code, number in sorted(result["codes"].items())) +
        f". In its whole seconds {min(whole):,} to {max(whole):,} left, {statistics.mean(whole):,.0f} on "
        "average.",
    ]
    return "\n".join(lines) + "\n"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build" / "bench")
    parser.add_argument("--tunnels", type=int, default=ALL_TUNNELS, help=f"at most {ALL_TUNNELS}")
    parser.add_argument("--in-namespace", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.build_dir = arguments.build_dir.resolve()
    if not 100 <= arguments.tunnels <= ALL_TUNNELS:
        parser.error(f"--tunnels must be 100 to {ALL_TUNNELS}")
    return arguments


def main():
    arguments = parse_arguments()
    if arguments.in_namespace:
        run_in_namespace(arguments)
        return 0
    run = described("bench/crowd.py")
    run["result"] = in_namespace(__file__, "--in-namespace", "--tunnels", arguments.tunnels, "--build-dir",
                                 arguments.build_dir)
    print(section(run))
    if arguments.tunnels == ALL_TUNNELS:
        write_results(run, "crowd", "performance.md", section(run))
        (ROOT / "docs" / "crowd-memory.svg").write_text(crowd_plot.draw(run["result"]), encoding="utf-8")
    return 0 if is_whole(run["result"]) else 1


if __name__ == "__main__":
    sys.exit(main_of("crowd.py", main))
