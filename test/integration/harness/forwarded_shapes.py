"""Requests that look odd and have one meaning, with the exact form in which a backend must see them, and
those whose fault comes in their body."""
from harness.shapes import Cut, Passed, Shape, lines

HOST = "Host: example.test"
CHUNKED = "Transfer-Encoding: chunked"
TRAILER_LIMIT = 8 * 1024


def get(name, *sent, becomes=(), line="GET / HTTP/1.1", line_becomes="GET / HTTP/1.1", host=HOST,
        host_becomes=HOST, **more):
    data = lines(line, *([host] if host else []), *sent)
    return Shape(name, data, Passed(lines(line_becomes, host_becomes, *becomes), **more))


def post(name, *sent, becomes=(), body=b"hello", payload=None, trailers=b"", **more):
    data = lines("POST / HTTP/1.1", HOST, *sent) + body
    expected = Passed(lines("POST / HTTP/1.1", HOST, *becomes), payload or body, trailers, **more)
    return Shape(name, data, expected)


def chunks(name, body, payload=b"hello", trailers=b"", **more):
    return post(name, CHUNKED, becomes=[CHUNKED], body=body, payload=payload, trailers=trailers, **more)


def cut(name, body):
    return Shape(name, lines("POST / HTTP/1.1", HOST, CHUNKED) + body, Cut(400))


ONE = b"5\r\nhello\r\n"

FRAMING = [
    post("TE with tabs around", b"Transfer-Encoding:\t chunked\t ", becomes=[CHUNKED],
         body=ONE + b"0\r\n\r\n",
         payload=b"hello"),
    post("TE in capitals", "TRANSFER-ENCODING: CHUNKED", becomes=[CHUNKED], body=ONE + b"0\r\n\r\n",
         payload=b"hello"),
    post("TE with an underscore is another field", "Transfer_Encoding: chunked", "Content-Length: 5",
         becomes=["Content-Length: 5"]),
    post("TE in a field of its own name", "X-Transfer-Encoding: chunked", "Content-Length: 5",
         becomes=["X-Transfer-Encoding: chunked", "Content-Length: 5"]),
    post("CL with leading zeros", "Content-Length: 0005", becomes=["Content-Length: 5"]),
    post("CL without a space", "Content-Length:5", becomes=["Content-Length: 5"]),
    post("CL with a request as the body", "Content-Length: 25", becomes=["Content-Length: 25"],
         body=b"GET /smuggled HTTP/1.1\r\n\r"),
    post("chunks with a request as the body", CHUNKED, becomes=[CHUNKED],
         body=b"1a\r\nGET /smuggled HTTP/1.1\r\n\r\n\r\n0\r\n\r\n",
         payload=b"GET /smuggled HTTP/1.1\r\n\r\n"),
    post("CL with a last chunk as the body", "Content-Length: 5", becomes=["Content-Length: 5"],
         body=b"0\r\n\r\n"),
    get("a body on GET", "Content-Length: 0", becomes=["Content-Length: 0"]),
    post("Content-Encoding chunked", "Content-Encoding: chunked", "Content-Length: 5",
         becomes=["Content-Encoding: chunked", "Content-Length: 5"]),
    get("TE field asks for chunked", "TE: chunked"),
    get("TE field asks for trailers", "TE: trailers, deflate", becomes=["Connection: TE", "TE: trailers"]),
]

CHUNKS = [
    chunks("chunk size in capitals", b"A\r\nhelloworld\r\n0\r\n\r\n", b"helloworld"),
    chunks("chunk size with zeros", b"0000000000000005\r\nhello\r\n000\r\n\r\n"),
    chunks("chunk extension", b"5;a=b\r\nhello\r\n0;c\r\n\r\n"),
    chunks("chunk extension in quotes", b'5;a="b;\\"c"\r\nhello\r\n0\r\n\r\n'),
    chunks("chunk extension with a request", b"5;GET /smuggled HTTP/1.1\r\nhello\r\n0\r\n\r\n"),
    chunks("trailer", ONE + b"0\r\nX-Sum: 1\r\n\r\n", trailers=b"X-Sum: 1\r\n"),
    chunks("trailer of Content-Length", ONE + b"0\r\nContent-Length: 50\r\n\r\n"),
    chunks("trailer of Transfer-Encoding", ONE + b"0\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n",
           trailers=b"X-A: b\r\n"),
    chunks("trailer of Host", ONE + b"0\r\nHost: evil.test\r\n\r\n"),
    chunks("trailer of Authorization", ONE + b"0\r\nAuthorization: Basic YTpi\r\n\r\n"),
    chunks("trailer of Cookie", ONE + b"0\r\nCookie: a=b\r\n\r\n"),
    chunks("trailer of Connection", ONE + b"0\r\nConnection: close\r\n\r\n"),
    chunks("trailer of X-Forwarded-For", ONE + b"0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n"),
    chunks("trailer of a name with an underscore", ONE + b"0\r\nX_Sum: 1\r\n\r\n"),
    chunks("chunks of one byte", b"1\r\nh\r\n1\r\ne\r\n3\r\nllo\r\n0\r\n\r\n"),
]

