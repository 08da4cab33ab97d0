"""What RFC 9110 and 9112 ask of a gateway that no other suite shows; docs/http.md has the whole table."""
import email.utils
import json
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.http_message import chunked, request, response
from harness.waiting import eventually

CHUNKED = [("Transfer-Encoding", "chunked")]


class Dates(ProxyCase):
    def expect_now(self, head):
        self.assertEqual(len(head.all("Date")), 1, head.fields)
        said = email.utils.parsedate_to_datetime(head.get("Date")).timestamp()
        self.assertLess(abs(said - time.time()), 30)

    def test_an_answer_without_date_gets_the_time_it_came(self):
        proxy = self.front(self.http_backend())
        self.expect_now(proxy.ask(request()).head)
        self.expect_now(proxy.ask(request("HEAD"), "HEAD").head)

    def test_the_proxys_own_answers_have_one(self):
        backend = self.http_backend()
        proxy = self.start_proxy(
            pool("app", backend),
            route(path='"/app"'),
            route(None, path='"/fixed"', respond='{ status = 200, body = "x" }'),
            route(None, path='"/moved"', redirect='"/app"'),
        )
        for status, data in (
            (404, request(target="/gone")),
            (400, request(host=None)),
            (200, request(target="/fixed")),
            (308, request(target="/moved")),
            (405, request("TRACE")),
            (200, request("OPTIONS", "/app", fields=[("Max-Forwards", "0")])),
        ):
            with self.subTest(data):
                answer = proxy.ask(data)
                self.assertEqual(answer.status, status)
                self.expect_now(answer.head)

    def test_an_interim_answer_gets_none(self):
        hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        proxy = self.front(self.http_backend(respond=lambda *_: hints + response(body=b"x")))
        with proxy.connect() as client:
            client.send(request())
            client.read_response()
            self.assertNotIn("Date", client.interim[0].head)


