"""Which route a request takes: host, path, headers, method, query, kind of traffic, subprotocol."""
import json
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import accept_upgrade, open_tunnel
from harness.http_message import request


class Routes(ProxyCase):
    def start(self, **routes):
        """A proxy with these routes, each a dict of keys; the backend tells the route's name in a header."""
        self.backend = self.http_backend()
        tables = [
            route(name=f'"{name}"', set_headers=f'{{ "X-Route" = "{name}" }}', **keys)
            for name, keys in routes.items()
        ]
        self.proxy = self.start_proxy(pool("app", self.backend), *tables)

    def taken(self, target="/", **options):
        """The name of the route, or the status when the request is not served."""
        answer = self.proxy.ask(request(target=target, **options), options.get("method", "GET"))
        if answer.status != 200:
            return answer.status
        return dict(json.loads(answer.body)["fields"])["X-Route"]

    def expect(self, *rows):
        for name, target, options in rows:
            with self.subTest(target=target, **options):
                self.assertEqual(self.taken(target, **options), name)

    def test_hosts(self):
        self.start(
            exact={"host": '"app.example.test"'},
            wild={"host": '"*.example.test"'},
            deep={"host": '"*.deep.example.test"'},
            other={"host": '"other.test"'},
        )
        self.expect(
            ("exact", "/", {"host": "app.example.test"}),
            ("exact", "/", {"host": "APP.Example.TEST"}),
            ("exact", "/", {"host": "app.example.test:8080"}),
            ("wild", "/", {"host": "b.example.test"}),
            ("wild", "/", {"host": "a.b.example.test"}),
            ("deep", "/", {"host": "a.deep.example.test"}),
            (404, "/", {"host": "example.test"}),
            ("other", "/", {"host": "other.test."}),
            (404, "/", {"host": "xother.test"}),
        )

    def test_paths(self):
        self.start(
            exact={"path": '"/a"'},
            prefix={"path": '"/a/"'},
            longer={"path": '"/a/b/"'},
            regex={"path_regex": "'/user/[0-9]+'"},
            root={"path": '"/exact-only"'},
        )
        self.expect(
            ("exact", "/a", {}),
            ("exact", "/a?x=1", {}),
            ("prefix", "/a/", {}),
            ("prefix", "/a/x", {}),
            ("longer", "/a/b", {}),
            ("longer", "/a/b/c", {}),
            ("prefix", "/a/bc", {}),
            (404, "/ab", {}),
            ("regex", "/user/42", {}),
            (404, "/user/42/x", {}),
            (404, "/user/x", {}),
            (404, "/exact-only/", {}),
        )

    def test_methods_headers_and_query(self):
        self.start(
            tenant={"headers": '{ "X-Tenant" = "blue" }'},
            mobile={"headers": '{ User-Agent = { regex = "(?i).*mobile.*" } }'},
            signed={"headers": "{ Authorization = true }"},
            writes={"methods": '["POST", "PUT"]'},
            version={"query": '{ v = "2" }'},
            rest={},
        )
        self.expect(
            ("tenant", "/", {"fields": [("x-tenant", "blue")]}),
            ("rest", "/", {"fields": [("X-Tenant", "Blue")]}),
            ("mobile", "/", {"fields": [("User-Agent", "A Mobile B")]}),
            ("signed", "/", {"fields": [("Authorization", "Basic x")]}),
            ("writes", "/", {"method": "PUT"}),
            ("version", "/?a=1&v=2", {}),
            ("rest", "/?v=22", {}),
            ("rest", "/", {}),
        )

    def test_the_most_specific_route_wins_whatever_its_place_in_the_file(self):
        self.start(
            rest={},
            path={"path": '"/a/"'},
            host={"host": '"app.test"'},
            both={"host": '"app.test"', "path": '"/a/"'},
            all={"host": '"app.test"', "path": '"/a/"', "methods": '["GET"]'},
        )
        self.expect(
            ("rest", "/", {}),
            ("path", "/a/x", {}),
            ("host", "/", {"host": "app.test"}),
            ("all", "/a/x", {"host": "app.test"}),
            ("both", "/a/x", {"host": "app.test", "method": "PUT"}),
        )

    def test_strip_prefix(self):
        self.start(api={"path": '"/api/"', "strip_prefix": '"/api"'})
        for target, wanted in (
            ("/api/users?x=/api/", "/users?x=/api/"),
            ("/api", "/"),
            ("/api/", "/"),
            ("/api?x", "/?x"),
        ):
            with self.subTest(target):
                self.taken(target)
                self.assertEqual(self.backend.requests[-1].head.target, wanted)

    def test_a_prefix_is_replaced_and_headers_are_set_added_and_removed(self):
        self.backend = self.http_backend()
        self.proxy = self.start_proxy(
            pool("app", self.backend),
            route(
                path='"/api/"',
                strip_prefix='"/api"',
                add_prefix='"/v2/x"',
                set_headers='{ Host = "app.internal", X-Debug = "" }',
                add_headers='{ X-Tag = "edge" }',
            ),
        )
        fields = [("X-Debug", "1"), ("X-Tag", "client")]
        self.assertEqual(self.proxy.ask(request(target="/api/users?x=1", fields=fields)).status, 200)
        head = self.backend.requests[-1].head
        self.assertEqual(head.target, "/v2/x/users?x=1")
        self.assertEqual((head.get("Host"), head.get("X-Debug")), ("app.internal", None))
        self.assertEqual([value for name, value in head.fields if name == "X-Tag"], ["client", "edge"])

    def test_paths_that_mean_two_things_do_not_pass_a_route(self):
        self.start(public={"path": '"/public/"'})
        for target in (
            "/public/../admin",
            "/public/%2e%2e/admin",
            "/public/..%2fadmin",
            "/public/.%2e/admin",
        ):
            with self.subTest(target):
                self.assertEqual(self.taken(target), 400)
        self.assertEqual(self.backend.requests, [])

    def test_two_thousand_routes(self):
        routes = {
            f"r{number}": {"host": f'"h{number}.test"', "path": f'"/p{number}/"'} for number in range(2000)
        }
        self.start(**routes)
        self.expect(
            *[(f"r{number}", f"/p{number}/x", {"host": f"h{number}.test"}) for number in range(0, 2000, 100)]
        )


