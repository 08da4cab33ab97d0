"""Methods with rules of their own: OPTIONS and Max-Forwards, TRACE, CONNECT, HEAD (RFC 9110 7.6.2, 9.3)."""
import json
import unittest

from harness.case import ProxyCase, pool, route
from harness.http_message import request, response
from harness.ports import free_port


class Options(ProxyCase):
    def test_an_asterisk_goes_on_as_one(self):
        backend = self.http_backend()
        answer = self.front(backend).ask(request("OPTIONS", "*"), "OPTIONS")
        self.assertEqual((answer.status, backend.requests[0].head.target), (200, "*"))

    def test_an_absolute_target_without_a_path_is_an_asterisk_to_the_backend(self):
        # RFC 9112 3.2.4; with a path it is that path.
        backend = self.http_backend()
        proxy = self.front(backend)
        for target, seen in (
            ("http://example.test", "*"),
            ("http://example.test/", "/"),
            ("http://example.test/a?b", "/a?b"),
        ):
            proxy.ask(request("OPTIONS", target), "OPTIONS")
            self.assertEqual(backend.requests[-1].head.target, seen)

    def test_an_asterisk_is_no_path_of_a_route_with_one(self):
        backend = self.http_backend()
        proxy = self.start_proxy(pool("app", backend), route(path='"/app/"'))
        self.assertEqual(proxy.ask(request("OPTIONS", "*"), "OPTIONS").status, 404)
        self.assertEqual(backend.requests, [])

    def test_a_preflight_passes_with_its_fields(self):
        fields = [("Origin", "https://a.test"), ("Access-Control-Request-Method", "PUT")]
        backend = self.http_backend()
        self.front(backend).ask(request("OPTIONS", "/x", fields=fields), "OPTIONS")
        self.assertEqual([each for each in backend.requests[0].head.fields if each in fields], fields)


