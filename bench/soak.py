#!/usr/bin/python3
"""Soaks Fairlead: thousands of tunnels with traffic for half an hour, while everything around them changes.

Tunnels echo messages of 64 B to 256 KiB, one in five of them with TLS, and every byte is compared;
tunnels end and come, in order and by a RST; the configuration file changes and is loaded; one backend after
another is ended and started again, whose tunnels end and come back; GETs go on beside. Meanwhile memory,
descriptors, source ports and what the kernel holds for the sockets are read. In a network namespace of the
run's own.
A run of the default length writes bench/results/soak.json, docs/soak.svg and the section of
docs/reliability.md; another only prints.
Exit code: 0 nothing was lost and nothing grew; 1 otherwise; 2 wrong arguments.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import slope
import soak_plot
from beside import Requests
from certificates import make_certificates
from replica import Generator, Replica, start_backends
from results import ROOT, described, in_namespace, main_of, write_results
from soak_report import is_good, section
from subjects import RunFailed, stop_process

MINUTES = 30
TUNNELS = 5_000
BACKENDS = 8
MESSAGES_PER_S = 3_000
ENDS_PER_S = 50
REQUESTS_PER_S = 50
SAMPLE_EVERY_S, SOCKETS_EVERY_S, RELOAD_EVERY_S, RESTART_EVERY_S = 5, 30, 10, 60
DOWN_S = 2  # how long a backend stays away
# What does not get its CPU from a busy machine must not look like what lost something.
PATIENCE_S = 600
IS_WHOLE = 0.97  # of the tunnels are open: others end and come at any moment
WARM_UP_SHARE = 1 / 3  # buffers of all sizes have been needed at once by then
BLOCK_MIN = 1.0

LISTEN, TLS_LISTEN, ADMIN = "127.0.91.1:80", "127.0.91.1:443", "127.0.94.1:81"
CLIENTS_FROM = "127.97.0.1"

CONFIG = """workers = 1
[timeouts]
head = "{patience}s"
keep_alive = "{patience}s"
tls_handshake = "{patience}s"
connect = "{patience}s"
response = "{patience}s"
write = "{patience}s"
upstream_idle = "5s"
[[listen]]
address = "{listen}"
[[listen]]
address = "{tls_listen}"
tls.certificates = [{{ chain = "{certificates}/ecdsa.crt", key = "{certificates}/ecdsa.key" }}]
[admin]
address = "{admin}"
[drain]
window = "0s"
[log]
access = "off"
[source]
addresses = ["127.0.93.1"]
ports = "1024-32000"
"""
BACKEND = """[pool.backend-{index}]
backends = ["{address}"]
health = {{ path = "/1", every = "2s", fall = 100 }}
[[route]]
name = "backend-{index}"
host = "backend-{index}.bench.example"
pool = "backend-{index}"
websocket = {{ max_message = "{max_message}MiB" }}
"""
ADDED = """[[route]]
name = "added-{number}"
path = "/added-{number}"
pool = "backend-0"
"""


class Backend:
    """An echo server that is ended, by turns in order and by SIGKILL, and comes back."""

    def __init__(self, index, build_dir):
        self.index = index
        self.address = f"127.0.92.{index + 1}:82"
        self.is_away = False
        self._build_dir = build_dir
        self.process = None
        self.start()

    def start(self):
        (self.process,) = start_backends(self._build_dir, self.address, 1)

    def end(self, is_in_order):
        if is_in_order:
            stop_process(self.process)
        else:
            self.process.kill()
            self.process.wait()


class Soak:
    """Fairlead, the backends behind it, the tunnels and the requests before it."""

    def __init__(self, arguments, run_dir):
        self.arguments = arguments
        self._run_dir = run_dir
        self.backends, self.replica, self.tunnels, self.requests = [], None, None, None
        self.counts = {"reloads": 0, "restarts": 0}
        self.samples, self.sockets, self.failures = [], [], []
        make_certificates(run_dir / "certificates")
        try:
            for index in range(BACKENDS):
                self.backends.append(Backend(index, arguments.build_dir))
            self.replica = Replica("soak", self.config(), ADMIN, arguments.build_dir, run_dir)
            self.tunnels = Generator(
                arguments.build_dir, "soak", "--target", LISTEN, "--tls-target", TLS_LISTEN, "--source",
                CLIENTS_FROM, "--tunnels", arguments.tunnels, "--backends", BACKENDS, "--pace",
                MESSAGES_PER_S, "--ends", ENDS_PER_S, "--patience", PATIENCE_S)
            self.requests = Requests(LISTEN, self.backends, REQUESTS_PER_S, PATIENCE_S)
        except BaseException:
            self.stop()
            raise
        self.begun = time.monotonic()
        self._load_average = os.getloadavg()[0]

    def config(self):
        """Every reload changes a limit of all tunnels, and takes a route away or adds one."""
        number = self.counts["reloads"]
        parts = [CONFIG.format(listen=LISTEN, tls_listen=TLS_LISTEN, admin=ADMIN, patience=PATIENCE_S,
                               certificates=self._run_dir / "certificates")]
        parts += [BACKEND.format(index=each.index, address=each.address, max_message=1 + number % 3)
                  for each in self.backends]
        if number % 2 == 1:
            parts.append(ADDED.format(number=number))
        return "".join(parts)

    def minutes(self):
        return (time.monotonic() - self.begun) / 60

    def ask(self, command):
        self.tunnels.tell(command)
        return self.tunnels.answer()

    def wait_until_whole(self, within_s=PATIENCE_S):
        """All tunnels but those that end and come at this moment."""
        enough = IS_WHOLE * self.arguments.tunnels
        deadline = time.monotonic() + within_s
        while self.ask("tell 0")["open"] < enough:
            if time.monotonic() > deadline:
                raise RunFailed(f"not all tunnels came back within {within_s} s: {self.ask('tell 0')}")
            time.sleep(0.1)

    def sample(self):
        told = self.ask("tell 0")
        is_whole = told["open"] >= IS_WHOLE * self.arguments.tunnels
        pid = self.replica.process.pid
        self.samples.append({
            "minute": round(self.minutes(), 3), "is_whole": is_whole, "open": told["open"],
            "memory": self.replica.memory(), "descriptors": descriptors_of(pid),
            "source_ports": self.replica.metric("fairlead_source_tuples_in_use")})

    def sample_sockets(self):
        self.sockets.append({"minute": round(self.minutes(), 3), **socket_memory()})

    def reload(self):
        self.counts["reloads"] += 1
        (self._run_dir / "soak.toml").write_text(self.config(), encoding="utf-8")
        answer = self.replica.post("/reload")
        if not answer.get("ok") or answer["tunnels_leaving"]:
            self.failures.append(f"reload {self.counts['reloads']}: {answer}")

    def restart_backend(self):
        backend = self.backends[self.counts["restarts"] % BACKENDS]
        is_in_order = self.counts["restarts"] // BACKENDS % 2 == 0
        self.counts["restarts"] += 1
        self.ask(f"expect {backend.index}")
        backend.is_away = True
        backend.end(is_in_order)
        time.sleep(DOWN_S)
        backend.start()
        self._wait_until_up(backend)
        backend.is_away = False
        self.ask(f"restore {backend.index}")
        self.wait_until_whole()

    def _wait_until_up(self, backend):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            states = {each["backend"]: each["state"]
                      for each in json.loads(self.replica.get("/backends"))["backends"]}
            if states[backend.address] == "up":
                return
            time.sleep(0.1)
        raise RunFailed(f"{backend.address} did not come up: {states}")

    def run(self):
        """For the minutes that were asked for; then everybody leaves, and what is left is read."""
        self.wait_until_whole()
        jobs = [(SAMPLE_EVERY_S, self.sample), (SOCKETS_EVERY_S, self.sample_sockets),
                (RELOAD_EVERY_S, self.reload), (RESTART_EVERY_S, self.restart_backend)]
        due = [time.monotonic() + (every if every == RESTART_EVERY_S else 0) for every, _ in jobs]
        next_words = 1.0
        while self.minutes() < self.arguments.minutes:
            for number, (every, job) in enumerate(jobs):
                if time.monotonic() >= due[number]:
                    job()
                    due[number] = max(due[number] + every, time.monotonic())
            if self.minutes() >= next_words:
                self._say_how_it_is()
                next_words += 1
            time.sleep(max(0, min(0.5, min(due) - time.monotonic())))
        told, asked = self.ask("tell 0"), self.requests.stop()
        self.tunnels.stop()
        return {"minutes": self.arguments.minutes, "tunnels": self.arguments.tunnels, "told": told,
                "requests": asked, **self.counts, "failures": self.failures, "samples": self.samples,
                "sockets": self.sockets, "after": self._after(),
                "load_average": {"begin": self._load_average, "end": os.getloadavg()[0]}}

    def _say_how_it_is(self):
        last = self.samples[-1]
        print(f"  {last['minute']:.0f} min: {last['open']:,} tunnels, {last['memory'] / 1e6:.2f} MB, "
              f"{last['descriptors']:,} descriptors, {self.ask('tell 0')}", file=sys.stderr, flush=True)

    def _after(self):
        """What Fairlead still holds of the tunnels when all have gone."""
        kept = {"tunnels": "fairlead_websocket_tunnels_active",
                "source_ports": "fairlead_source_tuples_in_use"}
        deadline = time.monotonic() + PATIENCE_S
        while any(map(self.replica.metric, kept.values())) and time.monotonic() < deadline:
            time.sleep(0.5)
        return {**{kind: self.replica.metric(name) for kind, name in kept.items()},
                "descriptors": descriptors_of(self.replica.process.pid), "memory": self.replica.memory()}

    def stop(self):
        for each in (self.requests, self.tunnels, self.replica):
            if each is not None:
                each.stop()
        for backend in self.backends:
            stop_process(backend.process)


def descriptors_of(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


def socket_memory():
    """What the kernel holds for the open sockets of Fairlead: buffers, as skmem of ss accounts for them."""
    sides = f"( src {LISTEN} or src {TLS_LISTEN} or src 127.0.93.1 )"
    done = subprocess.run(["ss", "-Htnm", "state", "established", sides], capture_output=True, text=True,
                          check=True)
    held = 0
    for line in done.stdout.splitlines():
        _, is_there, counters = line.partition("skmem:(")
        if is_there:
            # r: received, f: forward-allocated, w: queued to be sent, o: options, bl: backlog
            held += sum(int(text.lstrip("rfwobl")) for text in counters.rstrip(")").split(",")
                        if text.startswith(("r", "f", "w", "o", "bl")) and not text.startswith("rb"))
    return {"sockets": done.stdout.count("skmem:("), "bytes": held}


def fits(result):
    """Growth per minute of what must not grow, after the warm-up, while all tunnels are open."""
    warm = WARM_UP_SHARE * result["minutes"]
    counted = [each for each in result["samples"] if each["is_whole"] and each["minute"] >= warm]
    return {kind: slope.fit([(each["minute"], each[kind]) for each in counted], BLOCK_MIN)
            for kind in ("memory", "descriptors", "source_ports")}


def run_in_namespace(arguments):
    with tempfile.TemporaryDirectory(prefix="fairlead-soak-") as run_dir:
        soak = Soak(arguments, pathlib.Path(run_dir))
        try:
            result = soak.run()
        finally:
            soak.stop()
    print(json.dumps({**result, "fits": fits(result)}))


def is_whole_run(arguments):
    return arguments.minutes == MINUTES and arguments.tunnels == TUNNELS


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build" / "bench")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"how long ({MINUTES})")
    parser.add_argument("--tunnels", type=int, default=TUNNELS, help=f"at once ({TUNNELS}; at most 9000)")
    parser.add_argument("--in-namespace", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.build_dir = arguments.build_dir.resolve()
    if not 0.5 <= arguments.minutes <= 24 * 60:
        parser.error("--minutes must be 0.5 to 1440")
    if not 200 <= arguments.tunnels <= 9000:
        parser.error("--tunnels must be 200 to 9000")
    return arguments


def main():
    arguments = parse_arguments()
    if arguments.in_namespace:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        run_in_namespace(arguments)
        return 0
    run = described("bench/soak.py")
    run["result"] = in_namespace(__file__, "--in-namespace", "--minutes", arguments.minutes, "--tunnels",
                                 arguments.tunnels, "--build-dir", arguments.build_dir)
    text = section(run)
    print(text)
    if is_whole_run(arguments):
        write_results(run, "soak", "reliability.md", text)
        (ROOT / "docs" / "soak.svg").write_text(soak_plot.draw(run["result"]), encoding="utf-8")
    return 0 if is_good(run["result"]) else 1


if __name__ == "__main__":
    sys.exit(main_of("soak.py", main))
