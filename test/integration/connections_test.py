"""/connections: every tunnel while it lives, filtered, sorted, in pages, and closed on demand."""
import ssl
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import CLOSE, TEXT, close_frame, frame, open_tunnel, read_frame
from harness.waiting import eventually
from tls_tunnels_test import TlsTunnelCase


class Connections(ProxyCase):
    def setUp(self):
        super().setUp()
        self.app = self.websocket_backend()
        self.news = self.websocket_backend()
        self.proxy = self.start_proxy(
            pool("app", self.app),
            pool("news", self.news),
            route("news", name='"news"', path='"/news"'),
            route("app", name='"chat"'),
            workers=2,
        )

    def open(self, path="/chat"):
        client = self.proxy.connect()
        open_tunnel(client, path)
        return client

    def say(self, client, text):
        client.send(frame(TEXT, text, masked=True))
        self.assertEqual(read_frame(client).payload.decode(), text)

    def look(self, query=""):
        status, told = self.proxy.control(f"/connections{query}", method="GET")
        self.assertEqual(status, 200, told)
        return told

    def close(self, which):
        return self.proxy.control(f"/connections{which}", method="DELETE")

    def test_each_tunnel_with_what_is_known_of_it(self):
        client = self.open("/chat/room")
        self.say(client, "hello")
        told = self.look()
        self.assertEqual((told["matched"], told["offset"], told["limit"]), (1, 0, 100))
        (one,) = told["connections"]
        self.assertEqual((one["route"], one["pool"], one["path"]), ("chat", "app", "/chat/room"))
        self.assertEqual((one["kind"], one["phase"]), ("websocket", "open"))
        self.assertEqual((one["client"]["messages"], one["client"]["bytes"]), (1, 11))
        self.assertEqual((one["backend"]["messages"], one["backend"]["bytes"]), (1, 7))
        self.assertEqual(one["client"]["address"], "%s:%d" % client.sock.getsockname())
        self.assertEqual(one["client"]["local"], "%s:%d" % client.sock.getpeername())
        self.assertEqual(one["backend"]["address"], self.app.address)
        self.assertGreater(one["client"]["tcp_round_trip_us"], 0)
        self.assertLess(one["age"], 10)
        alone = self.look(f"/{one['id']}")
        self.assertEqual([each["id"] for each in alone["connections"]], [one["id"]])
        client.close()
        eventually(lambda: self.look()["matched"] == 0)
        self.assertEqual(self.proxy.control(f"/connections/{one['id']}", method="GET")[0], 404)

    def test_the_timeline(self):
        client = self.open()

        def times():
            return self.look()["connections"][0]["timeline"]

        told = times()
        before = [told[name] for name in ("accepted", "head_read", "dialled", "connected")]
        self.assertEqual(before, sorted(before))
        self.assertLess(-10, before[0])
        self.assertLessEqual(before[-1], 0)
        self.assertNotIn("first_message_from_client", told)
        self.assertNotIn("ending", told)
        self.say(client, "hello")
        told = times()
        first = told["first_message_from_client"]
        self.assertLessEqual(first, told["first_message_from_backend"])
        self.say(client, "again")
        self.assertEqual(times()["first_message_from_client"], first)
        self.assertEqual(self.close("?all=1&code=4001")[0], 200)
        self.assertEqual(read_frame(client).opcode, CLOSE)
        one = self.look()["connections"][0]
        ending = one["timeline"]["ending"]
        self.assertEqual((ending["by"], ending["cause"], ending["code"]), ("proxy", "ordered", 4001))
        self.assertEqual(one["client"]["own_close_code"], 4001)

    def test_filters_orders_and_pages(self):
        clients = [self.open("/news" if i % 3 == 0 else "/chat") for i in range(9)]
        self.assertEqual(self.look()["matched"], 9)
        self.assertEqual(self.look("?route=news")["matched"], 3)
        self.assertEqual(self.look(f"?backend=app/{self.app.address}")["matched"], 6)
        self.assertEqual(self.look("?client=127.0.0.0/8")["matched"], 9)
        self.assertEqual(self.look("?client=10.0.0.0/8")["matched"], 0)
        self.assertEqual(self.look("?min_age=1h")["matched"], 0)
        ages = [each["age"] for each in self.look()["connections"]]
        self.assertEqual(ages, sorted(ages, reverse=True))
        pages = [self.look(f"?limit=4&offset={offset}")["connections"] for offset in (0, 4, 8)]
        self.assertEqual([len(page) for page in pages], [4, 4, 1])
        self.assertEqual(len({each["id"] for page in pages for each in page}), 9)
        self.say(clients[5], "x" * 100)
        (busiest,) = self.look("?sort=bytes&limit=1")["connections"]
        self.assertEqual(busiest["client"]["bytes"], 106)
        (again,) = self.look(f"?id={busiest['id']}")["connections"]
        self.assertEqual(again["client"]["address"], busiest["client"]["address"])

    def test_one_or_a_kind_of_them_is_closed(self):
        clients = [self.open("/news" if i == 0 else "/chat") for i in range(4)]
        self.assertEqual(self.close("?route=news&code=4009"), (200, {"closed": 1}))
        got = read_frame(clients[0])
        self.assertEqual((got.opcode, got.payload), (CLOSE, b"\x0f\xa9closed by the operator"))
        clients[0].send(close_frame(4009, masked=True))
        eventually(lambda: self.news.closed == [(4009, "closed by the operator")])
        one = self.look("?limit=1")["connections"][0]["id"]
        self.assertEqual(self.close(f"/{one}"), (200, {"closed": 1}))
        self.assertEqual(read_frame(clients[1]).payload[:2], b"\x03\xe9")
        clients[1].send(close_frame(1001, masked=True))
        eventually(lambda: self.look()["matched"] == 2)
        ended = self.proxy.metrics().value("fairlead_websocket_tunnels_closed_total", cause="ordered")
        self.assertEqual(ended, 2)
        self.assertEqual(self.close("/nobody")[0], 404)
        self.say(clients[2], "still here")

    def test_the_command(self):
        clients = [self.open() for _ in range(3)]
        self.say(clients[1], "hello")
        told = self.proxy.command("connections", "--sort", "messages", "--limit", "1")
        self.assertEqual(told.returncode, 0, told.stderr)
        head, one, count = told.stdout.splitlines()
        self.assertEqual(head.split()[:3], ["id", "client", "route"])
        self.assertIn("127.0.0.1:%d " % clients[1].sock.getsockname()[1], one)
        self.assertEqual(count, "1 to 1 of 3")
        closed = self.proxy.command("connections", "--close", "--route", "chat", "--code", "4000")
        self.assertEqual(closed.stdout, "3 connections are being closed\n")
        self.assertEqual(read_frame(clients[2]).payload[:2], b"\x0f\xa0")
        for client in clients:
            client.close()
        eventually(lambda: self.proxy.command("connections").stdout == "no connection is open that fits\n")
        self.assertEqual(self.proxy.command("connections", "--close").returncode, 1)
        self.assertEqual(self.proxy.command("connections", "--all").returncode, 2)

    def test_what_cannot_be_asked(self):
        status, told = self.proxy.control("/connections?sort=name", method="GET")
        self.assertEqual((status, told["error"][:15]), (400, "sort is one of "))
        self.assertEqual(self.close("")[0], 400)
        self.assertEqual(self.proxy.control("/connections", method="POST")[0], 405)
        refused = self.proxy.control("/connections?all=1", method="DELETE", Origin="http://other.example")
        self.assertEqual(refused[0], 403)


class TlsConnections(TlsTunnelCase):
    def test_each_side_tells_its_version(self):
        backend = self.websocket_backend(ssl=self.server_context())
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            name = version.name.replace("_", ".")
            with self.subTest(version=name):
                proxy = self.front_tls(backend, ["client", "backend"])
                client = self.connect(proxy, version=version)
                open_tunnel(client)
                (one,) = proxy.control("/connections", method="GET")[1]["connections"]
                self.assertEqual((one["client"]["tls"], one["backend"]["tls"]), (name, "TLSv1.3"))
                client.close()

    def test_a_plain_side_has_none(self):
        proxy = self.front_tls(self.websocket_backend(), ["client"])
        open_tunnel(self.connect(proxy))
        (one,) = proxy.control("/connections", method="GET")[1]["connections"]
        self.assertIn("tls", one["client"])
        self.assertNotIn("tls", one["backend"])


if __name__ == "__main__":
    unittest.main()
