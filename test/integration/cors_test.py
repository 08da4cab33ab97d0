"""Pages of other origins: preflights, the fields of answers, and a browser that enforces them."""
import json
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import upgrade_request
from harness.http_message import request, response
from harness.node import run_node
from harness.waiting import eventually

APP = "https://app.test"
EVIL = "https://evil.test"


def preflight(origin=APP, method="PUT", target="/api", fields=()):
    asked = [("Origin", origin), ("Access-Control-Request-Method", method)]
    return request("OPTIONS", target, fields=[*asked, *fields])


def cors_of(answer):
    return {name: value for name, value in answer.head.fields if name.lower().startswith("access-control-")}


class Preflight(ProxyCase):
    def rules(self, **keys):
        texts = {"origins": f'["{APP}"]', "methods": '["PUT"]', "headers": '["Authorization"]', **keys}
        return "{ " + ", ".join(f"{key} = {value}" for key, value in texts.items()) + " }"

    def test_the_proxy_answers_it_and_the_backend_sees_none(self):
        backend = self.http_backend()
        proxy = self.start_proxy(pool("app", backend), route(cors=self.rules(max_age='"10m"')))
        with proxy.connect() as client:  # on one connection
            for _ in range(2):
                client.send(preflight())
                answer = client.read_response()
                self.assertEqual(answer.status, 204)
                self.assertEqual(
                    cors_of(answer),
                    {
                        "Access-Control-Allow-Origin": APP,
                        "Access-Control-Allow-Methods": "PUT",
                        "Access-Control-Allow-Headers": "Authorization",
                        "Access-Control-Max-Age": "600",
                    },
                )
                self.assertIn("Origin", answer.head.get("Vary"))
                self.assertNotIn("Content-Length", answer.head)  # RFC 9110 8.6
            client.send(preflight(EVIL))
            refused = client.read_response()
            self.assertEqual((refused.status, cors_of(refused)), (204, {}))
            client.send(request("OPTIONS", "/api", fields=[("Origin", APP)]))  # which is none
            self.assertEqual(json.loads(client.read_response().body)["method"], "OPTIONS")
        self.assertEqual(len(backend.requests), 1)
        labels = {"route": "*", "class": "2xx"}
        eventually(lambda: proxy.metrics().value("fairlead_http_requests_total", **labels) == 4)

    def test_who_is_kept_out_or_too_fast_gets_none_and_who_has_no_token_does(self):
        auth = self.http_backend("auth", lambda question, connection: response("401 Unauthorized"))
        proxy = self.start_proxy(
            pool("app", self.http_backend()),
            pool("auth", auth),
            route(
                cors=self.rules(),
                auth_request='{ pool = "auth", path = "/verify" }',
                request_rate='{ limit = "1/min", burst = 3 }',
            ),
            route(path='"/denied"', deny='"127.0.0.1"', cors=self.rules()),
        )
        self.assertEqual(proxy.ask(preflight()).status, 204)
        self.assertEqual(auth.requests, [])
        answer = proxy.ask(request("PUT", "/api", fields=[("Origin", APP)]))
        self.assertEqual((answer.status, cors_of(answer)), (401, {"Access-Control-Allow-Origin": APP}))
        self.assertEqual(proxy.ask(preflight()).status, 204)
        late = proxy.ask(preflight())  # a page may see why, and a rate holds for all
        self.assertEqual((late.status, cors_of(late)), (429, {"Access-Control-Allow-Origin": APP}))
        self.assertEqual(proxy.ask(preflight(target="/denied")).status, 403)

    def test_it_goes_by_the_route_of_the_request_that_it_announces(self):
        reads, writes, plain = (self.http_backend(name) for name in ("reads", "writes", "plain"))
        proxy = self.start_proxy(
            pool("reads", reads),
            pool("writes", writes),
            pool("plain", plain),
            route("reads", path='"/api"', methods='["GET"]', cors=self.rules(methods='["GET"]')),
            route("writes", path='"/api"', methods='["PUT"]', cors=self.rules()),
            route("plain", path='"/plain"', methods='["PUT"]'),
            route("plain", path='"/plain"', methods='["OPTIONS"]'),
            route(None, path='"/gone"', respond="{ status = 410 }", cors=self.rules()),
        )

        def allowed(method, target="/api"):
            answer = proxy.ask(preflight(method=method, target=target))
            return answer.status, cors_of(answer).get("Access-Control-Allow-Methods")

        self.assertEqual(allowed("GET"), (204, "GET"))
        self.assertEqual(allowed("PUT"), (204, "PUT"))
        self.assertEqual(allowed("DELETE")[0], 404)
        self.assertEqual(allowed("PUT", "/gone"), (204, "PUT"))
        self.assertEqual(allowed("PUT", "/plain")[0], 200)  # the application's own affair
        self.assertEqual(plain.requests[0].head.method, "OPTIONS")
        answer = proxy.ask(request(target="/gone", fields=[("Origin", APP)]))
        self.assertEqual((answer.status, cors_of(answer)), (410, {"Access-Control-Allow-Origin": APP}))


