"""Narrow port ranges filled to the last tuple, emptied, and filled again at once."""
import collections
import statistics
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import open_tunnel
from harness.http_message import request
from harness.namespace import enter_network_namespace, set_sysctl
from harness.proxy import SANITIZED
from harness.tunnel_backend import TunnelBackend
from harness.waiting import eventually

SOURCES = ["127.0.1.1", "127.0.1.2", "127.0.1.3"]


class SourceExhaustion(ProxyCase):
    def setUp(self):
        super().setUp()
        # Clients and strangers dial from here; the sources' ports are below and above.
        set_sysctl("net.ipv4.ip_local_port_range", "32000 59999")
        self.backend = self._keep(TunnelBackend())
        self.opened = 0

    def proxy_from(self, sources, ports):
        listed = ", ".join(f'"{source}"' for source in sources)
        return self.start_proxy(
            '[log]\naccess = "off"\n', pool("app", self.backend, source=f"[{listed}]", ports=ports), route()
        )

    def open_tunnels(self, proxy, count):
        """The clients, and how long each had to wait."""
        clients, waits = [], []
        for _ in range(count):
            self.opened += 1
            client = proxy.connect(source=f"127.9.{self.opened // 20000}.1")
            client.forget_received()
            begun = time.perf_counter()
            open_tunnel(client)
            waits.append(time.perf_counter() - begun)
            clients.append(client)
        return clients, waits

    def assert_full(self, proxy):
        with proxy.connect(source="127.9.200.1") as client:
            client.send(request())
            answer = client.read_response()
        self.assertEqual(answer.status, 503)
        self.assertEqual(answer.head.get("Retry-After"), "1")

    def assert_as_fast_at_the_end(self, waits):
        # The quicker half: what the machine does beside this is not in it.
        early, late = (statistics.quantiles(part, n=4)[0] for part in (waits[:500], waits[-500:]))
        self.assertLess(late, 2 * early + 50e-6, f"{early * 1e6:.0f} us became {late * 1e6:.0f} us")

    def test_three_sources_of_2000_ports_fill_to_the_last_one(self):
        proxy = self.proxy_from(SOURCES, '"60000-61999"')
        clients, waits = self.open_tunnels(proxy, 6000)
        self.assertEqual(
            collections.Counter(peer[0] for peer in self.backend.peers), {source: 2000 for source in SOURCES}
        )
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_backend_dial_failures_total"), 0)
        self.assertEqual(metrics.value("fairlead_source_foreign_ports_total"), 0)
        self.assert_full(proxy)
        if not SANITIZED:
            self.assert_as_fast_at_the_end(waits)
        clients[1234].close()
        eventually(lambda: proxy.metrics().value("fairlead_source_tuples_in_use") == 5999)
        self.open_tunnels(proxy, 1)
        self.assert_full(proxy)

    def test_a_source_that_others_use_in_part_is_filled_to_the_last_free_port(self):
        strangers = self.proxy_from(SOURCES[:1], '"60500-60999"')
        self.open_tunnels(strangers, 500)
        proxy = self.proxy_from(SOURCES, '"60000-61999"')
        self.open_tunnels(proxy, 5500)
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_backend_dial_failures_total"), 0)
        self.assertEqual(metrics.value("fairlead_source_tuples_in_use", source=SOURCES[0]), 1500)
        self.assertEqual(metrics.value("fairlead_source_tuples_in_use"), 5500)
        self.assert_full(proxy)

    def test_after_5000_tunnels_close_as_many_open_at_once(self):
        proxy = self.proxy_from(SOURCES[:1], '"60000-64999"')
        for ends in (lambda client: client.close(), lambda client: client.reset()):
            clients, _ = self.open_tunnels(proxy, 5000)
            for client in clients:
                ends(client)
            eventually(lambda: proxy.metrics().value("fairlead_websocket_tunnels_active") == 0, 20)
        self.open_tunnels(proxy, 5000)
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_backend_dial_failures_total"), 0)
        self.assertEqual(metrics.value("fairlead_source_foreign_ports_total"), 0)
        self.assertEqual(metrics.value("fairlead_source_tuples_in_use"), 5000)


if __name__ == "__main__":
    enter_network_namespace()
    unittest.main()
