"""SIGTERM: not ready, exchanges finish, tunnels are told 1001 over a window, and the process ends with 0."""
import signal
import threading
import time
import unittest

from harness.case import ProxyCase
from harness.connection import PeerClosed, connect
from harness.frames import (
    CLOSE,
    TEXT,
    accept_upgrade,
    echo_frames,
    echo_until_close,
    frame,
    open_tunnel,
    read_frame,
    switching_protocols,
)
from harness.http_message import request, response
from harness.waiting import eventually


def echo_or_answer(connection):
    """Echoes frames after an upgrade; any other request gets 200."""
    head = connection.read_head()
    if head.get("Upgrade") is None:
        connection.send(response())
        return
    connection.send(switching_protocols(head.get("Sec-WebSocket-Key")))
    echo_frames(connection)


class Drain(ProxyCase):
    def test_without_work_it_ends_at_once(self):
        proxy = self.front(self.http_backend(), drain='window = "30s"')
        with proxy.connect() as client:  # idle keep-alive connections are no work
            client.send(request())
            client.read_response()
            started = time.monotonic()
            proxy.signal(signal.SIGTERM)
            self.assertEqual(client.ended_by(), "fin")
            self.assertEqual(proxy.wait_exit(), 0)
            self.assertLess(time.monotonic() - started, 3)

    def test_during_the_delay_readyz_says_503_and_new_clients_are_served(self):
        proxy = self.front(self.http_backend(), drain='delay = "3s"\nwindow = "0s"')
        proxy.signal(signal.SIGTERM)
        eventually(lambda: proxy.admin("/readyz")[0] == 503)
        self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(proxy.wait_exit(), 0)
        with self.assertRaises(ConnectionRefusedError):
            proxy.connect()

    def test_kept_connections_to_the_admin_listener_do_not_spoil_the_exit(self):
        proxy = self.front(self.http_backend())
        kept = [connect(("127.0.0.1", proxy.admin_port)) for _ in range(3)]
        try:
            for scraper in kept[:2]:  # two between requests, one that never asked
                scraper.send(request(target="/metrics", host="localhost"))
                self.assertEqual(scraper.read_response().status, 200)
            proxy.signal(signal.SIGTERM)
            self.assertEqual(proxy.wait_exit(), 0)
            self.assertEqual([scraper.ended_by() == "open" for scraper in kept], [False] * 3)
        finally:
            for scraper in kept:
                scraper.close()

    def test_ctrl_c_is_the_same(self):
        proxy = self.front(self.http_backend())
        proxy.signal(signal.SIGINT)
        self.assertEqual(proxy.wait_exit(), 0)

    def test_a_running_exchange_finishes_and_readyz_says_503_meanwhile(self):
        go_on = threading.Event()
        reached = threading.Event()

        def respond(message, connection):
            reached.set()
            go_on.wait(10)
            return response(body=b"finished")

        proxy = self.front(self.http_backend(respond=respond), drain='window = "5s"')
        with proxy.connect() as client:
            client.send(request())
            self.assertTrue(reached.wait(5))
            proxy.signal(signal.SIGTERM)
            eventually(lambda: proxy.admin("/readyz")[0] == 503)
            self.assertEqual(proxy.admin("/healthz")[0], 200)
            self.assertEqual(proxy.metrics().value("fairlead_draining"), 1)
            self.assertEqual(proxy.metrics().value("fairlead_ready"), 0)
            go_on.set()
            answer = client.read_response()
            self.assertEqual(answer.body, b"finished")
            self.assertEqual(client.ended_by(), "fin")
        self.assertEqual(proxy.wait_exit(), 0)

    def test_tunnels_are_closed_with_1001_spread_over_the_window(self):
        proxy = self.front(self.scripted(echo_until_close), drain='window = "2s"\nclose_timeout = "2s"')
        clients = [proxy.connect() for _ in range(10)]
        for client in clients:
            open_tunnel(client)
        closed_at, codes = [], []

        def follow(client):
            got = read_frame(client)
            closed_at.append(time.monotonic())
            codes.append(got.close_code)
            client.send(frame(CLOSE, got.payload, masked=True))
            client.ended_by(5)

        followers = [threading.Thread(target=follow, args=(client,)) for client in clients]
        for follower in followers:
            follower.start()
        started = time.monotonic()
        proxy.signal(signal.SIGTERM)
        for follower in followers:
            follower.join(10)
        self.assertEqual(codes, [1001] * 10)
        self.assertEqual(proxy.wait_exit(), 0)
        self.assertGreater(max(closed_at) - min(closed_at), 1.0)
        self.assertLess(time.monotonic() - started, 5)

    def test_messages_are_relayed_until_a_tunnels_turn_comes(self):
        proxy = self.front(self.scripted(echo_until_close), drain='window = "2s"')
        clients = [proxy.connect() for _ in range(4)]
        for client in clients:
            open_tunnel(client)
        proxy.signal(signal.SIGTERM)
        eventually(lambda: proxy.admin("/readyz")[0] == 503)
        got = None
        for client in clients:
            client.send(frame(TEXT, "still there?", masked=True))
            got = read_frame(client)
            if got.opcode == TEXT:
                break
        self.assertEqual(got.payload, b"still there?")

    def test_the_close_waits_for_the_end_of_a_frame(self):
        half_sent = threading.Event()
        whole = frame(TEXT, b"x" * 1000)

        def serve(connection):
            accept_upgrade(connection)
            connection.send(whole[:500])
            half_sent.wait(5)
            connection.send(whole[500:])
            connection.ended_by(5)

        proxy = self.front(self.scripted(serve), drain='window = "0s"\nclose_timeout = "3s"')
        with proxy.connect() as client:
            open_tunnel(client)
            client.read_exactly(500)
            proxy.signal(signal.SIGTERM)
            eventually(lambda: proxy.admin("/readyz")[0] == 503)
            half_sent.set()
            self.assertEqual(client.read_exactly(len(whole) - 500), whole[500:])
            self.assertEqual(read_frame(client).close_code, 1001)
        self.assertEqual(proxy.wait_exit(), 0)

    def test_a_frame_that_never_ends_holds_up_neither_the_other_side_nor_the_exit(self):
        half = frame(TEXT, b"x" * 1000, masked=True)[:500]
        arrived = threading.Event()
        more = []

        def serve(connection):
            accept_upgrade(connection)
            self.assertEqual(connection.read_exactly(len(half)), half)
            arrived.set()
            try:
                more.append(connection.read_exactly(1))
            except PeerClosed:
                pass

        proxy = self.front(self.scripted(serve), drain='window = "0s"\nclose_timeout = "1s"')
        with proxy.connect() as client:
            open_tunnel(client)
            client.send(half)
            self.assertTrue(arrived.wait(5))
            proxy.signal(signal.SIGTERM)
            # Towards the client nothing was begun, so its Close comes at once; the backend gets no frame in
            # the middle of another, only the end.
            self.assertEqual(read_frame(client).close_code, 1001)
            self.assertEqual(proxy.wait_exit(), 0)
        self.assertEqual(more, [])
        (line,) = [each for each in proxy.access_log() if each["event"] == "tunnel_closed"]
        self.assertEqual((line["closed_by"], line["cause"]), ("proxy", "drained"))

    def test_the_backend_is_told_too_and_masked(self):
        heard = []

        def serve(connection):
            accept_upgrade(connection)
            heard.append(read_frame(connection))
            connection.send(frame(CLOSE, heard[0].payload))

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            open_tunnel(client)
            proxy.signal(signal.SIGTERM)
            got = read_frame(client)
            client.send(frame(CLOSE, got.payload, masked=True))
            self.assertEqual(proxy.wait_exit(), 0)
        self.assertEqual((heard[0].opcode, heard[0].close_code, heard[0].masked), (CLOSE, 1001, True))
        eventually(lambda: "1001" in proxy.stdout())

    def test_peers_that_never_answer_the_close_do_not_hold_it_up(self):
        proxy = self.front(
            self.scripted(lambda connection: (accept_upgrade(connection), connection.ended_by(20))),
            drain='window = "0s"\nclose_timeout = "500ms"',
        )
        with proxy.connect() as client:
            open_tunnel(client)
            started = time.monotonic()
            proxy.signal(signal.SIGTERM)
            self.assertEqual(proxy.wait_exit(), 0)
            self.assertLess(time.monotonic() - started, 4)

    def end_at_once(self, proxy):
        """The second signal: connections were cut, and the status says so."""
        proxy.expected_exit = 1
        proxy.signal(signal.SIGTERM)
        self.assertEqual(proxy.wait_exit(), 1)

    def test_a_second_sigterm_ends_it_at_once(self):
        proxy = self.front(
            self.scripted(lambda connection: (accept_upgrade(connection), connection.ended_by(20))),
            drain='window = "60s"',
        )
        with proxy.connect() as first, proxy.connect() as second:
            open_tunnel(first)
            open_tunnel(second)
            proxy.signal(signal.SIGTERM)
            eventually(lambda: proxy.admin("/readyz")[0] == 503)
            started = time.monotonic()
            self.end_at_once(proxy)
            self.assertLess(time.monotonic() - started, 2)

    def turned_away(self, proxy, target):
        """Whether a new client gets no connection, or 503."""
        try:
            with proxy.connect(timeout_s=0.5) as late:
                late.send(request(target=target))
                return late.read_response().status == 503
        except (OSError, PeerClosed):
            return True

    def test_no_new_request_is_served_while_draining(self):
        backend = self.scripted(echo_or_answer)
        proxy = self.front(backend, drain='window = "60s"')
        clients = [proxy.connect() for _ in range(2)]
        for client in clients:
            open_tunnel(client)
        proxy.signal(signal.SIGTERM)
        # A worker hears of the drain a moment after the signal was taken.
        eventually(lambda: self.turned_away(proxy, "/probe"))
        for _ in range(20):
            self.assertTrue(self.turned_away(proxy, "/late"))
        self.assertNotIn(b"/late", backend.received)
        self.end_at_once(proxy)
        for client in clients:
            client.close()


if __name__ == "__main__":
    unittest.main()
