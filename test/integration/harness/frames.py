"""WebSocket frames and handshakes as bytes (RFC 6455)."""
import base64
import hashlib
import os
import struct
from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 1.3


@dataclass
class Frame:
    opcode: int
    payload: bytes
    fin: bool
    masked: bool
    rsv: int

    @property
    def close_code(self):
        return struct.unpack("!H", self.payload[:2])[0] if len(self.payload) >= 2 else 1005


def frame(opcode, payload=b"", fin=True, masked=False, rsv=0):
    """The bytes of one frame; `masked` as a client must send it."""
    if isinstance(payload, str):
        payload = payload.encode()
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mask_bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([mask_bit | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", len(payload))
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + apply_mask(payload, key)


def close_frame(code, reason="", masked=False):
    return frame(CLOSE, struct.pack("!H", code) + reason.encode(), masked=masked)


def apply_mask(payload, key):
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return mixed.to_bytes(len(payload), "big")


def read_frame(connection):
    first, second = connection.read_exactly(2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", connection.read_exactly(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", connection.read_exactly(8))
    masked = bool(second & 0x80)
    key = connection.read_exactly(4) if masked else b""
    payload = connection.read_exactly(length)
    if masked:
        payload = apply_mask(payload, key)
    return Frame(first & 0x0F, payload, bool(first & 0x80), masked, first >> 4 & 7)


def accept_for(key):
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return base64.b64encode(digest).decode()


def upgrade_request(target="/", host="example.test", key=SAMPLE_KEY, version="13", fields=()):
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket"]
    if version is not None:
        lines.append(f"Sec-WebSocket-Version: {version}")
    if key is not None:
        lines.append(f"Sec-WebSocket-Key: {key}")
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def switching_protocols(key, fields=()):
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Connection: Upgrade",
        "Upgrade: websocket",
        f"Sec-WebSocket-Accept: {accept_for(key)}",
    ]
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def accept_upgrade(connection, fields=()):
    """Reads an upgrade request as a backend and answers 101; returns the request's head."""
    head = connection.read_head()
    connection.send(switching_protocols(head.get("Sec-WebSocket-Key"), fields))
    return head


def echo_until_close(connection):
    """A backend that echoes frames and answers a Close as RFC 6455 5.5.1 asks."""
    accept_upgrade(connection)
    echo_frames(connection)


def echo_frames(connection):
    """What echo_until_close does after the 101."""
    while True:
        got = read_frame(connection)
        connection.send(frame(got.opcode, got.payload))
        if got.opcode == CLOSE:
            return


def open_tunnel(connection, target="/", **options):
    """Upgrades as a client; returns the 101's head."""
    connection.send(upgrade_request(target, **options))
    head = connection.read_head()
    assert head.status == 101, head.raw
    return head
