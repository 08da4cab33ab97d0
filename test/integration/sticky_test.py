"""Clients are led back to the backend they had: by a signed cookie, or by a value that is hashed."""
import unittest

from harness.case import ProxyCase, pool, route
from harness.crowd import Crowd, CrowdBackend
from harness.frames import upgrade_request
from harness.http_message import request, response
from harness.node import NodeServer, run_node
from harness.waiting import eventually

SECRET = '"the same for all replicas"'
TRUSTING = '[forward]\ntrusted_proxies = ["127.0.0.0/8"]\n'
COOKIE = '{ by = "cookie", secret = ' + SECRET + " }"


def named(backend_name):
    """Every answer's body is the backend's name."""
    return lambda asked, connection: response(body=backend_name.encode())


class StickyCase(ProxyCase):
    def setUp(self):
        super().setUp()
        self.kept = {name: self.http_backend(name, named(name)) for name in ("a", "b", "c")}

    def sticky_proxy(self, sticky, names="abc", extra="", **options):
        options = {"workers": 2, **options}
        config = pool("app", *(self.kept[name] for name in names), sticky=sticky) + route()
        return self.start_proxy(extra, config, **options)

    def visit(self, proxy, target="/", **fields):
        """Who answered, and the cookie that came with it."""
        lines = [(name.replace("_", "-"), value) for name, value in fields.items()]
        answer = proxy.ask(request(target=target, fields=lines))
        self.assertEqual(answer.status, 200)
        return answer.body.decode(), answer.head.get("Set-Cookie")


class ByCookie(StickyCase):
    def pair(self, cookie):
        return cookie.split(";")[0]

    def test_a_client_without_a_cookie_gets_one_and_stays_where_it_leads(self):
        proxy = self.sticky_proxy(COOKIE)
        seen = set()
        for _ in range(6):
            first, cookie = self.visit(proxy)
            self.assertRegex(cookie, r"^fairlead-app=[\w-]{24}; Path=/; HttpOnly; SameSite=Lax$")
            seen.add(first)
            for _ in range(8):
                again, none = self.visit(proxy, Cookie=f"theme=dark; {self.pair(cookie)}")
                self.assertEqual((again, none), (first, None))
        self.assertGreater(len(seen), 1)

    def test_a_forged_cookie_leads_nowhere_and_is_replaced(self):
        proxy = self.sticky_proxy(COOKIE)
        _, cookie = self.visit(proxy)
        value = self.pair(cookie)
        turned = value[:-1] + ("A" if value[-1] != "A" else "B")
        named = [f"fairlead-app={text}" for text in ("", "A" * 24, self.kept["a"].address)]
        for forged in (turned, *named):
            answers = [self.visit(proxy, Cookie=forged) for _ in range(9)]
            self.assertNotIn(None, [fresh for _, fresh in answers])
            self.assertGreater(len({who for who, _ in answers}), 1)
        # One that a stranger planted for a wider domain comes beside the true one and does not hide it.
        self.assertIsNone(self.visit(proxy, Cookie=f"fairlead-app=planted; {value}")[1])

    def test_replicas_with_the_same_secret_know_each_others_cookies_whatever_the_order(self):
        first, second = self.sticky_proxy(COOKIE), self.sticky_proxy(COOKIE, "cab")
        for _ in range(6):
            who, cookie = self.visit(first)
            self.assertEqual(self.visit(second, Cookie=self.pair(cookie)), (who, None))

    def test_who_loses_its_backend_gets_another_and_a_new_cookie(self):
        proxy = self.sticky_proxy(COOKIE)
        who, cookie = self.visit(proxy)
        self.kept[who].close()
        next_one, fresh = self.visit(proxy, Cookie=self.pair(cookie))
        self.assertNotEqual(next_one, who)
        self.assertIsNotNone(fresh)
        self.assertEqual(self.visit(proxy, Cookie=self.pair(fresh)), (next_one, None))
        diverted = proxy.metrics().value("fairlead_backend_sticky_diversions_total")
        self.assertEqual(diverted, 1)

    def test_the_101_sets_the_cookie_too_and_a_reload_leaves_it_valid(self):
        backends = [self._keep(CrowdBackend()) for _ in range(3)]
        config = lambda count: pool("app", *backends[:count], sticky=COOKIE) + route()
        proxy = self.start_proxy(config(2))
        with proxy.connect() as client:
            client.send(upgrade_request())
            head = client.read_head()
        self.assertEqual(head.status, 101)
        cookie = self.pair(head.get("Set-Cookie"))
        proxy.write_config(config(3))
        self.assertEqual(proxy.control("/reload")[0], 200)
        for _ in range(6):
            with proxy.connect() as client:
                client.send(upgrade_request(fields=[("Cookie", cookie)]))
                head = client.read_head()
                self.assertEqual((head.status, head.get("Set-Cookie")), (101, None))
        # Whoever sent the 101 counts it a moment later.
        eventually(lambda: sorted(backend.upgrades for backend in backends) == [0, 0, 7])

    def test_socket_io_polls_and_upgrades_at_one_server(self):
        servers = [self._keep(NodeServer("socketio_server.mjs", name)) for name in ("one", "two")]
        proxy = self.start_proxy(pool("app", *servers, sticky=COOKIE), route(), workers=2)
        host, port = proxy.address
        visits = run_node("socketio_client.mjs", f"http://{host}:{port}", "12").split("\n")[:-1]
        self.assertEqual(len(visits), 12)
        for visit in visits:
            polled, upgraded = visit.split(" ")
            self.assertEqual(polled, upgraded)
        self.assertEqual(len(set(visits)), 2)


