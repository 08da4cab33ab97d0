"""Dialling from a pool of source addresses, in a network namespace with few ports."""
import collections
import signal
import socket
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import TEXT, accept_upgrade, frame, open_tunnel, read_frame
from harness.http_message import request
from harness.namespace import add_loopback_address, enter_network_namespace, set_sysctl
from harness.proxy import run_command
from harness.waiting import eventually

PORTS = 40  # for tests of exhaustion


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

    def some_ports(self, count):
        """So many source ports for a pool, which nothing has used before."""
        first = SourcePool.next_port
        SourcePool.next_port += count
        return f'"{first}-{first + count - 1}"'

    def narrow_kernel_choice(self, count):
        """From here on the kernel chooses from so many ports, which nothing has used before.

        Called after the backends listen: connect() leaves out a port that anything is bound to.
        """
        ports = self.some_ports(count).strip('"')
        set_sysctl("net.ipv4.ip_local_port_range", ports.replace("-", " "))

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
        proxy = self.start_proxy(
            pool("app", backend, source='["127.0.1.0/31"]', ports=self.some_ports(1000)), route()
        )
        clients = self.open_tunnels(proxy, 10)
        for last in range(2):
            labels = {"pool": "app", "source": f"127.0.1.{last}", "destination": backend.address}
            self.assertEqual(proxy.metrics().value("fairlead_source_tuples_in_use", **labels), 5)
            self.assertEqual(proxy.metrics().value("fairlead_source_tuples_capacity", **labels), 1000)
            self.assertEqual(proxy.metrics().value("fairlead_source_tuples_used_ratio", **labels), 0.005)
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
        proxy = self.start_proxy(
            pool("app", backend, source='["127.0.1.0/31"]', ports=self.some_ports(PORTS)), route()
        )
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
        proxy = self.start_proxy(
            pool("app", *backends, source='["127.0.1.0"]', ports=self.some_ports(PORTS)), route()
        )
        self.open_tunnels(proxy, 2 * PORTS)
        self.assertEqual([len(backend.connections) for backend in backends], [PORTS, PORTS])

    def take(self, ports, source, destination):
        """Somebody else's connections from these ports."""
        first, last = map(int, ports.strip('"').split("-"))
        for port in range(first, last + 1):
            sock = socket.socket()
            self.addCleanup(sock.close)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((source, port))
            sock.connect(destination)

    def test_ports_taken_by_others_move_the_dial_to_the_next_source(self):
        backend = self.scripted(hold)
        ports = self.some_ports(PORTS)
        proxy = self.start_proxy(pool("app", backend, source='["127.0.1.0/31"]', ports=ports), route())
        self.take(ports, "127.0.1.0", (backend.host, backend.port))  # after the kernel was asked at the start
        eventually(lambda: len(backend.connections) == PORTS)
        self.open_tunnels(proxy, PORTS)
        peers = collections.Counter(connection.peer[0] for connection in backend.connections)
        self.assertEqual(peers, {"127.0.1.0": PORTS, "127.0.1.1": PORTS})
        metrics = proxy.metrics()
        foreign = metrics.value("fairlead_source_foreign_ports_total")
        self.assertGreater(foreign, 0)
        self.assertEqual(metrics.value("fairlead_source_tuples_set_aside", source="127.0.1.0"), foreign)
        self.assertEqual(metrics.value("fairlead_source_tuples_in_use", source="127.0.1.0"), 0)
        self.assertGreater(metrics.value("fairlead_source_failovers_total"), 0)
        self.assertEqual(metrics.value("fairlead_backend_dial_failures_total"), 0)

    def test_a_port_that_somebody_listens_on_is_passed_over(self):
        backend = self.scripted(hold)
        ports = self.some_ports(4)
        first = int(ports.strip('"').split("-")[0])
        listener = socket.create_server(("0.0.0.0", first + 1))
        self.addCleanup(listener.close)
        proxy = self.start_proxy(pool("app", backend, source='["127.0.1.0"]', ports=ports), route())
        self.open_tunnels(proxy, 3)
        used = {connection.peer[1] for connection in backend.connections}
        self.assertEqual(used, {first, first + 2, first + 3})
        self.assertEqual(self.status(proxy), 503)

    def test_the_kernel_chooses_where_the_pool_says_so(self):
        backend = self.scripted(hold)
        self.narrow_kernel_choice(200)
        first = SourcePool.next_port - 200
        keys = {"port_selection": '"kernel"', "ports": f'"{first + 50}-{first + 149}"'}
        proxy = self.start_proxy(pool("app", backend, source='["127.0.1.0"]', **keys), route())
        self.open_tunnels(proxy, 98)
        used = {connection.peer[1] for connection in backend.connections}
        self.assertEqual(len(used), 98)
        self.assertTrue(used <= set(range(first + 50, first + 150)), used)
        self.assertEqual(proxy.metrics().value("fairlead_source_tuples_capacity"), 98)
        dials = proxy.metrics().value("fairlead_source_foreign_ports_total")
        self.assertEqual((self.status(proxy), dials), (503, 0))

    def test_replicas_share_the_ports_of_one_address(self):
        backend = self.scripted(hold)
        ports = self.some_ports(PORTS)
        for number in (1, 2):
            proxy = self.start_proxy(
                f'[source]\naddresses = "127.0.1.0"\nports = {ports}\nreplica = "{number}/2"\n',
                pool("app", backend),
                route(),
            )
            self.open_tunnels(proxy, PORTS // 2)
            self.assertEqual(self.status(proxy), 503)
            self.assertEqual(proxy.metrics().value("fairlead_source_foreign_ports_total"), 0)
        self.assertEqual(len({connection.peer[1] for connection in backend.connections}), PORTS)

    def test_a_reload_keeps_the_account_of_ports(self):
        backend = self.scripted(hold)
        ports = self.some_ports(PORTS)
        body = [pool("app", backend, source='["127.0.1.0"]', ports=ports), route()]
        proxy = self.start_proxy(*body)
        self.open_tunnels(proxy, PORTS)
        proxy.write_config("\n".join(body))
        proxy.signal(signal.SIGHUP)
        eventually(lambda: proxy.metrics().value("fairlead_config_generation") == 2)
        self.assertEqual(self.status(proxy), 503)
        self.assertEqual(proxy.metrics().value("fairlead_source_foreign_ports_total"), 0)
        self.assertEqual(proxy.metrics().value("fairlead_source_tuples_in_use"), PORTS)

    def test_a_connection_that_the_proxy_ends_first_holds_its_port_a_moment(self):
        backend = self.http_backend()
        ports = self.some_ports(1)
        extra = '[timeouts]\nupstream_idle = "100ms"\n'
        proxy = self.start_proxy(extra, pool("app", backend, source='["127.0.1.0"]', ports=ports), route())
        for _ in range(3):
            eventually(lambda: self.status(proxy) == 200, 5)
            eventually(lambda: proxy.metrics().value("fairlead_source_tuples_in_use") == 0, 5)
        self.assertEqual(proxy.metrics().value("fairlead_source_foreign_ports_total"), 0)

    def test_without_a_pool_of_sources_exhaustion_is_503_too(self):
        backend = self.scripted(hold)
        self.narrow_kernel_choice(PORTS)
        proxy = self.start_proxy(pool("app", backend), route())
        self.open_tunnels(proxy, PORTS)
        self.assertEqual(self.status(proxy), 503)

    def test_an_address_that_is_not_ours_is_not_the_end_when_another_is(self):
        backend = self.scripted(hold)
        proxy = self.start_proxy(pool("app", backend, source='["192.0.2.1", "127.0.1.9"]'), route())
        self.open_tunnels(proxy, 10)
        self.assertEqual({connection.peer[0] for connection in backend.connections}, {"127.0.1.9"})

    def test_an_interface_is_its_addresses(self):
        add_loopback_address("192.0.2.77/32")
        backend = self.scripted(hold)
        proxy = self.start_proxy(pool("app", backend, source='"interface:lo"'), route())
        self.open_tunnels(proxy, 4)
        peers = collections.Counter(connection.peer[0] for connection in backend.connections)
        self.assertEqual(peers, {"127.0.0.1": 2, "192.0.2.77": 2})

    def test_check_refuses_ports_of_the_kernel_and_of_our_own(self):
        proxy = self.start_proxy(pool("app", "127.0.0.1:9000"), route())
        wrong = {"31000-33000": "32000-33000 is in the kernel's own range", proxy.port: "listened on"}
        for ports, reason in wrong.items():
            keys = {"source": '"127.0.1.1"', "ports": f'"{ports}"'}
            proxy.write_config(pool("app", "127.0.0.1:9000", **keys) + route())
            done = run_command("check", proxy.config_path)
            self.assertEqual(done.returncode, 1)
            self.assertIn(reason, done.stderr)
            self.assertIn("pool.app.ports: ", done.stderr)

    def test_ipv6_sources(self):
        backend = self.scripted(hold, host="::1")
        proxy = self.start_proxy(pool("app", backend, source='["::1"]'), route())
        self.open_tunnels(proxy, 3)
        self.assertEqual({connection.peer[0] for connection in backend.connections}, {"::1"})


if __name__ == "__main__":
    enter_network_namespace()
    unittest.main()
