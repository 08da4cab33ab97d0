"""Frames over asyncio streams, and the two loops that each end of a checked tunnel runs."""
import asyncio
import struct
from dataclasses import dataclass

from harness.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, apply_mask, frame

LARGEST = 200_000
MOST_UNACKNOWLEDGED = 20


@dataclass
class Closed(Exception):
    """The other end, or the proxy, sent a Close."""

    code: int


class Messages:
    """Reads and writes whole messages; pings are answered, a Close raises Closed."""

    def __init__(self, reader, writer, masks):
        self._reader = reader
        self._writer = writer
        self._masks = masks

    async def read(self):
        pieces = []
        while True:
            first, second = await self._reader.readexactly(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
            assert length <= LARGEST * 2, f"a frame of {length} bytes"
            key = await self._reader.readexactly(4) if second & 0x80 else b""
            payload = await self._reader.readexactly(length)
            if key:
                payload = apply_mask(payload, key)
            opcode = first & 0x0F
            if opcode == CLOSE:
                raise Closed(struct.unpack("!H", payload[:2])[0] if payload else 1005)
            if opcode == PING:
                self.write(payload, PONG)
            elif opcode in (BINARY, CONTINUATION):
                pieces.append(payload)
                if first & 0x80:
                    return b"".join(pieces)

    def write(self, payload, opcode=BINARY, parts=1):
        """One message, in so many fragments."""
        size = max(1, len(payload) // parts)
        out = b""
        for number in range(parts):
            last = number == parts - 1
            piece = payload[number * size :] if last else payload[number * size : (number + 1) * size]
            out += frame(opcode if number == 0 else CONTINUATION, piece, fin=last, masked=self._masks)
        self._writer.write(out)

    async def drain(self):
        await self._writer.drain()

    def write_close(self, code):
        self.write(struct.pack("!H", code), CLOSE)


async def acknowledge(messages, ledger, seen):
    """Until the tunnel ends, by an exception of the stream, Closed or a Violation. It never waits for room:
    two ends that both did would wait for each other, and acknowledgements are few."""
    while True:
        answer = ledger.take(await messages.read())
        seen()
        if answer is not None:
            messages.write(answer)


async def talk(messages, ledger, chance, every_s, is_quiet):
    """Messages of every size, some in fragments, while the other end keeps up with acknowledging them."""
    while True:
        await asyncio.sleep(chance.expovariate(1 / every_s))
        if is_quiet() or ledger.unacknowledged >= MOST_UNACKNOWLEDGED:
            continue
        size = int(min(LARGEST, chance.paretovariate(0.6) * 20))
        parts = chance.choice((1, 1, 1, 1, 2, 5)) if size > 10 else 1
        messages.write(ledger.next_message(chance.randbytes(size)), parts=parts)
        await messages.drain()
