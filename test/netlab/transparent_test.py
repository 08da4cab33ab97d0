"""source = "client": backends see the clients' own addresses. Each of these is a host:

      client1 10.1.0.11 ─┐
      client2 10.1.0.12 ─┼─ front ─ 10.1.0.1 proxy 10.88.0.1 ─ back ─ 10.88.0.2 backend
      client3 10.1.0.13 ─┘                                            (its default route is the proxy)
"""
import collections
import os
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.connection import connect
from harness.frames import TEXT, echo_until_close, frame, open_tunnel, read_frame
from harness.http_message import request
from harness.lab import Lab, enter_lab
from harness.proxy import BINARY
from harness.rights import NOBODY, can_change_user, values
from harness.waiting import eventually

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/transparent")
WITHOUT_CAPABILITIES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
WITH_NET_RAW = ("setpriv", "--bounding-set=-all,+net_raw", "--inh-caps=-all")


class Transparent(ProxyCase):
    def setUp(self):
        super().setUp()
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        self.clients = [self.lab.host(f"client{i}") for i in (1, 2, 3)]
        self.host, self.far = self.lab.host("proxy"), self.lab.host("backend")
        front, back = self.lab.segment("front"), self.lab.segment("back")
        for i, client in enumerate(self.clients, 1):
            front.join(client, f"10.1.0.1{i}/24", f"fd01::1{i}/64")
        front.join(self.host, "10.1.0.1/24", "fd01::1/64")
        back.join(self.host, "10.88.0.1/24", "fd88::1/64")
        back.join(self.far, "10.88.0.2/24", "fd88::2/64")
        self.far.ip("route add default via 10.88.0.1")
        self.far.ip("-6 route add default via fd88::1")

    def install_rules(self):
        self.host.run("sh", "-eu", os.path.join(SCRIPTS, "install.sh"))

    def far_backend(self, make):
        with self.far.entered():
            return make()

    def transparent(self, backend, source="client", host="10.1.0.1", wrapper=WITH_NET_RAW, **keys):
        with self.host.entered():
            return self.start_proxy(
                pool("app", backend, source=f'"{source}"', **keys), route(), host=host, wrapper=wrapper
            )

    def tearDown(self):
        with self.host.entered():  # asks the proxy's admin listener
            super().tearDown()

    def client_of(self, which, proxy, **options):
        with which.entered():
            return connect(proxy.address, **options)

    def peers_of(self, backend):
        return [connection.peer[:2] for connection in backend.connections]

    def addresses(self, version):
        return [f"10.1.0.1{i}" if version == 4 else f"fd01::1{i}" for i in (1, 2, 3)]

    def check_http(self, version, proxy_host, backend_host):
        self.install_rules()
        backend = self.far_backend(lambda: self.http_backend(host=backend_host))
        proxy = self.transparent(backend, host=proxy_host)
        for client in self.clients * 2:
            with self.client_of(client, proxy) as connection:
                connection.send(request())
                self.assertEqual(connection.read_response().status, 200)
        # One connection each: kept ones are used again, and only for the client that they came from.
        self.assertEqual([peer[0] for peer in self.peers_of(backend)], self.addresses(version))
        with self.host.entered():
            self.assertEqual(proxy.metrics().value("fairlead_backend_connections_reused_total"), 3)

    def test_a_backend_sees_each_client_over_ipv4(self):
        self.check_http(4, "10.1.0.1", "10.88.0.2")

    def test_a_backend_sees_each_client_over_ipv6(self):
        self.check_http(6, "fd01::1", "fd88::2")

    def test_tunnels_come_from_their_clients(self):
        self.install_rules()
        backend = self.far_backend(lambda: self.scripted(echo_until_close, host="10.88.0.2"))
        proxy = self.transparent(backend)
        open_clients = []
        for number, client in enumerate(self.clients * 20):
            connection = self.client_of(client, proxy)
            open_tunnel(connection)
            connection.send(frame(TEXT, f"{number}", masked=True))
            open_clients.append(connection)
        for number, connection in enumerate(open_clients):
            self.assertEqual(read_frame(connection).payload, f"{number}".encode())
        counts = collections.Counter(peer[0] for peer in self.peers_of(backend))
        self.assertEqual(counts, {address: 20 for address in self.addresses(4)})
        for connection in open_clients:
            connection.close()
        with self.host.entered():
            eventually(lambda: proxy.metrics().value("fairlead_websocket_tunnels_active") == 0)

    @unittest.skipUnless(can_change_user(), "only root can become somebody else")
    def test_root_keeps_the_one_capability_and_no_other_call_is_needed(self):
        self.install_rules()
        backend = self.far_backend(lambda: self.http_backend(host="10.88.0.2"))
        process = '[process]\nuser = "nobody"\nseccomp = "enforce"\n'
        with self.host.entered():
            parts = (process, pool("app", backend, source='"client"'), route())
            proxy = self.start_proxy(*parts, host="10.1.0.1", owner=NOBODY)
        self.assertEqual(values(proxy.pid, "CapEff"), {f"{1 << 13:016x}"})  # CAP_NET_RAW
        self.assertEqual(values(proxy.pid, "Seccomp"), {"2"})
        for client in self.clients:
            with self.client_of(client, proxy) as connection:
                connection.send(request())
                self.assertEqual(connection.read_response().status, 200)
        self.assertEqual([peer[0] for peer in self.peers_of(backend)], self.addresses(4))

    def test_the_clients_port_is_kept_too_where_it_is_free(self):
        self.install_rules()
        backend = self.far_backend(lambda: self.http_backend(host="10.88.0.2"))
        proxy = self.transparent(backend, source="client_port")
        own = []
        for client in self.clients:
            with self.client_of(client, proxy) as connection:
                own.append(connection.sock.getsockname())
                for _ in range(2):
                    connection.send(request())
                    self.assertEqual(connection.read_response().status, 200)
        self.assertEqual(self.peers_of(backend), own)

    def test_a_port_that_is_taken_is_replaced(self):
        self.install_rules()
        backend = self.far_backend(lambda: self.http_backend(host="10.88.0.2"))
        first, second = (self.transparent(backend, source="client_port") for _ in range(2))
        peers = []
        for proxy in (first, second):
            connection = self.client_of(self.clients[0], proxy, source=("10.1.0.11", 45678))
            self.addCleanup(connection.close)
            connection.send(request())
            self.assertEqual(connection.read_response().status, 200)
            peers.append(self.peers_of(backend)[-1])
        self.assertEqual(peers[0], ("10.1.0.11", 45678))
        self.assertEqual(peers[1][0], "10.1.0.11")
        self.assertNotEqual(peers[1][1], 45678)

    def test_a_client_of_another_family_than_every_backend_gets_503_at_once(self):
        self.install_rules()
        backend = self.far_backend(lambda: self.http_backend(host="10.88.0.2"))
        proxy = self.transparent(backend, host="fd01::1")
        with self.client_of(self.clients[0], proxy) as connection:
            connection.send(request())
            self.assertEqual(connection.read_response().status, 503)
        with self.host.entered():
            metrics = proxy.metrics()
            failures = metrics.value("fairlead_backend_dial_failures_total", reason="no_client_address")
            self.assertEqual(failures, 1)
            self.assertEqual(metrics.value("fairlead_backend_up"), 1)

    def test_without_the_capability_check_and_run_refuse_and_name_it(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write('[[listen]]\naddress = ":1"\n')
            file.write(pool("app", "10.88.0.2:80", source='"client"') + route())
            file.flush()
            for command in (("check", file.name), ("run", "--config", file.name)):
                done = self.host.run(*WITHOUT_CAPABILITIES, BINARY, *command, check=False)
                self.assertEqual(done.returncode, 1)
                where = r":5:\d+: error: pool\.app\.source: "
                self.assertRegex(done.stderr, where + "needs the capability CAP_NET_RAW")

    def test_a_path_filter_that_drops_answers_is_named_at_the_start(self):
        backend = self.far_backend(lambda: self.http_backend(host="10.88.0.2"))
        self.assertNotIn("rp_filter", self.transparent(backend).stderr())
        self.host.sysctl("net.ipv4.conf.back.rp_filter", 1)
        self.host.sysctl("net.ipv4.conf.back.src_valid_mark", 1)
        self.assertRegex(self.transparent(backend).stderr(), r"interface back: rp_filter.*src_valid_mark")

    def test_the_rules_can_be_installed_twice_and_leave_nothing_when_removed(self):
        def look():
            rules = "nft list ruleset; ip rule; ip -6 rule; "
            routes = "ip route show table 17996; ip -6 route show table 17996"
            return self.host.run("sh", "-c", rules + routes, check=False).stdout

        before = look()
        self.install_rules()
        once = look()
        self.assertEqual(once.count("fwmark 0x464c lookup 17996"), 2)
        self.install_rules()
        self.assertEqual(look(), once)
        self.host.run("sh", "-eu", os.path.join(SCRIPTS, "remove.sh"))
        self.assertEqual(look(), before)


if __name__ == "__main__":
    enter_lab()
    unittest.main()
