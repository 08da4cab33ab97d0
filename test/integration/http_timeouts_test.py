"""Every timeout ends what it bounds, and the log names it; those that bound a head do not cut what flows."""
import http.server
import socket
import threading
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import accept_upgrade, open_tunnel
from harness.http_message import chunked, request, response
from harness.waiting import eventually


def timeouts(**keys):
    return "[timeouts]\n" + "".join(f'{key} = "{value}"\n' for key, value in keys.items())


DEBUG = '[log]\nlevel = "debug"\n'


def silent(connection):
    connection.read_request()
    connection.ended_by(10)


class Named(ProxyCase):
    def expect_named(self, proxy, name, status=None):
        """One line of the access log names the timeout."""

        def lines():
            return [each for each in proxy.access_log() if f"timeouts.{name}" in each.get("reason", "")]

        eventually(lines, what=lambda: f"a line that names timeouts.{name}: {proxy.output()}")
        if status is not None:
            self.assertEqual(lines()[0]["status"], status)

    def test_head(self):
        proxy = self.front(self.http_backend(), timeouts(head="200ms"))
        with proxy.connect() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: exam")
            self.assertEqual(client.read_response().status, 408)
        self.expect_named(proxy, "head", 408)

    def test_a_head_that_trickles_in_is_bounded_as_a_whole(self):
        proxy = self.front(self.http_backend(), timeouts(head="500ms"))
        with proxy.connect() as client:
            client.send(b"GET / HTTP/1.1\r\n")
            stopped = threading.Event()

            def trickle():
                try:
                    while not stopped.wait(0.05):
                        client.send(b"X-A: b\r\n")
                except OSError:
                    pass

            sender = threading.Thread(target=trickle, daemon=True)
            sender.start()
            try:
                self.assertEqual(client.read_response().status, 408)
            finally:
                stopped.set()
                sender.join(5)

    def test_keep_alive(self):
        proxy = self.front(self.http_backend(), timeouts(keep_alive="200ms") + DEBUG)
        with proxy.connect() as client:
            self.assertEqual(client.read_to_end(), b"")
        eventually(lambda: "timeouts.keep_alive" in proxy.stderr(), what=proxy.stderr)

    def test_body(self):
        proxy = self.front(self.http_backend(), timeouts(body="200ms"))
        with proxy.connect() as client:
            client.send(request("POST", fields=[("Content-Length", "10")]) + b"half")
            self.assertEqual(client.read_response().status, 408)
        self.expect_named(proxy, "body", 408)

    def test_a_body_that_trickles_in_is_not_bounded_as_a_whole(self):
        proxy = self.front(self.http_backend(), timeouts(body="1s", head="1s", response="1s"))
        with proxy.connect() as client:
            client.send(request("POST", fields=[("Content-Length", "15")]))
            for _ in range(15):
                time.sleep(0.1)
                client.send(b"x")
            self.assertEqual(client.read_response().status, 200)

    def test_response(self):
        proxy = self.front(self.scripted(silent), timeouts(response="200ms"))
        self.assertEqual(proxy.ask(request()).status, 504)
        self.expect_named(proxy, "response", 504)

    def test_interim_answers_do_not_prolong_the_wait_for_the_final_one(self):
        def serve(connection):
            connection.read_request()
            for _ in range(100):
                connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
                time.sleep(0.05)

        proxy = self.front(self.scripted(serve), timeouts(response="500ms"))
        self.assertEqual(proxy.ask(request()).status, 504)

    def test_response_body(self):
        def serve(connection):
            connection.read_request()
            connection.send(response(fields=[("Content-Length", "10")], length=False) + b"half")
            connection.ended_by(10)

        proxy = self.front(self.scripted(serve), timeouts(response_body="200ms"))
        with proxy.connect() as client:
            client.send(request())
            client.read_head()
            self.assertEqual(client.ended_by(), "reset")
        self.expect_named(proxy, "response_body", 200)

    def test_write(self):
        def flood(connection):
            connection.read_request()
            connection.send(response(fields=[("Content-Length", str(1 << 30))], length=False))
            connection.forget_received()
            while True:
                connection.send(bytes(65536))

        proxy = self.front(self.scripted(flood), timeouts(write="300ms"))
        with proxy.connect(receive_buffer=4096) as client:
            client.send(request())
            self.expect_named(proxy, "write", 200)

    def test_connect(self):
        with socket.socket() as full:  # whose queue is full, so that it drops further SYNs
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            proxy = self.front(f"127.0.0.1:{full.getsockname()[1]}", timeouts(connect="200ms"))
            self.assertEqual(proxy.ask(request()).status, 504)
            self.expect_named(proxy, "connect", 504)
            for filler in fillers:
                filler.close()

    def test_upstream_idle(self):
        backend = self.http_backend()
        proxy = self.front(backend, timeouts(upstream_idle="200ms") + DEBUG)
        proxy.ask(request())
        eventually(lambda: backend.connections[0].sock.fileno() < 0, 3, "the proxy closes it")
        eventually(lambda: "timeouts.upstream_idle" in proxy.stderr(), what=proxy.stderr)

    def test_tls_handshake_with_a_backend(self):
        proxy = self.start_proxy(
            timeouts(tls_handshake="200ms"),
            pool("app", self.scripted(lambda connection: connection.ended_by(10)), tls="{ insecure = true }"),
            route(),
        )
        self.assertEqual(proxy.ask(request()).status, 502)
        self.expect_named(proxy, "tls_handshake", 502)


