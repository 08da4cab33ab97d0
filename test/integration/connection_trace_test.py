"""/connections/ID/trace: the headers of a tunnel's frames while they pass."""
import http.client
import json
import socket
import ssl
import threading
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import CLOSE, TEXT, close_frame, frame, open_tunnel, read_frame
from harness.waiting import eventually
from tls_tunnels_test import TlsTunnelCase


class Trace:
    """A trace that is read by a thread while it goes on."""

    def __init__(self, proxy, which, query="", **fields):
        self.connection = http.client.HTTPConnection("127.0.0.1", proxy.admin_port, timeout=30)
        self.connection.request("GET", f"/connections/{which}/trace{query}", headers=fields)
        self.sock = self.connection.sock
        self.answer = self.connection.getresponse()
        self.lines = []
        self.reader = threading.Thread(target=self._read)
        if self.answer.status == 200:
            self.reader.start()

    def _read(self):
        try:
            self.lines.extend(iter(self.answer.readline, b""))
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # closed by the test

    def events(self, kind=None):
        told = [json.loads(line) for line in self.lines]
        return [each for each in told if kind in (None, each["event"])]

    def wait_for(self, kind, count=1):
        eventually(lambda: len(self.events(kind)) >= count, 10, lambda: f"no {count} {kind}: {self.lines}")
        return self.events(kind)

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended
        self.connection.close()
        if self.reader.ident:
            self.reader.join(10)


