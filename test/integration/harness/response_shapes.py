"""Answers of a backend that are sent to confuse, and what a client must get in their place."""
from harness.shapes import DATE, Cut, Passed, Refused, Shape, lines

OK = "HTTP/1.1 200 OK"
NONE = "Content-Length: 0"
CHUNKED = "Transfer-Encoding: chunked"
SECOND = lines(OK, DATE, "Content-Length: 6") + b"secret"
TRAILER_LIMIT = 8 * 1024


def bad(name, data, **asked):
    return Shape(name, data, Refused(502), **asked)


def status_line(name, text):
    return bad(f"status line {name}", lines(text, DATE, NONE))


def field(name, *texts, body=b""):
    return bad(f"fields: {name}", lines(OK, DATE, *texts) + body)


def cut(name, body, *texts):
    return Shape(name, lines(OK, DATE, *(texts or [CHUNKED])) + body, Cut())


def good(name, data, head, body=b"", trailers=b"", reused=True, closes=False, **asked):
    return Shape(name, data, Passed(head, body, trailers, closes, reused), **asked)


STATUS_LINES = [
    status_line("with two spaces", "HTTP/1.1  200 OK"),
    status_line("with a tab", "HTTP/1.1\t200 OK"),
    status_line("with a tab behind the code", "HTTP/1.1 200\tOK"),
    status_line("with a space in front", " HTTP/1.1 200 OK"),
    status_line("in small letters", "http/1.1 200 OK"),
    status_line("with a plus", "HTTP/1.1 +200 OK"),
    status_line("with a zero in front", "HTTP/1.1 0200 OK"),
    status_line("with a minus", "HTTP/1.1 -200 OK"),
    status_line("of code 000", "HTTP/1.1 000 OK"),
    status_line("of code 999", "HTTP/1.1 999 OK"),
    status_line("without a code", "HTTP/1.1 OK"),
    status_line("without a space behind the code", "HTTP/1.1 200OK"),
    status_line("of version 1.2", "HTTP/1.2 200 OK"),
    status_line("of version 0.9", "HTTP/0.9 200 OK"),
    status_line("of version 1.10", "HTTP/1.10 200 OK"),
    status_line("of ICY", "ICY 200 OK"),
    status_line("with a NUL in the phrase", b"HTTP/1.1 200 O\x00K"),
    status_line("with a CR in the phrase", b"HTTP/1.1 200 O\rK"),
    status_line("with an escape in the phrase", b"HTTP/1.1 200 \x1b[2J"),
    status_line("with a DEL in the phrase", b"HTTP/1.1 200 \x7f"),
    bad("a page without a head", b"<html>hello</html>\r\n\r\n"),
    bad("a head behind an empty line", b"\r\n" + lines(OK, DATE, NONE)),
    bad("a request as the answer", lines("GET / HTTP/1.1", "Host: example.test")),
    bad("a status line ended by a bare LF", b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
]

FRAMING = [
    field("CL twice, same", NONE, NONE),
    field("CL list of the same", "Content-Length: 5, 5", body=b"hello"),
    field("CL with a plus", "Content-Length: +5", body=b"hello"),
    field("CL hexadecimal", "Content-Length: 0x5", body=b"hello"),
    field("CL empty", "Content-Length:"),
    field("CL of 2^63", "Content-Length: 9223372036854775808", body=b"hello"),
    field("CL with a semicolon", "Content-Length: 5;", body=b"hello"),
    field("TE in two fields", CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    field("TE beside CL 0", CHUNKED, NONE, body=b"0\r\n\r\n"),
    field("TE identity", "Transfer-Encoding: identity", body=b"hello"),
    field("TE gzip", "Transfer-Encoding: gzip", body=b"hello"),
    field("TE empty", "Transfer-Encoding:", body=b"hello"),
    field("TE with a comma", "Transfer-Encoding: chunked,", body=b"0\r\n\r\n"),
    field("TE with a parameter", "Transfer-Encoding: chunked;a=b", body=b"0\r\n\r\n"),
    field("TE with a space before the colon", "Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
    field("TE folded", "Transfer-Encoding:", " chunked", body=b"0\r\n\r\n"),
    field("TE with a vertical tab", b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    bad("TE in HTTP/1.0", lines("HTTP/1.0 200 OK", DATE, CHUNKED) + b"0\r\n\r\n"),
    field("Connection names Content-Length", NONE, "Connection: Content-Length"),
    field("Connection names Transfer-Encoding", CHUNKED, "Connection: transfer-encoding", body=b"0\r\n\r\n"),
    field("Connection names Set-Cookie", NONE, "Set-Cookie: a=b", "Connection: Set-Cookie"),
    field("Connection with an open quote", NONE, 'Connection: "x'),
]

FIELDS = [
    field("name with a NUL", b"X\x00A: b", NONE),
    field("name with a space", "X A: b", NONE),
    field("no name", ": b", NONE),
    field("value with a bare CR", b"X-A: b\rSet-Cookie: c=d", NONE),
    field("value with a bare LF", b"X-A: b\nSet-Cookie: c=d", NONE),
    field("value with CR CR LF", b"X-A: b\r", "Set-Cookie: c=d", NONE),
    field("value with an escape", b"X-A: \x1b]0;x", NONE),
    field("value folded by a tab", "X-A: b", "\tc", NONE),
    field("first one folded", " X-A: b", NONE),
    field("more than limits.header_count", *[f"X-{number}: a" for number in range(101)], NONE),
    field("more than limits.header_bytes", *[f"X-{number}: {'a' * 1000}" for number in range(34)], NONE),
]

INTERIM = [
    bad("a 100 with a length", lines("HTTP/1.1 100 Continue", "Content-Length: 5") + b"hello" + SECOND),
    bad("a 103 with chunks", lines("HTTP/1.1 103 Early Hints", CHUNKED) + b"0\r\n\r\n" + SECOND),
    bad("a 102 with two lengths", lines("HTTP/1.1 102 Processing", NONE, NONE) + SECOND),
    bad("a 101 without being asked", lines("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade",
                                           "Upgrade: websocket") + SECOND),
    bad("a 101 to an offer of h2c", lines("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade",
                                          "Upgrade: h2c") + SECOND,
        fields=("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")),
    bad("a 100 and then garbage", lines("HTTP/1.1 100 Continue") + b"garbage\r\n\r\n"),
    good("a 103 before the answer is another message", lines("HTTP/1.1 103 Early Hints",
         "Link: </a>") + SECOND,
         lines(OK, DATE, "Content-Length: 6"), b"secret"),
    good("a hundred 1xx", lines("HTTP/1.1 102 Processing") * 100 + SECOND, lines(OK, DATE,
         "Content-Length: 6"),
         b"secret"),
    good("1xx for HTTP/1.0", lines("HTTP/1.1 103 Early Hints") * 3 + SECOND,
         lines(OK, DATE, "Content-Length: 6", "Connection: close"), b"secret", closes=True,
               version="HTTP/1.0"),
]

BODILESS = [
    good("204 with a length and content", lines("HTTP/1.1 204 No Content", DATE,
         "Content-Length: 5") + b"hello",
         lines("HTTP/1.1 204 No Content", DATE), reused=False),
    good("204 with chunks", lines("HTTP/1.1 204 No Content", DATE, CHUNKED) + b"0\r\n\r\n",
         lines("HTTP/1.1 204 No Content", DATE), reused=False),
    good("204 with another answer behind", lines("HTTP/1.1 204 No Content", DATE) + SECOND,
         lines("HTTP/1.1 204 No Content", DATE), reused=False),
    good("304 with a length", lines("HTTP/1.1 304 Not Modified", DATE, "Content-Length: 5"),
         lines("HTTP/1.1 304 Not Modified", DATE, "Content-Length: 5")),
    good("304 with content", lines("HTTP/1.1 304 Not Modified", DATE, "Content-Length: 5") + b"hello",
         lines("HTTP/1.1 304 Not Modified", DATE, "Content-Length: 5"), reused=False),
    good("304 with another answer behind", lines("HTTP/1.1 304 Not Modified", DATE) + SECOND,
         lines("HTTP/1.1 304 Not Modified", DATE), reused=False),
    good("HEAD with a length", lines(OK, DATE, "Content-Length: 5"), lines(OK, DATE, "Content-Length: 5"),
         method="HEAD"),
    good("HEAD with content", lines(OK, DATE, "Content-Length: 5") + b"hello",
         lines(OK, DATE, "Content-Length: 5"), method="HEAD", reused=False),
    good("HEAD with chunks", lines(OK, DATE, CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n", lines(OK, DATE, CHUNKED),
         method="HEAD", reused=False),
    good("HEAD with another answer behind", lines(OK, DATE, "Content-Length: 5") + SECOND,
         lines(OK, DATE, "Content-Length: 5"), method="HEAD", reused=False),
]

BEHIND = [
    good("an answer behind a length", lines(OK, DATE, "Content-Length: 5") + b"hello" + SECOND,
         lines(OK, DATE, "Content-Length: 5"), b"hello", reused=False),
    good("garbage behind a length", lines(OK, DATE, "Content-Length: 5") + b"hello\r\n",
         lines(OK, DATE, "Content-Length: 5"), b"hello", reused=False),
    good("an answer behind chunks", lines(OK, DATE, CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n" + SECOND,
         lines(OK, DATE, CHUNKED), b"hello", reused=False),
    good("an empty line behind chunks", lines(OK, DATE, CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n\r\n",
         lines(OK, DATE, CHUNKED), b"hello", reused=False),
    good("an answer behind an answer without content", lines(OK, DATE, NONE) + SECOND, lines(OK, DATE, NONE),
         reused=False),
    good("an answer as the content", lines(OK, DATE, f"Content-Length: {len(SECOND)}") + SECOND,
         lines(OK, DATE, f"Content-Length: {len(SECOND)}"), SECOND),
    good("content until the end", lines(OK, DATE) + b"hello" + SECOND, lines(OK, DATE, CHUNKED),
         b"hello" + SECOND, reused=False, ends=True),
    good("content until the end for HTTP/1.0", lines(OK, DATE) + b"hello", lines(OK, DATE,
         "Connection: close"),
         b"hello", reused=False, closes=True, ends=True, version="HTTP/1.0"),
]

LENIENT = [
    good("status line without a phrase", lines("HTTP/1.1 200", DATE, NONE), lines("HTTP/1.1 200 ", DATE,
         NONE)),
    good("status line with a long phrase", lines("HTTP/1.1 200 " + "a b" * 99, DATE, NONE),
         lines("HTTP/1.1 200 " + "a b" * 99, DATE, NONE)),
    good("HTTP/1.0", lines("HTTP/1.0 200 OK", DATE, NONE), lines(OK, DATE, NONE), reused=False),
    good("HTTP/1.0 with keep-alive", lines("HTTP/1.0 200 OK", DATE, NONE, "Connection: keep-alive"),
         lines(OK, DATE, NONE)),
    good("Connection: close", lines(OK, DATE, NONE, "Connection: close"), lines(OK, DATE, NONE),
         reused=False),
    good("CL with zeros in front", lines(OK, DATE, "Content-Length: 0005") + b"hello",
         lines(OK, DATE, "Content-Length: 5"), b"hello"),
    good("TE in capitals", lines(OK, DATE, "transfer-encoding:CHUNKED") + b"5\r\nhello\r\n0\r\n\r\n",
         lines(OK, DATE, CHUNKED), b"hello"),
    good("chunk extensions", lines(OK, DATE, CHUNKED) + b'5;a="b"\r\nhello\r\n0;c\r\n\r\n',
         lines(OK, DATE, CHUNKED), b"hello"),
    good("a trailer", lines(OK, DATE, CHUNKED) + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
         lines(OK, DATE, CHUNKED), b"hello", b"X-Sum: 1\r\n"),
    good("framing and cookies in trailers",
         lines(OK, DATE, CHUNKED) + b"5\r\nhello\r\n0\r\nContent-Length: 9\r\nSet-Cookie: a=b\r\n\r\n",
         lines(OK, DATE, CHUNKED), b"hello"),
    good("hop-by-hop fields", lines(OK, DATE, NONE, "Keep-Alive: timeout=5", "Upgrade: h2c", "X-A: b",
                                    "Connection: keep-alive, X-A"), lines(OK, DATE, NONE)),
    good("an encoded line end in a value", lines(OK, DATE, "X-A: %0d%0aSet-Cookie: b=c", NONE),
         lines(OK, DATE, "X-A: %0d%0aSet-Cookie: b=c", NONE)),
    good("205 with content", lines("HTTP/1.1 205 Reset Content", DATE, "Content-Length: 5") + b"hello",
         lines("HTTP/1.1 205 Reset Content", DATE, "Content-Length: 5"), b"hello"),
]

BODIES = [
    cut("length that is too long", b"hello", "Content-Length: 6"),
    cut("chunks without the last", b"5\r\nhello\r\n"),
    cut("chunk size with a space behind", b"5 \r\nhello\r\n0\r\n\r\n"),
    cut("chunk size with a plus", b"+5\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size with 0x", b"0x5\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size missing", b"\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size of 2^63", b"8000000000000000\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size with two CR", b"5\r\r\nhello\r\n0\r\n\r\n"),
    cut("chunk extension with a bare LF", b"5;a\nhello\r\n0\r\n\r\n"),
    cut("chunk ended by a bare LF", b"5\r\nhello\n0\r\n\r\n"),
    cut("chunk without an end", b"5\r\nhello0\r\n\r\n"),
    cut("last chunk ended by a bare LF", b"5\r\nhello\r\n0\n\r\n"),
    cut("trailer without a colon", b"5\r\nhello\r\n0\r\nX-A\r\n\r\n"),
    cut("trailer that is an answer", b"5\r\nhello\r\n0\r\n" + SECOND),
    cut("trailer with a bare CR", b"5\r\nhello\r\n0\r\nX-A: b\rSet-Cookie: c=d\r\n\r\n"),
    cut("trailers too long", b"5\r\nhello\r\n0\r\nX-A: " + b"a" * TRAILER_LIMIT + b"\r\n\r\n"),
]

RESPONSE_SHAPES = STATUS_LINES + FRAMING + FIELDS + INTERIM + BODILESS + BEHIND + LENIENT + BODIES
