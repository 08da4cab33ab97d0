"""Requests that must be refused before a backend sees a byte, beside those of http_refused_requests_test."""
from harness.shapes import Refused, Shape, lines

HOST = "Host: example.test"


def raw(name, status, data):
    return Shape(name, data, Refused(status))


def get(name, status, *texts, line="GET / HTTP/1.1", host=HOST):
    return raw(name, status, lines(line, *([host] if host else []), *texts))


def post(name, status, *texts, body=b"5\r\nhello\r\n0\r\n\r\n", line="POST / HTTP/1.1"):
    return raw(name, status, lines(line, HOST, *texts) + body)


def host(name, text, status=400):
    return get(f"Host {name}", status, host=text)


def target(name, text, status=400):
    return get(f"target {name}", status, line=b"GET " + text + b" HTTP/1.1")


TRANSFER_ENCODING = [
    post("TE with a form feed", 400, b"Transfer-Encoding: \x0cchunked"),
    post("TE with a NUL behind", 400, b"Transfer-Encoding: chunked\x00"),
    post("TE behind a no-break space", 400, b"Transfer-Encoding: \xa0chunked"),
    post("TE behind a next-line byte", 400, b"Transfer-Encoding: \x85chunked"),
    post("TE identity, chunked", 501, "Transfer-Encoding: identity, chunked"),
    post("TE deflate before chunked", 501, "Transfer-Encoding: deflate ,\tchunked"),
    post("TE chunked with a semicolon", 400, "Transfer-Encoding: chunked;"),
    post("TE two words", 400, "Transfer-Encoding: chunked chunked"),
    post("TE chunk", 400, "Transfer-Encoding: chunk"),
    post("TE in single quotes", 400, "Transfer-Encoding: 'chunked'"),
    post("TE beside a second that is empty", 400, "Transfer-Encoding: chunked", "Transfer-Encoding:"),
    post("TE beside a second with a trick", 400, "Transfer-Encoding: chunked", "Transfer-Encoding: cow"),
    post("TE name with a NUL", 400, b"Transfer-Encoding\x00: chunked"),
    post("TE name with a tab behind", 400, "Transfer-Encoding\t: chunked"),
    post("TE name with a no-break space", 400, b"Transfer-Encoding\xa0: chunked"),
    post("TE name on its own line", 400, "Transfer-Encoding", ": chunked"),
    post("TE behind a bare CR", 400, b"X-A: b\rTransfer-Encoding: chunked"),
    post("TE behind a bare LF", 400, b"X-A: b\nTransfer-Encoding: chunked"),
    post("TE behind LF CR", 400, b"X-A: b\n\rTransfer-Encoding: chunked"),
    post("TE folded by a tab", 400, "Transfer-Encoding:", "\tchunked"),
    post("TE folded away from CL", 400, "Content-Length: 5", " Transfer-Encoding: chunked", body=b"hello"),
    post("TE named by Connection", 400, "Transfer-Encoding: chunked", "Connection: Transfer-Encoding"),
    post("TE chunked with CL 0", 400, "Transfer-Encoding: chunked", "Content-Length: 0"),
    post("TE chunked with CL in other letters", 400, "transfer-encoding: chunked", "CONTENT-LENGTH: 15"),
]

