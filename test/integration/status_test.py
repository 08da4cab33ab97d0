"""/status: everything that an operator asks first, and that its figures are those of real traffic."""
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.certificates import Authority
from harness.connection import connect
from harness.frames import TEXT, close_frame, frame, open_tunnel, read_frame
from harness.ports import free_port
from harness.waiting import eventually

# At the top of the document; new ones may come.
SECTIONS = set(
    "version at lifecycle warnings process configuration workers memory bounds totals routes pools backends "
    "sources drains rebalancing reloads certificates".split()
)


class Status(ProxyCase):
    def setUp(self):
        super().setUp()
        self.app = self.websocket_backend()
        self.web = self.http_backend()
        self.dead = f"127.0.0.1:{free_port()}"
        self.parts = (
            pool("app", self.app, source='["127.0.0.1"]'),
            pool("web", self.web),
            pool("gone", self.dead),
            route("app", name='"chat"', path='"/chat/"', max_connections=10),
            route("gone", name='"gone"', path='"/gone"'),
            route("web", name='"web"'),
        )
        self.proxy = self.start_proxy(*self.parts, workers=2)

    def status(self):
        code, document = self.proxy.control("/status", method="GET")
        self.assertEqual(code, 200)
        return document

    def section(self, name, **which):
        """The one row of a section whose members are `which`."""
        rows = [each for each in self.status()[name] if which.items() <= each.items()]
        self.assertEqual(len(rows), 1, (name, which))
        return rows[0]

    def routes(self, **which):
        return {each["route"] for each in self.status()["routes"] if which.items() <= each.items()}

    def open(self, path="/chat/room"):
        client = self.proxy.connect()
        open_tunnel(client, path)
        return client

    def say(self, client, text):
        client.send(frame(TEXT, text, masked=True))
        self.assertEqual(read_frame(client).payload.decode(), text)

    def test_a_quiet_process(self):
        told = self.status()
        self.assertLessEqual(SECTIONS, told.keys())
        self.assertEqual(told["lifecycle"], "ready")
        self.assertEqual(told["warnings"], [])
        self.assertEqual(told["process"]["pid"], self.proxy.pid)
        self.assertLess(told["process"]["uptime_seconds"], 60)
        self.assertGreater(told["process"]["descriptors_limit"], told["process"]["descriptors_open"])
        self.assertEqual(told["configuration"]["generation"], 1)
        self.assertEqual(len(told["workers"]), 2)
        self.assertEqual([each["route"] for each in told["routes"]], ["chat", "gone", "web"])
        self.assertEqual([each["pool"] for each in told["pools"]], ["app", "web", "gone"])
        self.assertEqual(told["totals"]["tunnels_opened"], 0)
        self.assertNotIn("handshake_seconds", told["totals"])

    def test_tunnels_and_requests_are_told_where_they_belong(self):
        clients = [self.open() for _ in range(3)]
        self.say(clients[0], "hello")
        self.assertEqual(self.proxy.ask(b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n").status, 200)
        clients[1].send(close_frame(4000, masked=True))
        clients[1].close()
        eventually(lambda: self.section("routes", route="chat")["tunnels_active"] == 2)
        chat = self.section("routes", route="chat")
        self.assertEqual((chat["tunnels_opened"], chat["tunnels_closed"]), (3, 1))
        self.assertEqual(chat["closed_by"], {"client": {"close": 1}})
        self.assertEqual(chat["messages"], {"to_backend": 1, "to_client": 1})
        self.assertEqual(chat["bytes"]["to_backend"], 11 + 8)
        self.assertEqual(chat["close_codes"]["client"], {"4000-4999": 1})
        self.assertEqual(chat["handshake_seconds"]["count"], 3)
        self.assertEqual(chat["handshake_seconds"]["cumulative"][-1], 3)
        self.assertEqual((chat["live"], chat["max_connections"]), (2, 10))
        web = self.section("pools", pool="web")
        self.assertEqual((web["requests"], web["requests_by_class"]), (1, {"2xx": 1}))
        self.assertEqual(web["request_seconds"]["count"], 1)
        app = self.section("backends", pool="app")
        self.assertEqual((app["state"], app["tunnels_active"], app["dials"]), ("up", 2, 3))
        totals = self.status()["totals"]
        self.assertEqual((totals["tunnels_active"], totals["requests"]), (2, 4))  # 101s are requests too
        self.assertEqual(sum(each["tunnels"] for each in self.status()["workers"]), 2)

    def test_sources_are_told_against_their_ports(self):
        clients = [self.open() for _ in range(4)]
        self.assertEqual(len(clients), 4)
        fill = self.section("sources", pool="app")
        self.assertEqual((fill["destination"], fill["sources"], fill["in_use"]), (self.app.address, 1, 4))
        self.assertAlmostEqual(fill["used_ratio"], (4 + fill["set_aside"]) / fill["capacity"])

    def test_what_is_wrong_is_a_warning(self):
        self.assertEqual(self.proxy.ask(b"GET /gone HTTP/1.1\r\nHost: a\r\n\r\n").status, 502)
        self.assertEqual(self.status()["totals"]["refusals"], {"connect_failed": 1})
        self.assertEqual(self.section("backends", pool="gone")["dial_failures"], {"refused": 1})
        warned = self.status()["warnings"]
        self.assertIn(f"backend {self.dead} of pool gone is backing_off: it cannot be connected to", warned)
        self.proxy.write_config("nonsense = 1")
        self.assertEqual(self.proxy.control("/reload")[0], 422)
        told = self.status()
        self.assertIn("the last configuration was refused; the one before is in force", told["warnings"])
        self.assertFalse(told["configuration"]["last_reload_ok"])
        self.assertEqual(told["configuration"]["hash"], self.proxy.metrics().value("fairlead_config_hash"))
        self.assertFalse(told["reloads"][0]["ok"])
        self.assertIn("there is no [pool.NAME]", told["reloads"][0]["first_error"])

    def test_a_drain_is_told_while_it_stands(self):
        clients = [self.open() for _ in range(2)]
        self.assertEqual(len(clients), 2)
        target = f"/drain?backend=app/{self.app.address}&window=1h"
        self.assertEqual(self.proxy.control(target)[0], 200)
        eventually(lambda: self.section("drains", kind="backend")["total"] == 2)
        told = self.section("drains", kind="backend")
        self.assertEqual((told["name"], told["state"]), (f"app/{self.app.address}", "draining"))
        self.assertEqual(self.section("backends", pool="app")["state"], "draining")
        self.assertFalse([each for each in self.status()["warnings"] if "draining" in each])
        self.assertEqual(self.proxy.control(f"{target}&undo=1")[0], 200)
        self.assertEqual(self.status()["drains"], [])

    def test_a_route_that_left_is_told_until_its_tunnels_have(self):
        client = self.open()
        self.proxy.write_config("\n".join((*self.parts[:3], *self.parts[4:])))
        self.assertEqual(self.proxy.control("/reload?dry_run=1")[0], 200)
        self.assertEqual(self.section("routes", route="chat")["configured"], True)
        self.assertEqual(self.proxy.control("/reload")[0], 200)
        self.assertNotIn("chat", self.routes(configured=True))
        client.close()
        eventually(lambda: "chat" not in self.routes())

    def test_it_only_tells(self):
        self.assertEqual(self.proxy.control("/status")[0], 405)
        with connect(("127.0.0.1", self.proxy.admin_port)) as client:
            client.send(b"HEAD /status HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertEqual(client.read_response("HEAD").status, 200)


class Certificates(ProxyCase):
    def test_how_long_certificates_last(self):
        with tempfile.TemporaryDirectory() as folder:
            chain, key = Authority(folder).issue("a.example", days=3)
            listen = f'tls.certificates = [{{ chain = "{chain}", key = "{key}" }}]'
            proxy = self.front(self.http_backend(), listen=listen)
            told = proxy.control("/status", method="GET")[1]
        (one,) = told["certificates"]
        self.assertEqual((one["used_by"], one["certificate"]), (f"127.0.0.1:{proxy.port}", chain))
        self.assertAlmostEqual(one["expires_in_seconds"], 3 * 86_400, delta=600)
        self.assertEqual((one["refused"], one["staple_left_out"]), (False, False))
        self.assertIn(f"{chain} of 127.0.0.1:{proxy.port} expires in 2 days", told["warnings"])


if __name__ == "__main__":
    unittest.main()
