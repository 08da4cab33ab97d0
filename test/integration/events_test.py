"""/events: the status again and again, to a bounded number of readers, none of whom can hold it up."""
import json
import socket
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.connection import connect
from harness.frames import open_tunnel
from harness.waiting import eventually

MOST_STREAMS = 16


class Stream:
    """A reader of /events over a connection of its own."""

    def __init__(self, port, query="", version="1.1", receive_buffer=None):
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(10)
        sock.connect(("127.0.0.1", port))
        sock.sendall(f"GET /events{query} HTTP/{version}\r\nHost: localhost\r\n\r\n".encode())
        self.sock = sock
        self.data = b""
        self.head = self._until(b"\r\n\r\n").decode()
        self.status = int(self.head.split()[1])

    def _until(self, mark):
        while mark not in self.data:
            got = self.sock.recv(65536)
            if not got:
                raise EOFError(self.data)
            self.data += got
        part, self.data = self.data.split(mark, 1)
        return part

    def chunk(self):
        size = int(self._until(b"\r\n"), 16)
        while len(self.data) < size + 2:
            got = self.sock.recv(65536)
            if not got:
                raise EOFError(self.data)
            self.data += got
        chunk, self.data = self.data[:size], self.data[size + 2 :]
        return chunk

    def event(self):
        """The document of the next event; nothing at the end of the response."""
        chunk = self.chunk()
        if not chunk:
            return None
        name, data, *rest = chunk.decode().split("\n")
        assert (name, rest) == ("event: status", ["", ""]), chunk
        return json.loads(data.removeprefix("data: "))

    def close(self):
        self.sock.close()


class Events(ProxyCase):
    def setUp(self):
        super().setUp()
        self.app = self.websocket_backend()
        self.proxy = self.start_proxy(pool("app", self.app), route("app", name='"chat"'))
        self._streams = []

    def tearDown(self):
        for each in self._streams:
            each.close()
        super().tearDown()

    def stream(self, *arguments, **options):
        opened = Stream(self.proxy.admin_port, *arguments, **options)
        self._streams.append(opened)
        return opened

    def test_the_status_comes_each_second_and_follows_what_happens(self):
        stream = self.stream()
        self.assertEqual(stream.status, 200)
        self.assertIn("Content-Type: text/event-stream\r\n", stream.head + "\r\n")
        self.assertIn("Cache-Control: no-store\r\n", stream.head)
        begun = time.monotonic()
        self.assertEqual(stream.event()["totals"]["tunnels_active"], 0)
        open_tunnel(self.proxy.connect())
        for _ in range(10):
            if stream.event()["totals"]["tunnels_active"] == 1:
                break
        else:
            self.fail("the tunnel was not told")
        self.assertGreater(time.monotonic() - begun, 0.9)

    def test_as_often_as_is_asked_for(self):
        stream = self.stream("?every=3s")
        stream.event()
        begun = time.monotonic()
        stream.event()
        self.assertGreater(time.monotonic() - begun, 2.5)
        for query in ("?every=100ms", "?every=2m", "?every=x", "?other=1"):
            self.assertEqual(self.stream(query).status, 400, query)
        self.assertEqual(self.proxy.control("/events", method="POST")[0], 405)

    def test_no_more_streams_than_the_bound_and_a_place_is_free_again(self):
        streams = [self.stream() for _ in range(MOST_STREAMS)]
        self.assertEqual({each.status for each in streams}, {200})
        refused = self.stream()
        self.assertEqual(refused.status, 503)
        self.assertIn("Retry-After: ", refused.head)
        streams[3].close()
        eventually(lambda: self.stream().status == 200)

    def test_a_reader_that_takes_nothing_holds_up_nobody(self):
        slow = self.stream(receive_buffer=2048)
        self.assertEqual(slow.status, 200)
        stream = self.stream()
        for _ in range(3):
            self.assertEqual(stream.event()["lifecycle"], "ready")

    def test_the_response_ends_in_order_with_the_process(self):
        stream = self.stream()
        old = self.stream(version="1.0")
        stream.event()
        self.proxy.close_clients()
        self.proxy.signal(15)
        while stream.event() is not None:
            pass
        while old.sock.recv(65536):
            pass
        self.assertEqual(self.proxy.wait_exit(), 0)

    def test_a_client_of_http_1_0_gets_it_until_the_connection_ends(self):
        stream = self.stream(version="1.0")
        self.assertNotIn("Transfer-Encoding", stream.head)
        self.assertEqual(stream._until(b"\n"), b"event: status")

    def test_a_half_said_request_is_none(self):
        with connect(("127.0.0.1", self.proxy.admin_port)) as client:
            client.send(b"GET /eventsx HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertEqual(client.read_response().status, 404)


if __name__ == "__main__":
    unittest.main()
