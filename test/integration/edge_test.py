"""What a route does itself: redirects, fixed answers, who comes in and how fast, headers of answers."""
import json
import unittest

from harness.case import ProxyCase, pool, route
from harness.crowd import CrowdBackend
from harness.frames import upgrade_request
from harness.http_message import chunked, request, response
from harness.waiting import eventually


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
        labels = {"route": "*/old/", "class": "3xx"}
        # What was answered is counted a moment after the client has it.
        eventually(lambda: proxy.metrics().value("fairlead_http_requests_total", **labels) == 3)

    def test_who_names_no_host_is_sent_to_none(self):
        proxy = self.start_proxy(
            pool("app", self.http_backend()), route(None, redirect='"https://{host}{uri}"')
        )
        answer = proxy.ask(b"GET / HTTP/1.0\r\n\r\n")
        self.assertEqual((answer.status, answer.head.get("Location")), (400, None))
        self.assertEqual(proxy.metrics().value("fairlead_refusals_total", reason="bad_request"), 1)

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


class AuthRequest(ProxyCase):
    """A service that knows who may pass: by a cookie, as an identity provider's proxy does."""

    def setUp(self):
        super().setUp()
        self.asked = []

        def decide(question, connection):
            self.asked.append(question)
            cookie = question.head.get("Cookie") or ""
            if "user=" in cookie:
                return response(fields=[("X-User", cookie.split("user=")[1]), ("X-Secret", "no")], body=b"ok")
            if "broken" in cookie:
                return response("500 Internal Server Error")
            if "lost" in cookie:
                return response("302 Found", [("Location", "https://login.test/"), ("Set-Cookie", "n=1")])
            return response("401 Unauthorized", [("WWW-Authenticate", "Bearer")])

        self.app = self.http_backend("app")
        self.auth = self.http_backend("auth", decide)
        self.proxy = self.start_proxy(
            pool("app", self.app),
            pool("auth", self.auth, response_timeout='"500ms"'),
            route(
                auth_request='{ pool = "auth", path = "/verify", copy_headers = ["X-User"] }',
                set_headers='{ X-User = "nobody", X-By = "route" }',
            ),
        )

    def ask(self, cookie, **options):
        fields = [("Cookie", cookie), ("X-User", "forged"), *options.pop("fields", ())]
        return self.proxy.ask(request(fields=fields, **options))

    def test_who_is_known_passes_with_the_headers_of_the_answer_and_none_of_its_own(self):
        for _ in range(3):
            answer = self.ask("user=ann", method="POST", target="/a?b=c", body=b"body")
            fields = dict(json.loads(answer.body)["fields"])
            self.assertEqual((answer.status, fields["X-User"], fields["X-By"]), (200, "ann", "route"))
            self.assertNotIn("X-Secret", fields)
        head = self.asked[0].head
        self.assertEqual((head.method, head.target), ("GET", "/verify"))
        self.assertEqual((head.get("X-Original-Method"), head.get("X-Original-URI")), ("POST", "/a?b=c"))
        self.assertEqual((self.asked[0].body, head.get("Content-Length")), (b"", None))
        self.assertEqual(len(self.auth.connections), 1)  # it is kept

    def test_the_service_is_told_what_the_backend_would_be_and_nothing_that_the_client_made_up(self):
        self.proxy.write_config(
            '[forward]\nclient_certificate = "X-Client-Cert"\n'
            + pool("app", self.app)
            + pool("auth", self.auth)
            + route(auth_request='{ pool = "auth", path = "/verify", copy_headers = ["X-User"] }')
        )
        self.assertEqual(self.proxy.control("/reload")[0], 200)
        fields = [("X-Client-Cert", "CN=admin"), ("If-None-Match", "*"), ("Range", "bytes=0-1")]
        answer = self.ask("user=ann", target="http://example.test/admin?x=1", fields=fields)
        self.assertEqual(answer.status, 200)
        head = self.asked[-1].head
        self.assertEqual(head.get("X-Original-URI"), "/admin?x=1")
        for name in ("X-User", "X-Client-Cert", "If-None-Match", "Range"):
            self.assertIsNone(head.get(name), name)
        self.assertEqual(dict(json.loads(answer.body)["fields"])["Range"], "bytes=0-1")

    def test_who_is_not_gets_the_answer_and_the_application_sees_nothing(self):
        answer = self.ask("x=y")
        self.assertEqual((answer.status, answer.head.get("WWW-Authenticate")), (401, "Bearer"))
        answer = self.ask("lost")
        self.assertEqual((answer.status, answer.head.get("Location")), (302, "https://login.test/"))
        self.assertEqual(answer.head.get("Set-Cookie"), "n=1")
        self.assertEqual(self.ask("broken").status, 502)
        refused = self.proxy.ask(upgrade_request(fields=[("Cookie", "x=y")]))
        self.assertEqual(refused.status, 401)
        self.assertEqual(self.app.requests, [])
        metrics = self.proxy.metrics()
        self.assertEqual(metrics.value("fairlead_refusals_total", reason="unauthorized"), 3)
        self.assertEqual(metrics.value("fairlead_refusals_total", reason="auth_failed"), 1)

    def test_nobody_passes_while_it_is_silent_or_away(self):
        silent = self.scripted(lambda connection: (connection.read_head(), connection.ended_by(20)))
        config = lambda backend: (
            pool("app", self.app)
            + pool("auth", backend, response_timeout='"200ms"')
            + route(auth_request='{ pool = "auth", path = "/verify" }')
        )
        for backend, status in ((silent, 504), (self.auth, 502)):
            if backend is self.auth:
                self.auth.close()
            self.proxy.write_config(config(backend))
            self.assertEqual(self.proxy.control("/reload")[0], 200)
            self.assertEqual(self.ask("user=ann").status, status)
        self.assertEqual(self.app.requests, [])

    def test_a_client_that_leaves_meanwhile_frees_the_connection_and_harms_nobody(self):
        ended = []

        def serve(connection):
            connection.read_head()
            ended.append(connection.ended_by(20))

        silent = self.scripted(serve)
        config = pool("app", self.app) + pool("auth", silent, response_timeout="0")
        self.proxy.write_config(config + route(auth_request='{ pool = "auth", path = "/verify" }'))
        self.assertEqual(self.proxy.control("/reload")[0], 200)
        with self.proxy.connect() as client:
            client.send(request())
            eventually(lambda: silent.received)
        eventually(lambda: ended, 10)
        self.assertEqual(self.app.requests, [])
        self.assertEqual(self.proxy.metrics().value("fairlead_refusals_total", reason="auth_failed"), 0)

    def test_an_upgrade_is_decided_on_too(self):
        backend = self._keep(CrowdBackend())
        config = pool("app", backend) + pool("auth", self.auth)
        self.proxy.write_config(config + route(auth_request='{ pool = "auth", path = "/verify" }'))
        self.assertEqual(self.proxy.control("/reload")[0], 200)
        with self.proxy.connect() as client:
            client.send(upgrade_request("/ws?t=1", fields=[("Cookie", "user=ann")]))
            self.assertEqual(client.read_head().status, 101)
        head = self.asked[-1].head
        self.assertEqual((head.get("X-Original-URI"), head.get("Upgrade")), ("/ws?t=1", None))


class Trailers(ProxyCase):
    def test_a_trailer_brings_no_header_that_the_route_sets(self):
        for keys, passes in ((dict(set_headers='{ X-Tenant = "blue" }'), False), ({}, True)):
            backend = self.http_backend()
            proxy = self.start_proxy(pool("app", backend), route(**keys))
            body = chunked(b"abc", trailers=[("X-Tenant", "red"), ("X-Sum", "1")])
            fields = [("Transfer-Encoding", "chunked")]
            self.assertEqual(proxy.ask(request("POST", fields=fields) + body).status, 200)
            self.assertEqual(bool(backend.requests[0].trailers), passes)


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
