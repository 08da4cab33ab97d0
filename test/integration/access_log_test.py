"""The access log: its fields and formats, what is sampled, lines of open tunnels, and hostile clients."""
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import TEXT, echo_until_close, frame, open_tunnel, read_frame
from harness.http_message import request, response
from harness.waiting import eventually


class LogCase(ProxyCase):
    def served(self, proxy, *, target="/", fields=()):
        with proxy.connect() as client:
            client.send(request("GET", target, fields=fields))
            return client.read_response()

    def lines(self, proxy, event):
        return [line for line in proxy.access_log() if line["event"] == event]

    def line(self, proxy, event):
        return eventually(lambda: self.lines(proxy, event), 10, f"a line of {event}")[-1]


class Fields(LogCase):
    def test_chosen_fields_in_their_order_and_headers_by_name(self):
        fields = '["status", "header:referer", "method", "event", "header:x-none", "header:user-agent"]'
        proxy = self.front(self.http_backend(), f"[log]\nrequests = true\naccess_fields = {fields}\n")
        sent = [("Referer", "https://a.example/"), ("User-Agent", "u" * 300), ("Cookie", "secret=1")]
        self.served(proxy, fields=sent)
        line = self.line(proxy, "exchange")
        self.assertEqual(list(line), ["status", "header:referer", "method", "event", "header:user-agent"])
        self.assertEqual(line["header:referer"], "https://a.example/")
        self.assertEqual(line["header:user-agent"], "u" * 256)

    def test_headers_of_the_request_that_opened_a_tunnel(self):
        fields = '["event", "id", "header:x-room", "cause"]'
        proxy = self.front(self.scripted(echo_until_close), f"[log]\naccess_fields = {fields}\n")
        with proxy.connect() as client:
            open_tunnel(client, fields=[("X-Room", "7")])
            line = self.line(proxy, "tunnel_opened")
            self.assertEqual((list(line), line["header:x-room"]), (["event", "id", "header:x-room"], "7"))
        self.assertEqual(list(self.line(proxy, "tunnel_closed")), ["event", "id", "cause"])

    def test_a_reload_changes_fields_format_and_what_is_logged(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        self.served(proxy)
        log = '[log]\nrequests = true\naccess_format = "text"\naccess_fields = ["event", "status"]\n'
        proxy.write_config(log + pool("app", backend) + route())
        self.assertEqual(proxy.control("/reload")[0], 200)
        self.served(proxy)
        eventually(lambda: "\n" in proxy.stdout(), 10, "a line")
        self.assertEqual(proxy.stdout(), "exchange status=200\n")


class Hostile(LogCase):
    """What comes as a path, a host or a header's value ends no line and forges nothing, in either format."""

    VALUE = '"} {"event":"forged"\\ \x80\xff=\t\xe2\x80\xa8 status=200'

    def start(self, form):
        fields = '["event", "id", "host", "target", "reason", "header:x-any"]'
        return self.front(
            self.http_backend(),
            f'[log]\nrequests = true\naccess_format = "{form}"\naccess_fields = {fields}\n',
        )

    def attack(self, proxy):
        fields = [("X-Any", self.VALUE), ("X-Request-Id", 'id="} event=forged')]
        head = request("GET", "/%0aforged?q=secret", host="a.example", fields=fields)
        with proxy.connect() as client:
            client.send(head.replace(b"/%0a", b'/%0a"\\=}'))
            client.read_response()
        for target, host in ((b"/\x01\x1b[2J", b"a"), (b"/", b"a\x07b")):
            bad = b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
            self.assertEqual(proxy.ask(bad).status, 400)

    def test_in_json(self):
        proxy = self.start("json")
        self.attack(proxy)
        eventually(lambda: proxy.stdout().count("\n") == 3, 10, "three lines")
        for text in proxy.stdout().splitlines():
            self.assertTrue(text.isascii() and text.isprintable(), text)
        lines = proxy.access_log()
        self.assertEqual([line["event"] for line in lines], ["exchange"] * 3)
        self.assertNotIn("secret", proxy.stdout())

    def test_in_text(self):
        proxy = self.start("text")
        self.attack(proxy)
        eventually(lambda: proxy.stdout().count("\n") == 3, 10, "three lines")
        lines = proxy.stdout().splitlines()
        for text in lines:
            self.assertTrue(text.isascii() and text.isprintable(), text)
            self.assertRegex(text, r"^exchange id=[0-9a-f]{32} ")
        value = lines[0].partition(" header:x-any=")[2]
        escaped = r'"\"} {\"event\":\"forged\"\\ \x80\xff=\x09\xe2\x80\xa8 status=200"'
        self.assertEqual(value, escaped)


class Samples(LogCase):
    def test_what_goes_well_is_sampled_alike_by_all_and_what_does_not_is_logged(self):
        def respond(message, connection):
            return response("503 Service Unavailable" if message.head.target == "/broken" else "200 OK")

        backend = self.http_backend(respond=respond)
        log = "[log]\nrequests = true\nsample = 4\n"
        routes = [
            route(host='"a.test"', path='"/quiet"', log_sample=0),
            route(host='"a.test"', path='"/loud"', log_sample=1),
        ]
        inner = self.start_proxy(log, pool("app", backend), *routes, route(host='"a.test"'))
        outer = self.start_proxy(log, pool("app", f"127.0.0.1:{inner.port}"), route())
        with outer.connect() as client:
            for i in range(200):
                client.send(request("GET", "/well", host="a.test", fields=[("X-Request-Id", f"well-{i}")]))
                self.assertEqual(client.read_response().status, 200)
            for target in ("/quiet", "/loud", "/broken", "/broken", "/loud"):
                client.send(request("GET", target, host="a.test"))
                client.read_response()
        with outer.connect() as client:
            client.send(request("GET", "/none", host="other"))
            self.assertEqual(client.read_response().status, 404)

        def told(proxy, target):
            return [line for line in self.lines(proxy, "exchange") if line["target"] == target]

        eventually(lambda: told(inner, "/none"), 10, "the last is logged")
        sampled = [line["id"] for line in told(inner, "/well")]
        eventually(lambda: len(told(outer, "/broken")) == 2, 10, "here too")
        self.assertEqual(sampled, [line["id"] for line in told(outer, "/well")])
        self.assertTrue(20 < len(sampled) < 90, len(sampled))
        self.assertEqual({line["sample"] for line in told(inner, "/well")}, {4})
        self.assertEqual(told(inner, "/quiet"), [])
        for target in ("/loud", "/broken"):
            self.assertEqual([line.get("sample") for line in told(inner, target)], [None, None], target)
        self.assertEqual(told(inner, "/none")[0]["reason"], "no route serves this host and path")


class OpenTunnels(LogCase):
    def test_each_has_a_line_now_and_then_with_what_it_carried(self):
        proxy = self.front(self.scripted(echo_until_close), '[log]\ntunnel_every = "1s"\n')
        clients = [proxy.connect() for _ in range(5)]
        for client in clients:
            open_tunnel(client)
        clients[0].send(frame(TEXT, b"hello", masked=True))
        self.assertEqual(read_frame(clients[0]).payload, b"hello")
        ids = [line["id"] for line in self.lines(proxy, "tunnel_opened")]

        def seen():
            lines = self.lines(proxy, "tunnel_progress")
            return all(sum(line["id"] == each for line in lines) >= 2 for each in ids) and len(ids) == 5

        def all_seen():
            ids[:] = [line["id"] for line in self.lines(proxy, "tunnel_opened")]
            return seen()

        eventually(all_seen, 20, "each has two lines")
        lines = self.lines(proxy, "tunnel_progress")
        talking = [line for line in lines if line["messages_from_client"] == 1]
        self.assertEqual(len({line["id"] for line in talking}), 1)
        one = talking[-1]
        self.assertEqual((one["bytes_from_client"], one["bytes_from_backend"]), (11, 7))
        self.assertGreaterEqual(one["lifetime"], 1)
        self.assertGreater(one["round_trip_client_us"], 0)
        self.assertNotIn("closed_by", one)
        self.assertNotIn("duration", one)
        ages = [line["lifetime"] for line in lines if line["id"] == one["id"]]
        self.assertEqual(ages, sorted(ages))
        for client in clients:
            client.close()

    def test_none_by_default(self):
        proxy = self.front(self.scripted(echo_until_close))
        with proxy.connect() as client:
            open_tunnel(client)
            self.line(proxy, "tunnel_opened")
        self.line(proxy, "tunnel_closed")
        self.assertEqual(self.lines(proxy, "tunnel_progress"), [])


if __name__ == "__main__":
    unittest.main()