class ByValue(StickyCase):
    def test_a_value_leads_to_one_backend_in_every_worker_and_every_replica(self):
        for by, ask in {
            '{ by = "header", name = "X-Room" }': lambda proxy, room: self.visit(proxy, X_Room=room),
            '{ by = "query", name = "room" }': lambda proxy, room: self.visit(proxy, f"/?x=1&room={room}"),
            '{ by = "path" }': lambda proxy, room: self.visit(proxy, f"/rooms/{room}?x=1"),
            '{ by = "app-cookie", name = "S" }': lambda proxy, room: self.visit(proxy, Cookie=f"S={room}"),
        }.items():
            with self.subTest(by=by):
                first, second = self.sticky_proxy(by), self.sticky_proxy(by, "bca")
                led = {}
                for number in range(24):
                    room = f"r{number}"
                    answers = {ask(proxy, room) for proxy in (first, second, first)}
                    self.assertEqual(len(answers), 1, room)
                    ((led[room], cookie),) = answers
                    self.assertIsNone(cookie)
                self.assertEqual(set(led.values()), set("abc"))

    def test_a_client_address_leads_to_one_backend_and_a_missing_value_to_any(self):
        proxy = self.sticky_proxy('{ by = "client" }')
        self.assertEqual(len({self.visit(proxy)[0] for _ in range(9)}), 1)
        trusting = self.sticky_proxy('{ by = "client" }', extra=TRUSTING)
        visits = [self.visit(trusting, X_Forwarded_For=f"192.0.2.{n}")[0] for n in range(30)]
        self.assertEqual(set(visits), set("abc"))
        by_header = self.sticky_proxy('{ by = "header", name = "X-Room" }')
        self.assertEqual({self.visit(by_header)[0] for _ in range(9)}, set("abc"))

    def test_values_of_a_dead_backend_spread_over_the_others_and_no_other_value_moves(self):
        proxy = self.sticky_proxy('{ by = "header", name = "X-Room" }')
        rooms = [f"r{number}" for number in range(60)]
        before = {room: self.visit(proxy, X_Room=room)[0] for room in rooms}
        self.kept["b"].close()
        after = {room: self.visit(proxy, X_Room=room)[0] for room in rooms}
        moved = {room for room in rooms if before[room] != after[room]}
        self.assertEqual(moved, {room for room in rooms if before[room] == "b"})
        self.assertEqual({after[room] for room in moved}, {"a", "c"})


class Homecoming(ProxyCase):
    def test_rooms_that_belong_to_a_backend_that_joined_are_led_there_whole_and_no_other(self):
        backends = [self._keep(CrowdBackend()) for _ in range(4)]

        def config(count):
            keys = {"sticky": '{ by = "query", name = "room" }', "rebalance": '{ rate = "200/s" }'}
            return pool("app", *backends[:count], **keys) + route()

        proxy = self.start_proxy(config(3), workers=2)
        crowd = Crowd(proxy.address, lambda number: f"/?room={number % 50}", lambda number: 0.1)
        self._backends.insert(0, crowd)
        crowd.open(600)
        rooms = lambda: [set(backend.targets) for backend in backends]
        before = rooms()
        self.assertEqual(sum(map(len, before)), 50)

        proxy.write_config(config(4))
        self.assertEqual(proxy.control("/reload")[1]["tunnels_leaving"], 0)
        state = lambda: proxy.control("/rebalance", method="GET")[1]["pools"][0]
        eventually(lambda: state()["state"] == "rebalancing", 5)
        self.assertIn("belong where their values lead", proxy.command("rebalance", "--dry-run").stdout)
        eventually(lambda: state()["state"] == "quiet", 20, state)
        eventually(lambda: crowd.tunnels == 600, 10)
        after = rooms()
        self.assertEqual(sum(map(len, after)), 50)  # no room is in two places
        self.assertGreater(len(after[3]), 3)
        for was, now in zip(before[:3], after[:3]):
            self.assertLessEqual(len(now - was), 2)  # Maglev moves hardly anything else
        self.assertEqual({code for _, code in crowd.ends}, {1012})
        self.assertLess(len(crowd.ends), 300)
        self.assertEqual(crowd.errors, [])


if __name__ == "__main__":
    unittest.main()
