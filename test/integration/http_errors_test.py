"""The answers the proxy gives by itself: a status, a short body, a line in the log that names the reason."""
import socket
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.http_message import request, response
from harness.waiting import eventually

SHORT_TIMEOUTS = """
[timeouts]
head = "300ms"
body = "300ms"
response = "300ms"
connect = "300ms"
"""


class OwnAnswers(ProxyCase):
    def expect(self, answer, status):
        self.assertEqual(answer.status, status, answer)
        self.assertTrue(0 < len(answer.body) < 300, answer.body)
        self.assertTrue(answer.body.isascii())

    def test_400_for_a_request_that_is_none(self):
        proxy = self.front(self.http_backend())
        with proxy.connect() as client:
            client.send(b"nonsense\r\n\r\n")
            self.expect(client.read_response(), 400)
            self.assertIn(client.ended_by(), ("fin", "reset"))

    def test_400_for_a_tls_hello_and_other_protocols(self):
        proxy = self.front(self.http_backend())
        for opening in (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
        ):
            with self.subTest(opening[:8]), proxy.connect() as client:
                client.send(opening)
                client.end_sending()
                self.assertIn(client.ended_by(), ("fin", "reset"))
        self.assertEqual(proxy.ask(request()).status, 200)

    def test_404_when_no_route_matches(self):
        proxy = self.start_proxy(pool("app", self.http_backend()), route(host='"app.example.test"'))
        self.expect(proxy.ask(request(host="other.example.test")), 404)
        self.assertEqual(proxy.ask(request(host="app.example.test")).status, 200)

    def test_a_404_keeps_the_connection(self):
        proxy = self.start_proxy(pool("app", self.http_backend()), route(path='"/here"'))
        with proxy.connect() as client:
            client.send(request(target="/gone") + request(target="/here"))
            self.expect(client.read_response(), 404)
            self.assertEqual(client.read_response().status, 200)

    def test_408_when_a_head_does_not_end_in_time(self):
        proxy = self.front(self.http_backend(), SHORT_TIMEOUTS)
        with proxy.connect() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: exam")
            started = time.monotonic()
            self.expect(client.read_response(), 408)
            self.assertLess(time.monotonic() - started, 3)
            self.assertIn(client.ended_by(), ("fin", "reset"))

    def test_408_when_a_body_stops_coming(self):
        proxy = self.front(self.http_backend(), SHORT_TIMEOUTS)
        with proxy.connect() as client:
            client.send(request("POST", fields=[("Content-Length", "10")]) + b"half")
            self.expect(client.read_response(), 408)
            self.assertIn(client.ended_by(), ("fin", "reset"))

    def test_an_idle_connection_is_closed_without_an_answer(self):
        proxy = self.front(self.http_backend(), '[timeouts]\nkeep_alive = "300ms"')
        with proxy.connect() as client:
            client.send(request())
            client.read_response()
            self.assertEqual(client.read_to_end(), b"")

    def test_413_for_a_body_over_the_limit_by_its_length(self):
        backend = self.http_backend()
        proxy = self.front(backend, '[limits]\nbody_bytes = "1KiB"')
        with proxy.connect() as client:
            client.send(request("POST", fields=[("Content-Length", "1025")]))
            self.expect(client.read_response(), 413)
        self.assertEqual(backend.received, b"")
        self.assertEqual(proxy.ask(request("POST", body=b"x" * 1024)).status, 200)

    def test_413_for_a_chunked_body_over_the_limit(self):
        proxy = self.front(self.http_backend(), '[limits]\nbody_bytes = "1KiB"')
        with proxy.connect() as client:
            client.send(
                request("POST", fields=[("Transfer-Encoding", "chunked")])
                + b"400\r\n"
                + b"x" * 1024
                + b"\r\n1\r\ny\r\n"
            )
            self.expect(client.read_response(), 413)
            self.assertIn(client.ended_by(), ("fin", "reset"))

    def test_414_for_a_target_over_the_limit(self):
        backend = self.http_backend()
        proxy = self.front(backend, '[limits]\ntarget_bytes = "1KiB"')
        self.expect(proxy.ask(request(target="/" + "a" * 1024)), 414)
        self.assertEqual(backend.received, b"")
        self.assertEqual(proxy.ask(request(target="/" + "a" * 1023)).status, 200)

    def test_431_for_a_head_over_the_limit(self):
        backend = self.http_backend()
        proxy = self.front(backend, '[limits]\nheader_bytes = "4KiB"\ntarget_bytes = "1KiB"')
        self.expect(proxy.ask(request(fields=[("X-Long", "a" * 4096)])), 431)
        self.assertEqual(backend.received, b"")

    def test_431_for_more_fields_than_the_limit(self):
        backend = self.http_backend()
        proxy = self.front(backend, "[limits]\nheader_count = 20")
        self.expect(proxy.ask(request(fields=[("A", "b")] * 20)), 431)
        self.assertEqual(backend.received, b"")
        self.assertEqual(proxy.ask(request(fields=[("A", "b")] * 19)).status, 200)

    def test_502_when_the_backend_closes_without_an_answer(self):
        proxy = self.front(self.scripted(lambda connection: connection.read_request()))
        self.expect(proxy.ask(request("POST", body=b"x")), 502)

    def test_502_or_503_when_no_backend_can_be_reached(self):
        backend = self.http_backend()
        backend.stop_listening()
        answer = self.front(backend).ask(request())
        self.assertIn(answer.status, (502, 503))
        self.expect(answer, answer.status)

    def test_504_when_the_backend_does_not_answer_in_time(self):
        def serve(connection):
            connection.read_request()
            connection.ended_by(10)

        proxy = self.front(self.scripted(serve), SHORT_TIMEOUTS)
        started = time.monotonic()
        self.expect(proxy.ask(request()), 504)
        self.assertLess(time.monotonic() - started, 3)

    def test_504_with_the_pools_own_timeout(self):
        def serve(connection):
            connection.read_request()
            connection.ended_by(10)

        proxy = self.start_proxy(pool("app", self.scripted(serve), response_timeout='"200ms"'), route())
        self.expect(proxy.ask(request()), 504)

    def test_504_when_the_connection_is_not_established_in_time(self):
        # A listener whose queue is full drops further SYNs.
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            fillers = []
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
                fillers.append(filler)
            proxy = self.start_proxy(
                SHORT_TIMEOUTS, pool("app", f"127.0.0.1:{full.getsockname()[1]}"), route()
            )
            self.expect(proxy.ask(request()), 504)
            for filler in fillers:
                filler.close()

    def test_a_head_of_the_backend_over_the_limit_is_502(self):
        backend = self.http_backend(
            respond=lambda message, connection: response(fields=[("X-Long", "a" * 60_000)])
        )
        self.expect(self.front(backend).ask(request()), 502)

    def test_the_log_names_the_reason(self):
        proxy = self.front(self.scripted(lambda connection: connection.read_request()))
        self.expect(proxy.ask(request("POST", body=b"x")), 502)
        eventually(lambda: "502" in proxy.output(), what="a log line with the status")

    def test_refusals_are_counted_by_reason(self):
        proxy = self.start_proxy(pool("app", self.http_backend()), route(path='"/here"'))
        proxy.ask(request(target="/gone"))
        proxy.ask(request(host=None))
        eventually(lambda: proxy.metrics().value("fairlead_refusals_total", reason="no_route") == 1)
        self.assertEqual(proxy.metrics().value("fairlead_refusals_total", reason="bad_request"), 1)


if __name__ == "__main__":
    unittest.main()
