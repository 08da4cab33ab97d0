"""What the metrics and the access log tell of tunnels: live, by direction and kind, and how they end."""
import json
import os
import signal
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    accept_upgrade,
    close_frame,
    frame,
    open_tunnel,
    read_frame,
    upgrade_request,
)
from harness.http_message import request
from harness.waiting import eventually

CHAT = {"route": "chat", "pool": "app"}


class Tunnels(ProxyCase):
    def tunnel_to(self, serve):
        """A client in a tunnel to this backend."""
        self.backend = self.scripted(serve)
        self.proxy = self.start_proxy(pool("app", self.backend), route(name='"chat"'))
        client = self.proxy.connect()
        open_tunnel(client)
        return client

    def value(self, name, **labels):
        return self.proxy.metrics().value("fairlead_websocket_" + name, **CHAT, **labels)

    def expect(self, name, wanted, **labels):
        eventually(
            lambda: self.value(name, **labels) == wanted,
            3,
            lambda: f"{name}{labels} is {self.value(name, **labels)}, not {wanted}",
        )

    def test_active_opened_and_closed(self):
        client = self.tunnel_to(lambda connection: (accept_upgrade(connection), connection.ended_by(10)))
        self.expect("tunnels_active", 1, backend=self.backend.address)
        self.expect("tunnels_opened_total", 1, backend=self.backend.address)
        self.expect("handshake_seconds_count", 1)
        self.expect("lifetime_seconds_count", 0)
        self.assertEqual(self.proxy.metrics().value("fairlead_tunnels_open"), 1)
        client.close()
        self.expect("tunnels_active", 0)
        self.expect("tunnels_closed_total", 1)
        self.expect("lifetime_seconds_count", 1)

    def test_messages_and_bytes_are_counted_while_the_tunnel_is_open(self):
        def serve(connection):
            accept_upgrade(connection)
            read_frame(connection), read_frame(connection), read_frame(connection)
            connection.send(frame(TEXT, "four") + frame(PONG, "p"))
            connection.ended_by(10)

        client = self.tunnel_to(serve)
        sent = (
            frame(TEXT, "one", masked=True)
            + frame(BINARY, b"two", masked=True)
            + frame(PING, "p", masked=True)
        )
        client.send(sent)
        read_frame(client), read_frame(client)
        to_backend, to_client = {"direction": "to_backend"}, {"direction": "to_client"}
        self.expect("messages_total", 1, kind="text", **to_backend)
        self.expect("messages_total", 1, kind="binary", **to_backend)
        self.expect("control_frames_total", 1, kind="ping", **to_backend)
        self.expect("bytes_total", len(sent), **to_backend)
        self.expect("messages_total", 1, kind="text", **to_client)
        self.expect("control_frames_total", 1, kind="pong", **to_client)
        self.expect("bytes_total", 6 + 3, **to_client)
        self.expect("tunnels_active", 1)

    def test_a_fragmented_message_is_one_message(self):
        client = self.tunnel_to(lambda connection: (accept_upgrade(connection), connection.ended_by(10)))
        client.send(frame(TEXT, "a", fin=False, masked=True))
        for _ in range(5):
            client.send(frame(0, "b", fin=False, masked=True))
        client.send(frame(0, "c", masked=True))
        self.expect("messages_total", 1, kind="text", direction="to_backend")

    def test_frames_behind_the_heads_are_counted_too(self):
        def serve(connection):
            accept_upgrade(connection)
            read_frame(connection)
            connection.ended_by(10)

        self.backend = self.scripted(serve)
        self.proxy = self.start_proxy(pool("app", self.backend), route(name='"chat"'))
        client = self.proxy.connect()
        client.send(upgrade_request() + frame(TEXT, "early", masked=True))
        client.read_head()
        self.expect("messages_total", 1, kind="text", direction="to_backend")

    def test_who_closed_first_and_with_which_code(self):
        def answer_close(connection):
            accept_upgrade(connection)
            got = read_frame(connection)
            connection.send(frame(CLOSE, got.payload))

        client = self.tunnel_to(answer_close)
        client.send(close_frame(1001, masked=True))
        client.read_to_end()
        self.expect("tunnels_closed_total", 1, closed_by="client")
        self.expect("close_codes_total", 1, sent_by="client", code="1001")

        def close_first(connection):
            accept_upgrade(connection)
            connection.send(close_frame(4321))
            read_frame(connection)

        client = self.tunnel_to(close_first)
        got = read_frame(client)
        client.send(frame(CLOSE, got.payload, masked=True))
        client.read_to_end()
        self.expect("tunnels_closed_total", 1, closed_by="backend")
        self.expect("close_codes_total", 1, sent_by="backend", code="4000-4999")

    def test_an_end_without_a_close_frame_is_abnormal(self):
        client = self.tunnel_to(lambda connection: (accept_upgrade(connection), connection.ended_by(10)))
        client.reset()
        self.expect("close_codes_total", 1, sent_by="client", code="abnormal")
        self.expect("tunnels_closed_total", 1, closed_by="client")
        client = self.tunnel_to(lambda connection: (accept_upgrade(connection), connection.reset()))
        client.ended_by(3)
        self.expect("close_codes_total", 1, sent_by="backend", code="abnormal")

    def test_a_close_without_a_status_is_none(self):
        def answer_close(connection):
            accept_upgrade(connection)
            read_frame(connection)
            connection.send(frame(CLOSE))

        client = self.tunnel_to(answer_close)
        client.send(frame(CLOSE, masked=True))
        client.read_to_end()
        self.expect("close_codes_total", 1, sent_by="client", code="none")

    def test_an_upgrade_counts_as_1xx_and_never_in_http_latency(self):
        client = self.tunnel_to(lambda connection: (accept_upgrade(connection), connection.ended_by(10)))
        client.close()
        self.expect("tunnels_closed_total", 1)
        metrics = self.proxy.metrics()
        self.assertEqual(metrics.value("fairlead_http_requests_total", **CHAT, **{"class": "1xx"}), 1)
        self.assertEqual(metrics.value("fairlead_http_request_seconds_count", **CHAT), 0)


