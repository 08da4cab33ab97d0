"""Bodies stream with bounded memory; whoever gives up first frees the other side."""
import hashlib
import threading
import time
import unittest

from harness.case import ProxyCase
from harness.http_message import request, response
from harness.process_stats import peak_resident_bytes, reset_peak, resident_bytes
from harness.proxy import SANITIZED
from harness.waiting import eventually

MIB = 1024 * 1024
BODY_BYTES = 64 * MIB
MEMORY_ALLOWANCE = 8 * MIB
BLOCK = bytes(range(256)) * 1024  # 256 KiB


class LargeBodies(ProxyCase):
    def expect_bounded(self, proxy, before):
        if not SANITIZED:
            self.assertLess(peak_resident_bytes(proxy.pid) - before, MEMORY_ALLOWANCE)

    def test_64_mib_up_in_bounded_memory(self):
        def digest_of_one(connection):
            length = int(connection.read_head().get("Content-Length"))
            digest = hashlib.sha256()
            while length:
                piece = connection.read_some()
                digest.update(piece)
                length -= len(piece)
            connection.send(response(body=digest.hexdigest().encode()))

        def serve(connection):
            connection.forget_received()
            while True:
                digest_of_one(connection)

        proxy = self.front(self.scripted(serve))
        proxy.ask(request("POST", body=b"warm"))
        reset_peak(proxy.pid)
        before = resident_bytes(proxy.pid)
        digest = hashlib.sha256()
        with proxy.connect(timeout_s=30) as client:
            client.send(request("POST", fields=[("Content-Length", str(BODY_BYTES))]))
            for _ in range(BODY_BYTES // len(BLOCK)):
                client.send(BLOCK)
                digest.update(BLOCK)
            self.assertEqual(client.read_response().body.decode(), digest.hexdigest())
        self.expect_bounded(proxy, before)

    def download(self, head, frame_block, total):
        def serve(connection):
            connection.read_request()
            connection.send(head)
            for _ in range(total // len(BLOCK)):
                connection.send(frame_block(BLOCK))
            connection.send(frame_block(b""))

        proxy = self.front(self.scripted(serve))
        reset_peak(proxy.pid)
        before = resident_bytes(proxy.pid)
        with proxy.connect(timeout_s=30) as client:
            client.forget_received()
            client.send(request())
            answer = client.read_response()
            self.assertEqual(len(answer.body), total)
            self.assertEqual(
                hashlib.sha256(answer.body).digest(), hashlib.sha256(BLOCK * (total // len(BLOCK))).digest()
            )
        self.expect_bounded(proxy, before)

    def test_64_mib_down_with_a_length_in_bounded_memory(self):
        self.download(
            response(fields=[("Content-Length", str(BODY_BYTES))], length=False),
            lambda block: block,
            BODY_BYTES,
        )

    def test_64_mib_down_chunked_in_bounded_memory(self):
        self.download(
            response(fields=[("Transfer-Encoding", "chunked")], length=False),
            lambda block: b"%x\r\n%s\r\n" % (len(block), block),
            BODY_BYTES,
        )

    def test_a_client_that_does_not_read_stalls_the_backend_and_not_the_memory(self):
        sent = [0]

        def serve(connection):
            connection.read_request()
            connection.send(response(fields=[("Content-Length", str(BODY_BYTES))], length=False))
            while sent[0] < BODY_BYTES:
                connection.send(BLOCK)
                sent[0] += len(BLOCK)

        proxy = self.front(self.scripted(serve))
        before = resident_bytes(proxy.pid)
        with proxy.connect(receive_buffer=64 * 1024, timeout_s=30) as client:
            client.forget_received()
            client.send(request())
            self.wait_until_stalled(sent)
            self.assertLess(sent[0], BODY_BYTES)
            self.expect_bounded(proxy, before)
            client.read_head()
            client.skip(BODY_BYTES)

    def test_a_backend_that_does_not_read_stalls_the_client_and_not_the_memory(self):
        go_on = threading.Event()

        def serve(connection):
            connection.forget_received()
            connection.read_head()
            go_on.wait(20)
            connection.skip(BODY_BYTES)
            connection.send(response(body=b"all"))

        proxy = self.front(self.scripted(serve, receive_buffer=64 * 1024))
        before = resident_bytes(proxy.pid)
        sent = [0]
        with proxy.connect(timeout_s=30) as client:

            def upload():
                client.send(request("POST", fields=[("Content-Length", str(BODY_BYTES))]))
                while sent[0] < BODY_BYTES:
                    client.send(BLOCK)
                    sent[0] += len(BLOCK)

            sender = threading.Thread(target=upload, daemon=True)
            sender.start()
            self.wait_until_stalled(sent)
            self.assertLess(sent[0], BODY_BYTES)
            self.expect_bounded(proxy, before)
            go_on.set()
            self.assertEqual(client.read_response().body, b"all")
            sender.join(20)

    def wait_until_stalled(self, sent):
        """Until the count has not moved for half a second."""
        last = [-1, time.monotonic()]

        def is_still():
            if sent[0] != last[0]:
                last[:] = [sent[0], time.monotonic()]
            return time.monotonic() - last[1] > 0.5

        eventually(is_still, 20, "the sender stalls")


class EarlyEnds(ProxyCase):
    def test_pieces_of_a_response_arrive_when_they_are_sent(self):
        go_on = threading.Event()

        def serve(connection):
            connection.read_request()
            connection.send(
                response(fields=[("Transfer-Encoding", "chunked")], length=False) + b"5\r\nfirst\r\n"
            )
            go_on.wait(10)
            connection.send(b"6\r\nsecond\r\n0\r\n\r\n")

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            client.send(request())
            client.read_head()
            client.read_until(b"first")
            go_on.set()
            client.read_until(b"second")

    def test_an_early_response_reaches_the_client_while_the_body_is_still_being_sent(self):
        def serve(connection):
            connection.read_head()
            connection.send(response("413 Content Too Large", [("Connection", "close")], b"too much"))
            connection.end_sending()
            connection.ended_by(5)

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            client.send(request("POST", fields=[("Content-Length", str(BODY_BYTES))]) + b"x" * 1000)
            answer = client.read_response()
            self.assertEqual((answer.status, answer.body), (413, b"too much"))

    def test_after_an_early_response_the_connection_is_in_step_or_closed(self):
        def serve(connection):
            connection.read_head()
            connection.send(response("200 OK", [("Connection", "close")], b"early"))
            connection.end_sending()
            connection.ended_by(5)

        backend = self.scripted(serve)
        proxy = self.front(backend)
        with proxy.connect() as client:
            client.send(request("POST", fields=[("Content-Length", "100000")]) + b"x" * 1000)
            self.assertEqual(client.read_response().body, b"early")
            hidden = request(target="/smuggled")
            try:
                client.send(hidden + b"y" * (99_000 - len(hidden)))
            except OSError:
                pass
            self.assertIn(client.ended_by(3), ("fin", "reset"))
        self.assertFalse(
            any(bytes(each.received).startswith(b"GET /smuggled") for each in backend.connections)
        )

    def abort(self, leave):
        ended = []

        def serve(connection):
            ended.append([connection, None])
            connection.read_request()
            ended[0][1] = connection.ended_by(10)

        backend = self.scripted(serve)
        proxy = self.front(backend)
        client = proxy.connect()
        client.send(request())
        eventually(lambda: backend.received.endswith(b"\r\n\r\n"))
        leave(client)
        eventually(lambda: ended[0][1], 2, "the backend's connection ends within 2 s")
        self.assertNotEqual(ended[0][1], "open")
        eventually(lambda: proxy.metrics().value("fairlead_connections_open") == 0)

    def test_a_client_that_resets_while_waiting_ends_the_backends_connection(self):
        self.abort(lambda client: client.reset())

    def test_a_client_that_resets_in_the_middle_of_a_response_ends_the_backends_connection(self):
        ended = []

        def serve(connection):
            connection.read_request()
            connection.send(response(fields=[("Content-Length", "100000000")], length=False))
            try:
                while True:
                    connection.send(BLOCK)
            except OSError:
                ended.append(True)

        proxy = self.front(self.scripted(serve))
        client = proxy.connect()
        client.send(request())
        client.read_head()
        client.reset()
        eventually(lambda: ended, 2, "the backend's connection ends within 2 s")

    def test_a_client_that_leaves_in_the_middle_of_its_body_ends_the_backends_connection(self):
        ended = []

        def serve(connection):
            connection.read_head()
            ended.append(connection.ended_by(10))

        backend = self.scripted(serve)
        proxy = self.front(backend)
        client = proxy.connect()
        client.send(request("POST", fields=[("Content-Length", "1000")]) + b"half")
        eventually(lambda: backend.connections)
        client.close()
        eventually(lambda: ended, 2, "the backend's connection ends within 2 s")
        self.assertNotEqual(ended[0], "open")


if __name__ == "__main__":
    unittest.main()
