"""Requests that two parsers could read differently never reach a backend (RFC 9112 11.2).

Each row is sent as it stands, with a second request behind it. The client gets a 4xx, 501 or 505 and is
closed, and the backend sees no byte.
"""
import unittest

from harness.case import ProxyCase
from harness.http_message import request

HOST = b"Host: example.test\r\n"
HIDDEN = request(target="/smuggled")
CHUNKED = b"5\r\nhello\r\n0\r\n\r\n"


def post(fields, body=b""):
    return b"POST / HTTP/1.1\r\n" + HOST + fields + b"\r\n" + body


def get(fields=b"", target=b"/", method=b"GET", version=b"HTTP/1.1", host=HOST):
    return method + b" " + target + b" " + version + b"\r\n" + host + fields + b"\r\n"


REFUSED = {
    # Transfer-Encoding
    "TE and CL": post(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", CHUNKED),
    "CL and TE": post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", CHUNKED),
    "TE xchunked": post(b"Transfer-Encoding: xchunked\r\n", CHUNKED),
    "TE quoted": post(b'Transfer-Encoding: "chunked"\r\n', CHUNKED),
    "TE empty": post(b"Transfer-Encoding:\r\n", CHUNKED),
    "TE identity": post(b"Transfer-Encoding: identity\r\n"),
    "TE chunked, identity": post(b"Transfer-Encoding: chunked, identity\r\n", CHUNKED),
    "TE chunked, chunked": post(b"Transfer-Encoding: chunked, chunked\r\n", CHUNKED),
    "TE chunked twice": post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", CHUNKED),
    "TE gzip": post(b"Transfer-Encoding: gzip\r\n", CHUNKED),
    "TE gzip and CL": post(b"Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", b"hello"),
    "TE xchunked and CL": post(b"Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n", b"hello"),
    "TE gzip, chunked": post(b"Transfer-Encoding: gzip, chunked\r\n", CHUNKED),
    "TE gzip then chunked": post(b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", CHUNKED),
    "TE with a parameter": post(b"Transfer-Encoding: chunked;a=b\r\n", CHUNKED),
    "TE with a comma behind": post(b"Transfer-Encoding: chunked,\r\n", CHUNKED),
    "TE with a vertical tab": post(b"Transfer-Encoding: \x0bchunked\r\n", CHUNKED),
    "TE on a folded line": post(b"Transfer-Encoding:\r\n chunked\r\n", CHUNKED),
    "TE with a space before the colon": post(b"Transfer-Encoding : chunked\r\n", CHUNKED),
    "TE in HTTP/1.0": b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    # Content-Length
    "CL twice, same": post(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"),
    "CL twice, different": post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello"),
    "CL list": post(b"Content-Length: 5, 5\r\n", b"hello"),
    "CL with a plus": post(b"Content-Length: +5\r\n", b"hello"),
    "CL negative": post(b"Content-Length: -5\r\n"),
    "CL hexadecimal": post(b"Content-Length: 0x5\r\n", b"hello"),
    "CL empty": post(b"Content-Length:\r\n"),
    "CL with letters behind": post(b"Content-Length: 5abc\r\n", b"hello"),
    "CL too large for 64 bits": post(b"Content-Length: 18446744073709551621\r\n", b"hello"),
    "CL with a space before the colon": post(b"Content-Length : 5\r\n", b"hello"),
    # Chunks
    "chunk size not hexadecimal": post(b"Transfer-Encoding: chunked\r\n", b"xyz\r\nhello\r\n0\r\n\r\n"),
    "chunk size too large for 64 bits": post(
        b"Transfer-Encoding: chunked\r\n", b"fffffffffffffffff\r\nhello"
    ),
    "chunk size negative": post(b"Transfer-Encoding: chunked\r\n", b"-5\r\nhello\r\n0\r\n\r\n"),
    "chunk size with 0x": post(b"Transfer-Encoding: chunked\r\n", b"0x5\r\nhello\r\n0\r\n\r\n"),
    "chunk longer than its size": post(b"Transfer-Encoding: chunked\r\n", b"5\r\nhelloX\r\n0\r\n\r\n"),
    "chunk line ended by a bare LF": post(b"Transfer-Encoding: chunked\r\n", b"5\nhello\r\n0\r\n\r\n"),
    # Host
    "no Host": get(host=b""),
    "two Hosts": get(b"Host: example.test\r\n"),
    "two different Hosts": get(b"Host: other.test\r\n"),
    "Host with a space": get(host=b"Host: a b\r\n"),
    "Host with userinfo and path": get(host=b"Host: a@b/c?d\r\n"),
    "Host with a bad port": get(host=b"Host: example.test:8x\r\n"),
    "Host list": get(host=b"Host: a.test, b.test\r\n"),
    "empty Host": get(host=b"Host:\r\n"),
    "absolute target with another Host": get(target=b"http://other.test/"),
    # Target
    "target without a slash": get(target=b"foo"),
    "target with a fragment": get(target=b"/a#b"),
    "target with a space": get(target=b"/a b"),
    "target with a control byte": get(target=b"/a\x01b"),
    "target with DEL": get(target=b"/a\x7fb"),
    "target with raw UTF-8": get(target=b"/\xc3\xbc"),
    "asterisk with GET": get(target=b"*"),
    "authority as target": get(target=b"example.test:80"),
    "CONNECT": get(target=b"example.test:443", method=b"CONNECT"),
    "TRACE": get(method=b"TRACE"),
    "dot segments": get(target=b"/a/../b"),
    "encoded dot segments": get(target=b"/a/%2e%2e/b"),
    "encoded slash": get(target=b"/a%2fb"),
    "encoded NUL": get(target=b"/a%00b"),
    "backslash": get(target=b"/a\\b"),
    "broken percent": get(target=b"/a%zz"),
    # Request line
    "version 1.2": get(version=b"HTTP/1.2"),
    "version 2.0": get(version=b"HTTP/2.0"),
    "no version": b"GET /\r\n" + HOST + b"\r\n",
    "lower-case protocol": get(version=b"http/1.1"),
    "method with a slash": get(method=b"GE/T"),
    "two spaces before the target": b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
    # Fields
    "folded line": get(b"X-Long: a\r\n b\r\n"),
    "space in front of the first field": b"GET / HTTP/1.1\r\n Host: example.test\r\n\r\n",
    "field without a colon": get(b"X-Nothing\r\n"),
    "field name with a space": get(b"X Name: a\r\n"),
    "empty field name": get(b": a\r\n"),
    "NUL in a value": get(b"X-Name: a\x00b\r\n"),
    "bare CR in a value": get(b"X-Name: a\rb\r\n"),
    "bare LF as line end": b"GET / HTTP/1.1\nHost: example.test\n\n",
    "DEL in a value": get(b"X-Name: a\x7fb\r\n"),
    # Upgrade
    "upgrade with a length": get(
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 5\r\n"
    )
    + b"hello",
    "upgrade with chunks": get(
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nTransfer-Encoding: chunked\r\n"
    )
    + CHUNKED,
}

# Whose fault shows only in the body: the backend may have seen the head, never an end nor what follows.
FAULT_IN_BODY = {name for name in REFUSED if name.startswith("chunk ")}


class RefusedRequests(ProxyCase):
    def refuse_each(self, proxy, shapes):
        for name in shapes:
            with self.subTest(name), proxy.connect() as client:
                client.send(REFUSED[name] + HIDDEN)
                status = client.read_response().status
                self.assertTrue(400 <= status < 500 or status in (501, 505), status)
                self.assertIn(client.ended_by(3), ("fin", "reset"))

    def test_each_is_answered_4xx_501_or_505_and_closed_and_no_backend_is_dialled(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        self.refuse_each(proxy, REFUSED.keys() - FAULT_IN_BODY)
        self.assertEqual(proxy.ask(request()).status, 200)  # the first and only connection
        self.assertEqual(len(backend.connections), 1)
        self.assertEqual(len(backend.requests), 1)

    def test_a_fault_in_the_body_is_refused_and_the_backend_sees_no_end_and_nothing_behind_it(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        self.refuse_each(proxy, FAULT_IN_BODY)
        self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(len(backend.requests), 1)
        for each in backend.connections:
            self.assertNotIn(b"/smuggled", bytes(each.received))

    def test_each_is_refused_one_byte_at_a_time_too(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for name, data in REFUSED.items():
            with self.subTest(name), proxy.connect() as client:
                try:
                    client.send_bytewise(data + HIDDEN)
                except OSError:
                    pass  # already refused
                self.assertIn(client.ended_by(3), ("fin", "reset"))
        self.assertEqual(len(backend.requests), 0)

    def test_options_with_an_asterisk_is_served(self):
        self.assertLess(self.front(self.http_backend()).ask(request("OPTIONS", "*"), "OPTIONS").status, 500)

    def test_nothing_sent_before_the_first_byte_of_a_request_harms(self):
        # RFC 9112 2.2 lets a server ignore an empty line there; refusing it is as safe.
        with self.front(self.http_backend()).connect() as client:
            client.send(b"\r\n" + request())
            self.assertIn(client.read_response().status, (200, 400))


if __name__ == "__main__":
    unittest.main()