class Total(ProxyCase):
    def expect_named(self, proxy, status):
        def lines():
            return [each for each in proxy.access_log() if "timeouts.total" in each.get("reason", "")]

        eventually(lines, what=lambda: proxy.output())
        self.assertEqual(lines()[0]["status"], status)

    def test_a_backend_that_is_silent_is_504(self):
        proxy = self.front(self.scripted(silent), timeouts(total="300ms"))
        with proxy.connect() as client:
            for _ in range(2):
                client.send(request())
                self.assertEqual(client.read_response().status, 504)
        self.expect_named(proxy, 504)

    def test_interim_answers_are_no_answer(self):
        def serve(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            connection.ended_by(10)

        self.assertEqual(self.front(self.scripted(serve), timeouts(total="300ms")).ask(request()).status, 504)

    def test_a_body_that_trickles_in_is_cut(self):
        proxy = self.front(self.http_backend(), timeouts(total="500ms"))
        with proxy.connect() as client:
            client.send(request("POST", fields=[("Content-Length", "1000")]) + b"begun")
            self.assertEqual(client.read_response().status, 504)
            self.assertIn(client.ended_by(), ("fin", "reset"))
        self.expect_named(proxy, 504)

    def test_an_answer_that_flows_is_cut_and_seen_to_be(self):
        def serve(connection):
            connection.read_request()
            connection.send(response(fields=[("Transfer-Encoding", "chunked")], length=False))
            while True:
                connection.send(b"1\r\nx\r\n")
                time.sleep(0.02)

        proxy = self.front(self.scripted(serve), timeouts(total="500ms"))
        with proxy.connect() as client:
            client.send(request())
            client.read_head()
            self.assertEqual(client.ended_by(), "reset")
        self.expect_named(proxy, 200)

    def test_a_client_that_takes_nothing_is_cut(self):
        def serve(connection):
            connection.read_request()
            connection.send(response(fields=[("Content-Length", str(1 << 30))], length=False))
            while True:
                connection.send(bytes(65536))

        proxy = self.front(self.scripted(serve), timeouts(total="500ms"))
        with proxy.connect(receive_buffer=4096) as client:
            client.send(request())
            self.expect_named(proxy, 200)
        eventually(lambda: proxy.metrics().value("fairlead_connections_open") == 0)

    def test_it_counts_from_each_request_anew(self):
        proxy = self.front(self.http_backend(), timeouts(total="700ms"))
        with proxy.connect() as client:
            for _ in range(10):
                client.send(request())
                self.assertEqual(client.read_response().status, 200)
                time.sleep(0.1)

    def test_a_tunnel_is_not_an_exchange(self):
        def serve(connection):
            accept_upgrade(connection)
            connection.ended_by(10)

        proxy = self.front(self.scripted(serve), timeouts(total="300ms"))
        with proxy.connect() as client:
            open_tunnel(client)
            self.assertTrue(client.is_quiet(1))

    def test_a_pool_has_its_own(self):
        backend = self.scripted(silent)
        proxy = self.start_proxy(
            timeouts(total="1h"),
            pool("app", backend, total_timeout='"300ms"'),
            pool("patient", backend, total_timeout=0),
            route(),
        )
        self.assertEqual(proxy.ask(request()).status, 504)

    def test_the_backends_connection_is_not_kept(self):
        ended = []

        def serve(connection):
            connection.read_request()
            ended.append(connection.ended_by(10))

        proxy = self.front(self.scripted(serve), timeouts(total="300ms"))
        proxy.ask(request())
        eventually(lambda: ended)
        self.assertNotEqual(ended[0], "open")


class EventPage(http.server.BaseHTTPRequestHandler):
    """Python's own server: events one by one, an answer polled for long; go_on lets each go on."""

    protocol_version = "HTTP/1.1"
    go_on = None

    def do_GET(self):
        if self.path == "/events":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()  # until close: no length, no chunks
            for number in range(3):
                self.wfile.write(f"id: {number}\ndata: tick\n\n".encode())
                if not self.go_on.acquire(timeout=10):
                    break
            self.close_connection = True
        else:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"h")
            self.go_on.acquire(timeout=10)
            self.wfile.write(b"ello")

    def log_message(self, *arguments):
        pass


