"""Requests and responses keep their framing through the proxy, in both directions (RFC 9112 6 to 9)."""
import hashlib
import json
import os
import unittest

from harness.case import ProxyCase
from harness.http_message import chunked, request, response


class Connections(ProxyCase):
    def test_a_connection_serves_one_request_after_another(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        with proxy.connect() as client:
            for number in range(20):
                client.send(request(target=f"/{number}"))
                self.assertEqual(json.loads(client.read_response().body)["target"], f"/{number}")

    def test_pipelined_requests_are_answered_in_order(self):
        proxy = self.front(self.http_backend())
        with proxy.connect() as client:
            client.send(b"".join(request("POST", f"/{number}", body=b"x" * number) for number in range(30)))
            for number in range(30):
                seen = json.loads(client.read_response().body)
                self.assertEqual((seen["target"], seen["body_length"]), (f"/{number}", number))

    def test_a_pipelined_request_behind_a_chunked_body_is_found(self):
        proxy = self.front(self.http_backend())
        first = request("POST", "/1", fields=[("Transfer-Encoding", "chunked")]) + chunked(b"abc", b"defg")
        with proxy.connect() as client:
            client.send(first + request(target="/2"))
            self.assertEqual(json.loads(client.read_response().body)["body_length"], 7)
            self.assertEqual(json.loads(client.read_response().body)["target"], "/2")

    def test_requests_arriving_one_byte_at_a_time_are_served(self):
        proxy = self.front(self.http_backend())
        with proxy.connect() as client:
            client.send_bytewise(request("POST", "/1", body=b"hello") + request(target="/2"))
            self.assertEqual(json.loads(client.read_response().body)["body_length"], 5)
            self.assertEqual(json.loads(client.read_response().body)["target"], "/2")

    def test_connection_close_is_honoured_and_not_passed_on(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        with proxy.connect() as client:
            client.send(request(fields=[("Connection", "close")]))
            answer = client.read_response()
            self.assertEqual(answer.head.get("Connection", "").lower(), "close")
            self.assertEqual(client.ended_by(), "fin")
        self.assertNotEqual(backend.requests[0].head.get("Connection", "").lower(), "close")

    def test_an_http_1_0_request_is_answered_and_the_connection_closed(self):
        proxy = self.front(self.http_backend())
        with proxy.connect() as client:
            client.send(request(version="HTTP/1.0"))
            self.assertEqual(client.read_response().status, 200)
            self.assertEqual(client.ended_by(), "fin")

    def test_an_http_1_0_client_gets_a_chunked_body_without_chunks(self):
        def respond(message, connection):
            return response(fields=[("Transfer-Encoding", "chunked")], length=False) + chunked(b"abc", b"def")

        proxy = self.front(self.http_backend(respond=respond))
        with proxy.connect() as client:
            client.send(request(version="HTTP/1.0"))
            answer = client.read_response()
            self.assertEqual((answer.chunked, answer.body), (False, b"abcdef"))

    def test_a_client_that_ends_its_side_after_the_request_still_gets_the_answer(self):
        proxy = self.front(self.http_backend())
        with proxy.connect() as client:
            client.send(request())
            client.end_sending()
            self.assertEqual(client.read_response().status, 200)
            self.assertEqual(client.ended_by(), "fin")


class RequestBodies(ProxyCase):
    def test_content_length_arrives_as_content_length(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        body = os.urandom(300_000)
        proxy.ask(request("POST", body=body))
        self.assertEqual(backend.requests[0].head.get("Content-Length"), "300000")
        self.assertEqual(backend.requests[0].body, body)

    def test_a_chunked_body_arrives_chunked_and_whole(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        pieces = [os.urandom(size) for size in (1, 17, 4096, 65536, 3)]
        proxy.ask(request("POST", fields=[("Transfer-Encoding", "chunked")]) + chunked(*pieces))
        self.assertTrue(backend.requests[0].chunked)
        self.assertEqual(backend.requests[0].body, b"".join(pieces))

    def test_an_empty_body_keeps_its_content_length(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        proxy.ask(request("POST", fields=[("Content-Length", "0")]))
        self.assertEqual(backend.requests[0].head.all("Content-Length"), ["0"])

    def test_a_get_without_a_body_gains_no_framing_fields(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        proxy.ask(request())
        self.assertNotIn("Content-Length", backend.requests[0].head)
        self.assertNotIn("Transfer-Encoding", backend.requests[0].head)

    def test_chunk_extensions_are_not_forwarded(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        answer = proxy.ask(
            request("POST", fields=[("Transfer-Encoding", "chunked")]) + b"3;name=value\r\nabc\r\n0\r\n\r\n"
        )
        self.assertEqual(answer.status, 200)
        self.assertEqual(backend.requests[0].body, b"abc")
        self.assertNotIn(b"name=value", backend.received)

    def test_framing_and_routing_fields_in_request_trailers_never_reach_the_backend(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        hostile = [("Host", "evil.test"), ("Content-Length", "9"), ("Transfer-Encoding", "chunked")]
        with proxy.connect() as client:
            client.send(
                request("POST", fields=[("Transfer-Encoding", "chunked")]) + chunked(b"abc", trailers=hostile)
            )
            client.ended_by(0.5)
        self.assertNotIn(b"evil.test", backend.received)
        for message in backend.requests:
            self.assertEqual(message.head.all("Host"), ["example.test"])
            self.assertFalse(
                {name.lower() for name, _ in message.trailers}
                & {"host", "content-length", "transfer-encoding"}
            )


class ResponseBodies(ProxyCase):
    def answer_with(self, data, method="GET"):
        """What a client gets when the backend sends these bytes and closes."""

        def serve(connection):
            connection.read_request()
            connection.send(data)

        return self.front(self.scripted(serve)).ask(request(method), method)

    def test_content_length(self):
        body = os.urandom(500_000)
        answer = self.answer_with(response(body=body))
        self.assertEqual((answer.head.get("Content-Length"), answer.body), ("500000", body))

    def test_chunked(self):
        pieces = [os.urandom(size) for size in (1, 70_000, 16, 5)]
        answer = self.answer_with(
            response(fields=[("Transfer-Encoding", "chunked")], length=False) + chunked(*pieces)
        )
        self.assertTrue(answer.chunked)
        self.assertEqual(answer.body, b"".join(pieces))

    def test_until_close(self):
        body = os.urandom(200_000)
        answer = self.answer_with(response(length=False) + body)
        self.assertEqual(hashlib.sha256(answer.body).digest(), hashlib.sha256(body).digest())

    def test_a_body_until_close_leaves_the_client_able_to_see_its_end(self):
        # Either chunked, or until close: never a bare 200 on a connection that stays open.
        answer = self.answer_with(response(length=False) + b"abc")
        self.assertTrue(answer.chunked or answer.head.get("Connection", "").lower() == "close", answer)

    def test_trailers(self):
        answer = self.answer_with(
            response(fields=[("Transfer-Encoding", "chunked"), ("Trailer", "X-Sum")], length=False)
            + chunked(b"abc", trailers=[("X-Sum", "42")])
        )
        self.assertEqual(answer.body, b"abc")
        self.assertIn(("x-sum", "42"), [(name.lower(), value) for name, value in answer.trailers])

    def test_the_answer_to_head_has_a_length_and_no_body(self):
        answer = self.answer_with(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", "HEAD")
        self.assertEqual((answer.head.get("Content-Length"), answer.body), ("1234", b""))

    def test_204_and_304_have_no_body(self):
        for status, fields in (
            ("204 No Content", b""),
            ("304 Not Modified", b"Content-Length: 77\r\nETag: \"a\"\r\n"),
        ):
            with self.subTest(status):
                answer = self.answer_with(b"HTTP/1.1 " + status.encode() + b"\r\n" + fields + b"\r\n")
                self.assertEqual((f"{answer.status}", answer.body), (status[:3], b""))

    def test_the_connection_goes_on_after_answers_without_a_body(self):
        def respond(message, connection):
            if message.head.method == "HEAD":
                return b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
            status = message.head.target[1:]
            return (
                b"HTTP/1.1 "
                + status.encode()
                + b" X\r\n"
                + (b"\r\n" if status in "204 304" else b"Content-Length: 2\r\n\r\nok")
            )

        proxy = self.front(self.http_backend(respond=respond))
        with proxy.connect() as client:
            for method, target in (("HEAD", "/200"), ("GET", "/204"), ("GET", "/304"), ("GET", "/200")):
                client.send(request(method, target))
                self.assertEqual(client.read_response(method).status, int(target[1:]))

    def test_an_answer_cut_short_by_the_backend_is_cut_short_for_the_client(self):
        def serve(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            client.send(request())
            self.assertEqual(client.read_head().get("Content-Length"), "1000")
            try:
                self.assertLess(len(client.read_to_end()), 1000)
            except ConnectionResetError:
                pass

    def test_a_chunked_answer_cut_short_never_gets_a_last_chunk(self):
        def serve(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            client.send(request())
            client.read_head()
            try:
                self.assertFalse(client.read_to_end().endswith(b"0\r\n\r\n"))
            except ConnectionResetError:
                pass

    def test_a_response_one_byte_at_a_time(self):
        def serve(connection):
            connection.read_request()
            connection.send_bytewise(
                response(fields=[("Transfer-Encoding", "chunked")], length=False)
                + chunked(b"abc", b"defgh", trailers=[("X-Sum", "8")])
            )

        self.assertEqual(self.front(self.scripted(serve)).ask(request()).body, b"abcdefgh")


if __name__ == "__main__":
    unittest.main()
