"""An application below a prefix that it does not know: where it sends its clients, whom its cookies meet."""
import json
import subprocess
import unittest

from harness.case import ProxyCase, pool, route
from harness.http_message import request, response
from harness.node import NodeServer


class Prefix(ProxyCase):
    def told(self, proxy, target, *fields):
        sent = [("X-Forwarded-Prefix", each) for each in fields]
        head = dict(json.loads(proxy.ask(request(target=target, fields=sent)).body)["fields"])
        return head.get("X-Forwarded-Prefix")

    def test_the_backend_is_told_what_was_taken_off_and_nothing_that_a_client_made_up(self):
        backend = self.http_backend()
        routes = [
            pool("app", backend),
            route(path='"/chat/"', strip_prefix='"/chat"'),
            route(path='"/new/"', add_prefix='"/v2"'),
        ]
        proxy = self.start_proxy(*routes)
        self.assertEqual(self.told(proxy, "/chat/x", "/evil"), "/chat")
        self.assertIsNone(self.told(proxy, "/new/x", "/evil"))
        behind = self.start_proxy('[forward]\ntrusted_proxies = ["127.0.0.1"]\n', *routes)
        self.assertEqual(self.told(behind, "/chat/x", "/outer/"), "/outer/chat")
        self.assertEqual(self.told(behind, "/new/x", "/outer"), "/outer")

    def test_locations_and_cookies_come_back_as_the_client_knows_them(self):
        app = self.http_backend(respond=lambda asked, connection: response("302 Found", self.sent))
        rewriting = {"rewrite_location": "true", "rewrite_cookie_path": "true"}
        proxy = self.start_proxy(
            pool("app", app),
            route(path='"/chat/"', strip_prefix='"/chat"', add_prefix='"/v2"', **rewriting),
            route(path='"/as-sent/"', strip_prefix='"/as-sent"'),
            route(
                path='"/named/"',
                strip_prefix='"/named"',
                set_headers='{ Host = "app.internal" }',
                **rewriting,
            ),
        )

        def answered(target, *fields):
            self.sent = list(fields)
            with proxy.connect() as client:
                client.send(request(target=target, host="www.test"))
                answer = client.read_response()
            return [answer.head.get(name) for name, _ in fields]

        at_backend = f"http://{app.address}"
        elsewhere = "https://login.test/v2/x"
        self.assertEqual(
            answered("/chat/a", ("Location", "/v2/b?c"), ("Content-Location", f"{at_backend}/v2/d")),
            ["/chat/b?c", "/chat/d"],
        )
        self.assertEqual(
            answered("/chat/a", ("Location", "https://www.test/v2/b"), ("Refresh", "1; url=/v2/e")),
            ["https://www.test/chat/b", "1; url=/chat/e"],
        )
        self.assertEqual(answered("/chat/a", ("Location", elsewhere)), [elsewhere])
        self.assertEqual(answered("/chat/a", ("Location", "b?c")), ["b?c"])
        cookie = ("Set-Cookie", "s=1; Path=/v2; Secure")
        self.assertEqual(answered("/chat/a", cookie), ["s=1; Path=/chat; Secure"])
        self.assertEqual(answered("/named/a", ("Location", "http://app.internal/b")), ["/named/b"])
        as_sent = [("Location", f"{at_backend}/b"), ("Set-Cookie", "s=1; Path=/")]
        self.assertEqual(answered("/as-sent/a", *as_sent), [value for _, value in as_sent])

    def test_an_application_of_node_that_knows_no_prefix_works_with_curl_and_its_cookies(self):
        server = NodeServer("rooted_app.mjs", modules=False)
        self.addCleanup(server.close)
        proxy = self.start_proxy(
            pool("app", server),
            route(
                path='"/shop/"',
                strip_prefix='"/shop"',
                rewrite_location="true",
                rewrite_cookie_path="true",
            ),
        )
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--fail", "--max-time", "15", "--noproxy", "*"]
            + ["--location", "--max-redirs", "5", "--cookie", ""]
            + ["--write-out", "\n%{num_redirects} %{url_effective}", f"{proxy.url}/shop/"],
            capture_output=True,
            timeout=20,
            check=True,
        )
        # / to /login by its path, to /home by its whole address, with a cookie for all of it on the way.
        seen = done.stdout.decode().split("\n")
        self.assertEqual(seen, ["hello ann", f"2 {proxy.url}/shop/home?from=login"])


if __name__ == "__main__":
    unittest.main()
