"""What two ends of a tunnel say to each other so that each can prove what it got.

Every message carries its tunnel's name and its number; every acknowledgement the number and a checksum over
all bytes from the first one on. A byte that is lost, doubled, changed, out of order or of another tunnel
cannot stay unseen.
"""
import collections
import struct
import zlib

_DATA = struct.Struct("!c8sQ")
_ACK = struct.Struct("!c8sQI")


class Violation(Exception):
    """Something that was acknowledged, or came, is not what the other end sent."""


class Ledger:
    """One end. Names have 8 bytes."""

    def __init__(self, name):
        self.name = name
        self.acknowledged_bytes = 0
        self.acknowledged = 0  # messages
        self.received = 0
        self._sent = 0
        self._sum_of_sent = 0
        self._sum_of_received = 0
        self._waiting = collections.deque()  # (number, checksum, bytes) of what was sent and not acknowledged

    @property
    def unacknowledged(self):
        return len(self._waiting)

    def next_message(self, body):
        self._sum_of_sent = zlib.crc32(body, self._sum_of_sent)
        self._waiting.append((self._sent, self._sum_of_sent, len(body)))
        payload = _DATA.pack(b"D", self.name, self._sent) + body
        self._sent += 1
        return payload

    def take(self, payload):
        """The acknowledgement to send for data, None for an acknowledgement."""
        if payload[:1] == b"D" and len(payload) >= _DATA.size:
            return self._take_data(payload)
        if payload[:1] == b"A" and len(payload) == _ACK.size:
            self._take_acknowledgement(payload)
            return None
        raise Violation(f"{len(payload)} bytes that nobody sent: {payload[:32]!r}")

    def _take_data(self, payload):
        _, name, number = _DATA.unpack_from(payload)
        if (name, number) != (self.name, self.received):
            raise Violation(f"{self.name!r} got {number} of {name!r}, waited for {self.received}")
        self.received += 1
        self._sum_of_received = zlib.crc32(payload[_DATA.size :], self._sum_of_received)
        return _ACK.pack(b"A", self.name, number, self._sum_of_received)

    def _take_acknowledgement(self, payload):
        _, name, number, checksum = _ACK.unpack(payload)
        if not self._waiting:
            raise Violation(f"{self.name!r}: {number} was acknowledged twice")
        due, sum_of_sent, size = self._waiting.popleft()
        if (name, number, checksum) != (self.name, due, sum_of_sent):
            raise Violation(f"{self.name!r}: acknowledged {number} of {name!r} as {checksum:08x}, "
                            f"sent {due} as {sum_of_sent:08x}")
        self.acknowledged += 1
        self.acknowledged_bytes += size
