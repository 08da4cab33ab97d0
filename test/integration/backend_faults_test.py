"""Backends that crash, hang, or end in the wrong place, under many tunnels and in the middle of answers."""
import unittest
from collections import Counter

from harness.case import ProxyCase, pool, route
from harness.connection import PeerClosed
from harness.crowd import Crowd
from harness.frames import BINARY, accept_upgrade, frame, open_tunnel, read_frame
from harness.http_message import request, response
from harness.namespace import enter_network_namespace
from harness.process_backend import ProcessBackend
from harness.process_stats import descriptor_count
from harness.waiting import eventually

TUNNELS = 1000
OF_TUNNEL = 2  # descriptors


class Crashes(ProxyCase):
    def start(self, count, **crowd):
        self.one, self.two = self._keep(ProcessBackend()), self._keep(ProcessBackend())
        self.proxy = self.start_proxy(
            '[log]\naccess = "off"',
            pool("one", self.one, self.two, balance='"least-connections"'),
            route("one"),
            workers=2,
        )
        self.before = descriptor_count(self.proxy.pid)
        self.crowd = Crowd(self.proxy.address, target="/echo", **crowd).open(count)
        self.addCleanup(self.crowd.close)
        eventually(lambda: self.tunnels_of(self.one) == self.tunnels_of(self.two) == count / 2, 10)

    def tunnels_of(self, backend):
        name = "fairlead_websocket_tunnels_active"
        return self.proxy.metrics().value(name, backend=backend.address)

    def check_echoes(self):
        """Each tunnel that is open says something and hears it."""
        wanted = self.crowd.echoed + self.crowd.tunnels
        self.crowd.say("are you there")
        eventually(lambda: self.crowd.echoed == wanted, 20, lambda: f"{self.crowd.echoed} of {wanted}")

    def test_a_crash_ends_each_of_its_thousand_tunnels_and_no_other(self):
        self.start(2 * TUNNELS)
        self.one.kill()
        eventually(lambda: len(self.crowd.ends) == TUNNELS, 20, lambda: f"{len(self.crowd.ends)} ends")
        self.assertEqual(Counter(code for _, code in self.crowd.ends), {1006: TUNNELS})
        self.check_echoes()
        metrics = self.proxy.metrics()
        self.assertEqual(metrics.value("fairlead_tunnels_open"), TUNNELS)
        self.assertEqual(self.tunnels_of(self.one), 0)
        self.assertEqual(self.tunnels_of(self.two), TUNNELS)
        ended = metrics.series("fairlead_websocket_tunnels_closed_total", backend=self.one.address)
        self.assertEqual(sum(value for _, value in ended), TUNNELS)
        self.assertLessEqual({labels["cause"] for labels, value in ended if value}, {"eof", "reset"})
        self.assertEqual({labels["closed_by"] for labels, value in ended if value}, {"backend"})
        held = lambda: descriptor_count(self.proxy.pid) - self.before
        eventually(lambda: held() <= OF_TUNNEL * TUNNELS + 2, 10, lambda: f"{held()} descriptors")
        self.assertEqual(self.crowd.errors, [])

    def test_those_of_a_crashed_backend_come_back_to_the_other(self):
        self.start(400, return_after=lambda number: 0.05 + number * 0.001, insists=True)
        self.one.kill()
        eventually(lambda: self.tunnels_of(self.two) == 400, 20)
        self.check_echoes()
        self.one.start()
        with self.proxy.connect() as fresh:
            eventually(lambda: self.reaches(self.one), 15, "the backend that is back is dialled again")
            open_tunnel(fresh, "/echo")

    def reaches(self, backend):
        with self.proxy.connect() as client:
            open_tunnel(client, "/echo")
            return self.tunnels_of(backend) > 0

    def test_a_backend_that_hangs_holds_up_its_own_tunnels_alone_and_loses_nothing(self):
        self.start(100)
        self.one.hang()
        try:
            for number in range(50):
                self.crowd.say(f"{number:04d}" + "x" * 100)
            eventually(lambda: self.crowd.echoed >= 50 * 50, 10, "the other backend answers")
            self.assertLess(self.crowd.echoed, 100 * 50)
        finally:
            self.one.go_on()
        eventually(lambda: self.crowd.echoed == 100 * 50, 20, lambda: f"{self.crowd.echoed} echoes")
        self.assertEqual(self.crowd.ends, [])


class Ends(ProxyCase):
    """What a backend does is `serve`; then the proxy must still serve from another."""

    def meet(self, serve):
        proxy = self.start_proxy(
            '[timeouts]\nresponse = "2s"',
            pool("bad", self.scripted(serve)),
            pool("good", self.http_backend()),
            route("bad", path='"/bad"'),
            route("good"),
        )
        return proxy

    def tearDown(self):
        for proxy in self._proxies:
            proxy.close_clients()
            eventually(lambda: proxy.metrics().value("fairlead_connections_open") == 0, 10, "nothing is left")
        super().tearDown()

    def check_status(self, serve, status, data=None):
        proxy = self.meet(serve)
        with proxy.connect() as client:
            client.send(data or request(target="/bad"))
            self.assertEqual(client.read_response().status, status)
        self.assertEqual(proxy.ask(request(target="/")).status, 200)

    def test_one_that_ends_its_side_without_an_answer_is_502(self):
        def serve(connection):
            connection.read_request()
            connection.end_sending()
            connection.read_to_end()  # it would go on listening for ever

        self.check_status(serve, 502)

    def test_one_that_ends_its_side_before_it_has_read_is_502(self):
        def serve(connection):
            connection.end_sending()
            connection.read_to_end()

        self.check_status(serve, 502)

    def test_one_that_resets_in_the_middle_of_its_head_is_502(self):
        def serve(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Le")
            connection.reset()

        self.check_status(serve, 502)

    def test_one_that_answers_and_resets_while_the_body_still_comes_is_heard(self):
        def serve(connection):
            connection.read_head()
            connection.send(response("413 Content Too Large", body=b"too much"))
            connection.end_sending()
            connection.skip(64)
            connection.reset()

        body = request("POST", "/bad", fields=[("Content-Length", "10000000")]) + b"x" * 100_000
        self.check_status(serve, 413, body)

    def test_a_101_and_a_reset_end_the_tunnel(self):
        def serve(connection):
            accept_upgrade(connection)
            connection.reset()

        proxy = self.meet(serve)
        with proxy.connect() as client:
            try:
                open_tunnel(client, "/bad")
                self.assertEqual(client.read_to_end(), b"")
            except (PeerClosed, ConnectionResetError):
                pass
        self.assertEqual(proxy.ask(request(target="/")).status, 200)

    def test_a_second_101_is_the_tunnels_data_and_no_answer(self):
        def serve(connection):
            accept_upgrade(connection)
            connection.send(frame(BINARY, b"HTTP/1.1 101 Switching Protocols\r\n\r\n"))
            connection.read_to_end()

        proxy = self.meet(serve)
        with proxy.connect() as client:
            open_tunnel(client, "/bad")
            self.assertEqual(read_frame(client).payload, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")


if __name__ == "__main__":
    enter_network_namespace()  # thousands of ports that are nobody else's
    unittest.main()
