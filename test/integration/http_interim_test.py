"""1xx responses and Expect: 100-continue (RFC 9110 10.1.1 and 15.2)."""
import unittest

from harness.case import ProxyCase
from harness.http_message import request, response

EXPECTING = request("POST", fields=[("Expect", "100-continue"), ("Content-Length", "5")])


class ExpectContinue(ProxyCase):
    def test_the_backends_100_reaches_the_client_before_the_body_is_sent(self):
        def serve(connection):
            head = connection.read_head()
            self.assertEqual(head.get("Expect"), "100-continue")
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.send(response(body=connection.read_exactly(5)))

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            client.send(EXPECTING)
            self.assertEqual(client.read_head().status, 100)
            client.send(b"hello")
            answer = client.read_response()
            self.assertEqual((answer.body, client.interim), (b"hello", []))

    def test_a_final_answer_instead_of_100_reaches_the_client_without_its_body(self):
        for status in ("417 Expectation Failed", "200 OK", "403 Forbidden"):
            with self.subTest(status):

                def serve(connection):
                    connection.read_head()
                    connection.send(response(status, body=b"no body, thanks"))
                    connection.ended_by(3)

                proxy = self.front(self.scripted(serve))
                with proxy.connect() as client:
                    client.send(EXPECTING)
                    answer = client.read_response()
                    self.assertEqual((answer.status, answer.body), (int(status[:3]), b"no body, thanks"))
                    self.assertEqual(client.interim, [])

    def test_the_request_after_a_refused_expectation_is_not_taken_for_its_body(self):
        def serve(connection):
            connection.read_head()
            connection.send(response("417 Expectation Failed", body=b"no"))
            connection.ended_by(3)

        backend = self.scripted(serve)
        proxy = self.front(backend)
        with proxy.connect() as client:
            client.send(EXPECTING)
            self.assertEqual(client.read_response().status, 417)
            try:
                client.send(request(target="/next"))
                self.assertIn(client.ended_by(2), ("fin", "reset", "open"))
            except OSError:
                pass  # closed: as good an answer
        for connection in backend.connections:
            self.assertNotIn(b"\r\n\r\nGET /next", bytes(connection.received))

    def test_a_client_that_does_not_wait_is_served(self):
        def serve(connection):
            message = connection.read_request()
            connection.send(response(body=message.body))

        self.assertEqual(self.front(self.scripted(serve)).ask(EXPECTING + b"hello").body, b"hello")

    def test_a_100_that_nobody_asked_for_passes_to_http_1_1_and_no_further(self):
        def serve(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n" + response(body=b"done"))

        # The backend ends each connection, and may be slow to: none is to be used twice.
        proxy = self.front(self.scripted(serve), "[limits]\nidle_upstream = 0\n")
        for version, seen in (("HTTP/1.1", [100]), ("HTTP/1.0", [])):
            with proxy.connect() as client:
                client.send(request("POST", version=version, body=b"x"))
                self.assertEqual(client.read_response().body, b"done")
                self.assertEqual([each.status for each in client.interim], seen)


class EarlyHints(ProxyCase):
    def test_103_is_forwarded_at_once_and_the_final_answer_follows(self):
        def serve(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
            self.assertTrue(connection.is_quiet(0.1))
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </two.css>; rel=preload\r\n\r\n")
            connection.send(response(body=b"page"))

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            client.send(request())
            answer = client.read_response()
            self.assertEqual(
                [each.head.get("Link") for each in client.interim],
                ["</style.css>; rel=preload", "</two.css>; rel=preload"],
            )
            self.assertEqual(answer.body, b"page")

    def test_an_http_1_0_client_gets_only_the_final_answer(self):
        def serve(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + response(body=b"page"))

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            client.send(request(version="HTTP/1.0"))
            self.assertEqual(client.read_response().body, b"page")
            self.assertEqual(client.interim, [])


if __name__ == "__main__":
    unittest.main()