FIELDS = [
    get("an empty line in front", line=b"\r\nGET / HTTP/1.1"),
    get("names with an underscore", "X_Forwarded_For: 10.0.0.1", "Content_Length: 5"),
    get("hop-by-hop fields", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive"),
    get("a field named by Connection", "Connection: X-A, keep-alive", "X-A: b", "X-B: c", becomes=["X-B: c"]),
    get("a field named by Connection with close", "Connection: close, X-A", "X-A: b", closes=True),
    get("high bytes in a value", b"X-A: \x85\xa0\xff", becomes=[b"X-A: \x85\xa0\xff"]),
    get("an empty value", "X-A:", becomes=["X-A: "]),
    get("a header in a value", "X-A: b: c, d: e", becomes=["X-A: b: c, d: e"]),
    get("an encoded line end in a value", "X-A: %0d%0aX-B: c", becomes=["X-A: %0d%0aX-B: c"]),
    get("Expect without a body", "Expect: 100-continue"),
    post("Expect with a body", "Expect: 100-Continue", "Content-Length: 5",
         becomes=["Expect: 100-Continue", "Content-Length: 5"]),
    get("h2c with its settings", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABk"),
    post("h2c with a body", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk",
         "Content-Length: 5", becomes=["Content-Length: 5"]),
    get("websocket without Connection", "Upgrade: websocket"),
    get("HTTP/1.0", line="GET / HTTP/1.0", closes=True),
    get("HTTP/1.0 without a Host", line="GET / HTTP/1.0", host=None, host_becomes="Host: app", closes=True),
    get("HTTP/1.0 with keep-alive", "Connection: keep-alive", line="GET / HTTP/1.0"),
    get("HTTP/1.0 with an upgrade", "Connection: upgrade", "Upgrade: websocket", line="GET / HTTP/1.0",
        closes=True),
    get("a method in small letters", line="get / HTTP/1.1", line_becomes="get / HTTP/1.1"),
]

TARGETS = [
    get("absolute form", line="GET http://example.test/x?y HTTP/1.1", line_becomes="GET /x?y HTTP/1.1"),
    get("absolute form in capitals", line="GET HTTP://EXAMPLE.test/ HTTP/1.1",
        host_becomes="Host: EXAMPLE.test"),
    get("absolute form without a path", line="GET http://example.test HTTP/1.1"),
    get("absolute form with a query alone", line="GET http://example.test?x HTTP/1.1",
        line_becomes="GET /?x HTTP/1.1"),
    get("absolute form with the default port", line="GET http://example.test:80/ HTTP/1.1",
        host_becomes="Host: example.test:80"),
    get("absolute form in HTTP/1.0 without a Host", line="GET http://example.test/ HTTP/1.0", host=None,
        closes=True),
    get("a path of two slashes", line="GET //evil.test/x HTTP/1.1",
        line_becomes="GET //evil.test/x HTTP/1.1"),
    get("a URL in the query", line="GET /?http://evil.test/../ HTTP/1.1",
        line_becomes="GET /?http://evil.test/../ HTTP/1.1"),
    get("an encoded line end in the target", line="GET /a%0d%0aHost:%20evil HTTP/1.1",
        line_becomes="GET /a%0D%0AHost:%20evil HTTP/1.1"),
    get("Host with a dot behind", host="Host: example.test.", host_becomes="Host: example.test."),
    get("Host of IPv6", host="Host: [::1]:80", host_becomes="Host: [::1]:80"),
    get("Host with an underscore", host="Host: my_host.test", host_becomes="Host: my_host.test"),
    get("Host with space around", host="Host:  example.test\t"),
]

BODIES = [
    cut("chunk size with a space behind", b"5 \r\nhello\r\n0\r\n\r\n"),
    cut("chunk size with a space in front", b" 5\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size with a tab", b"5\t\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size with a plus", b"+5\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size with an underscore", b"0_5\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size of 17 digits", b"00000000000000005\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size of 2^63", b"8000000000000000\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size missing", b"\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size with two CR", b"5\r\r\nhello\r\n0\r\n\r\n"),
    cut("chunk size with a CR alone", b"5\rhello\r\n0\r\n\r\n"),
    cut("chunk size with a NUL", b"5\x00\r\nhello\r\n0\r\n\r\n"),
    cut("chunk extension with a NUL", b"5;a=\x00\r\nhello\r\n0\r\n\r\n"),
    cut("chunk extension with a bare LF", b"5;a\nhello\r\n0\r\n\r\n"),
    cut("chunk extension with a bare CR", b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    cut("chunk extension with an open quote", b'5;a="\r\nhello\r\n0\r\n\r\n'),
    cut("chunk extension too long", b"5;" + b"a" * 300 + b"\r\nhello\r\n0\r\n\r\n"),
    cut("chunk ended by a bare LF", b"5\r\nhello\n0\r\n\r\n"),
    cut("chunk ended by a bare CR", b"5\r\nhello\r0\r\n\r\n"),
    cut("chunk without an end", b"5\r\nhello0\r\n\r\n"),
    cut("chunk shorter than its size", b"6\r\nhello\r\n0\r\n\r\n"),
    cut("last chunk ended by a bare LF", b"0\n\r\n"),
    cut("empty line ended by a bare LF", b"0\r\n\n"),
    cut("last chunk negative", b"-0\r\n\r\n"),
    cut("trailer ended by a bare LF", b"0\r\nX-A: b\n\r\n"),
    cut("trailer without a colon", b"0\r\nX-A\r\n\r\n"),
    cut("trailer folded", b"0\r\nX-A: b\r\n c\r\n\r\n"),
    cut("trailer with a space before the colon", b"0\r\nX-A : b\r\n\r\n"),
    cut("trailer without a name", b"0\r\n: b\r\n\r\n"),
    cut("trailer with a NUL", b"0\r\nX-A: \x00\r\n\r\n"),
    cut("trailer that is a request", b"0\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"),
    cut("trailers too many", b"0\r\n" + b"X-A: b\r\n" * 65 + b"\r\n"),
    cut("trailers too long", b"0\r\nX-A: " + b"a" * TRAILER_LIMIT + b"\r\n\r\n"),
]

FORWARDED_SHAPES = FRAMING + CHUNKS + FIELDS + TARGETS
CUT_SHAPES = BODIES
