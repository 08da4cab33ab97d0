"""max_connections of a route: counted over workers and reloads, refused before anything is dialled."""
import signal
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import accept_upgrade, open_tunnel, read_frame, upgrade_request
from harness.http_message import request
from harness.waiting import eventually


def hold(connection):
    accept_upgrade(connection)
    read_frame(connection)


class RouteLimit(ProxyCase):
    def refused(self, proxy, path="/"):
        with proxy.connect() as client:
            client.send(request(target=path))
            answer = client.read_response()
        self.assertEqual(answer.status, 503)
        self.assertIn(int(answer.head.get("Retry-After")), range(1, 5))
        self.assertIn(b"max_connections", answer.body)

    def limited(self, proxy):
        return proxy.metrics().value("fairlead_refusals_total", reason="route_full")

    def tunnels(self, proxy, count):
        clients = [proxy.connect() for _ in range(count)]
        for client in clients:
            open_tunnel(client)
        return clients

    def test_beyond_the_limit_503_and_no_dial_until_a_tunnel_ends(self):
        backend = self.scripted(hold)
        proxy = self.start_proxy(
            pool("app", backend), route(name='"chat"', max_connections=3), workers=2
        )
        clients = self.tunnels(proxy, 3)
        for _ in range(5):
            self.refused(proxy)
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_route_connections", route="chat"), 3)
        self.assertEqual(metrics.value("fairlead_route_connections_limit", route="chat"), 3)
        self.assertEqual(self.limited(proxy), 5)
        self.assertEqual(metrics.value("fairlead_backend_dials_total"), 3)
        eventually(lambda: "the route is at its max_connections" in proxy.stdout())
        clients[1].close()
        eventually(lambda: proxy.metrics().value("fairlead_route_connections") == 2)
        self.tunnels(proxy, 1)
        self.refused(proxy)

    def test_other_routes_of_the_pool_go_on(self):
        backend = self.http_backend()
        proxy = self.start_proxy(
            pool("app", backend),
            route(path='"/a"', only='"websocket"', max_connections=1),
            route(path='"/b"'),
        )
        for _ in range(3):
            self.assertEqual(proxy.ask(request(target="/b")).status, 200)
        self.assertEqual(self.limited(proxy), 0)

    def test_exchanges_count_while_they_last_and_idle_connections_do_not(self):
        backend = self.http_backend()
        proxy = self.start_proxy(pool("app", backend), route(max_connections=1))
        with proxy.connect() as kept:
            kept.send(request())
            self.assertEqual(kept.read_response().status, 200)
            self.assertEqual(proxy.ask(request()).status, 200)
            kept.send(request())
            self.assertEqual(kept.read_response().status, 200)
        # An exchange ends after its answer has arrived.
        eventually(lambda: proxy.metrics().value("fairlead_route_connections") == 0)

    def test_a_reload_keeps_the_count_and_changes_the_limit(self):
        backend = self.scripted(hold)
        proxy = self.start_proxy(pool("app", backend), route(name='"chat"'))
        self.tunnels(proxy, 3)
        proxy.write_config(pool("app", backend) + route(name='"chat"', max_connections=2))
        proxy.signal(signal.SIGHUP)
        eventually(lambda: proxy.metrics().value("fairlead_route_connections_limit") == 2)
        eventually(lambda: self.is_refused(proxy))
        self.assertEqual(proxy.metrics().value("fairlead_route_connections"), 3)
        proxy.write_config(pool("app", backend) + route(name='"chat"', max_connections=4))
        proxy.signal(signal.SIGHUP)
        eventually(lambda: proxy.metrics().value("fairlead_route_connections_limit") == 4)
        eventually(lambda: self.opens(proxy))
        self.refused(proxy)

    def is_refused(self, proxy):
        return not self.opens(proxy)

    def opens(self, proxy):
        client = proxy.connect()
        try:
            open_tunnel(client)
        except AssertionError:
            return False
        return True



class ClientLimit(ProxyCase):
    def status_from(self, proxy, source):
        with proxy.connect(source=source) as client:
            client.send(request())
            return client.read_response()

    def test_beyond_its_limit_a_client_gets_429_over_all_workers_and_others_go_on(self):
        backend = self.scripted(hold)
        proxy = self.start_proxy(pool("app", backend), route(max_connections_per_client=4), workers=3)
        clients = [proxy.connect(source="127.0.0.5") for _ in range(4)]
        for client in clients:
            open_tunnel(client)
        for _ in range(5):
            answer = self.status_from(proxy, "127.0.0.5")
            self.assertEqual(answer.status, 429)
            self.assertIn(int(answer.head.get("Retry-After")), range(1, 5))
        self.assertEqual(proxy.metrics().value("fairlead_refusals_total", reason="client_full"), 5)
        self.assertEqual(proxy.metrics().value("fairlead_backend_dials_total"), 4)
        other = proxy.connect(source="127.0.0.6")
        open_tunnel(other)
        clients[0].close()
        again = proxy.connect(source="127.0.0.5")
        eventually(lambda: proxy.metrics().value("fairlead_route_connections") == 4)
        open_tunnel(again)



class UpgradeRate(ProxyCase):
    def test_a_storm_of_upgrades_is_thinned_over_all_workers_and_http_goes_on(self):
        backend = self.scripted(hold)
        listen = "upgrade_rate = \"60/min\"\nupgrade_burst = 10\n"
        proxy = self.start_proxy(pool("app", backend), route(), workers=3, listen=listen)
        statuses = []
        for _ in range(40):
            client = proxy.connect()
            client.send(upgrade_request())
            head = client.read_head()
            statuses.append(head.status)
            if head.status == 503:
                self.assertIn(int(head.get("Retry-After")), range(1, 5))
        self.assertIn(statuses.count(101), range(10, 15))
        self.assertEqual(statuses[:10], [101] * 10)
        refused = proxy.metrics().value("fairlead_refusals_total", reason="upgrade_rate")
        self.assertEqual(refused, statuses.count(503))
        self.assertEqual(proxy.metrics().value("fairlead_backend_dials_total"), statuses.count(101))


if __name__ == "__main__":
    unittest.main()