class Targets(ProxyCase):
    def test_an_absolute_target_chooses_the_route_as_its_host_would(self):
        backend = self.http_backend()
        proxy = self.start_proxy(pool("app", backend), route(host='"a.test"'))
        for target in ("http://a.test/x?y", "HTTP://A.test/x?y"):
            host = target.split("/")[2]
            self.assertEqual(proxy.ask(request(target=target, host=host)).status, 200)
            self.assertEqual(backend.requests[-1].head.target, "/x?y")
        self.assertEqual(proxy.ask(request(target="http://a.test:80/", host="a.test")).status, 200)
        self.assertEqual(backend.requests[-1].head.all("Host"), ["a.test:80"])
        self.assertEqual(proxy.ask(request(target="http://b.test/", host="b.test")).status, 404)

    def test_without_a_path_an_absolute_target_is_the_root(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for target, seen in (("http://a.test", "/"), ("http://a.test?q", "/?q")):
            proxy.ask(request(target=target, host="a.test"))
            self.assertEqual(backend.requests[-1].head.target, seen)

    def test_an_http_1_0_absolute_target_makes_the_host(self):
        backend = self.http_backend()
        self.front(backend).ask(request(target="http://a.test:81/", host=None, version="HTTP/1.0"))
        self.assertEqual(backend.requests[0].head.all("Host"), ["a.test:81"])

    def test_an_https_target_is_not_served_without_tls_unless_a_trusted_proxy_brings_it(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        asked = request(target="https://example.test/")
        self.assertEqual(proxy.ask(asked).status, 421)
        self.assertEqual(backend.received, b"")
        trusting = self.front(backend, '[forward]\ntrusted_proxies = ["127.0.0.1"]')
        self.assertEqual(trusting.ask(asked).status, 200)

    def test_userinfo_in_a_target_is_refused(self):
        asked = request(target="http://user@example.test/", host="user@example.test")
        self.assertEqual(self.front(self.http_backend()).ask(asked).status, 400)

    def test_the_host_is_first_and_comes_from_one_place(self):
        backend = self.http_backend()
        self.front(backend).ask(b"GET / HTTP/1.1\r\nX-First: 1\r\nHost: A.test:8080\r\n\r\n")
        self.assertEqual(backend.requests[0].head.fields[0], ("Host", "A.test:8080"))


class Versions(ProxyCase):
    def test_an_http_1_0_client_may_ask_to_go_on_and_is_told(self):
        proxy = self.front(self.http_backend())
        with proxy.connect() as client:
            for _ in range(3):
                client.send(request(version="HTTP/1.0", fields=[("Connection", "keep-alive")]))
                answer = client.read_response()
                self.assertEqual((answer.status, answer.head.get("Connection")), (200, "keep-alive"))

    def test_an_http_1_0_client_that_goes_on_still_sees_where_a_body_ends(self):
        answer = response(fields=CHUNKED, length=False) + chunked(b"abc")
        proxy = self.front(self.http_backend(respond=lambda *_: answer))
        with proxy.connect() as client:
            client.send(request(version="HTTP/1.0", fields=[("Connection", "keep-alive")]))
            got = client.read_response()
            self.assertEqual((got.body, got.head.get("Connection")), (b"abc", "close"))

    def test_each_hop_speaks_its_own_version_and_via_tells_the_one_received(self):
        def serve(connection):
            connection.read_request()
            connection.send(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")

        backend = self.scripted(serve)
        answer = self.front(backend).ask(request(version="HTTP/1.0", fields=[("Via", "1.0 edge")]))
        self.assertEqual((answer.head.version, answer.head.get("Via")), ("HTTP/1.1", "1.0 fairlead"))
        self.assertTrue(backend.received.startswith(b"GET / HTTP/1.1\r\n"))
        self.assertIn(b"Via: 1.0 edge\r\n", backend.received)
        self.assertIn(b"Via: 1.0 fairlead\r\n", backend.received)

    def test_an_http_1_0_expectation_is_ignored(self):
        backend = self.http_backend()
        fields = [("Expect", "100-continue"), ("Content-Length", "2")]
        answer = self.front(backend).ask(request("POST", version="HTTP/1.0", fields=fields) + b"ok")
        self.assertEqual(answer.status, 200)
        self.assertNotIn("Expect", backend.requests[0].head)

    def test_an_expectation_nobody_knows_is_417(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        self.assertEqual(proxy.ask(request(fields=[("Expect", "a-pony")])).status, 417)
        self.assertEqual(backend.received, b"")

    def test_a_refusal_before_the_body_ends_a_connection_that_expects_100(self):
        proxy = self.front(self.http_backend(), '[limits]\nbody_bytes = "1KiB"')
        with proxy.connect() as client:
            client.send(request("POST", fields=[("Expect", "100-continue"), ("Content-Length", "9999")]))
            answer = client.read_response()
            self.assertEqual((answer.status, client.interim), (413, []))
            self.assertEqual(answer.head.get("Connection"), "close")


class Fields(ProxyCase):
    def test_trailers_that_connection_names_stay_here_in_both_directions(self):
        def respond(message, connection):
            fields = CHUNKED + [("Connection", "X-Hop")]
            return response(fields=fields, length=False) + chunked(b"abc", trailers=[("X-Hop", "1")])

        backend = self.http_backend(respond=respond)
        fields = CHUNKED + [("Connection", "x-hop")]
        data = request("POST", fields=fields) + chunked(b"abc", trailers=[("X-Hop", "1")])
        answer = self.front(backend).ask(data)
        self.assertEqual((answer.body, answer.trailers), (b"abc", []))
        self.assertEqual((backend.requests[0].body, backend.requests[0].trailers), (b"abc", []))

    def test_request_trailers_reach_the_backend(self):
        backend = self.http_backend()
        data = request("POST", fields=CHUNKED + [("Trailer", "X-Sum")])
        self.front(backend).ask(data + chunked(b"abc", trailers=[("X-Sum", "42")]))
        self.assertEqual(backend.requests[0].trailers, [("X-Sum", "42")])
        self.assertEqual(backend.requests[0].head.get("Trailer"), "X-Sum")

    def test_a_backend_is_told_that_the_client_takes_trailers_and_they_arrive(self):
        def respond(message, connection):
            takes = message.head.get("TE") == "trailers" and message.head.get("Connection") == "TE"
            trailers = [("X-Sum", "42")] if takes else []
            return response(fields=CHUNKED, length=False) + chunked(b"abc", trailers=trailers)

        proxy = self.front(self.http_backend(respond=respond))
        told = proxy.ask(request(fields=[("Connection", "TE"), ("TE", "trailers, deflate;q=0.5")]))
        self.assertEqual((told.body, told.trailers), (b"abc", [("X-Sum", "42")]))
        self.assertEqual(proxy.ask(request()).trailers, [])

    def test_trailers_are_dropped_where_the_client_speaks_http_1_0(self):
        answer = response(fields=CHUNKED, length=False) + chunked(b"abc", trailers=[("X-Sum", "1")])
        proxy = self.front(self.http_backend(respond=lambda *_: answer))
        got = proxy.ask(request(version="HTTP/1.0"))
        self.assertEqual(got.body, b"abc")
        self.assertNotIn("Trailer", got.head)

    def test_a_range_and_its_answer_pass_untouched(self):
        asked = [("Range", "bytes=2-3"), ("If-Range", '"v1"')]
        told = [("Content-Range", "bytes 2-3/10"), ("ETag", '"v1"'), ("Accept-Ranges", "bytes")]
        backend = self.http_backend(
            respond=lambda *_: response("206 Partial Content", fields=told, body=b"23")
        )
        answer = self.front(backend).ask(request(fields=asked))
        self.assertEqual((answer.status, answer.body), (206, b"23"))
        self.assertEqual([each for each in answer.head.fields if each in told], told)
        self.assertEqual([each for each in backend.requests[0].head.fields if each in asked], asked)

    def test_conditions_validators_and_codings_of_the_content_pass_untouched(self):
        asked = [
            ("If-None-Match", 'W/"a", "b"'),
            ("If-Modified-Since", "Tue, 15 Nov 1994 08:12:31 GMT"),
            ("Accept-Encoding", "gzip, br;q=0.5"),
            ("Cache-Control", "no-transform"),
        ]
        told = [("ETag", 'W/"a"'), ("Content-Encoding", "x-own"), ("Vary", "Accept"), ("Age", "7")]
        backend = self.http_backend(respond=lambda *_: response(fields=told, body=b"\x1f\x8b"))
        answer = self.front(backend).ask(request(fields=asked))
        self.assertEqual([each for each in answer.head.fields if each in told], told)
        self.assertEqual(answer.body, b"\x1f\x8b")
        self.assertEqual([each for each in backend.requests[0].head.fields if each in asked], asked)

    def test_credentials_of_a_challenge_pass_both_ways(self):
        told = [("WWW-Authenticate", 'Basic realm="a"'), ("WWW-Authenticate", "Bearer")]
        backend = self.http_backend(respond=lambda *_: response("401 Unauthorized", fields=told))
        asked = [("Authorization", "Basic eA=="), ("Proxy-Authorization", "Basic eQ==")]
        answer = self.front(backend).ask(request(fields=asked))
        self.assertEqual(answer.head.all("WWW-Authenticate"), ['Basic realm="a"', "Bearer"])
        self.assertEqual([each for each in backend.requests[0].head.fields if each in asked], asked)

    def test_statuses_and_phrases_nobody_knows_pass(self):
        for status in ("299 Fine", "418 I'm a teapot", "599 Own", "200 ", "205 Reset Content"):
            with self.subTest(status):
                backend = self.http_backend(respond=lambda *_: response(status))
                answer = self.front(backend).ask(request())
                self.assertEqual(answer.head.start_line, f"HTTP/1.1 {status}")

    def test_a_status_line_without_a_space_behind_its_code_is_read_and_written_with_one(self):
        answer = b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"
        proxy = self.front(self.http_backend(respond=lambda *_: answer))
        got = proxy.ask(request())
        self.assertEqual((got.head.start_line, got.body), ("HTTP/1.1 200 ", b"ok"))

    def test_a_location_made_of_the_request_cannot_split_the_answer(self):
        proxy = self.start_proxy(
            pool("app", self.http_backend()), route(None, path='"/old"', redirect='"https://{host}{uri}"')
        )
        answer = proxy.ask(request(target="/old?a=%0d%0aSet-Cookie:%20x=1"))
        self.assertEqual(answer.head.get("Location"), "https://example.test/old?a=%0d%0aSet-Cookie:%20x=1")
        self.assertNotIn("Set-Cookie", answer.head)


class Upgrades(ProxyCase):
    H2C = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABk")]

    def test_h2c_with_a_body_is_served_as_http_1_1_and_the_connection_goes_on(self):
        # What Java's HttpClient sends first.
        backend = self.http_backend()
        proxy = self.front(backend)
        with proxy.connect() as client:
            for body in (b"", b"hello"):
                client.send(request("POST" if body else "GET", fields=self.H2C, body=body))
                answer = client.read_response()
                self.assertEqual(json.loads(answer.body)["body_length"], len(body))
                self.assertNotIn("Upgrade", answer.head)
        for message in backend.requests:
            self.assertNotIn("Upgrade", message.head)
            self.assertNotIn("HTTP2-Settings", message.head)

    def test_an_offer_of_the_backends_own_stays_here_but_426_says_to_what(self):
        for status, kept in (("200 OK", False), ("426 Upgrade Required", True)):
            fields = [("Upgrade", "h2c"), ("Connection", "Upgrade")]
            backend = self.http_backend(respond=lambda *_: response(status, fields=fields))
            head = self.front(backend).ask(request()).head
            self.assertEqual(head.get("Upgrade"), "h2c" if kept else None)
            self.assertEqual("upgrade" in head.get("Connection", "").lower(), kept)

    def test_http_2_with_prior_knowledge_is_505(self):
        proxy = self.front(self.http_backend())
        with proxy.connect() as client:
            client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            self.assertEqual(client.read_response().status, 505)


class Ends(ProxyCase):
    def test_nothing_behind_a_request_that_says_close_is_served(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        with proxy.connect() as client:
            client.send(request(fields=[("Connection", "close")]) + request(target="/behind"))
            self.assertEqual(client.read_response().status, 200)
            self.assertIn(client.ended_by(), ("fin", "reset"))
        self.assertEqual([message.head.target for message in backend.requests], ["/"])

    def test_the_last_answer_is_whole_though_the_client_still_sends(self):
        # RFC 9112 9.6: closing in stages, else a reset overtakes the answer.
        proxy = self.front(self.http_backend(), '[limits]\nbody_bytes = "1KiB"')
        with proxy.connect() as client:
            client.send(request("POST", fields=[("Content-Length", "1000000")]) + b"x" * 200_000)
            time.sleep(0.2)  # the answer lies in the kernel when more comes
            client.send(b"x" * 200_000)
            self.assertEqual(client.read_response().status, 413)

    def test_a_request_that_ends_early_reaches_no_end_at_the_backend(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for data in (
            request("POST", fields=[("Content-Length", "10")]) + b"half",
            request("POST", fields=CHUNKED) + b"5\r\nhello\r\n",
        ):
            with proxy.connect() as client:
                client.send(data)
                eventually(lambda: b"hal" in backend.received or b"hello" in backend.received)
                client.end_sending()
                client.read_to_end_or_quiet(2)
        self.assertEqual(backend.requests, [])

    def test_transfer_codings_nobody_knows_are_501(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        for value in ("gzip, chunked", "x-own, chunked"):
            self.assertEqual(proxy.ask(request("POST", fields=[("Transfer-Encoding", value)])).status, 501)
        self.assertEqual(backend.received, b"")

    def test_an_upload_to_who_answers_early_does_not_stop_the_answer(self):
        body = b"y" * 3_000_000

        def serve(connection):
            connection.read_head()
            connection.send(response(fields=[("Connection", "close")], body=body))
            connection.end_sending()
            connection.ended_by(5)

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            client.send(request("POST", fields=[("Content-Length", "9999999")]) + b"x" * 1000)
            answer = client.read_response()
            self.assertEqual((answer.status, answer.body), (200, body))
            self.assertEqual(answer.head.get("Connection"), "close")


if __name__ == "__main__":
    unittest.main()
