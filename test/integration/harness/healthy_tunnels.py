"""Tunnels of people who mean well, in a process of its own: each echoes a small message at a steady pace.

    /usr/bin/python3 -B -m harness.healthy_tunnels HOST PORT COUNT EVERY_MS

A line on standard input asks for the delays since the last one: JSON with count, p50_ms, p99_ms, max_ms,
`late` (unanswered for more than a second), `lost` (tunnels that ended) and `disorder`. The end of standard
input ends it.
"""
import json
import selectors
import socket
import struct
import subprocess
import sys
import time

from harness.floods import HARNESS
from harness.frames import BINARY, frame, upgrade_request


class _Tunnels:
    def __init__(self, address, count, every_s):
        self.every_s = every_s
        self.delays = []
        self.lost = 0
        self.disorder = 0
        self.asked = {}  # socket -> [number and time of the message that is out, or None; bytes of its echo]
        self._number = 0
        self.selector = selectors.DefaultSelector()
        for _ in range(count):
            sock = socket.create_connection(address, 10)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(upgrade_request("/echo"))
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += sock.recv(1)
            assert head.startswith(b"HTTP/1.1 101"), head
            sock.setblocking(False)
            self.asked[sock] = [None, b""]
            self.selector.register(sock, selectors.EVENT_READ, sock)
        self._turns = []
        self._next = time.monotonic()

    def run(self):
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)
        while True:
            wait = max(0.0, self._next - time.monotonic())
            for key, _ in self.selector.select(wait):
                if key.data is not None:
                    self._hear(key.data)
                elif not sys.stdin.readline():
                    return
                else:
                    print(json.dumps(self._report()), flush=True)
            self._speak()

    def _speak(self):
        """One tunnel at each turn, so that the tunnels' messages are spread over the time."""
        now = time.monotonic()
        while self._next <= now and self.asked:
            self._next += self.every_s / len(self.asked)
            if not self._turns:
                self._turns = list(self.asked)
            sock = self._turns.pop()
            state = self.asked.get(sock)
            if state is None or state[0] is not None:
                continue  # one message out on each: it is late
            self._number += 1
            state[0] = (self._number, time.monotonic())
            try:
                sock.send(frame(BINARY, struct.pack("!Q", self._number) + b"x" * 56, masked=True))
            except OSError:
                self._lose(sock)

    def _hear(self, sock):
        state = self.asked[sock]
        try:
            data = sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose(sock)
            return
        state[1] += data
        if len(state[1]) >= 66:
            number, asked_at = state[0]
            self.delays.append(time.monotonic() - asked_at)
            self.disorder += state[1][:10] != bytes((0x82, 64)) + struct.pack("!Q", number)
            state[0], state[1] = None, state[1][66:]

    def _lose(self, sock):
        self.lost += 1
        self.selector.unregister(sock)
        del self.asked[sock]
        sock.close()

    def _report(self):
        delays, self.delays = sorted(self.delays), []
        now = time.monotonic()
        late = [now - state[0][1] for state in self.asked.values() if state[0] is not None]
        at = lambda share: round(1000 * delays[int(share * (len(delays) - 1))], 3) if delays else None
        return {
            "count": len(delays),
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "max_ms": at(1.0),
            "late": sum(each > 1 for each in late),
            "lost": self.lost,
            "disorder": self.disorder,
        }


class HealthyTunnels:
    """The process, from a test."""

    def __init__(self, address, count=50, every_ms=100):
        words = [address[0], str(address[1]), str(count), str(every_ms)]
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "harness.healthy_tunnels", *words],
            cwd=HARNESS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n", "the healthy tunnels could not be opened"

    def delays(self):
        """Since it was asked the last time."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def main():
    host, port, count, every_ms = sys.argv[1], *map(int, sys.argv[2:5])
    tunnels = _Tunnels((host, port), count, every_ms / 1000)
    print("ready", flush=True)
    tunnels.run()


if __name__ == "__main__":
    main()
