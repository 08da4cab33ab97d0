"""A real Prometheus scrapes the proxy: its figures are right, and deployed alerts fire and clear."""
import signal
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import BINARY, TEXT, frame, open_tunnel, read_frame
from harness.health import CheckedBackend, check
from harness.namespace import enter_network_namespace, set_sysctl
from harness.ports import free_port
from harness.prometheus import Prometheus, hurried
from harness.tunnel_backend import TunnelBackend
from harness.waiting import eventually

SOURCE = "127.0.1.1"


class RealPrometheus(ProxyCase):
    """One Prometheus for all: it takes five seconds to begin with its targets, which come up by and by."""

    @classmethod
    def setUpClass(cls):
        cls.ports = [free_port() for _ in range(8)]
        cls.prometheus = Prometheus(*cls.ports)

    @classmethod
    def tearDownClass(cls):
        cls.prometheus.close()

    def watched(self, *parts):
        """A proxy on a target that had none before, once it is scraped."""
        port = self.ports.pop()
        self.instance = f"127.0.0.1:{port}"
        proxy = self.start_proxy(*parts, admin_port=port)
        self.expect(f'up{{instance="{self.instance}"}}', 1)
        return proxy

    def expect(self, expression, wanted):
        ask = lambda: self.prometheus.value(expression)
        eventually(lambda: ask() == wanted, 20, lambda: f"{expression} is {ask()}, not {wanted}")

    def expect_firing(self, alert, **labels):
        def fires():
            return any(wanted.items() <= found.items() for found in self.prometheus.firing(alert))

        wanted = {"instance": self.instance, **labels}
        eventually(fires, 30, lambda: f"{alert} {labels}: {self.prometheus.query('ALERTS')}")
        self.assertEqual(self.prometheus.states_of(alert, self.instance), {"pending", "firing"})

    def expect_resolved(self, alert):
        ask = lambda: self.prometheus.query(f'ALERTS{{alertname="{alert}", instance="{self.instance}"}}')
        eventually(lambda: not ask(), 30, lambda: f"{alert}: {ask()}")

    def expect_quiet(self):
        eventually(lambda: not self.prometheus.query(f'ALERTS{{instance="{self.instance}"}}'), 20)

    def tunnel(self, proxy, target="/"):
        client = proxy.connect()
        open_tunnel(client, target)
        return client

    def test_tunnels_messages_and_bytes_are_what_clients_did(self):
        backend = self.websocket_backend()
        proxy = self.watched(
            pool("app", backend), route(name='"chat"', path='"/chat"'), route(name='"feed"', path='"/feed"')
        )
        chat = [self.tunnel(proxy, "/chat") for _ in range(5)]
        feed = [self.tunnel(proxy, "/feed") for _ in range(3)]
        for client in chat:
            for _ in range(4):
                client.send(frame(TEXT, "x" * 100, masked=True))
                read_frame(client)
        feed[0].send(frame(BINARY, b"y" * 50, masked=True))
        read_frame(feed[0])
        self.expect('sum(fairlead_websocket_tunnels_active{route="chat"})', 5)
        self.expect('sum(fairlead_websocket_tunnels_active{route="feed"})', 3)
        self.expect(f'fairlead_backend_requests_active{{backend="{backend.address}"}}', 8)
        self.expect('sum(fairlead_websocket_messages_total{route="chat", direction="to_backend"})', 20)
        self.expect('sum(fairlead_websocket_messages_total{route="chat", direction="to_client"})', 20)
        self.expect('sum(fairlead_websocket_messages_total{kind="binary", direction="to_backend"})', 1)
        self.expect('sum(fairlead_websocket_bytes_total{route="chat", direction="to_backend"})', 20 * 106)
        self.expect('sum(fairlead_websocket_bytes_total{route="chat", direction="to_client"})', 20 * 102)
        self.expect("sum(fairlead_websocket_handshake_seconds_count)", 8)
        for client in feed:
            client.close()
        self.expect('sum(fairlead_websocket_tunnels_active{route="feed"})', 0)
        self.expect('sum(fairlead_websocket_close_codes_total{route="feed", code="abnormal"})', 3)
        self.expect('sum(fairlead_websocket_lifetime_seconds_bucket{route="feed", le="+Inf"})', 3)
        self.assertGreater(self.prometheus.value(f'process_open_fds{{instance="{self.instance}"}}'), 10)
        self.expect_quiet()

    def test_only_the_waits_are_shortened(self):
        self.assertEqual(
            hurried("    expr: up{} == 0\n    for: 15m\n    labels: { for: 1h }\n"),
            "    expr: up{} == 0\n    for: 1s\n    labels: { for: 1h }\n",
        )

    def test_a_backend_that_dies_and_returns(self):
        alive, mortal = (self._keep(CheckedBackend(name)) for name in ("alive", "mortal"))
        proxy = self.watched(pool("app", alive, mortal, health=check(path='"/healthz"')), route())
        self.expect("sum(fairlead_backend_up)", 2)
        self.expect_quiet()
        mortal.close()
        self.expect_firing("FairleadBackendDown", pool="app", backend=mortal.address, severity="ticket")
        self.assertEqual(self.prometheus.firing("FairleadPoolDown"), [], "the other one serves")
        self._keep(CheckedBackend("returned", port=mortal.port))
        self.expect_resolved("FairleadBackendDown")

    def test_a_source_pool_filled_past_80_percent_and_emptied(self):
        set_sysctl("net.ipv4.ip_local_port_range", "32000 59999")
        backend = self._keep(TunnelBackend())
        proxy = self.watched(pool("app", backend, source=f'["{SOURCE}"]', ports='"60000-60019"'), route())
        clients = [self.tunnel(proxy) for _ in range(16)]
        destination = {"pool": "app", "destination": backend.address}
        self.expect("sum(fairlead_source_tuples_in_use)", 16)
        self.expect_quiet()  # 80 % is not above 80 %
        clients.append(self.tunnel(proxy))
        self.expect_firing("FairleadSourcePortsNearlyExhausted", **destination, severity="page")
        for client in clients[:8]:
            client.close()
        self.expect_resolved("FairleadSourcePortsNearlyExhausted")

    def test_a_reload_that_is_refused_and_one_that_is_not(self):
        backend = self.http_backend()
        proxy = self.watched(pool("app", backend), route())
        self.expect_quiet()
        proxy.write_config("[pool.app]\nbackends = 7\n")
        proxy.signal(signal.SIGHUP)
        self.expect_firing("FairleadReloadRefused", severity="ticket")
        proxy.write_config(pool("app", backend) + route())
        proxy.signal(signal.SIGHUP)
        self.expect_resolved("FairleadReloadRefused")

    def test_a_proxy_that_is_gone(self):
        proxy = self.watched(pool("app", self.http_backend()), route())
        proxy.signal(signal.SIGTERM)
        self.expect_firing("FairleadDown", severity="page")


if __name__ == "__main__":
    enter_network_namespace()
    unittest.main()
