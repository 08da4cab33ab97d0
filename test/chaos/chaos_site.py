"""The hosts of the chaos run and what runs on them:

      client 10.1.0.10 ── front ── 10.1.0.1 proxy 10.2.0.1 ── back ── 10.2.0.2 backend (three)
"""
import json
import os
import select
import subprocess
import sys
import tempfile

from harness.case import pool, route
from harness.floods import start_flood
from harness.lab import Lab
from harness.process_backend import BackendProcess
from harness.proxy import Proxy

HERE = os.path.dirname(os.path.abspath(__file__))
BACKENDS = 3
FIRST_PORT = 9001
ANSWER_S = 120


def config(backends, with_extra_route=False, weight=1):
    """What runs, and what reloads change: who is in the pool, a weight, a route."""
    weights = [weight] + [1] * (len(backends) - 1)
    live = [f'{{ address = "{each}", weight = {share} }}' for each, share in zip(backends, weights)]
    ping = '{ ping_every = "2s", pong_timeout = "8s" }'
    health = '{ every = "1s", timeout = "1s", fall = 2, rise = 1 }'
    balance = '"least-connections"'
    extra = [route("tunnels", name='"extra"', path='"/extra"')] if with_extra_route else []
    return "\n".join([
        '[timeouts]\nconnect = "2s"\nresponse = "5s"\nhead = "3s"\nbody = "3s"\nupstream_idle = "2s"',
        '[log]\naccess = "off"',
        pool("tunnels", *live, balance=balance, health=health),
        pool("requests", *backends, health=health),
        route("tunnels", name='"steady"', path='"/steady"'),
        route("tunnels", name='"pinged"', path='"/pinged"', websocket=ping),
        route("tunnels", name='"flooded"', path='"/sink"'),
        *extra,
        route("requests", name='"requests"'),
    ])


class Backend(BackendProcess):
    """A process in the backends' namespace; what it complains of outlives it."""

    def __init__(self, host, address, complaints):
        self.host = host
        self.address = address
        self._complaints = complaints
        self.start()

    def start(self):
        ip, port = self.address.split(":")
        with self.host.entered():
            self.process = subprocess.Popen(
                [sys.executable, "-B", os.path.join(HERE, "backend.py"), ip, port],
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                text=True,
            )
        assert self.process.stdout.readline() == "ready\n", f"backend {self.address} does not start"


class ClientProcess:
    """clients.py in the clients' namespace."""

    def __init__(self, host, address, tunnels, requesters, seed):
        words = [address[0], *map(str, (address[1], tunnels, requesters, seed))]
        with host.entered():
            self.process = subprocess.Popen(
                [sys.executable, "-B", os.path.join(HERE, "clients.py"), *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], ANSWER_S)
        assert ready, f"the clients do not answer {words[0]!r}"
        line = self.process.stdout.readline()
        assert line, f"the clients ended at {words[0]!r}"
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Site:
    def __init__(self, tunnels, requesters, seed):
        self.lab = Lab()
        self._closing = [self.lab.close]
        self.client, self.host, self.far = (self.lab.host(name) for name in ("client", "proxy", "backend"))
        self.front, self.back = self.lab.segment("front"), self.lab.segment("back")
        self.front_port = self.front.join(self.client, "10.1.0.10/24")
        self.front.join(self.host, "10.1.0.1/24")
        self.back.join(self.host, "10.2.0.1/24")
        self.back_port = self.back.join(self.far, "10.2.0.2/24")
        self._complaints = tempfile.TemporaryFile("w+")
        self._closing.append(self._complaints.close)
        self.backends = []
        try:
            self._start(tunnels, requesters, seed)
        except BaseException:
            self.close()
            raise

    def _start(self, tunnels, requesters, seed):
        for number in range(BACKENDS):
            address = f"10.2.0.2:{FIRST_PORT + number}"
            self.backends.append(Backend(self.far, address, self._complaints))
            self._closing.append(self.backends[-1].kill)
        with self.host.entered():
            self.proxy = Proxy(self.config(), host="10.1.0.1", workers=2, wait=False)
            self._closing.append(self.proxy.abandon)
            self.proxy.wait_ready(60)
        self.clients = ClientProcess(self.client, self.proxy.address, tunnels, requesters, seed)
        self._closing.append(self.clients.close)

    def config(self, without=(), **changes):
        return config([each.address for each in self.backends if each not in without], **changes)

    def control(self, target):
        with self.host.entered():
            return self.proxy.control(target)

    def metrics(self):
        with self.host.entered():
            return self.proxy.metrics()

    def flood(self, kind, count, seconds):
        with self.client.entered():
            flood = start_flood(kind, self.proxy.address, count, seconds)
        self._closing.append(flood.close)
        return flood

    def complaints(self):
        self._complaints.seek(0)
        return self._complaints.read().splitlines()

    def close(self):
        """In the order against that of the beginning; nothing stays, whatever fails."""
        for close in reversed(self._closing):
            try:
                close()
            except Exception as error:  # the next must have its turn
                print(f"while cleaning up: {error!r}", file=sys.stderr)
        self._closing.clear()
