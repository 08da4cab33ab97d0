"""Dialling from a pool of source addresses, in a network namespace with few ports."""
import collections
import unittest

from harness.case import ProxyCase, pool, route
from harness.connection import connect
from harness.frames import TEXT, accept_upgrade, frame, open_tunnel, read_frame
from harness.http_message import request
from harness.namespace import enter_network_namespace, set_sysctl
from harness.waiting import eventually

PORTS = 40  # in the ephemeral range, for tests of exhaustion


def hold(connection):
    accept_upgrade(connection)
    while True:
        got = read_frame(connection)
        connection.send(frame(TEXT, got.payload))


class SourcePool(ProxyCase):
    next_port = 60_000

    def setUp(self):
        super().setUp()
        set_sysctl("net.ipv4.ip_local_port_range", "32000 59999")
        self.client_count = 0

    def use_ports(self, count):
        """From here on connections use only so many ports, which nothing has used before.

        Called after the backends listen: connect() leaves out a port that anything is bound to.
        """
        first = SourcePool.next_port
        SourcePool.next_port += count
        set_sysctl("net.ipv4.ip_local_port_range", f"{first} {first + count - 1}")

    def open_tunnels(self, proxy, count):
        """Clients each from an address that has ports left."""
        clients = []
        for _ in range(count):
            self.client_count += 1
            client = proxy.connect(source=f"127.9.{self.client_count // 20}.1")
            open_tunnel(client)
            clients.append(client)
        return clients

    def status(self, proxy):
        self.client_count += 1
        with proxy.connect(source=f"127.9.{self.client_count // 20}.1") as client:
            client.send(request())
            return client.read_response().status

    def test_backends_see_the_addresses_of_the_pool_evenly(self):
        backend = self.scripted(hold)
        proxy = self.start_proxy(pool("app", backend, source='["127.0.1.0/30"]'), route(), workers=2)
        self.open_tunnels(proxy, 40)
        peers = collections.Counter(connection.peer[0] for connection in backend.connections)
        self.assertEqual(peers, {f"127.0.1.{last}": 10 for last in range(4)})

    def test_each_backend_sees_all_addresses(self):
        backends = [self.scripted(hold), self.scripted(hold)]
        proxy = self.start_proxy(pool("app", *backends, source='["127.0.1.5", "127.0.2.0/31"]'), route())
        self.open_tunnels(proxy, 24)
        for backend in backends:
            peers = collections.Counter(connection.peer[0] for connection in backend.connections)
            self.assertEqual(peers, {"127.0.1.5": 4, "127.0.2.0": 4, "127.0.2.1": 4})

    def test_tuples_are_metered_by_source_and_destination(self):
        backend = self.scripted(hold)
        self.use_ports(1000)
        proxy = self.start_proxy(pool("app", backend, source='["127.0.1.0/31"]'), route())
        clients = self.open_tunnels(proxy, 10)
        for last in range(2):
            labels = {"pool": "app", "source": f"127.0.1.{last}", "destination": backend.address}
            self.assertEqual(proxy.metrics().value("fairlead_source_tuples_in_use", **labels), 5)
            self.assertEqual(proxy.metrics().value("fairlead_source_tuples_capacity", **labels), 1000)
        for client in clients:
            client.close()
        eventually(lambda: proxy.metrics().value("fairlead_source_tuples_in_use") == 0)

    def test_http_connections_dial_from_the_pool_too(self):
        backend = self.http_backend()
        proxy = self.start_proxy(pool("app", backend, source='["127.0.3.7"]'), route())
        self.assertEqual(self.status(proxy), 200)
        self.assertEqual(backend.connections[0].peer[0], "127.0.3.7")
        eventually(lambda: proxy.metrics().value("fairlead_source_tuples_in_use") == 1)

    def test_when_all_sources_are_full_the_client_is_told_503_until_one_is_free(self):
        backend = self.scripted(hold)
        self.use_ports(PORTS)
        proxy = self.start_proxy(pool("app", backend, source='["127.0.1.0/31"]'), route())
        clients = self.open_tunnels(proxy, 2 * PORTS)
        peers = collections.Counter(connection.peer[0] for connection in backend.connections)
        self.assertEqual(peers, {"127.0.1.0": PORTS, "127.0.1.1": PORTS})
        self.assertEqual(self.status(proxy), 503)
        self.assertEqual(proxy.metrics().value("fairlead_refusals_total", reason="ports_exhausted"), 1)
        clients[0].send(frame(TEXT, "still here", masked=True))
        self.assertEqual(read_frame(clients[0]).payload, b"still here")
        for client in clients[:10]:
            client.reset()
        eventually(lambda: proxy.metrics().value("fairlead_websocket_tunnels_active") == 2 * PORTS - 10)
        eventually(lambda: self.can_open(proxy), 5, "a port is free again")

    def can_open(self, proxy):
        try:
            self.open_tunnels(proxy, 1)
        except AssertionError:
            return False
        return True

    def test_another_destination_has_ports_of_its_own(self):
        backends = [self.scripted(hold), self.scripted(hold)]
        self.use_ports(PORTS)
        proxy = self.start_proxy(pool("app", *backends, source='["127.0.1.0"]'), route())
        self.open_tunnels(proxy, 2 * PORTS)
        self.assertEqual([len(backend.connections) for backend in backends], [PORTS, PORTS])

    def test_ports_taken_by_others_move_the_dial_to_the_next_source(self):
        backend = self.scripted(hold)
        self.use_ports(PORTS)
        for _ in range(PORTS):  # somebody else's connections from the first address
            self.addCleanup(connect((backend.host, backend.port), source="127.0.1.0").close)
        eventually(lambda: len(backend.connections) == PORTS)
        proxy = self.start_proxy(pool("app", backend, source='["127.0.1.0/31"]'), route())
        self.open_tunnels(proxy, PORTS // 2)
        peers = collections.Counter(connection.peer[0] for connection in backend.connections)
        self.assertEqual(peers["127.0.1.1"], PORTS // 2)

    def test_without_a_pool_of_sources_exhaustion_is_503_too(self):
        backend = self.scripted(hold)
        self.use_ports(PORTS)
        proxy = self.start_proxy(pool("app", backend), route())
        self.open_tunnels(proxy, PORTS)
        self.assertEqual(self.status(proxy), 503)

    def test_an_address_that_is_not_ours_is_not_the_end_when_another_is(self):
        backend = self.scripted(hold)
        proxy = self.start_proxy(pool("app", backend, source='["192.0.2.1", "127.0.1.9"]'), route())
        self.open_tunnels(proxy, 10)
        self.assertEqual({connection.peer[0] for connection in backend.connections}, {"127.0.1.9"})

    def test_ipv6_sources(self):
        backend = self.scripted(hold, host="::1")
        proxy = self.start_proxy(pool("app", backend, source='["::1"]'), route())
        self.open_tunnels(proxy, 3)
        self.assertEqual({connection.peer[0] for connection in backend.connections}, {"::1"})


if __name__ == "__main__":
    enter_network_namespace()
    unittest.main()