class WebSocketRoutes(ProxyCase):
    def backend(self, name):
        def serve(connection):
            protocol = accept_upgrade(connection, [("X-Backend", name)])
            connection.ended_by(5)
            return protocol

        return self.scripted(serve)

    def opened_at(self, proxy, target="/", **options):
        with proxy.connect() as client:
            return open_tunnel(client, target, **options).get("X-Backend")

    def test_websockets_and_plain_requests_may_part(self):
        web = self.http_backend("web")
        proxy = self.start_proxy(
            pool("web", web),
            pool("chat", self.backend("chat")),
            route("web", only='"http"'),
            route("chat", only='"websocket"'),
        )
        self.assertEqual(self.opened_at(proxy), "chat")
        self.assertEqual(json.loads(proxy.ask(request()).body)["backend"], "web")

    def test_subprotocols_choose_the_pool(self):
        def speak(name, protocol):
            def serve(connection):
                accept_upgrade(connection, [("X-Backend", name), ("Sec-WebSocket-Protocol", protocol)])
                connection.ended_by(5)

            return self.scripted(serve)

        proxy = self.start_proxy(
            pool("mqtt", speak("mqtt", "mqtt")),
            pool("chat", speak("chat", "chat")),
            route("mqtt", subprotocol='"mqtt"'),
            route("chat"),
        )
        self.assertEqual(self.opened_at(proxy, fields=[("Sec-WebSocket-Protocol", "v2.mqtt, mqtt")]), "mqtt")
        self.assertEqual(self.opened_at(proxy, fields=[("Sec-WebSocket-Protocol", "chat")]), "chat")

    def test_404_for_an_upgrade_without_a_route(self):
        proxy = self.start_proxy(pool("app", self.backend("x")), route(path='"/chat/"'))
        with proxy.connect() as client:
            with self.assertRaises(AssertionError):
                open_tunnel(client, "/other")


if __name__ == "__main__":
    unittest.main()
