"""How a pool chooses its backend, what a backend may be, and what a dead one costs."""
import collections
import json
import os
import socket
import tempfile
import unittest

from harness.backends import HttpBackend
from harness.case import ProxyCase, pool, route
from harness.connection import Connection
from harness.frames import accept_upgrade, open_tunnel
from harness.http_message import request
from harness.waiting import eventually


class Balancing(ProxyCase):
    def tally(self, proxy, count):
        """How many of `count` requests each backend got, by name."""
        return collections.Counter(json.loads(proxy.ask(request()).body)["backend"] for _ in range(count))

    def test_round_robin_takes_turns(self):
        backends = [self.http_backend(name) for name in "abc"]
        proxy = self.start_proxy(pool("app", *backends), route())
        self.assertEqual(self.tally(proxy, 30), {"a": 10, "b": 10, "c": 10})

    def test_weights_are_shares(self):
        heavy, light = self.http_backend("heavy"), self.http_backend("light")
        proxy = self.start_proxy(
            f'[pool.app]\nbackends = [{{ address = "{heavy.address}", weight = 3 }}, ' f'"{light.address}"]',
            route(),
        )
        self.assertEqual(self.tally(proxy, 40), {"heavy": 30, "light": 10})

    def tunnels(self, balance, count, workers):
        opened = collections.Counter()

        def backend(name):
            def serve(connection):
                accept_upgrade(connection, [("X-Backend", name)])
                connection.ended_by(30)

            return self.scripted(serve)

        backends = [backend(name) for name in "abc"]
        proxy = self.start_proxy(pool("app", *backends, balance=f'"{balance}"'), route(), workers=workers)
        clients = {}
        for _ in range(count):
            client = proxy.connect()
            name = open_tunnel(client).get("X-Backend")
            opened[name] += 1
            clients.setdefault(name, []).append(client)
        return proxy, opened, clients

    def test_least_connections_counts_live_tunnels_of_all_workers(self):
        proxy, opened, clients = self.tunnels("least-connections", 30, workers=2)
        self.assertEqual(opened, {"a": 10, "b": 10, "c": 10})
        for client in clients["b"]:
            client.close()
        eventually(lambda: proxy.metrics().value("fairlead_websocket_tunnels_active") == 20)
        names = collections.Counter(open_tunnel(proxy.connect()).get("X-Backend") for _ in range(10))
        self.assertEqual(names, {"b": 10})

    def test_random_of_two_leaves_nobody_out_and_nobody_far_ahead(self):
        _, opened, _ = self.tunnels("random-of-two", 60, workers=2)
        self.assertEqual(len(opened), 3)
        self.assertLessEqual(max(opened.values()) - min(opened.values()), 6)


class Addresses(ProxyCase):
    def expect_served(self, backend, address=None):
        proxy = self.start_proxy(pool("app", address or backend.address), route())
        for _ in range(3):
            self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(len(backend.requests), 3)
        return proxy

    def test_unix_socket(self):
        with tempfile.TemporaryDirectory(prefix="fairlead-test-") as folder:
            backend = self.http_backend(unix_path=os.path.join(folder, "app.sock"))
            self.expect_served(backend)

    def test_unix_socket_with_a_websocket(self):
        with tempfile.TemporaryDirectory(prefix="fairlead-test-") as folder:
            backend = self.scripted(
                lambda connection: (accept_upgrade(connection), connection.ended_by(5)),
                unix_path=os.path.join(folder, "app.sock"),
            )
            proxy = self.front(backend)
            with proxy.connect() as client:
                open_tunnel(client)
                eventually(lambda: proxy.metrics().value("fairlead_websocket_tunnels_active") == 1)

    def test_ipv6(self):
        self.expect_served(self.http_backend(host="::1"))

    def test_name(self):
        backend = self.http_backend()
        self.expect_served(backend, f"localhost:{backend.port}")

    def test_a_name_that_does_not_resolve_is_a_dead_backend(self):
        live = self.http_backend()
        proxy = self.start_proxy(pool("app", "nowhere.invalid:80", live), route())
        for _ in range(4):
            self.assertEqual(proxy.ask(request()).status, 200)

    def test_the_proxy_itself_may_listen_on_a_unix_socket(self):
        with tempfile.TemporaryDirectory(prefix="fairlead-test-") as folder:
            path = os.path.join(folder, "proxy.sock")
            self.start_proxy(
                f'[[listen]]\naddress = "unix:{path}"', pool("app", self.http_backend()), route()
            )
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(path)
            with Connection(sock) as client:
                client.send(request())
                self.assertEqual(client.read_response().status, 200)


class DeadBackends(ProxyCase):
    def test_a_dead_backend_costs_no_request_and_is_left_alone(self):
        dead, live = self.http_backend("dead"), self.http_backend("live")
        dead.stop_listening()
        proxy = self.start_proxy(pool("app", dead, live, backoff='"30s"'), route())
        for _ in range(20):
            self.assertEqual(proxy.ask(request()).status, 200)
        failures = proxy.metrics().value("fairlead_backend_dial_failures_total", backend=dead.address)
        self.assertEqual(failures, 1)
        self.assertEqual(proxy.metrics().value("fairlead_backend_up", backend=dead.address), 0)
        self.assertEqual(proxy.metrics().value("fairlead_backend_up", backend=live.address), 1)

    def test_it_is_tried_again_after_the_back_off(self):
        coming, live = self.http_backend("coming"), self.http_backend("live")
        port = coming.port
        coming.close()
        proxy = self.start_proxy(pool("app", f"127.0.0.1:{port}", live, backoff='"100ms"'), route())
        for _ in range(4):
            proxy.ask(request())
        self._keep(HttpBackend("back", port=port))
        eventually(lambda: json.loads(proxy.ask(request()).body)["backend"] == "back")

    def test_when_all_are_dead_the_client_is_told_and_the_proxy_lives(self):
        first, second = self.http_backend(), self.http_backend()
        first.stop_listening()
        second.stop_listening()
        proxy = self.start_proxy(pool("app", first, second), route())
        for _ in range(5):
            self.assertIn(proxy.ask(request()).status, (502, 503))
        self.assertEqual(proxy.admin("/healthz")[0], 200)

    def test_a_websocket_finds_the_live_backend_too(self):
        dead = self.http_backend()
        dead.stop_listening()
        live = self.scripted(lambda connection: (accept_upgrade(connection), connection.ended_by(5)))
        proxy = self.start_proxy(pool("app", dead, live), route())
        for _ in range(4):
            with proxy.connect() as client:
                open_tunnel(client)


if __name__ == "__main__":
    unittest.main()
