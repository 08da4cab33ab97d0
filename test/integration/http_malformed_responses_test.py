"""What a backend may not send: 502, or the end of the connection, and nobody gets another's answer."""
import unittest

from harness.case import ProxyCase
from harness.http_message import request, response
from harness.waiting import eventually

SECRET = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"

CHUNKS = b"3\r\nabc\r\n0\r\n\r\n"

# Faults in the head: always 502.
BAD_HEADS = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "nothing but an empty line": b"\r\n\r\n",
    "status 099": b"HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n",
    "status 600": b"HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n",
    "status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "status with letters": b"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
    "version 2.0": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "TE and CL": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + CHUNKS,
    "TE xchunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n" + CHUNKS,
    "TE gzip, chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS,
    "TE chunked twice": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKS,
    "CL twice, different": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "CL list, different": b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabcd",
    "CL negative": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "CL not a number": b"HTTP/1.1 200 OK\r\nContent-Length: three\r\n\r\nabc",
    "folded line": b"HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "space before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
    "NUL in a value": b"HTTP/1.1 200 OK\r\nX-Name: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "bare CR in a value": b"HTTP/1.1 200 OK\r\nX-Name: a\rb\r\nContent-Length: 0\r\n\r\n",
    "bare LF as line end": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "field without a colon": b"HTTP/1.1 200 OK\r\nnothing\r\nContent-Length: 0\r\n\r\n",
    "head cut short": b"HTTP/1.1 200 OK\r\nContent-Le",
    "101 nobody asked for": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    "nothing": b"",
}

# Faults in the body, behind a head that was forwarded: the client must see that the body is not whole.
BAD_BODIES = {
    "chunk size not hexadecimal": b"xyz\r\nabc\r\n0\r\n\r\n",
    "chunk size too large": b"fffffffffffffffff\r\nabc",
    "chunk longer than its size": b"3\r\nabcd\r\n0\r\n\r\n",
    "end before the last chunk": b"3\r\nabc\r\n",
    "chunk line ended by a bare LF": b"3\nabc\r\n0\r\n\r\n",
}


class MalformedResponses(ProxyCase):
    def script(self):
        """A backend that answers every request with self.answer and ends, and a proxy in front."""

        def serve(connection):
            connection.read_request()
            connection.send(self.answer)

        return self.front(self.scripted(serve))

    def test_a_malformed_head_becomes_502(self):
        proxy = self.script()
        for name, self.answer in BAD_HEADS.items():
            with self.subTest(name):
                self.assertEqual(proxy.ask(request("POST", body=b"x")).status, 502)

    def test_a_malformed_body_is_never_ended_as_if_whole(self):
        proxy = self.script()
        for name, body in BAD_BODIES.items():
            with self.subTest(name), proxy.connect() as client:
                self.answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
                client.send(request("POST", body=b"x"))
                try:
                    if client.read_head().status == 200:
                        self.assertFalse(client.read_to_end().endswith(b"0\r\n\r\n"))
                except ConnectionResetError:
                    pass  # a reset may overtake the head


class Desynchronisation(ProxyCase):
    def second_answer(self, first):
        """The answers to two requests on one client connection; the backend answers `first` to the first."""

        def respond(message, connection):
            if message.head.target == "/first":
                return first
            return response(body=b"second")

        proxy = self.front(self.http_backend(respond=respond))
        with proxy.connect() as client:
            client.send(request(target="/first"))
            answer = client.read_response()
            client.send(request(target="/second"))
            return answer, client.read_response()

    def test_bytes_behind_a_whole_answer_are_not_the_next_answer(self):
        answer, following = self.second_answer(response(body=b"first") + SECRET)
        self.assertEqual((answer.body, following.body), (b"first", b"second"))

    def test_a_body_on_204_is_not_the_next_answer(self):
        answer, following = self.second_answer(b"HTTP/1.1 204 No Content\r\n\r\n" + SECRET)
        self.assertEqual((answer.status, following.body), (204, b"second"))

    def test_a_body_on_304_is_not_the_next_answer(self):
        answer, following = self.second_answer(
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n" + SECRET
        )
        self.assertEqual((answer.status, following.body), (304, b"second"))

    def test_a_204_with_framing_fields_is_not_forwarded_with_them(self):
        answer, following = self.second_answer(
            b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        )
        self.assertNotIn("Transfer-Encoding", answer.head)
        self.assertEqual(following.body, b"second")

    def test_an_answer_nobody_asked_for_on_an_idle_connection_is_not_given_to_anyone(self):
        def respond(message, connection):
            connection.send(response(body=b"first"))
            connection.is_quiet(0.1)
            return SECRET if message.head.target == "/first" else None

        backend = self.http_backend(respond=respond)
        proxy = self.front(backend)
        self.assertEqual(proxy.ask(request(target="/first")).body, b"first")
        eventually(lambda: backend.connections[0].sock.fileno() < 0, what="the proxy closes that connection")
        self.assertEqual(proxy.ask(request(target="/other")).body, b"first")


if __name__ == "__main__":
    unittest.main()
