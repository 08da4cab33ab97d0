"""Ports that others use are known before a dial trips over them: compared with the kernel's sockets."""
import socket
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import open_tunnel
from harness.namespace import enter_network_namespace, set_sysctl
from harness.tunnel_backend import TunnelBackend
from harness.waiting import eventually

SOURCE = "127.0.1.1"


class SourceReconcile(ProxyCase):
    def setUp(self):
        super().setUp()
        # Clients dial from here; the source's ports are above.
        set_sysctl("net.ipv4.ip_local_port_range", "32000 59999")
        self.backend = self._keep(TunnelBackend())

    def proxy_from(self, ports, every='"5m"', **keys):
        return self.start_proxy(
            '[log]\naccess = "off"\n',
            f"[source]\nreconcile_every = {every}\n",
            pool("app", self.backend, source=f'["{SOURCE}"]', ports=ports, **keys),
            route(),
        )

    def open_tunnels(self, proxy, count):
        clients = []
        for _ in range(count):
            client = proxy.connect(source="127.9.0.1")
            open_tunnel(client)
            clients.append(client)
        return clients

    def strange_listener(self, port, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        self.addCleanup(listener.close)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # beside an earlier test's TIME_WAIT
        listener.bind((host, port))
        listener.listen()
        return listener

    def fill_beside_others(self, others, every):
        """Of 2000 ports another process uses some, and three are listened on; a new proxy fills the rest."""
        self.open_tunnels(self.proxy_from('"60500-60999"'), others)
        self.strange_listener(61500, "0.0.0.0")
        self.strange_listener(61600, "::")
        self.strange_listener(61700, SOURCE)
        proxy = self.proxy_from('"60000-61999"', every)
        before = proxy.metrics()
        self.open_tunnels(proxy, 1997 - others)
        return before, proxy.metrics()

    def test_a_proxy_begins_without_one_refused_bind_beside_a_process_that_uses_its_ports(self):
        before, after = self.fill_beside_others(500, '"5m"')
        self.assertEqual(before.value("fairlead_source_reconciliations_total"), 1)
        self.assertEqual(before.value("fairlead_source_reconciliation_failures_total"), 0)
        self.assertEqual(before.value("fairlead_source_tuples_foreign"), 503)
        self.assertEqual(after.value("fairlead_source_foreign_ports_total"), 0)
        self.assertEqual(after.value("fairlead_source_failovers_total"), 0)
        self.assertEqual(after.value("fairlead_backend_dial_failures_total"), 0)
        self.assertEqual(after.value("fairlead_source_tuples_in_use"), 1497)
        self.assertEqual(after.value("fairlead_source_tuples_used_ratio"), 1)

    def test_without_it_dials_find_them_one_by_one(self):
        before, after = self.fill_beside_others(30, "0")
        self.assertEqual(before.value("fairlead_source_reconciliations_total"), 0)
        self.assertEqual(before.value("fairlead_source_tuples_foreign"), 0)
        self.assertEqual(after.value("fairlead_source_foreign_ports_total"), 33)

    def test_what_dials_find_is_taken_over_and_given_back_when_it_is_free(self):
        proxy = self.proxy_from('"60000-60099"', '"10s"')
        strangers = [self.strange_listener(port) for port in range(60000, 60050)]
        strangers += [self.strange_listener(port, SOURCE) for port in range(60050, 60060)]
        # 50 are at another address and do no harm.
        eventually(lambda: proxy.metrics().value("fairlead_source_tuples_foreign") == 10, 20)
        self.open_tunnels(proxy, 90)
        self.assertEqual(proxy.metrics().value("fairlead_source_foreign_ports_total"), 0)
        for stranger in strangers:
            stranger.close()
        eventually(lambda: proxy.metrics().value("fairlead_source_tuples_foreign") == 0, 20)
        self.open_tunnels(proxy, 10)
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_source_tuples_in_use"), 100)
        self.assertEqual(metrics.value("fairlead_source_tuples_unknown"), 0)

    def test_tunnels_that_come_and_go_meanwhile_are_never_taken_for_others(self):
        proxy = self.proxy_from('"60000-60299"', '"10s"')
        end = time.monotonic() + 11  # a comparison each ten seconds
        while time.monotonic() < end:
            for client in self.open_tunnels(proxy, 100):
                client.close()
        eventually(lambda: proxy.metrics().value("fairlead_source_reconciliations_total") >= 2, 20)
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_source_tuples_foreign"), 0)
        self.assertEqual(metrics.value("fairlead_source_foreign_ports_total"), 0)
        self.assertEqual(metrics.value("fairlead_backend_dial_failures_total"), 0)

    def test_where_the_kernel_chooses_the_ports_of_others_count_as_well(self):
        host, port = self.backend.address.split(":")
        strangers = []
        for number in range(100):
            stranger = socket.socket()
            self.addCleanup(stranger.close)
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stranger.bind((SOURCE, 40000 + number))
            stranger.connect((host, int(port)))
            strangers.append(stranger)
        proxy = self.proxy_from('"40000-40999"', port_selection='"kernel"')
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_source_tuples_foreign"), 100)
        self.open_tunnels(proxy, 880)
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_backend_dial_failures_total"), 0)
        self.assertEqual(metrics.value("fairlead_source_tuples_used_ratio"), 1)


if __name__ == "__main__":
    enter_network_namespace()
    unittest.main()
