"""PROXY protocol headers as bytes, both versions (HAProxy's proxy-protocol.txt)."""
import ipaddress
import struct

V2_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL = V2_SIGNATURE + b"\x20\0\0\0"
UNKNOWN = b"PROXY UNKNOWN\r\n"


def v1(client, client_port, local="198.51.100.2", local_port=443):
    family = "TCP6" if ":" in client else "TCP4"
    return f"PROXY {family} {client} {local} {client_port} {local_port}\r\n".encode()


def v2(client, client_port, local="198.51.100.2", local_port=443, extensions=b""):
    ends = [ipaddress.ip_address(each) for each in (client, local)]
    body = b"".join(each.packed for each in ends) + struct.pack("!HH", client_port, local_port) + extensions
    family = b"\x21" if ends[0].version == 6 else b"\x11"
    return V2_SIGNATURE + b"\x21" + family + struct.pack("!H", len(body)) + body


def read_header(connection):
    """(version, client, client port, local, local port) of the header that begins a Connection; None for
    LOCAL and UNKNOWN addresses."""
    start = connection.read_exactly(6)
    if start == b"PROXY ":
        words = connection.read_until(b"\r\n").decode().split()
        if words[0] == "UNKNOWN":
            return 1, None, None, None, None
        return 1, words[1], int(words[3]), words[2], int(words[4])
    rest = connection.read_exactly(10)
    assert start + rest[:6] == V2_SIGNATURE, f"no header: {start + rest!r}"
    command, family, size = rest[6], rest[7], struct.unpack("!H", rest[8:])[0]
    body = connection.read_exactly(size)
    if command == 0x20:
        return 2, None, None, None, None
    assert command == 0x21 and family in (0x11, 0x21), f"command {command:#x}, family {family:#x}"
    width = 4 if family == 0x11 else 16
    client, local = (str(ipaddress.ip_address(body[i * width : (i + 1) * width])) for i in (0, 1))
    client_port, local_port = struct.unpack("!HH", body[2 * width : 2 * width + 4])
    return 2, client, client_port, local, local_port