CONTENT_LENGTH = [
    post("CL two numbers", 400, "Content-Length: 5 5", body=b"hello"),
    post("CL with a semicolon", 400, "Content-Length: 5;", body=b"hello"),
    post("CL with a comma", 400, "Content-Length: 5,", body=b"hello"),
    post("CL in quotes", 400, 'Content-Length: "5"', body=b"hello"),
    post("CL with a fraction", 400, "Content-Length: 5.0", body=b"hello"),
    post("CL with an exponent", 400, "Content-Length: 5e0", body=b"hello"),
    post("CL with an underscore", 400, "Content-Length: 1_0", body=b"helloworld"),
    post("CL of full-width digits", 400, "Content-Length: \uff15", body=b"hello"),
    post("CL minus zero", 400, "Content-Length: -0", body=b""),
    post("CL of 2^63", 400, "Content-Length: 9223372036854775808", body=b"hello"),
    post("CL of 21 digits", 400, "Content-Length: 000000000000000000005", body=b"hello"),
    post("CL twice, one empty", 400, "Content-Length: 5", "Content-Length:", body=b"hello"),
    post("CL twice in other letters", 400, "Content-Length: 5", "content-length: 0", body=b"hello"),
    post("CL with a vertical tab", 400, b"Content-Length: 5\x0b", body=b"hello"),
    post("CL with a NUL", 400, b"Content-Length: 5\x00", body=b"hello"),
    post("CL folded", 400, "Content-Length:", " 5", body=b"hello"),
    post("CL named by Connection", 400, "Content-Length: 5", "Connection: close, Content-Length",
         body=b"hello"),
]