class Flowing(ProxyCase):
    SHORT = timeouts(response="300ms", head="300ms", body="300ms", keep_alive="300ms")

    def event_server(self):
        handler = type("Page", (EventPage,), {"go_on": threading.Semaphore(0)})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"127.0.0.1:{server.server_address[1]}", handler.go_on

    def test_events_arrive_before_the_next_is_made_and_silence_between_them_cuts_nothing(self):
        address, go_on = self.event_server()
        proxy = self.front(address, self.SHORT)
        with proxy.connect() as client:
            client.send(request(target="/events"))
            self.assertEqual(client.read_head().get("Content-Type"), "text/event-stream")
            for number in range(3):
                client.read_until(f"id: {number}\ndata: tick\n\n".encode())
                time.sleep(0.6)  # twice each timeout
                go_on.release()
            self.assertTrue(client.read_to_end().endswith(b"0\r\n\r\n"))

    def test_what_is_polled_for_long_arrives_in_two_pieces(self):
        address, go_on = self.event_server()
        proxy = self.front(address, self.SHORT)
        with proxy.connect() as client:
            client.send(request(target="/poll"))
            client.read_head()
            self.assertEqual(client.read_exactly(1), b"h")
            time.sleep(0.6)
            go_on.release()
            self.assertEqual(client.read_exactly(4), b"ello")
            client.send(request(target="/poll"))  # the connection goes on
            client.read_head()
            go_on.release()
            self.assertEqual(client.read_exactly(5), b"hello")

    def test_a_head_alone_is_passed_on_before_the_first_event(self):
        def serve(connection):
            connection.read_request()
            connection.send(response(fields=[("Transfer-Encoding", "chunked")], length=False))
            connection.ended_by(10)

        with self.front(self.scripted(serve), self.SHORT).connect() as client:
            client.send(request())
            self.assertEqual(client.read_head().status, 200)
            self.assertTrue(client.is_quiet(0.6))

    def test_a_byte_of_a_chunk_that_is_not_whole_is_passed_on(self):
        go_on = threading.Event()

        def serve(connection):
            connection.read_request()
            connection.send(response(fields=[("Transfer-Encoding", "chunked")], length=False) + b"5\r\nh")
            go_on.wait(10)
            connection.send(b"ello\r\n0\r\n\r\n")

        with self.front(self.scripted(serve)).connect() as client:
            client.send(request())
            client.read_head()
            client.read_until(b"\r\nh")
            go_on.set()
            self.assertTrue(client.read_to_end_or_quiet().endswith(chunked(b"ello")))

    def test_a_client_that_leaves_ends_the_stream_at_the_backend(self):
        ended = []

        def serve(connection):
            connection.read_request()
            connection.send(response(fields=[("Transfer-Encoding", "chunked")], length=False))
            ended.append(connection.ended_by(10))

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            client.send(request())
            client.read_head()
        eventually(lambda: ended, 4)
        self.assertNotEqual(ended[0], "open")


if __name__ == "__main__":
    unittest.main()
