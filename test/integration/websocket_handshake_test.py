"""The upgrade: what is asked of the client, what is verified in the backend's 101 (RFC 6455 4)."""
import threading
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import (
    SAMPLE_KEY,
    TEXT,
    accept_for,
    accept_upgrade,
    frame,
    open_tunnel,
    read_frame,
    switching_protocols,
    upgrade_request,
)
from harness.http_message import request, response


def echo_frames(connection):
    """A backend that accepts the upgrade and sends every frame's payload back."""
    accept_upgrade(connection)
    while True:
        got = read_frame(connection)
        connection.send(frame(got.opcode, got.payload))


class FromTheClient(ProxyCase):
    def setUp(self):
        super().setUp()
        self.backend = self.scripted(echo_frames)
        self.proxy = self.front(self.backend)

    def expect_tunnel(self, data):
        with self.proxy.connect() as client:
            client.send(data)
            head = client.read_head()
            self.assertEqual(head.status, 101, head.raw)
            client.send(frame(TEXT, "hello", masked=True))
            self.assertEqual(read_frame(client).payload, b"hello")
        return head

    def test_the_101_has_the_accept_value_of_the_key_and_both_tokens(self):
        head = self.expect_tunnel(upgrade_request())
        self.assertEqual(head.get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        self.assertEqual(head.get("Upgrade").lower(), "websocket")
        self.assertEqual(head.get("Connection").lower(), "upgrade")

    def test_token_lists_and_letter_case_are_understood(self):
        self.expect_tunnel(
            upgrade_request().replace(b"Connection: Upgrade", b"Connection: keep-alive, uPGRADE")
        )
        self.expect_tunnel(upgrade_request().replace(b"Upgrade: websocket", b"Upgrade: WebSocket"))
        self.expect_tunnel(
            upgrade_request().replace(
                b"Connection: Upgrade\r\n", b"Connection: keep-alive\r\nConnection: Upgrade\r\n"
            )
        )

    def test_the_request_reaches_the_backend_as_an_upgrade(self):
        self.expect_tunnel(
            upgrade_request(
                "/chat?room=1", fields=[("Origin", "https://app.example.test"), ("Cookie", "a=b")]
            )
        )
        head = self.backend.received.split(b"\r\n\r\n")[0].decode()
        self.assertTrue(head.startswith("GET /chat?room=1 HTTP/1.1\r\n"))
        for line in ("Origin: https://app.example.test", "Cookie: a=b", "X-Forwarded-For: 127.0.0.1"):
            self.assertIn(line, head)

    def test_426_for_another_version_names_the_one_that_is_spoken(self):
        for version in ("8", "14", "0", "thirteen", "13, 8", "", None):
            with self.subTest(version):
                answer = self.proxy.ask(upgrade_request(version=version))
                self.assertIn(
                    answer.status, (400, 426) if version in ("", None, "13, 8", "thirteen") else (426,)
                )
                if answer.status == 426:
                    self.assertEqual(answer.head.get("Sec-WebSocket-Version"), "13")
        self.assertEqual(self.backend.received, b"")

    def test_400_for_a_key_that_is_not_16_bytes_in_base64(self):
        for key in (
            None,
            "",
            "short",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25jZSE=",
            "!GhlIHNhbXBsZSBub25jZQ==",
            "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
        ):
            with self.subTest(key):
                self.assertEqual(self.proxy.ask(upgrade_request(key=key)).status, 400)
        self.assertEqual(self.backend.received, b"")

    def test_400_for_two_keys(self):
        data = upgrade_request(fields=[("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw==")])
        self.assertEqual(self.proxy.ask(data).status, 400)

    def test_a_method_other_than_get_is_no_websocket_upgrade(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        answer = proxy.ask(upgrade_request().replace(b"GET", b"POST", 1))
        self.assertIn(answer.status, (200, 400, 405))
        for message in backend.requests:
            self.assertNotIn("Upgrade", message.head)

    def test_http_1_0_does_not_upgrade(self):
        backend = self.http_backend()
        answer = self.front(backend).ask(upgrade_request().replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        self.assertNotEqual(answer.status, 101)
        for message in backend.requests:
            self.assertNotIn("Upgrade", message.head)

    def test_an_upgrade_without_the_connection_token_is_plain_http(self):
        backend = self.http_backend()
        answer = self.front(backend).ask(upgrade_request().replace(b"Connection: Upgrade\r\n", b""))
        self.assertEqual(answer.status, 200)
        self.assertNotIn("Upgrade", backend.requests[0].head)

    def test_bytes_directly_behind_the_request_head_are_not_lost(self):
        with self.proxy.connect() as client:
            client.send(
                upgrade_request() + b"".join(frame(TEXT, f"early {n}", masked=True) for n in range(50))
            )
            self.assertEqual(client.read_head().status, 101)
            for number in range(50):
                self.assertEqual(read_frame(client).payload, f"early {number}".encode())

    def test_one_byte_at_a_time_in_both_directions(self):
        def serve(connection):
            head = connection.read_head()
            connection.send_bytewise(switching_protocols(head.get("Sec-WebSocket-Key")))
            for _ in range(3):
                connection.send_bytewise(frame(TEXT, read_frame(connection).payload))

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            client.send_bytewise(upgrade_request())
            self.assertEqual(client.read_head().status, 101)
            for size in (0, 5, 300):
                client.send_bytewise(frame(TEXT, b"x" * size, masked=True))
                self.assertEqual(read_frame(client).payload, b"x" * size)


class FromTheBackend(ProxyCase):
    def answer_of(self, make_response, fields=()):
        """What the client gets when the backend answers its upgrade with make_response(key)."""

        def serve(connection):
            key = connection.read_head().get("Sec-WebSocket-Key")
            connection.send(make_response(key))
            connection.ended_by(3)

        with self.front(self.scripted(serve)).connect() as client:
            client.send(upgrade_request(fields=fields))
            return client.read_response()

    def test_a_101_that_does_not_fit_becomes_502(self):
        right = switching_protocols
        lies = {
            "accept of another key": lambda key: right("x3JJHMbDL1EzLkh9GBhXDw=="),
            "no accept": lambda key: right(key).replace(b"Sec-WebSocket-Accept", b"X-Accept"),
            "accept is the key": lambda key: right(key).replace(accept_for(key).encode(), key.encode()),
            "no upgrade": lambda key: right(key).replace(b"Upgrade: websocket\r\n", b""),
            "another upgrade": lambda key: right(key).replace(b"Upgrade: websocket", b"Upgrade: h2c"),
            "no connection": lambda key: right(key).replace(b"Connection: Upgrade\r\n", b""),
            "connection without the token": lambda key: right(key).replace(
                b"Connection: Upgrade", b"Connection: close"
            ),
            "a subprotocol nobody offered": lambda key: right(key, [("Sec-WebSocket-Protocol", "mqtt")]),
            "an extension nobody offered": lambda key: right(
                key, [("Sec-WebSocket-Extensions", "permessage-deflate")]
            ),
            "two accepts": lambda key: right(key, [("Sec-WebSocket-Accept", accept_for("x"))]),
            "bad head": lambda key: right(key).replace(b"Upgrade: websocket", b"Upgrade : websocket"),
        }
        for name, lie in lies.items():
            with self.subTest(name):
                self.assertEqual(self.answer_of(lie).status, 502)

    def test_a_subprotocol_or_extension_outside_the_offer_becomes_502(self):
        offer = [
            ("Sec-WebSocket-Protocol", "chat, superchat"),
            ("Sec-WebSocket-Extensions", "permessage-deflate"),
        ]
        for fields in (
            [("Sec-WebSocket-Protocol", "mqtt")],
            [("Sec-WebSocket-Protocol", "chat, superchat")],
            [("Sec-WebSocket-Extensions", "x-webkit-deflate-frame")],
        ):
            with self.subTest(fields):
                self.assertEqual(
                    self.answer_of(lambda key: switching_protocols(key, fields), offer).status, 502
                )

    def test_what_was_offered_may_be_chosen(self):
        offer = [
            ("Sec-WebSocket-Protocol", "chat, superchat"),
            ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
        ]
        chosen = [("Sec-WebSocket-Protocol", "superchat"), ("Sec-WebSocket-Extensions", "permessage-deflate")]
        answer = self.answer_of(lambda key: switching_protocols(key, chosen), offer)
        self.assertEqual(answer.status, 101)
        self.assertEqual(answer.head.get("Sec-WebSocket-Protocol"), "superchat")
        self.assertEqual(answer.head.get("Sec-WebSocket-Extensions"), "permessage-deflate")

    def test_any_other_status_is_forwarded_as_the_answer_it_is(self):
        for status in ("403 Forbidden", "401 Unauthorized", "302 Found", "200 OK", "503 Service Unavailable"):
            with self.subTest(status):
                answer = self.answer_of(
                    lambda key: response(status, [("X-Why", "because")], b"no chat for you")
                )
                self.assertEqual((answer.status, answer.body), (int(status[:3]), b"no chat for you"))
                self.assertEqual(answer.head.get("X-Why"), "because")

    def test_the_client_connection_serves_on_after_a_refused_upgrade(self):
        backend = self.http_backend(
            respond=lambda message, connection: response("403 Forbidden", body=b"no")
            if message.head.target == "/chat"
            else response(body=b"page")
        )
        with self.front(backend).connect() as client:
            client.send(upgrade_request("/chat"))
            self.assertEqual(client.read_response().status, 403)
            client.send(request())
            self.assertEqual(client.read_response().body, b"page")

    def test_bytes_directly_behind_the_101_are_not_lost(self):
        def serve(connection):
            head = connection.read_head()
            greetings = b"".join(frame(TEXT, f"greeting {n}") for n in range(50))
            connection.send(switching_protocols(head.get("Sec-WebSocket-Key")) + greetings)
            connection.ended_by(5)

        with self.front(self.scripted(serve)).connect() as client:
            open_tunnel(client)
            for number in range(50):
                self.assertEqual(read_frame(client).payload, f"greeting {number}".encode())

    def test_a_large_greeting_in_the_segment_of_the_101_is_whole(self):
        def serve(connection):
            head = connection.read_head()
            connection.send(
                switching_protocols(head.get("Sec-WebSocket-Key")) + frame(TEXT, b"g" * 1_000_000)
            )
            connection.ended_by(5)

        with self.front(self.scripted(serve)).connect() as client:
            open_tunnel(client)
            self.assertEqual(read_frame(client).payload, b"g" * 1_000_000)

    def test_a_backend_that_ends_right_after_its_101_and_greeting_is_heard(self):
        def serve(connection):
            head = connection.read_head()
            connection.send(switching_protocols(head.get("Sec-WebSocket-Key")) + frame(TEXT, "bye"))

        with self.front(self.scripted(serve)).connect() as client:
            open_tunnel(client)
            self.assertEqual(read_frame(client).payload, b"bye")
            self.assertEqual(client.read_to_end(), b"")


class OtherProtocols(ProxyCase):
    ASK = request(fields=[("Connection", "Upgrade"), ("Upgrade", "tail/1")])

    def test_an_upgrade_the_route_does_not_allow_is_removed_and_the_request_served(self):
        backend = self.http_backend()
        answer = self.front(backend).ask(self.ASK)
        self.assertEqual(answer.status, 200)
        self.assertNotIn("Upgrade", backend.requests[0].head)

    def test_an_upgrade_the_route_allows_is_tunnelled_as_plain_bytes(self):
        go_on = threading.Event()

        def serve(connection):
            head = connection.read_head()
            self.assertEqual(head.get("Upgrade").lower(), "tail/1")
            connection.send(
                b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tail/1\r\n\r\nfirst"
            )
            go_on.wait(5)
            connection.send(connection.read_exactly(5)[::-1] + b"\xff\x00\x83")

        proxy = self.start_proxy(pool("app", self.scripted(serve)), route(upgrades='["tail/1"]'))
        with proxy.connect() as client:
            client.send(self.ASK)
            self.assertEqual(client.read_head().status, 101)
            self.assertEqual(client.read_exactly(5), b"first")
            self.assertEqual(proxy.metrics().value("fairlead_tunnels_open"), 1)
            go_on.set()
            client.send(b"hello")
            self.assertEqual(client.read_to_end(), b"olleh\xff\x00\x83")

    def test_a_101_to_another_protocol_than_asked_is_502(self):
        def serve(connection):
            connection.read_head()
            connection.send(
                b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
            )
            connection.ended_by(3)

        proxy = self.start_proxy(pool("app", self.scripted(serve)), route(upgrades='["tail/1"]'))
        self.assertEqual(proxy.ask(self.ASK).status, 502)

    def test_h2c_is_never_forwarded(self):
        backend = self.http_backend()
        self.front(backend).ask(
            request(
                fields=[
                    ("Connection", "Upgrade, HTTP2-Settings"),
                    ("Upgrade", "h2c"),
                    ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA"),
                ]
            )
        )
        self.assertNotIn("Upgrade", backend.requests[0].head)
        self.assertNotIn("HTTP2-Settings", backend.requests[0].head)

    def test_a_head_of_an_upgrade_is_not_left_on_the_sample_key(self):
        # Every tunnel's accept value belongs to its own key.
        proxy = self.front(self.scripted(echo_frames))
        for key in (SAMPLE_KEY, "x3JJHMbDL1EzLkh9GBhXDw=="):
            with proxy.connect() as client:
                self.assertEqual(open_tunnel(client, key=key).get("Sec-WebSocket-Accept"), accept_for(key))


if __name__ == "__main__":
    unittest.main()
