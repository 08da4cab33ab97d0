"""What a route does itself: redirects, fixed answers, who comes in and how fast, headers of answers."""
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import upgrade_request
from harness.http_message import request, response


class OwnAnswers(ProxyCase):
    def test_redirects_and_fixed_answers_need_no_pool(self):
        proxy = self.start_proxy(
            pool("app", self.http_backend()),
            route("app", path='"/app/"'),
            route(None, path='"/old/"', redirect='"https://{host}{uri}"'),
            route(None, path='"/ping"', respond='{ status = 200, body = "pong" }'),
        )
        with proxy.connect() as client:  # on one connection
            for _ in range(2):
                client.send(request(target="/old/a?x=1", host="Example.test:8080"))
                answer = client.read_response()
                self.assertEqual(answer.status, 308)
                self.assertEqual(answer.head.get("Location"), "https://example.test/old/a?x=1")
                client.send(request(target="/ping"))
                answer = client.read_response()
                self.assertEqual((answer.status, answer.body), (200, b"pong"))
                client.send(request(target="/app/"))
                self.assertEqual(client.read_response().status, 200)
        answer = proxy.ask(upgrade_request("/old/"))
        self.assertEqual(answer.status, 308)
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_http_requests_total", route="*/old/", **{"class": "3xx"}), 3)

    def test_a_body_that_comes_with_it_ends_the_connection_in_order(self):
        proxy = self.start_proxy(pool("app", self.http_backend()), route(None, respond="{ status = 403 }"))
        with proxy.connect() as client:
            client.send(request("POST", body=b"x" * 100_000))
            answer = client.read_response()
            self.assertEqual((answer.status, answer.head.get("Connection")), (403, "close"))
            self.assertEqual(client.ended_by(), "fin")


class Gate(ProxyCase):
    def test_addresses_are_let_in_and_kept_out_after_trusted_proxies_spoke(self):
        proxy = self.start_proxy(
            '[forward]\ntrusted_proxies = ["127.0.0.1"]\n',
            pool("app", self.http_backend()),
            route(path='"/in"', allow='["10.0.0.0/8", "127.0.0.0/8"]', deny='"10.9.0.0/16"'),
        )

        def status(*forwarded):
            fields = [("X-Forwarded-For", each) for each in forwarded]
            return proxy.ask(request(target="/in", fields=fields)).status

        self.assertEqual(status(), 200)
        self.assertEqual(status("10.1.1.1"), 200)
        self.assertEqual(status("10.9.1.1"), 403)
        self.assertEqual(status("192.0.2.1"), 403)
        self.assertEqual(status("10.1.1.1, 192.0.2.1"), 403)  # what the client may have made up does not help
        upgrade = upgrade_request("/in", fields=[("X-Forwarded-For", "192.0.2.1")])
        self.assertEqual(proxy.ask(upgrade).status, 403)
        self.assertEqual(proxy.metrics().value("fairlead_refusals_total", reason="access"), 4)

    def test_requests_that_come_too_fast_get_429_over_all_workers_and_a_reload(self):
        config = lambda more: pool("app", self.kept) + route(
            request_rate='{ limit = "1/min", burst = 5, by = "header", name = "X-Key" }'
        ) + more
        self.kept = self.http_backend()
        proxy = self.start_proxy(config(""), workers=2)

        def ask(key):
            return proxy.ask(request(fields=[("X-Key", key)]))

        self.assertEqual([ask("a").status for _ in range(7)], [200] * 5 + [429] * 2)
        self.assertTrue(1 <= int(ask("a").head.get("Retry-After")) <= 60)
        self.assertEqual(ask("b").status, 200)
        proxy.write_config(config(route(path='"/more"')))
        self.assertEqual(proxy.control("/reload")[0], 200)
        self.assertEqual(ask("a").status, 429)
        self.assertEqual(proxy.metrics().value("fairlead_refusals_total", reason="request_rate"), 4)


class Answers(ProxyCase):
    def test_headers_of_answers_are_set_and_removed(self):
        fields = [("Server", "secret/1.0"), ("X-Frame-Options", "ALLOW"), ("X-Kept", "yes")]
        backend = self.http_backend("b", lambda asked, connection: response(fields=fields))
        headers = '{ X-Frame-Options = "DENY", Server = "", X-New = "n" }'
        proxy = self.start_proxy(pool("app", backend), route(response_headers=headers))
        head = proxy.ask(request()).head
        self.assertEqual([value for name, value in head.fields if name == "X-Frame-Options"], ["DENY"])
        self.assertEqual((head.get("Server"), head.get("X-New"), head.get("X-Kept")), (None, "n", "yes"))


if __name__ == "__main__":
    unittest.main()