class Tracing(ProxyCase):
    def setUp(self):
        super().setUp()
        self.app = self.websocket_backend()
        self.proxy = self.start_proxy(pool("app", self.app), route("app", name='"chat"'), workers=2)
        self.client = self.proxy.connect()
        open_tunnel(self.client)
        (one,) = self.proxy.control("/connections", method="GET")[1]["connections"]
        self.id = one["id"]

    def trace(self, which=None, query="", **fields):
        trace = Trace(self.proxy, which or self.id, query, **fields)
        self.addCleanup(trace.close)
        return trace

    def say(self, text):
        self.client.send(frame(TEXT, text, masked=True))
        self.assertEqual(read_frame(self.client).payload.decode(), text)

    def test_frames_pass_by_with_their_headers_and_without_payload(self):
        trace = self.trace()
        (begin,) = trace.wait_for("begin")
        self.assertEqual((begin["id"], begin["for"]), (self.id, 60))
        self.say("secret words")
        to_backend, to_client = trace.wait_for("frame", 2)
        after = to_backend.pop("after")
        self.assertGreater(after, 0)
        self.assertGreaterEqual(to_client.pop("after"), after)
        shared = {"event": "frame", "opcode": "text", "fin": True, "rsv": 0, "length": 12}
        self.assertEqual(to_backend, {**shared, "from": "client", "to": "backend", "masked": True})
        self.assertEqual(to_client, {**shared, "from": "backend", "to": "client", "masked": False})
        self.assertNotIn(b"secret", b"".join(trace.lines))

    def test_it_ends_with_the_tunnel_and_says_how(self):
        trace = self.trace()
        trace.wait_for("begin")
        self.client.send(close_frame(1000, masked=True))
        self.assertEqual(read_frame(self.client).opcode, CLOSE)
        self.assertTrue(self.client.ended_by(5))
        trace.reader.join(10)
        first, second = trace.events("frame")
        self.assertEqual((first["opcode"], first["code"], second["code"]), ("close", 1000, 1000))
        last = trace.events()[-1]
        self.assertEqual(
            (last["event"], last["by"], last["cause"], last["code"]), ("end", "client", "close", 1000)
        )

    def test_the_operators_close_is_told_as_the_proxys(self):
        trace = self.trace()
        trace.wait_for("begin")
        self.assertEqual(self.proxy.control(f"/connections/{self.id}?code=4001", method="DELETE")[0], 200)
        ours = trace.wait_for("frame", 2)[:2]
        self.assertEqual([(each["from"], each["code"]) for each in ours], [("proxy", 4001)] * 2)
        self.client.send(close_frame(4001, masked=True))
        (end,) = trace.wait_for("end")
        self.assertEqual((end["by"], end["cause"]), ("proxy", "ordered"))

    def test_it_ends_when_its_time_is_over(self):
        trace = self.trace(query="?for=300ms")
        trace.reader.join(10)
        self.assertEqual([each["event"] for each in trace.events()], ["begin", "time"])
        self.say("the tunnel goes on")

    def test_no_more_than_four_at_once(self):
        traces = [self.trace() for _ in range(4)]
        for trace in traces:
            trace.wait_for("begin")
        fifth = self.trace()
        self.assertEqual(fifth.answer.status, 503)
        self.assertIn("traces", json.loads(fifth.answer.read())["error"])
        self.say("one")
        for trace in traces:
            trace.wait_for("frame", 2)
        traces[0].close()

        def is_free():
            again = self.trace(query="?for=10ms")
            return again.answer.status == 200

        eventually(is_free, 10, "a place is free")

    def test_what_cannot_be_traced_is_said(self):
        wrong = ("none", "", 404), (self.id, "?for=2h", 400), (self.id, "?x=1", 400)
        for which, query, status in wrong:
            with self.subTest(which=which, query=query):
                self.assertEqual(self.trace(which, query).answer.status, status)

    def test_server_sent_events_for_who_accepts_them(self):
        trace = self.trace(query="?for=300ms", Accept="text/event-stream")
        self.assertEqual(trace.answer.headers["Content-Type"], "text/event-stream")
        trace.reader.join(10)
        told = [line for line in trace.lines if line != b"\n"]
        self.assertTrue(all(line.startswith(b"data: {") for line in told), trace.lines)
        self.assertEqual(len(trace.lines), 4)

    def test_a_flood_is_followed_or_counted(self):
        trace = self.trace()
        trace.wait_for("begin")
        count = 10_000
        flood = frame(TEXT, "", masked=True) * count
        sender = threading.Thread(target=self.client.send, args=(flood,))
        sender.start()
        for _ in range(count):
            read_frame(self.client)
        sender.join()

        def told():
            left_out = sum(each["count"] for each in trace.events("left_out"))
            return left_out + len(trace.events("frame"))

        eventually(lambda: told() == 2 * count, 30, lambda: f"{told()} of {2 * count}")

    def test_the_command_prints_it(self):
        told = self.proxy.command("connections", "--trace", self.id, "--for", "300ms", "--json")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertEqual([json.loads(line)["event"] for line in told.stdout.splitlines()], ["begin", "time"])
        talking = threading.Timer(0.2, self.say, ["hello"])
        talking.start()
        told = self.proxy.command("connections", "--trace", self.id, "--for", "1s")
        talking.join()
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertRegex(told.stdout, r"client +> backend +text +5 B")
        self.assertRegex(told.stdout, r"backend +> client +text +5 B")
        none = self.proxy.command("connections", "--trace", "none")
        self.assertEqual((none.returncode, none.stdout), (1, ""))
        self.assertIn("no such WebSocket", none.stderr)


class TlsTracing(TlsTunnelCase):
    def test_wss_is_traced_as_plain_is(self):
        proxy = self.front_tls(self.websocket_backend(ssl=self.server_context()), ["client", "backend"])
        client = self.connect(proxy)
        open_tunnel(client)
        (one,) = proxy.control("/connections", method="GET")[1]["connections"]
        trace = Trace(proxy, one["id"])
        self.addCleanup(trace.close)
        trace.wait_for("begin")
        client.send(frame(TEXT, "hello", masked=True))
        read_frame(client)
        self.assertEqual([each["length"] for each in trace.wait_for("frame", 2)], [5, 5])


if __name__ == "__main__":
    unittest.main()
