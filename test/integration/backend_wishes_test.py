"""`fairlead backends --eject, --restore, --weight`: what an operator wants of one backend."""
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import TEXT, frame, open_tunnel, read_frame, upgrade_request
from harness.http_message import request


class Wishes(ProxyCase):
    def setUp(self):
        super().setUp()
        self.first, self.second = self.http_backend("first"), self.http_backend("second")
        self.all = route(name='"all"')
        self.both = pool("app", self.first, self.second, balance='"round-robin"')
        self.proxy = self.start_proxy(self.both, self.all)

    def name(self, backend):
        return f"app/{backend.address}"

    def hits(self, count=40):
        """How many of so many requests each backend gets."""
        before = [len(each.requests) for each in (self.first, self.second)]
        with self.proxy.connect() as client:
            for _ in range(count):
                client.send(request("GET", "/"))
                self.assertEqual(client.read_response().status, 200)
        return [len(each.requests) - was for each, was in zip((self.first, self.second), before)]

    def told(self, backend):
        _, document = self.proxy.control("/backends", method="GET")
        return next(each for each in document["backends"] if each["backend"] == backend.address)

    def want(self, query, status=200):
        got, document = self.proxy.control(f"/backends?{query}")
        self.assertEqual(got, status, document)
        return document

    def reload(self, *parts):
        self.proxy.write_config("\n".join(parts))
        self.assertEqual(self.proxy.control("/reload")[0], 200)

    def test_an_ejected_backend_gets_nothing_new_until_it_is_restored(self):
        self.assertEqual(self.hits(), [20, 20])
        done = self.proxy.command("backends", "--eject", self.name(self.first))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 backend of its pool serves", done.stdout)
        self.assertEqual(self.hits(), [0, 40])
        told = self.told(self.first)
        self.assertEqual((told["state"], told["reason"]), ("ejected", "by an operator"))
        self.assertEqual(told["operator"]["ejected"]["by"], "127.0.0.1")
        self.assertIsNone(told["operator"]["weight"])
        self.assertIn("by an operator", self.proxy.command("backends").stdout)
        labels = {"pool": "app", "backend": self.first.address, "state": "ejected"}
        self.assertEqual(self.proxy.metrics().value("fairlead_backend_state", **labels), 1)
        self.assertEqual(self.proxy.command("backends", "--restore", self.name(self.first)).returncode, 0)
        self.assertEqual(self.hits(), [20, 20])
        self.assertIsNone(self.told(self.first)["operator"])

    def test_a_weight_counts_from_the_next_request_on_and_is_told(self):
        self.want(f"backend={self.name(self.first)}&weight=3")
        self.assertEqual(self.hits(), [30, 10])
        told = self.told(self.first)
        self.assertEqual((told["weight"], told["configured_weight"]), (3, 1))
        self.assertEqual(told["operator"]["weight"]["by"], "127.0.0.1")
        done = self.proxy.command("backends", "--weight", f"{self.name(self.first)}=1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertAlmostEqual(self.hits()[0], 20, delta=1)  # the turns go on where they were

    def test_wishes_outlive_reloads_that_keep_the_backend_and_no_others(self):
        self.want(f"backend={self.name(self.first)}&eject=1")
        self.want(f"backend={self.name(self.second)}&weight=5")
        self.reload(self.both, self.all)
        self.assertEqual(self.hits(), [0, 40])
        self.assertEqual(self.told(self.second)["weight"], 5)
        self.reload(pool("app", self.second), self.all)
        self.reload(self.both, self.all)
        self.assertIsNone(self.told(self.first)["operator"])
        self.assertEqual(self.told(self.first)["state"], "up")
        self.assertEqual(self.told(self.second)["weight"], 5)

    def test_the_last_backend_may_be_ejected_and_the_answer_says_what_is_left(self):
        self.want(f"backend={self.name(self.first)}&eject=1")
        self.assertEqual(self.want(f"backend={self.name(self.second)}&eject=1")["left_in_pool"], 0)
        self.assertIn(self.proxy.ask(request("GET", "/")).status, (502, 503))

    def test_what_is_not_there_is_refused_with_the_nearest_names(self):
        refused = self.want("backend=app/127.0.0.1:1&eject=1", 404)
        self.assertIn(self.name(self.first), refused["nearest"])
        self.want(f"backend={self.name(self.first)}&restore=1", 409)
        self.want(f"backend={self.name(self.first)}&weight=0", 400)
        self.want(f"backend={self.name(self.first)}", 400)
        for value in ("1001", "x", ""):
            done = self.proxy.command("backends", "--weight", f"{self.name(self.first)}={value}")
            self.assertEqual((done.returncode, done.stdout), (1, ""), value)
        both = ("--eject", self.name(self.first), "--restore", self.name(self.first))
        self.assertEqual(self.proxy.command("backends", *both).returncode, 2)


class Tunnels(ProxyCase):
    def test_tunnels_of_an_ejected_backend_stay_and_new_ones_go_elsewhere(self):
        first, second = self.websocket_backend(), self.websocket_backend()
        proxy = self.start_proxy(pool("app", first), route(name='"all"'))
        client = proxy.connect()
        open_tunnel(client, "/chat")
        self.assertEqual(proxy.control(f"/backends?backend=app/{first.address}&eject=1")[0], 200)
        client.send(frame(TEXT, "still here", masked=True))
        self.assertEqual(read_frame(client).payload.decode(), "still here")
        with proxy.connect() as late:
            late.send(upgrade_request("/chat"))
            self.assertIn(late.read_response().status, (502, 503))
        proxy.write_config(pool("app", first, second) + route(name='"all"'))
        self.assertEqual(proxy.control("/reload")[0], 200)
        with proxy.connect() as late:
            open_tunnel(late, "/chat")
            _, told = proxy.control("/connections", method="GET")
            addresses = sorted(each["backend"]["address"] for each in told["connections"])
            self.assertEqual(addresses, sorted([first.address, second.address]))


if __name__ == "__main__":
    unittest.main()
