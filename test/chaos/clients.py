"""The clients of the chaos run, in one process: checked tunnels that come back when they end, and requests.

    /usr/bin/python3 -B test/chaos/clients.py HOST PORT TUNNELS REQUESTERS SEED

A word on standard input is answered by a line of JSON: `report` what there was so far, `reset N` breaks N
tunnels in the middle of a frame, `settle` says nothing new and waits until all that was sent is acknowledged
in every tunnel, `speak` undoes that, `close` ends all of them by a Close handshake.
"""
import asyncio
import collections
import json
import logging
import os
import random
import socket
import struct
import sys
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))
from harness.frames import upgrade_request  # noqa: E402
from backend import ENDED, read_body  # noqa: E402
from ledger import Ledger, Violation  # noqa: E402
from tunnel_ends import Closed, Messages, acknowledge, talk  # noqa: E402

SETTLE_S = 30
FAULTS = ("hang", "reset", "garbage", "half-close", "twice", "cut-chunks", "endless-head")


class Clients:
    def __init__(self, host, port, seed):
        self.address = (host, port)
        self.chance = random.Random(seed)
        self.counts = collections.Counter()
        self.ends = collections.Counter()
        self.statuses = collections.Counter()
        self.violations = []
        self.is_quiet = False
        self.is_over = False
        self._open = {}  # ledger -> writer
        self._names = 0
        self._bytes_of_ended = 0

    # -- tunnels

    async def keep_a_tunnel(self, path):
        while not self.is_over:
            try:
                await asyncio.wait_for(self._tunnel(path), 3600)
            except ENDED as error:
                self.counts["no_tunnel"] += 1
                self.statuses[f"upgrade: {type(error).__name__}"] += 1
            await asyncio.sleep(self.chance.uniform(0.05, 0.5))

    async def _connect(self):
        return await asyncio.wait_for(asyncio.open_connection(*self.address), 10)

    async def _tunnel(self, path):
        reader, writer = await self._connect()
        self._names += 1
        name = b"%08d" % self._names
        try:
            writer.write(upgrade_request(f"{path}?{name.decode()}"))
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
            status = head.split(b" ", 2)[1].decode()
            if status != "101":
                self.statuses[f"upgrade: {status}"] += 1
                return
            await self._speak(Messages(reader, writer, masks=True), Ledger(name), writer)
        finally:
            writer.transport.abort()

    async def _speak(self, messages, ledger, writer):
        self.counts["tunnels"] += 1
        self._open[ledger] = writer
        talking = asyncio.ensure_future(talk(messages, ledger, self.chance, 1.0, lambda: self.is_quiet))
        how = "reset"
        try:
            await acknowledge(messages, ledger, lambda: None)
        except Closed as closed:
            how = f"close {closed.code}"
            messages.write_close(closed.code)
        except asyncio.IncompleteReadError:
            how = "end"
        except OSError:
            pass
        except (Violation, AssertionError) as violation:
            self.violations.append(str(violation))
        finally:
            talking.cancel()
            del self._open[ledger]
            self.ends[how] += 1
            self.counts["acknowledged"] += ledger.acknowledged
            self.counts["received"] += ledger.received
            self._bytes_of_ended += ledger.acknowledged_bytes

    # -- requests

    async def keep_asking(self):
        while not self.is_over:
            try:
                await asyncio.wait_for(self._ask_some(), 60)
            except ENDED as error:
                self.counts["connections_cut"] += 1
                self.statuses[f"request: {type(error).__name__}"] += 1
            await asyncio.sleep(self.chance.uniform(0.01, 0.3))

    async def _ask_some(self):
        """Requests on one connection."""
        reader, writer = await self._connect()
        try:
            for _ in range(self.chance.randint(1, 20)):
                while self.is_quiet and not self.is_over:
                    await asyncio.sleep(0.05)
                if self.is_over or not await self._ask(reader, writer):
                    return
                await asyncio.sleep(self.chance.expovariate(5))
        finally:
            writer.transport.abort()

    async def _ask(self, reader, writer):
        """True while the connection may be used again."""
        is_bad = self.chance.random() < 0.1
        target = f"/bad/{self.chance.choice(FAULTS)}" if is_bad else "/http"
        body = self.chance.randbytes(int(min(500_000, self.chance.paretovariate(0.5) * 10)))
        self._names += 1
        name, want = str(self._names), int(min(500_000, self.chance.paretovariate(0.5) * 10))
        fields = f"Host: a\r\nX-Name: {name}\r\nX-Want: {want}\r\nContent-Length: {len(body)}"
        writer.write(f"POST {target} HTTP/1.1\r\n{fields}\r\n\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        answer = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
        status = first.split(" ")[1]
        got = await read_body(reader, answer)
        self.statuses[f"{'bad' if is_bad else 'request'}: {status}"] += 1
        self._check(target, status, answer, got, (name, body, want))
        return answer.get("connection", "").lower() != "close"

    def _check(self, target, status, answer, got, asked):
        """A whole 200 is of this request, and whole."""
        if status != "200":
            return
        self.counts["answers"] += 1
        name, body, want = asked
        said = (answer.get("x-name"), answer.get("x-got"), answer.get("x-sum"), len(got))
        due = (name, f"{zlib.crc32(body):08x}", f"{zlib.crc32(got):08x}", want)
        if target == "/http" and said != due:
            self.violations.append(f"{target}: {said} instead of {due}")
        elif target == "/bad/twice" and said[0] != name:
            self.violations.append(f"{target}: the answer of {said[0]} to {name}")
        elif target not in ("/http", "/bad/twice"):
            self.violations.append(f"{target}: a whole 200 of {len(got)} bytes")
        self.counts["body_bytes"] += len(body) + len(got)

    # -- what is asked for

    def report(self):
        live = list(self._open)
        return {
            **self.counts,
            "open": len(live),
            "acknowledged": self.counts["acknowledged"] + sum(each.acknowledged for each in live),
            "received": self.counts["received"] + sum(each.received for each in live),
            "acknowledged_bytes": self._bytes_of_ended + sum(each.acknowledged_bytes for each in live),
            "ends": dict(sorted(self.ends.items())),
            "statuses": dict(sorted(self.statuses.items())),
            "violations": self.violations[:20],
            "violation_count": len(self.violations),
        }

    def reset(self, count):
        some = list(self._open.values())[:count]
        for writer in some:
            writer.write(bytes((0x82, 0xFE, 0x7F, 0xFF)) + b"mask" + b"x" * 100)
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        return {"reset": len(some)}

    async def settle(self):
        """How many tunnels have something that is not acknowledged although nobody is in the way."""
        self.is_quiet = True
        end = time.monotonic() + SETTLE_S
        while time.monotonic() < end and any(each.unacknowledged for each in self._open):
            await asyncio.sleep(0.05)
        stuck = [each.name.decode() for each in self._open if each.unacknowledged]
        return {"open": len(self._open), "stuck": stuck}

    async def close(self):
        self.is_over = True
        for writer in list(self._open.values()):
            Messages(None, writer, masks=True).write_close(1000)
        end = time.monotonic() + SETTLE_S
        while time.monotonic() < end and self._open:
            await asyncio.sleep(0.05)
        return {"left": len(self._open)}


async def obey(clients):
    """Words from standard input until it ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        word, *rest = line.decode().split()
        if word == "report":
            answer = clients.report()
        elif word == "reset":
            answer = clients.reset(int(rest[0]))
        elif word == "settle":
            answer = await clients.settle()
        elif word == "speak":
            clients.is_quiet, answer = False, {}
        else:
            answer = await clients.close()
        print(json.dumps(answer), flush=True)


async def main():
    host, port, tunnels, requesters, seed = sys.argv[1], *map(int, sys.argv[2:6])
    clients = Clients(host, port, seed)
    tasks = [clients.keep_a_tunnel("/pinged" if i % 2 else "/steady") for i in range(tunnels)]
    tasks += [clients.keep_asking() for _ in range(requesters)]
    running = [asyncio.ensure_future(task) for task in tasks]
    await obey(clients)
    for task in running:
        task.cancel()


if __name__ == "__main__":
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # a peer that is gone is nothing to tell
    asyncio.run(main())