class Answers(ProxyCase):
    def test_the_routes_word_takes_the_place_of_the_backends(self):
        said = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true")]
        answers = {
            "/": response(fields=[*said, ("Vary", "Accept")]),
            "/varies": response(fields=[*said, ("Vary", "Accept, Origin")]),
        }
        backend = self.http_backend(respond=lambda asked, connection: answers[asked.head.target])
        rules = f'{{ origins = ["{APP}"], expose_headers = ["Link"], credentials = true }}'
        proxy = self.start_proxy(pool("app", backend), route(cors=rules))
        answer = proxy.ask(request(fields=[("Origin", APP)]))
        self.assertEqual(
            cors_of(answer),
            {
                "Access-Control-Allow-Origin": APP,
                "Access-Control-Allow-Credentials": "true",
                "Access-Control-Expose-Headers": "Link",
            },
        )
        self.assertEqual(answer.head.get("Vary"), "Accept, Origin")
        self.assertEqual(proxy.ask(request(target="/varies")).head.get("Vary"), "Accept, Origin")
        # Forwarded: it is the browser's to refuse.
        refused = proxy.ask(request("PUT", fields=[("Origin", EVIL)]))
        self.assertEqual((refused.status, cors_of(refused)), (200, {}))
        self.assertEqual(backend.requests[-1].head.get("Origin"), EVIL)

    def test_a_page_may_see_the_proxys_own_errors_and_sockets_are_left_alone(self):
        dead = self.scripted(lambda connection: None)
        dead.stop_listening()
        proxy = self.start_proxy(
            pool("app", dead),
            pool("ws", self.websocket_backend()),
            route(cors='{ origins = "*" }'),
            route("ws", path='"/ws"', cors='{ origins = "*" }'),
        )
        answer = proxy.ask(request(fields=[("Origin", APP)]))
        self.assertEqual((answer.status, cors_of(answer)), (502, {"Access-Control-Allow-Origin": "*"}))
        self.assertNotIn("Vary", answer.head)
        upgraded = proxy.ask(upgrade_request("/ws", fields=[("Origin", EVIL)]))
        self.assertEqual((upgraded.status, cors_of(upgraded)), (101, {}))


class Browser(ProxyCase):
    def test_chromium_lets_the_page_that_is_named_and_no_other(self):
        page = response(fields=[("Content-Type", "text/html")], body=b"<!doctype html><title>page</title>")
        site = self.http_backend("site", lambda asked, connection: page)

        def act(asked, connection):
            cookie = asked.head.get("Cookie") or ""
            fields = [("Set-Cookie", "seen=1; SameSite=Lax"), ("X-Shown", "shown"), ("X-Hidden", "hidden")]
            return response(fields=fields, body=f"{asked.head.method} {cookie}".encode())

        api = self.http_backend("api", act)
        ours = f"http://127.0.0.1:{site.port}"
        other = f"http://localhost:{site.port}"
        rules = f"""{{ origins = ["{ours}"], methods = ["GET", "PUT"], headers = ["X-Tenant"],
            expose_headers = ["X-Shown"], credentials = true }}""".replace("\n", " ")
        keys = {"path": '"/api"', "methods": '["GET", "PUT"]', "cors": rules}
        proxy = self.start_proxy(pool("app", api), route(**keys))
        told = json.loads(run_node("cors_page.mjs", ours, other, f"{proxy.url}/api"))
        seen = {"status": 200, "body": "GET ", "shown": "shown", "hidden": None}
        self.assertEqual(told["ours"]["get"], seen)
        # The cookie of the answer before it goes with this one, which needed a preflight.
        self.assertEqual(told["ours"]["put"]["body"], "PUT seen=1")
        self.assertEqual(told["ours"]["delete"], "refused")  # not among the methods
        self.assertEqual(told["ours"]["header"], "refused")  # not among the headers
        self.assertEqual(set(told["other"].values()), {"refused"})
        # What needs no preflight is asked, and the page sees nothing of the answer.
        self.assertEqual([each.head.method for each in api.requests], ["GET", "PUT", "GET"])


if __name__ == "__main__":
    unittest.main()