CONNECTION = [
    get("Connection names Host", 400, "Connection: Host"),
    get("Connection names Cookie", 400, "Connection: close, cookie", "Cookie: a=b"),
    get("Connection names Authorization", 400, "Connection: Authorization", "Authorization: Basic YTpi"),
    get("Connection names X-Forwarded-For", 400, "Connection: X-Forwarded-For"),
    get("Connection names the request id", 400, "Connection: x-request-id"),
    get("Connection names a WebSocket field", 400, "Connection: Upgrade, Sec-WebSocket-Key"),
    get("Connection names Expect", 400, "Connection: expect"),
    get("Connection with an open quote", 400, 'Connection: close, "x'),
    get("Connection with a space in a name", 400, "Connection: X A"),
    get("Connection with a colon", 400, "Connection: X-A: b"),
    get("Upgrade of nothing", 400, "Connection: Upgrade", "Upgrade: ,"),
    get("Upgrade twice", 400, "Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c"),
    get("Upgrade with a space", 400, "Connection: Upgrade", "Upgrade: web socket"),
    get("Upgrade with two slashes", 400, "Connection: Upgrade", "Upgrade: websocket/1/2"),
    get("HTTP2-Settings twice", 400, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABk", "HTTP2-Settings: AAMAAABk"),
    get("Expect of something else", 417, "Expect: 200-ok"),
    get("Expect of a list", 417, "Expect: 100-continue, x"),
    get("Expect twice", 400, "Expect: 100-continue", "Expect: 100-continue"),
    get("Max-Forwards no number", 400, "Max-Forwards: -1", line="OPTIONS / HTTP/1.1"),
    get("Max-Forwards twice", 400, "Max-Forwards: 1", "Max-Forwards: 1", line="OPTIONS / HTTP/1.1"),
]

HOSTS = [
    host("in absolute form", "Host: http://example.test"),
    host("with a path", "Host: example.test/evil"),
    host("with a query", "Host: example.test?x"),
    host("with a fragment", "Host: example.test#x"),
    host("with userinfo", "Host: user:pw@example.test"),
    host("behind an at sign", "Host: @example.test"),
    host("with a backslash", "Host: example.test\\evil"),
    host("encoded", "Host: ex%61mple.test"),
    host("of UTF-8", "Host: m\u00fcnchen.test"),
    host("of Latin-1", b"Host: m\xfcnchen.test"),
    host("with a NUL", b"Host: example.test\x00evil"),
    host("in quotes", 'Host: "example.test"'),
    host("of two dots", "Host: example..test"),
    host("with a dot in front", "Host: .example.test"),
    host("of a dot", "Host: ."),
    host("of a port alone", "Host: :80"),
    host("with port 65536", "Host: example.test:65536"),
    host("with a port of six digits", "Host: example.test:000080"),
    host("with two ports", "Host: example.test:80:80"),
    host("with a negative port", "Host: example.test:-80"),
    host("of an open bracket", "Host: [::1"),
    host("of an empty bracket", "Host: []"),
    host("of a bracket with a name behind", "Host: [::1]evil.test"),
    host("of a bracket with a name inside", "Host: [evil.test]"),
    host("of a bracket with a zone", "Host: [fe80::1%25eth0]"),
    host("of IPv6 without brackets", "Host: ::1"),
    host("of 256 letters", "Host: " + "a" * 256),
    host("with a space before the colon", "Host : example.test"),
    host("twice in other letters", "Host: example.test\r\nhOST: evil.test"),
    host("folded", "Host: example.test\r\n evil.test"),
]

TARGETS = [
    target("absolute with another port", b"http://example.test:8080/"),
    target("absolute with userinfo", b"http://evil@example.test/"),
    target("absolute with a password", b"http://a:b@example.test/"),
    target("absolute without a host", b"http:///x"),
    target("absolute with one slash", b"http:/example.test/x"),
    target("absolute with a backslash", b"http://example.test\\@evil.test/"),
    target("absolute of ftp", b"ftp://example.test/"),
    target("absolute of ws", b"ws://example.test/"),
    target("absolute with a dot behind", b"http://example.test./"),
    target("absolute of https without TLS", b"https://example.test/", 421),
    target("a path without a slash", b"x/y"),
    target("only a query", b"?x"),
    target("with a NUL", b"/\x00"),
    target("with a no-break space", b"/\xa0"),
    target("with a tab", b"/a\tb"),
    target("with a version inside", b"/ HTTP/1.1"),
    target("longer than limits.target_bytes", b"/" + b"a" * 17000, 414),
]

LINES = [
    get("request line with a tab", 400, line="GET\t/ HTTP/1.1"),
    get("request line with a space behind", 400, line="GET / HTTP/1.1 "),
    get("request line with a space in front", 400, line=" GET / HTTP/1.1"),
    get("request line with a NUL behind", 400, line=b"GET / HTTP/1.1\x00"),
    get("request line with a CR behind", 400, line=b"GET / HTTP/1.1\r"),
    get("request line without a method", 400, line="/ HTTP/1.1"),
    get("request line without a target", 400, line="GET HTTP/1.1"),
    get("method of UTF-8", 400, line="G\u00c9T / HTTP/1.1"),
    get("method with a colon", 400, line="GET: / HTTP/1.1"),
    get("version 1.10", 400, line="GET / HTTP/1.10"),
    get("version 01.1", 400, line="GET / HTTP/01.1"),
    get("version 1.", 400, line="GET / HTTP/1."),
    get("version 1,1", 400, line="GET / HTTP/1,1"),
    get("version 0.9", 505, line="GET / HTTP/0.9"),
    get("version 3.0", 505, line="GET / HTTP/3.0"),
    get("protocol of another name", 400, line="GET / HTTPS/1.1"),
    get("protocol with a space", 400, line="GET / HTTP /1.1"),
    raw("two empty lines in front", 400, b"\r\n\r\n" + lines("GET / HTTP/1.1", HOST)),
    raw("a line feed in front", 400, b"\n" + lines("GET / HTTP/1.1", HOST)),
    raw("a NUL in front", 400, b"\x00" + lines("GET / HTTP/1.1", HOST)),
    get("field with a NUL in front", 400, b"\x00X-A: b"),
    get("field with a high byte in its name", 400, b"X-\xc3\xa9: b"),
    get("field with brackets in its name", 400, "X(A): b"),
    get("field with a vertical tab", 400, b"X-A: a\x0bb"),
    get("field with an escape", 400, b"X-A: a\x1bb"),
    get("field with CR CR LF", 400, b"X-A: b\r"),
    get("field folded by a tab", 400, "X-A: b", "\tc"),
    get("a line of a space", 400, " "),
    get("field of 101", 431, *[f"X-{number}: a" for number in range(100)]),
    get("head over limits.header_bytes", 431, *[f"X-{number}: {'a' * 1000}" for number in range(34)]),
]

REFUSED_SHAPES = TRANSFER_ENCODING + CONTENT_LENGTH + CONNECTION + HOSTS + TARGETS + LINES
