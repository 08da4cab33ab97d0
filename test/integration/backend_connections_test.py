"""Connections to backends: kept and reused, not after a doubtful end; one retry of what was not seen."""
import threading
import unittest

from harness.case import ProxyCase, pool, route
from harness.http_message import chunked, request, response
from harness.waiting import eventually


class Reuse(ProxyCase):
    def test_requests_of_different_clients_share_one_connection(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for _ in range(10):
            self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(len(backend.connections), 1)

    def test_bodies_of_every_framing_leave_it_reusable(self):
        def respond(message, connection):
            return response(fields=[("Transfer-Encoding", "chunked")], length=False) + chunked(b"abc")

        backend = self.http_backend(respond=respond)
        proxy = self.front(backend)
        proxy.ask(request("POST", body=b"abc"))
        proxy.ask(request("POST", fields=[("Transfer-Encoding", "chunked")]) + chunked(b"abc"))
        proxy.ask(request("GET"))
        self.assertEqual(len(backend.connections), 1)

    def test_requests_at_the_same_time_use_connections_of_their_own(self):
        both = threading.Barrier(2, timeout=5)

        def respond(message, connection):
            both.wait()
            return response(body=b"ok")

        proxy = self.front(self.http_backend(respond=respond))
        with proxy.connect() as first, proxy.connect() as second:
            first.send(request())
            second.send(request())
            self.assertEqual((first.read_response().status, second.read_response().status), (200, 200))

    def test_it_is_closed_after_its_idle_time(self):
        backend = self.http_backend()
        proxy = self.front(backend, '[timeouts]\nupstream_idle = "200ms"')
        proxy.ask(request())
        eventually(lambda: backend.connections[0].sock.fileno() < 0, 3, "the proxy closes it")

    def not_reused_after(self, *answers, data=None):
        """Two requests, the first answered with each of these, use different connections."""
        for name, answer in answers:
            with self.subTest(name):
                backend = self.http_backend(respond=lambda message, connection: answer)
                proxy = self.front(backend)
                self.assertEqual(proxy.ask(data or request()).status, 200)
                self.assertEqual(proxy.ask(data or request()).status, 200)
                self.assertEqual(len(backend.connections), 2)

    def test_it_is_not_reused_after_a_doubtful_end(self):
        self.not_reused_after(
            ("Connection: close", response(fields=[("Connection", "close")], body=b"ok")),
            ("HTTP/1.0", b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            ("bytes behind the answer", response(body=b"ok") + b"more"),
        )

    def test_it_is_not_reused_after_an_early_answer(self):
        def serve(connection):
            connection.read_head()
            connection.send(response(body=b"early"))
            connection.ended_by(5)

        backend = self.scripted(serve)
        proxy = self.front(backend)
        for _ in range(2):
            with proxy.connect() as client:
                client.send(request("POST", fields=[("Content-Length", "100")]) + b"x")
                self.assertEqual(client.read_response().body, b"early")
        eventually(lambda: len(backend.connections) == 2)

    def test_it_is_not_reused_after_the_client_left_in_the_middle(self):
        def respond(message, connection):
            if message.head.target == "/long":
                connection.send(response(fields=[("Content-Length", "1000")], length=False) + b"x")
                return None
            return response(body=b"ok")

        backend = self.http_backend(respond=respond)
        proxy = self.front(backend)
        client = proxy.connect()
        client.send(request(target="/long"))
        client.read_head()
        client.reset()
        self.assertEqual(proxy.ask(request(target="/short")).body, b"ok")
        self.assertEqual(len(backend.connections), 2)

    def test_reuse_is_counted(self):
        proxy = self.front(self.http_backend())
        for _ in range(5):
            proxy.ask(request())
        self.assertEqual(proxy.metrics().value("fairlead_backend_connections_reused_total", pool="app"), 4)
        self.assertEqual(proxy.metrics().value("fairlead_backend_dials_total", pool="app"), 1)


class Retry(ProxyCase):
    def test_an_idle_connection_the_backend_has_closed_costs_no_request(self):
        def serve(connection):
            connection.read_request()
            connection.send(response(body=b"ok"))  # and closes, without having said so

        backend = self.scripted(serve)
        proxy = self.front(backend)
        for _ in range(10):
            self.assertEqual(proxy.ask(request()).body, b"ok")
            eventually(lambda: backend.connections[-1].sock.fileno() < 0)

    def race(self, data, leave):
        """The backend keeps the first connection and, when a second request comes on it, does `leave`."""

        def serve(connection):
            if connection is backend.connections[0]:
                connection.read_request()
                connection.send(response(body=b"first"))
                leave(connection)
                return
            connection.read_request()
            connection.send(response(body=b"second"))

        backend = self.scripted(serve)
        proxy = self.front(backend)
        self.assertEqual(proxy.ask(request()).body, b"first")
        return proxy.ask(data), backend

    def test_a_get_on_a_kept_connection_that_dies_is_sent_once_more(self):
        def leave(connection):
            connection.read_some()
            connection.reset()

        answer, _ = self.race(request(), leave)
        self.assertIn((answer.status, answer.body), ((200, b"second"), (502, answer.body)))

    def test_a_post_that_the_backend_may_have_seen_is_not_sent_again(self):
        def leave(connection):
            connection.read_request()
            connection.close()

        answer, backend = self.race(request("POST", body=b"order"), leave)
        self.assertEqual(answer.status, 502)
        self.assertEqual(backend.received.count(b"POST /"), 1)

    def test_a_backend_that_dies_after_part_of_the_answer_is_not_asked_again(self):
        def leave(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Le")

        answer, backend = self.race(request(), leave)
        self.assertEqual(answer.status, 502)
        self.assertEqual(len(backend.connections), 1)

    def test_a_refused_connection_is_tried_on_the_next_backend(self):
        dead = self.http_backend()
        dead.stop_listening()
        live = self.http_backend("live")
        proxy = self.start_proxy(pool("app", dead, live), route())
        for _ in range(6):
            self.assertEqual(proxy.ask(request("POST", body=b"order")).status, 200)
        self.assertEqual(len(live.requests), 6)
        self.assertGreaterEqual(
            proxy.metrics().value("fairlead_backend_dial_failures_total", reason="refused"), 1
        )


if __name__ == "__main__":
    unittest.main()