class AccessLog(ProxyCase):
    def events(self, proxy, name):
        return [line for line in proxy.access_log() if line["event"] == name]

    def test_one_json_line_when_a_tunnel_opens_and_one_when_it_closes(self):
        def serve(connection):
            accept_upgrade(connection, [("Sec-WebSocket-Protocol", "chat")])
            got = read_frame(connection)
            connection.send(frame(TEXT, got.payload))
            got = read_frame(connection)
            connection.send(frame(CLOSE, got.payload))

        backend = self.scripted(serve)
        proxy = self.start_proxy(pool("app", backend), route(name='"chat-route"'))
        client = proxy.connect()
        fields = [("Sec-WebSocket-Protocol", "chat"), ("User-Agent", "tester/1"), ("X-Request-Id", "abc-123")]
        open_tunnel(client, "/chat?room=1", fields=fields)
        (opened,) = eventually(lambda: self.events(proxy, "tunnel_opened"))
        self.assertEqual(self.events(proxy, "tunnel_closed"), [])
        local = client.sock.getsockname()
        known = {
            "client": f"{local[0]}:{local[1]}",
            "host": "example.test",
            "path": "/chat",
            "subprotocol": "chat",
            "user_agent": "tester/1",
            "route": "chat-route",
            "pool": "app",
            "backend": backend.address,
        }
        self.assertLessEqual(known.items(), opened.items())
        client.send(frame(TEXT, "hello", masked=True) + close_frame(1000, "done", masked=True))
        client.read_to_end()
        (closed,) = eventually(lambda: self.events(proxy, "tunnel_closed"))
        self.assertLessEqual(known.items(), closed.items())
        self.assertEqual(closed["id"], opened["id"])
        self.assertEqual((closed["closed_by"], closed["close_code_client"]), ("client", 1000))
        self.assertEqual((closed["messages_from_client"], closed["messages_from_backend"]), (1, 1))
        self.assertGreater(closed["lifetime"], 0)

    def test_the_line_says_how_far_the_end_had_come(self):
        def serve(connection):
            accept_upgrade(connection)
            while True:
                got = read_frame(connection)
                if got.opcode == CLOSE:
                    connection.send(close_frame(1000) if got.close_code == 1000 else frame(TEXT, "not yet"))

        def wait_for_word(client):
            self.assertEqual(read_frame(client).payload, b"not yet")

        ends = {
            "open": lambda client: client.reset(),
            # The backend has the Close, and answers with something else before the client is gone.
            "closing": lambda client: (
                client.send(close_frame(1001, masked=True)), wait_for_word(client), client.reset()
            ),
            "closed": lambda client: (client.send(close_frame(1000, masked=True)), client.read_to_end()),
        }
        proxy = self.front(self.scripted(serve))
        for phase, end in ends.items():
            with self.subTest(phase):
                before = len(self.events(proxy, "tunnel_closed"))
                client = proxy.connect()
                open_tunnel(client)
                end(client)
                lines = lambda: self.events(proxy, "tunnel_closed")[before:]
                (line,) = eventually(lines)
                self.assertEqual(line["phase"], phase)

    def test_hostile_bytes_cannot_forge_a_line(self):
        proxy = self.front(
            self.scripted(lambda connection: (accept_upgrade(connection), connection.ended_by(5)))
        )
        fields = [("User-Agent", 'a"b\\c\x80\xff</script>'), ("Origin", "http://\xe4")]
        with proxy.connect() as client:
            open_tunnel(client, "/%0A%22}{", fields=fields)
        eventually(lambda: self.events(proxy, "tunnel_closed"))
        self.assertEqual(len(proxy.stdout().splitlines()), 2)
        for line in proxy.stdout().splitlines():
            json.loads(line)

    def test_an_exchange_the_proxy_answered_itself_is_logged_with_its_reason(self):
        proxy = self.start_proxy(pool("app", self.http_backend()), route(path='"/here"'))
        proxy.ask(request(target="/here"))
        proxy.ask(request(target="/gone"))
        (line,) = eventually(lambda: self.events(proxy, "exchange"))
        self.assertEqual((line["status"], line["target"]), (404, "/gone"))
        self.assertTrue(line["reason"])

    def test_every_exchange_is_logged_when_asked_for(self):
        backend = self.http_backend()
        proxy = self.front(backend, "[log]\nrequests = true")
        for _ in range(3):
            proxy.ask(request(target="/a"))
        eventually(lambda: len(self.events(proxy, "exchange")) == 3)
        self.assertEqual({line["backend"] for line in self.events(proxy, "exchange")}, {backend.address})

    def test_the_log_can_go_to_a_file_or_nowhere(self):
        backend = self.http_backend()
        with tempfile.TemporaryDirectory(prefix="fairlead-test-") as folder:
            path = os.path.join(folder, "access.log")
            proxy = self.front(backend, f'[log]\nrequests = true\naccess = "{path}"')
            proxy.ask(request())
            eventually(lambda: os.path.exists(path) and os.path.getsize(path))
            with open(path) as file:
                self.assertEqual(json.loads(file.readline())["event"], "exchange")
            self.assertEqual(proxy.access_log(), [])
        proxy = self.front(backend, '[log]\nrequests = true\naccess = "off"')
        proxy.ask(request())
        proxy.signal(signal.SIGTERM)
        self.assertEqual(proxy.wait_exit(), 0)
        self.assertEqual(proxy.access_log(), [])


