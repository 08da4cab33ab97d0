"""What must become of a message that is sent to confuse: the rows of the tables of shapes."""
from dataclasses import dataclass

DATE = "Date: Thu, 01 Jan 2026 00:00:00 GMT"


def lines(*texts):
    """A head of these lines; bytes stand as they are."""
    each_line = (text if isinstance(text, bytes) else text.encode() for text in texts)
    return b"\r\n".join(each_line) + b"\r\n\r\n"


@dataclass
class Refused:
    """The client gets `status`, both connections end, and no backend has got a byte."""

    status: int


@dataclass
class Cut:
    """The fault lies in the body: the message is begun on the other side at most, and never ended."""

    status: int = 0  # what a client gets when nothing was sent to it before


@dataclass
class Passed:
    """The other side gets exactly this head, body and trailer lines."""

    head: bytes
    body: bytes = b""
    trailers: bytes = b""
    closes: bool = False  # the client's connection ends behind the answer
    reused: bool = True  # the backend's connection carries the next request


@dataclass
class Shape:
    """Bytes that are sent, by a client or a backend, and what must be."""

    name: str
    data: bytes
    expected: object
    method: str = "GET"  # of the request that a backend answers so
    fields: tuple = ()  # more lines of it
    version: str = "HTTP/1.1"  # of it
    ends: bool = False  # the backend ends its connection behind the answer