class MaxForwards(ProxyCase):
    def test_it_goes_on_one_lower(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for target in ("*", "/a"):
            proxy.ask(request("OPTIONS", target, fields=[("Max-Forwards", "7")]), "OPTIONS")
            self.assertEqual(backend.requests[-1].head.all("Max-Forwards"), ["6"])

    def test_at_zero_the_proxy_answers_itself_and_the_connection_goes_on(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        with proxy.connect() as client:
            for target in ("*", "/a"):
                client.send(request("OPTIONS", target, fields=[("Max-Forwards", "0")]))
                answer = client.read_response("OPTIONS")
                self.assertEqual((answer.status, answer.body), (200, b""))
                self.assertIn("OPTIONS", answer.head.get("Allow"))
            client.send(request())
            self.assertEqual(client.read_response().status, 200)
        self.assertEqual([message.head.method for message in backend.requests], ["GET"])

    def test_at_zero_who_may_not_come_in_learns_nothing(self):
        proxy = self.start_proxy(pool("app", self.http_backend()), route(deny='["127.0.0.1"]'))
        self.assertEqual(
            proxy.ask(request("OPTIONS", fields=[("Max-Forwards", "0")]), "OPTIONS").status, 403
        )

    def test_what_is_no_number_is_refused(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for value in ("", "x", "-1", "1, 2"):
            with self.subTest(value):
                data = request("OPTIONS", "*", fields=[("Max-Forwards", value)])
                self.assertEqual(proxy.ask(data, "OPTIONS").status, 400)
        self.assertEqual(backend.requests, [])

    def test_of_other_methods_it_passes_as_sent(self):
        backend = self.http_backend()
        self.front(backend).ask(request(fields=[("Max-Forwards", "0")]))
        self.assertEqual(backend.requests[0].head.get("Max-Forwards"), "0")


class Refused(ProxyCase):
    def test_trace_is_405_and_lists_what_is_allowed_whatever_its_max_forwards(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for fields in ([], [("Max-Forwards", "0")], [("Max-Forwards", "3"), ("Cookie", "secret=1")]):
            answer = proxy.ask(request("TRACE", fields=fields))
            self.assertEqual(answer.status, 405)
            self.assertIn("GET", answer.head.get("Allow"))
            self.assertNotIn(b"secret", answer.body)
        self.assertEqual(backend.received, b"")

    def test_connect_is_501_in_every_form(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for target in ("example.test:443", "/", "http://example.test/"):
            with self.subTest(target), proxy.connect() as client:
                client.send(request("CONNECT", target))
                self.assertEqual(client.read_response().status, 501)
                self.assertEqual(client.ended_by(), "fin")
        self.assertEqual(backend.received, b"")

    def test_methods_nobody_knows_are_the_backends_affair_and_case_counts(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for method in ("PROPFIND", "get", "BREW"):
            self.assertEqual(json.loads(proxy.ask(request(method)).body)["method"], method)


class Head(ProxyCase):
    def answer_to_head(self, proxy, data):
        """The head of the answer; nothing may follow it."""
        with proxy.connect() as client:
            client.send(data)
            head = client.read_head()
            client.end_sending()
            self.assertEqual(client.read_to_end_or_quiet(2), b"")
            return head

    def test_no_answer_of_the_proxys_own_has_a_body(self):
        backend = self.http_backend()
        backend.stop_listening()
        proxy = self.start_proxy(pool("app", backend), route(path='"/here"'), route(path='"/own"', **{
            "pool_name": None, "respond": '{ status = 200, body = "hello" }'
        }))  # fmt: skip
        for status, data in (
            (404, request("HEAD", "/gone")),
            (502, request("HEAD", "/here")),
            (200, request("HEAD", "/own")),
            (400, request("HEAD", "/here", fields=[("Host", "b.test")])),
            (400, request("HEAD", "/here", host=None)),
            (400, b"HEAD /here HTTP/1.1\r\nHost: a\r\nbroken line\r\n\r\n"),
            (400, b"\r\nHEAD /a/../b HTTP/1.1\r\nHost: a\r\n\r\n"),
            (505, request("HEAD", "/here", version="HTTP/1.2")),
        ):
            with self.subTest(data):
                head = self.answer_to_head(proxy, data)
                self.assertEqual(head.status, status)
                self.assertGreater(int(head.get("Content-Length")), 0)

    def test_what_the_backend_would_have_sent_is_declared_and_not_awaited(self):
        for name, fields in (
            ("length", [("Content-Length", "1000")]),
            ("chunked", [("Transfer-Encoding", "chunked")]),
            ("neither", []),
        ):
            with self.subTest(name):
                backend = self.http_backend(
                    respond=lambda message, connection: response(fields=fields, length=False)
                )
                proxy = self.front(backend)
                with proxy.connect() as client:
                    for _ in range(2):
                        client.send(request("HEAD"))
                        head = client.read_response("HEAD").head
                        for field, value in fields:
                            self.assertEqual(head.get(field), value)
                self.assertEqual(len(backend.connections), 1)

    def test_a_body_that_a_backend_sends_all_the_same_is_not_the_next_answer(self):
        def respond(message, connection):
            return response(body=b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad")

        proxy = self.front(self.http_backend(respond=respond))
        with proxy.connect() as client:
            client.send(request("HEAD"))
            self.assertEqual(client.read_response("HEAD").body, b"")
            client.send(request("HEAD", "/2"))
            self.assertNotEqual(client.read_response("HEAD").head.get("Content-Length"), "3")


class Loops(ProxyCase):
    """A proxy whose only backend is itself (RFC 9110 7.6: not without protection)."""

    def looped(self):
        port = free_port()
        second = f'[[listen]]\naddress = "127.0.0.1:{port}"'
        return self.start_proxy(second, pool("app", f"127.0.0.1:{port}"), route())

    def test_via_grows_until_the_head_has_too_many_fields(self):
        proxy = self.looped()
        self.assertEqual(proxy.ask(request()).status, 431)
        self.assertLess(proxy.metrics().value("fairlead_connections_accepted_total"), 200)

    def test_max_forwards_counts_down_to_an_answer(self):
        answer = self.looped().ask(request("OPTIONS", fields=[("Max-Forwards", "5")]), "OPTIONS")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.head.get("Via"), ", ".join(["1.1 fairlead"] * 5))


if __name__ == "__main__":
    unittest.main()