class Exposition(ProxyCase):
    def test_http_requests_are_counted_by_route_pool_and_class(self):
        proxy = self.start_proxy(pool("app", self.http_backend()), route(name='"web"', path='"/here/"'))
        for _ in range(3):
            proxy.ask(request(target="/here/x"))
        labels = {"route": "web", "pool": "app"}
        eventually(
            lambda: proxy.metrics().value("fairlead_http_requests_total", **labels, **{"class": "2xx"}) == 3
        )
        self.assertEqual(proxy.metrics().value("fairlead_http_request_seconds_count", **labels), 3)

    def test_promtool_would_take_it(self):
        metrics = self.front(self.http_backend()).metrics()
        for name, labels, _ in metrics.samples:
            family = name
            for suffix in ("_bucket", "_sum", "_count"):
                if name.endswith(suffix) and metrics.types.get(name[: -len(suffix)]) == "histogram":
                    family = name[: -len(suffix)]
            self.assertIn(family, metrics.types)
            self.assertEqual(name.endswith("_total"), metrics.types[family] == "counter", name)
        keys = [(name, tuple(sorted(labels.items()))) for name, labels, _ in metrics.samples]
        self.assertEqual(len(keys), len(set(keys)), "each series once")

    def test_the_admin_listener_answers_health_and_nothing_else(self):
        proxy = self.front(self.http_backend())
        self.assertEqual(proxy.admin("/healthz")[0], 200)
        self.assertEqual(proxy.admin("/readyz")[0], 200)
        self.assertEqual(proxy.admin("/nothing-here")[0], 404)
        self.assertEqual(proxy.ask(request(target="/metrics")).status, 200)  # the backend's own, not ours


if __name__ == "__main__":
    unittest.main()
