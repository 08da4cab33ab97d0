"""What the proxy removes from, adds to and leaves alone in heads (RFC 9110 7.6, RFC 7239)."""
import unittest

from harness.case import ProxyCase, pool, route
from harness.http_message import request, response


class RequestFields(ProxyCase):
    def seen(self, fields=(), extra="", **options):
        """The head the backend got for a request with these fields."""
        backend = self.http_backend()
        answer = self.front(backend, extra).ask(request(fields=fields, **options))
        self.assertEqual(answer.status, 200)
        return backend.requests[0].head

    def test_end_to_end_fields_pass_in_order_with_their_spelling(self):
        fields = [
            ("Accept", "*/*"),
            ("X-oDD-Case", "1"),
            ("Cookie", "a=b"),
            ("X-Empty", ""),
            ("Cookie", "c=d"),
            ("TE-Like", "x"),
            ("Authorization", "Basic abc="),
        ]
        passed = [each for each in self.seen(fields).fields if each in fields]
        self.assertEqual(passed, fields)

    def test_hop_by_hop_fields_are_removed(self):
        head = self.seen(
            [
                ("Connection", "keep-alive, X-Private"),
                ("Keep-Alive", "timeout=5"),
                ("X-Private", "1"),
                ("Proxy-Connection", "keep-alive"),
                ("TE", "gzip"),
                ("Proxy-Authorization", "Basic x"),
                ("X-Public", "2"),
            ]
        )
        for name in ("Keep-Alive", "X-Private", "Proxy-Connection"):
            self.assertNotIn(name, head)
        self.assertNotIn("gzip", head.get("TE", ""))
        self.assertNotIn("x-private", head.get("Connection", "").lower())
        self.assertEqual(head.get("X-Public"), "2")

    def test_connection_cannot_name_away_fields_that_matter(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for name in ("Host", "Content-Length", "X-Forwarded-For", "X-Request-Id", "Cookie"):
            with self.subTest(name):
                backend.requests.clear()
                with proxy.connect() as client:
                    client.send(
                        request("POST", fields=[("Connection", name), ("Cookie", "a=b")], body=b"abc")
                    )
                    status = client.read_response().status
                if status == 200 and name != "Cookie":
                    self.assertIn(name, backend.requests[0].head)
                else:
                    self.assertIn(status, (200, 400))

    def test_via_names_this_proxy_behind_those_before_it(self):
        self.assertEqual(self.seen().get("Via"), "1.1 fairlead")
        self.assertEqual(self.seen([("Via", "1.0 edge")]).get("Via"), "1.0 edge, 1.1 fairlead")
        self.assertEqual(self.seen(extra='[forward]\nvia_name = "harbour"').get("Via"), "1.1 harbour")
        self.assertNotIn("Via", self.seen(extra="[forward]\nvia = false"))

    def test_x_forwarded_fields_tell_the_client(self):
        head = self.seen(host="app.example.test")
        self.assertEqual(head.get("X-Forwarded-For"), "127.0.0.1")
        self.assertEqual(head.get("X-Forwarded-Proto"), "http")
        self.assertEqual(head.get("X-Forwarded-Host"), "app.example.test")
        self.assertNotIn("Forwarded", head)

    def test_the_address_of_the_client_comes_last_in_x_forwarded_for(self):
        value = self.seen([("X-Forwarded-For", "203.0.113.9")]).get("X-Forwarded-For")
        self.assertTrue(value.endswith("127.0.0.1"), value)

    def test_x_forwarded_can_be_switched_off(self):
        head = self.seen(extra="[forward]\nx_forwarded = false")
        self.assertNotIn("X-Forwarded-For", head)

    def test_fields_that_cgi_would_take_for_x_forwarded_do_not_pass(self):
        self.assertNotIn("X_Forwarded_For", self.seen([("X_Forwarded_For", "10.9.8.7")]))

    def test_forwarded_by_option(self):
        value = (
            self.seen(extra="[forward]\nforwarded = true", host="app.example.test").get("Forwarded").lower()
        )
        for part in ("for=127.0.0.1", "proto=http", "host=app.example.test"):
            self.assertIn(part, value.replace('"', ""))

    def test_a_request_id_is_made_and_differs_between_requests(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for _ in range(5):
            proxy.ask(request())
        ids = {message.head.get("X-Request-Id") for message in backend.requests}
        self.assertEqual(len(ids), 5)
        self.assertNotIn(None, ids)

    def test_the_request_id_field_has_a_name_of_the_operators_choice_or_none(self):
        self.assertIn("X-Trace", self.seen(extra='[forward]\nrequest_id = "X-Trace"'))
        self.assertNotIn("X-Request-Id", self.seen(extra='[forward]\nrequest_id = ""'))

    def test_bytes_above_ascii_in_values_pass_unchanged(self):
        self.assertEqual(self.seen([("X-Name", "J\xf6rg")]).get("X-Name"), "J\xf6rg")

    def test_an_absolute_target_is_forwarded_in_origin_form(self):
        head = self.seen(target="http://example.test/a?b=c")
        self.assertEqual((head.target, head.get("Host")), ("/a?b=c", "example.test"))

    def test_ipv6_clients_are_named_without_brackets_in_x_forwarded_for(self):
        backend = self.http_backend()
        proxy = self.start_proxy(pool("app", backend), route(), host="::1")
        self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(backend.requests[0].head.get("X-Forwarded-For"), "::1")

    def test_set_headers_of_the_route_sets_and_removes(self):
        backend = self.http_backend()
        proxy = self.start_proxy(
            pool("app", backend), route(set_headers='{ "X-Tenant" = "blue", "X-Debug" = "" }')
        )
        proxy.ask(request(fields=[("X-Tenant", "red"), ("X-Debug", "1"), ("X-Other", "2")]))
        head = backend.requests[0].head
        self.assertEqual(
            (head.all("X-Tenant"), head.all("X-Debug"), head.all("X-Other")), (["blue"], [], ["2"])
        )


class ResponseFields(ProxyCase):
    def got(self, *fields):
        backend = self.http_backend(respond=lambda message, connection: response(fields=fields, body=b"ok"))
        return self.front(backend).ask(request()).head

    def test_end_to_end_fields_pass_in_order_and_repeated_ones_stay_apart(self):
        fields = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-oDD", "y"), ("Cache-Control", "no-store")]
        self.assertEqual([each for each in self.got(*fields).fields if each in fields], fields)

    def test_hop_by_hop_fields_are_removed(self):
        head = self.got(
            ("Connection", "X-Private, keep-alive"),
            ("X-Private", "1"),
            ("Keep-Alive", "timeout=9"),
            ("Proxy-Connection", "x"),
        )
        for name in ("X-Private", "Keep-Alive", "Proxy-Connection"):
            self.assertNotIn(name, head)

    def test_server_and_date_of_the_backend_are_left_alone(self):
        head = self.got(("Server", "app/1"), ("Date", "Tue, 15 Nov 1994 08:12:31 GMT"))
        self.assertEqual(
            (head.all("Server"), head.all("Date")), (["app/1"], ["Tue, 15 Nov 1994 08:12:31 GMT"])
        )


if __name__ == "__main__":
    unittest.main()
