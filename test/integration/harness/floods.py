"""Clients who mean harm: many sockets in one process, each kind of flood with one idea.

    /usr/bin/python3 -B -m harness.floods KIND HOST PORT --count N --seconds S

runs one and prints what became of it as JSON: connections opened, bytes sent, what was answered (by status or
Close code), how many were reset, closed without a word or refused. In a test: `start_flood(kind, ...)`.
"""
import argparse
import collections
import errno
import json
import os
import selectors
import socket
import struct
import subprocess
import sys
import time

from harness.frames import BINARY, CONTINUATION, PING, frame, upgrade_request

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends a RST
HARNESS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
UNDER_WAY_AT_ONCE = 200  # connects that are not answered yet


class Attack:
    """What every connection of a kind does. `first` goes out when it is connected, `more` again and again,
    every `pause_s` or, at 0, as fast as it is taken; `reads` says whether answers are read."""

    first = b""
    more = b""
    pause_s = 0.0
    reads = True
    leaves_at_once = False
    comes_back = True


class Connects(Attack):
    """Connections that say nothing and go by a RST."""

    leaves_at_once = True


class Requests(Attack):
    """A request on a connection of its own each."""

    first = b"GET /http HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class SlowHeads(Attack):
    """A head of which a byte comes each second."""

    first = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
    more = b"x"
    pause_s = 1.0


class SlowBodies(Attack):
    """A body of which a byte comes each second."""

    first = b"POST /http HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
    more = b"x"
    pause_s = 1.0


class SlowReaders(Attack):
    """Tunnels that have much sent to them and read none of it."""

    first = upgrade_request("/source")
    reads = False


class OneByteFrames(Attack):
    """A thousand frames of one byte in each packet."""

    first = upgrade_request("/sink")
    more = frame(BINARY, b"x", masked=True) * 1000


class Pings(Attack):
    first = upgrade_request("/sink")
    more = frame(PING, b"x" * 125, masked=True) * 100


class TinyFragments(Attack):
    """A message in fragments of no byte or one, which never ends."""

    first = upgrade_request("/sink") + frame(BINARY, b"x", fin=False, masked=True)
    more = (frame(CONTINUATION, b"", False, True) + frame(CONTINUATION, b"x", False, True)) * 500


class HeaderBombs(Attack):
    """Heads with more fields, and more bytes, than anybody takes."""

    first = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(10_000))
    more = b"X-Pad: " + b"y" * 8000 + b"\r\n"


class GiantFrames(Attack):
    """The header of a frame of 2^62 bytes, and a byte of it each second."""

    first = upgrade_request("/sink") + struct.pack("!BBQ4s", 0x82, 0xFF, 1 << 62, b"mask")
    more = b"x"
    pause_s = 1.0


KINDS = {
    "connects": Connects,
    "requests": Requests,
    "slow-heads": SlowHeads,
    "slow-bodies": SlowBodies,
    "slow-readers": SlowReaders,
    "one-byte-frames": OneByteFrames,
    "pings": Pings,
    "tiny-fragments": TinyFragments,
    "header-bombs": HeaderBombs,
    "giant-frames": GiantFrames,
}


class _Client:
    def __init__(self, sock, attack):
        self.sock = sock
        self.left = attack.first
        self.heard = b""
        self.connected = False
        self.again_at = 0.0


