"""HTTP/1.1 messages as the tests see them: read strictly, nothing tidied (RFC 9112)."""


class Head:
    """A start line and its fields, in order and with their spelling."""

    def __init__(self, raw):
        self.raw = raw
        lines = raw.decode("latin-1").split("\r\n")
        assert lines[-2:] == ["", ""], f"a head that does not end with an empty line: {raw!r}"
        self.start_line = lines[0]
        self.fields = []
        for line in lines[1:-2]:
            name, colon, value = line.partition(":")
            assert colon and name and not name.endswith(" "), f"not a field line: {line!r}"
            self.fields.append((name, value.strip(" \t")))

    def all(self, name):
        return [value for have, value in self.fields if have.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return ", ".join(values) if values else default

    def __contains__(self, name):
        return bool(self.all(name))

    @property
    def status(self):
        return int(self.start_line.split(" ", 2)[1])

    @property
    def version(self):
        parts = self.start_line.split(" ")
        return parts[0] if parts[0].startswith("HTTP/") else parts[-1]

    @property
    def method(self):
        return self.start_line.split(" ")[0]

    @property
    def target(self):
        return self.start_line.split(" ")[1]


class Message:
    """A head with the body and trailers that came with it."""

    def __init__(self, head, body=b"", trailers=(), chunked=False):
        self.head = head
        self.body = body
        self.trailers = list(trailers)
        self.chunked = chunked

    @property
    def status(self):
        return self.head.status

    def __repr__(self):
        return f"<{self.head.start_line} {self.head.fields} {len(self.body)} bytes {self.body[:80]!r}>"


def read_message(connection, response_to=None):
    """The next message of a Connection. `response_to` is the request's method when it is a response."""
    head = connection.read_head()
    if response_to is not None:
        if response_to == "HEAD" or head.status in (204, 304) or head.status < 200:
            return Message(head)
    coding = head.get("Transfer-Encoding")
    if coding is not None:
        assert coding.lower() == "chunked", f"unexpected coding {coding!r}"
        assert "Content-Length" not in head, "both Transfer-Encoding and Content-Length"
        body, trailers = read_chunked(connection)
        return Message(head, body, trailers, chunked=True)
    lengths = head.all("Content-Length")
    assert len(lengths) <= 1, f"repeated Content-Length: {lengths}"
    if lengths:
        return Message(head, connection.read_exactly(int(lengths[0])))
    if response_to is not None:
        return Message(head, connection.read_to_end())
    return Message(head)


def read_chunked(connection):
    """The body and the trailer fields."""
    body = bytearray()
    while True:
        size = int(connection.read_until(b"\r\n").split(b";")[0].strip(), 16)
        if size == 0:
            break
        body += connection.read_exactly(size)
        assert connection.read_exactly(2) == b"\r\n", "a chunk that does not end with CRLF"
    trailers = []
    while (line := connection.read_until(b"\r\n")) != b"\r\n":
        name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
        trailers.append((name, value.strip()))
    return bytes(body), trailers


def request(method="GET", target="/", host="example.test", fields=(), body=b"", version="HTTP/1.1"):
    """The bytes of a request; `fields` are (name, value) pairs sent as they are."""
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in fields]
    if body and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in fields):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def response(status="200 OK", fields=(), body=b"", length=True):
    """The bytes of a response, with a Content-Length unless told otherwise."""
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name}: {value}" for name, value in fields]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*pieces, trailers=()):
    """A chunked body, the last chunk included."""
    encoded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    tail = "".join(f"{name}: {value}\r\n" for name, value in trailers).encode("latin-1")
    return encoded + b"0\r\n" + tail + b"\r\n"
