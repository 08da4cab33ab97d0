"""An independent reader of HTTP/1.1 streams, for judging what the proxy wrote.

It shares nothing with http_message.py, and takes one spelling of everything: what two readers could take
differently is a Fault, also where RFC 9112 lets a recipient mend it.
"""
import re

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([\x21-\x22\x24-\x7e]+) HTTP/1\.1")
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*)")
EDGE = rb"[\x21-\x7e\x80-\xff]"
VALUE = rb"(?:" + EDGE + rb"(?:[\t\x20-\x7e\x80-\xff]*" + EDGE + rb")?)?"
FIELD = re.compile(rb"(" + TOKEN + rb"): (" + VALUE + rb")")
CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}")
LENGTH = re.compile(rb"0|[1-9][0-9]{0,17}")
NEVER_IN_TRAILERS = {b"content-length", b"transfer-encoding", b"host", b"connection", b"trailer", b"te"}


class Fault(Exception):
    """Bytes that are no message, or more than one."""


class Message:
    """What was read: the head's bytes as they came, the payload, and the trailer lines."""

    def __init__(self, head, fields, body=b"", trailers=b""):
        self.head = head
        self.fields = fields
        self.body = body
        self.trailers = trailers

    @property
    def start_line(self):
        return self.head.split(b"\r\n", 1)[0]

    @property
    def target(self):
        return self.start_line.split(b" ")[1].decode()

    @property
    def status(self):
        return int(self.start_line.split(b" ")[1])

    def __eq__(self, other):
        return (self.head, self.body, self.trailers) == (other.head, other.body, other.trailers)

    def __repr__(self):
        return f"<{self.head!r} {self.body[:80]!r} {self.trailers!r}>"


def read_fields(lines):
    fields = []
    for line in lines:
        match = FIELD.fullmatch(line)
        if not match:
            raise Fault(f"not a field line: {line!r}")
        fields.append((match[1].lower(), match[2]))
    return fields


def only(fields, name):
    """The value of the only field of that name; None without one."""
    values = [value for have, value in fields if have == name]
    if len(values) > 1:
        raise Fault(f"{name!r} {len(values)} times")
    return values[0] if values else None


def read_chunks(data, at):
    """(payload, trailer lines, end), or None when more has to come."""
    payload = b""
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        if not CHUNK_SIZE.fullmatch(data[at:end]):
            raise Fault(f"not a chunk size: {data[at:end]!r}")
        size = int(data[at:end], 16)
        at = end + 2
        if size == 0:
            break
        if len(data) < at + size + 2:
            return None
        if data[at + size : at + size + 2] != b"\r\n":
            raise Fault(f"behind a chunk: {data[at + size:at + size + 2]!r}")
        payload += data[at : at + size]
        at += size + 2
    if data.startswith(b"\r\n", at):
        return payload, b"", at + 2
    end = data.find(b"\r\n\r\n", at)
    if end < 0:
        return None
    trailers = data[at : end + 2]
    for name, _ in read_fields(trailers[:-2].split(b"\r\n")):
        if name in NEVER_IN_TRAILERS:
            raise Fault(f"{name!r} in a trailer")
    return payload, trailers, end + 4


def read_body(data, at, fields):
    """(body, trailer lines, end) by the fields, None when more has to come, () when no field says an end."""
    coding = only(fields, b"transfer-encoding")
    length = only(fields, b"content-length")
    if coding is not None and (coding != b"chunked" or length is not None):
        raise Fault(f"Transfer-Encoding {coding!r} with Content-Length {length!r}")
    if coding is not None:
        return read_chunks(data, at)
    if length is None:
        return ()
    if not LENGTH.fullmatch(length):
        raise Fault(f"Content-Length {length!r}")
    end = at + int(length)
    return (data[at:end], b"", end) if len(data) >= end else None


def split_head(data):
    """(start line, fields, end), or None when more has to come."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    start_line, *lines = data[:end].split(b"\r\n")
    return start_line, read_fields(lines), end + 4


def read_request(data):
    """(message, bytes used) of what a backend got, or None when more has to come."""
    parts = split_head(data)
    if parts is None:
        return None
    start_line, fields, at = parts
    match = REQUEST_LINE.fullmatch(start_line)
    if not match:
        raise Fault(f"not a request line: {start_line!r}")
    if not match[2].startswith(b"/") and (match[1], match[2]) != (b"OPTIONS", b"*"):
        raise Fault(f"not a path: {match[2]!r}")
    if only(fields, b"host") is None:
        raise Fault("no Host")
    body = read_body(data, at, fields)
    if body is None:
        return None
    payload, trailers, end = body or (b"", b"", at)
    return Message(data[:at], fields, payload, trailers), end


def read_response(data, method="GET", ended=False):
    """The same of what a client got. Without framing a body goes to the end, which has to be announced."""
    parts = split_head(data)
    if parts is None:
        return None
    start_line, fields, at = parts
    match = STATUS_LINE.fullmatch(start_line)
    if not match:
        raise Fault(f"not a status line: {start_line!r}")
    status = int(match[1])
    if status < 200 or status == 204:
        if only(fields, b"transfer-encoding") or only(fields, b"content-length"):
            raise Fault(f"framing fields on {status}")
    if status < 200 or status in (204, 304) or method == "HEAD":
        return Message(data[:at], fields), at
    body = read_body(data, at, fields)
    if body is None:
        return None
    if body == ():
        if only(fields, b"connection") != b"close":
            raise Fault("a body without an end on a connection that stays")
        body = (data[at:], b"", len(data)) if ended else None
    if body is None:
        return None
    return Message(data[:at], fields, body[0], body[1]), body[2]
