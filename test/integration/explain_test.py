"""`fairlead explain`: what it says a request would do is what the request does."""
import json
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import upgrade_request
from harness.http_message import request
from harness.proxy import run_command


class Explain(ProxyCase):
    def setUp(self):
        super().setUp()
        self.app, self.chat = self.http_backend("app"), self.websocket_backend()
        self.proxy = self.start_proxy(
            pool("app", self.app),
            pool("chat", self.chat, sticky='{ by = "header", name = "X-User" }'),
            route("chat", name='"chat"', path='"/chat/"', only='"websocket"',
                  websocket='{ origins = ["https://app.example.com"] }'),
            route("app", name='"blue"', path='"/api/"', headers='{ X-Tenant = "blue" }',
                  strip_prefix='"/api"', set_headers='{ X-Plan = "gold" }'),
            route(None, name='"old"', path='"/old/"', redirect='"https://{host}/new{uri}"'),
            route("app", name='"private"', path='"/private"', allow='["10.0.0.0/8"]'),
        )  # fmt: skip

    def url(self, path, scheme="http"):
        return f"{scheme}://127.0.0.1:{self.proxy.port}{path}"

    def explain(self, url, *options, code=0):
        done = self.proxy.command("explain", url, "--json", *options)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout)

    def near(self, told, name):
        return next(each for each in told["others"] if each["name"] == name)

    def test_a_forwarded_request_is_told_with_the_head_that_the_backend_gets(self):
        told = self.explain(self.url("/api/users?x=1"), "-H", "X-Tenant: blue", "--client", "127.0.0.1")
        self.assertEqual(told["route"]["name"], "blue")
        self.assertIn("path below /api/", [each["condition"] for each in told["route"]["conditions"]])
        answer = self.proxy.ask(request("GET", "/api/users?x=1", fields=[("X-Tenant", "blue")]))
        self.assertEqual(answer.status, 200)
        head = told["forward"]["head"]
        self.assertEqual(head[0], f"GET {json.loads(answer.body)['target']} HTTP/1.1")
        self.assertIn("X-Plan: gold", head)
        self.assertIn("X-Forwarded-For: 127.0.0.1", head)
        (backend,) = told["forward"]["backends"]
        self.assertEqual((backend["backend"], backend["state"]), (self.app.address, "up"))
        self.assertTrue(backend["may_be_chosen"])

    def test_a_route_that_nearly_matched_says_what_was_missing(self):
        told = self.explain(self.url("/api/users"), "-H", "X-Tenant: red", code=3)
        self.assertIsNone(told["route"])
        self.assertEqual(told["refused"]["status"], 404)
        answer = self.proxy.ask(request("GET", "/api/users", fields=[("X-Tenant", "red")]))
        self.assertEqual(answer.status, 404)
        failed = self.near(told, "blue")["failed"]
        self.assertEqual(failed, [{"condition": "header x-tenant = blue", "seen": "red"}])
        text = self.proxy.command("explain", self.url("/api/users"), "-H", "X-Tenant: red").stdout
        self.assertIn("not so: header x-tenant = blue; the request has red", text)
        self.assertRegex(text, r"blue +\S+fairlead\.toml:\d+")

    def test_websockets_and_their_origins(self):
        told = self.explain(self.url("/chat/1", "ws"), "-H", "Origin: https://evil.example")
        self.assertEqual(told["route"]["name"], "chat")
        self.assertIn(("origins", False), [(each["gate"], each["passes"]) for each in told["gates"]])
        with self.proxy.connect() as client:
            client.send(upgrade_request("/chat/1", fields=[("Origin", "https://evil.example")]))
            self.assertEqual(client.read_response().status, 403)
        plain = self.explain(self.url("/chat/1"), code=3)
        failed = self.near(plain, "chat")["failed"]
        self.assertEqual(failed, [{"condition": "only WebSockets", "seen": "plain HTTP"}])

    def test_who_is_led_back_and_who_is_kept_out(self):
        user = ("-H", "Origin: https://app.example.com", "-H", "X-User: 7")
        told = self.explain(self.url("/chat/1", "ws"), *user)
        self.assertEqual(told["forward"]["sticky"], {"by": "value", "backend": self.chat.address})
        for client, passes in (("10.1.2.3", True), ("192.0.2.1", False)):
            told = self.explain(self.url("/private"), "--client", client)
            self.assertEqual([(each["gate"], each["passes"]) for each in told["gates"]], [("allow", passes)])
        self.assertIsNone(self.explain(self.url("/private"))["gates"][0]["passes"])

    def test_a_redirect_tells_where_to(self):
        told = self.explain(self.url("/old/x?y=1"))
        answer = self.proxy.ask(request("GET", "/old/x?y=1", host=f"127.0.0.1:{self.proxy.port}"))
        self.assertEqual(told["answer"]["status"], answer.status)
        self.assertEqual([told["answer"]["location"]], answer.head.all("Location"))

    def test_what_the_rules_refuse_never_reaches_a_route(self):
        told = self.explain(self.url("/a/%2e%2e/b"), code=3)
        self.assertEqual(told["refused"]["status"], 400)
        self.assertNotIn("route", told)
        wrong = self.proxy.command("explain", "chat.example.com/x")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("a URL begins with http://", wrong.stderr)

    def test_a_file_that_nobody_runs_is_explained_too(self):
        url = self.url("/private")
        done = run_command("explain", url, "--config", self.proxy.config_path, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        told, running = json.loads(done.stdout), self.explain(url)
        self.assertEqual(told["route"]["conditions"], running["route"]["conditions"])
        self.assertNotIn("state", told["forward"]["backends"][0])
        text = run_command("explain", url, "--config", self.proxy.config_path).stdout
        self.assertIn("not known", text)

    def test_an_ejected_backend_is_not_chosen_now(self):
        self.assertEqual(self.proxy.control(f"/backends?backend=app/{self.app.address}&eject=1")[0], 200)
        (backend,) = self.explain(self.url("/private"))["forward"]["backends"]
        self.assertEqual((backend["state"], backend["may_be_chosen"]), ("ejected", False))


if __name__ == "__main__":
    unittest.main()