class Flood:
    """`count` connections of a kind at once, until `seconds` are over; those that end come back."""

    def __init__(self, kind, address, count, seconds):
        self.attack = KINDS[kind]
        self.address = address
        self.count = count
        self.seconds = seconds
        self.tally = collections.Counter()
        self.answers = collections.Counter()
        self._selector = selectors.DefaultSelector()
        self._clients = {}
        self._under_way = 0

    def run(self):
        begun = time.monotonic()
        next_pulse = begun
        while (now := time.monotonic()) < begun + self.seconds:
            self._fill()
            for key, events in self._selector.select(0.01):
                self._serve(key.data, events)
            if self.attack.pause_s and now >= next_pulse:
                next_pulse = now + 0.05
                self._pulse(now)
        self.tally["open_at_end"] = sum(client.connected for client in self._clients.values())
        for client in list(self._clients.values()):
            self._end(client, None)
        took = time.monotonic() - begun
        return {"seconds": round(took, 2), **self.tally, "answers": dict(sorted(self.answers.items()))}

    def _fill(self):
        is_over = not self.attack.comes_back and self.tally["begun"] >= self.count
        while not is_over and len(self._clients) < self.count and self._under_way < UNDER_WAY_AT_ONCE:
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)  # leaves no TIME_WAIT behind
            if not self.attack.reads:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            if sock.connect_ex(self.address) not in (0, errno.EINPROGRESS):
                sock.close()
                self.tally["no_connect"] += 1
                return
            client = _Client(sock, self.attack)
            self._clients[sock] = client
            self._selector.register(sock, selectors.EVENT_WRITE, client)
            self._under_way += 1
            self.tally["begun"] += 1

    def _serve(self, client, events):
        if not client.connected:
            self._under_way -= 1
            if client.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._end(client, "refused")
                return
            client.connected = True
            self.tally["connected"] += 1
            if self.attack.leaves_at_once:
                self._end(client, None)
                return
        if events & selectors.EVENT_READ and not self._hear(client):
            return
        if events & selectors.EVENT_WRITE:
            self._send(client)

    def _hear(self, client):
        try:
            data = client.sock.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            self._end(client, "reset")
            return False
        if not data:
            self._end(client, "closed")
            return False
        if len(client.heard) < 400:
            client.heard += data
        return True

    def _send(self, client):
        try:
            while client.left:
                sent = client.sock.send(client.left)
                self.tally["bytes"] += sent
                client.left = client.left[sent:]
        except BlockingIOError:
            return self._wait_for(client, writing=True)
        except OSError:
            if self._hear(client):  # an answer that came before the reset
                self._end(client, "reset")
            return None
        if self.attack.more and not self.attack.pause_s:
            client.left = self.attack.more
            return self._wait_for(client, writing=True)
        client.again_at = time.monotonic() + self.attack.pause_s
        return self._wait_for(client, writing=False)

    def _wait_for(self, client, writing):
        reading = selectors.EVENT_READ if self.attack.reads else 0
        events = reading | (selectors.EVENT_WRITE if writing else 0)
        if events:
            self._selector.modify(client.sock, events, client)
        else:
            self._selector.unregister(client.sock)

    def _pulse(self, now):
        for client in list(self._clients.values()):
            if client.connected and not client.left and client.again_at <= now:
                client.left = self.attack.more
                self._send(client)

    def _end(self, client, how):
        if client.sock in self._selector.get_map():
            self._selector.unregister(client.sock)
        del self._clients[client.sock]
        if not client.connected and how is None:
            self._under_way -= 1
        client.sock.close()
        if how is not None:
            self.tally[how] += 1
        if client.heard:
            self.answers[_answer_in(client.heard)] += 1


def _answer_in(heard):
    """The status of an answer; for a tunnel that was opened, what came behind its 101."""
    head, end, rest = heard.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1].decode() if head.startswith(b"HTTP/1.1 ") else "garbage"
    if status != "101" or not end:
        return status
    if len(rest) >= 4 and rest[0] == 0x88:
        return f"close {struct.unpack('!H', rest[2:4])[0]}"
    return "tunnel"


class RunningFlood:
    """A flood in a process of its own, at a low priority: it is to load the proxy, not the machine."""

    def __init__(self, kind, address, count, seconds):
        words = [kind, address[0], str(address[1]), "--count", str(count), "--seconds", str(seconds)]
        self.kind = kind
        self.seconds = seconds
        self.process = subprocess.Popen(
            ["nice", "-n", "10", sys.executable, "-B", "-m", "harness.floods", *words],
            cwd=HARNESS,
            stdout=subprocess.PIPE,
            text=True,
        )

    def result(self):
        """What became of it, when it is over."""
        output, _ = self.process.communicate(timeout=self.seconds + 60)
        assert self.process.returncode == 0, f"flood {self.kind} ended with {self.process.returncode}"
        return json.loads(output)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def start_flood(kind, address, count, seconds):
    return RunningFlood(kind, address, count, seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--count", type=int, default=100, help="connections at once (100)")
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    flood = Flood(arguments.kind, (arguments.host, arguments.port), arguments.count, arguments.seconds)
    print(json.dumps(flood.run()))


if __name__ == "__main__":
    main()
