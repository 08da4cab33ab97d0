"""A tunnel whose ends are not equally fast, or end badly: memory is bounded and nothing is left behind."""
import socket
import threading
import time
import unittest

from harness.case import ProxyCase
from harness.frames import BINARY, TEXT, accept_upgrade, frame, open_tunnel, read_frame
from harness.process_stats import (
    cpu_seconds,
    descriptor_count,
    peak_resident_bytes,
    reset_peak,
    resident_bytes,
)
from harness.proxy import SANITIZED
from harness.waiting import eventually

MIB = 1024 * 1024
MESSAGE = b"m" * (256 * 1024)
MESSAGE_COUNT = 256  # 64 MiB
MEMORY_ALLOWANCE = 8 * MIB


def send_until_stalled(connection, data, count, sent):
    """Sends on a thread; `sent` counts the whole pieces the kernel took."""

    def run():
        try:
            for _ in range(count):
                connection.send(data)
                sent[0] += 1
        except OSError:
            pass

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    last = [-1, time.monotonic()]

    def is_still():
        if sent[0] != last[0]:
            last[:] = [sent[0], time.monotonic()]
        return time.monotonic() - last[1] > 0.5

    eventually(is_still, 20, "the sender stalls")
    return thread


class SlowReaders(ProxyCase):
    def expect_bounded(self, proxy, before):
        if not SANITIZED:
            self.assertLess(peak_resident_bytes(proxy.pid) - before, MEMORY_ALLOWANCE)

    def start_metering(self, proxy):
        with proxy.connect() as client:  # one tunnel's worth of code and buffers is in memory before
            open_tunnel(client)
        reset_peak(proxy.pid)
        return resident_bytes(proxy.pid)

    def test_a_slow_client_stalls_a_fast_backend(self):
        sent = [0]
        stalled = threading.Event()

        def serve(connection):
            accept_upgrade(connection)
            if connection is backend.connections[0]:
                return
            send_until_stalled(connection, frame(BINARY, MESSAGE), MESSAGE_COUNT, sent)
            stalled.set()
            connection.ended_by(30)

        backend = self.scripted(serve)
        proxy = self.front(backend)
        before = self.start_metering(proxy)
        with proxy.connect(receive_buffer=64 * 1024, timeout_s=30) as client:
            client.forget_received()
            open_tunnel(client)
            self.assertTrue(stalled.wait(20))
            self.assertLess(sent[0], MESSAGE_COUNT)
            self.expect_bounded(proxy, before)
            for _ in range(MESSAGE_COUNT):
                self.assertEqual(len(read_frame(client).payload), len(MESSAGE))
            self.expect_bounded(proxy, before)

    def test_a_slow_backend_stalls_a_fast_client(self):
        go_on = threading.Event()
        received = [0]

        def serve(connection):
            connection.forget_received()
            accept_upgrade(connection)
            if connection is backend.connections[0]:
                return
            go_on.wait(30)
            for _ in range(MESSAGE_COUNT):
                connection.skip(len(frame(BINARY, MESSAGE, masked=True)))
                received[0] += 1

        backend = self.scripted(serve, receive_buffer=64 * 1024)
        proxy = self.front(backend)
        before = self.start_metering(proxy)
        sent = [0]
        with proxy.connect(timeout_s=30) as client:
            open_tunnel(client)
            sender = send_until_stalled(client, frame(BINARY, MESSAGE, masked=True), MESSAGE_COUNT, sent)
            self.assertLess(sent[0], MESSAGE_COUNT)
            self.expect_bounded(proxy, before)
            go_on.set()
            sender.join(30)
            eventually(lambda: received[0] == MESSAGE_COUNT, 20)
            self.expect_bounded(proxy, before)

    def test_a_stalled_direction_does_not_hold_up_the_other(self):
        sent = [0]

        def serve(connection):
            accept_upgrade(connection)
            send_until_stalled(connection, frame(BINARY, MESSAGE), MESSAGE_COUNT, sent)
            while True:
                self.heard = read_frame(connection).payload

        proxy = self.front(self.scripted(serve))
        self.heard = None
        with proxy.connect(receive_buffer=64 * 1024) as client:
            open_tunnel(client)
            client.send(frame(TEXT, "stop", masked=True))
            eventually(lambda: self.heard == b"stop", 10)

    def test_a_stalled_tunnel_uses_no_cpu(self):
        sent = [0]
        stalled = threading.Event()

        def serve(connection):
            accept_upgrade(connection)
            send_until_stalled(connection, frame(BINARY, MESSAGE), MESSAGE_COUNT, sent)
            stalled.set()
            connection.ended_by(10)

        proxy = self.front(self.scripted(serve))
        with proxy.connect(receive_buffer=64 * 1024) as client:
            open_tunnel(client)
            self.assertTrue(stalled.wait(20))
            before = cpu_seconds(proxy.pid)
            time.sleep(1)  # the interval that is measured
            self.assertLess(cpu_seconds(proxy.pid) - before, 0.2)


class AbruptEnds(ProxyCase):
    def setUp(self):
        super().setUp()
        self.backend_end = []
        self.reset_by_backend = threading.Event()

        def serve(connection):
            accept_upgrade(connection)
            if self.reset_by_backend.is_set():
                connection.send(frame(TEXT, b"x" * 1000)[:500])
                connection.reset()
                return
            self.backend_end.append(connection.ended_by(10))

        self.proxy = self.front(self.scripted(serve))
        self.descriptors = descriptor_count(self.proxy.pid)

    def expect_nothing_left(self):
        eventually(lambda: self.proxy.metrics().value("fairlead_websocket_tunnels_active") == 0, 3)
        eventually(lambda: descriptor_count(self.proxy.pid) <= self.descriptors, 3)

    def test_a_reset_by_the_client_in_the_middle_of_a_frame_ends_the_backend_side(self):
        client = self.proxy.connect()
        open_tunnel(client)
        client.send(frame(TEXT, b"x" * 1000, masked=True)[:500])
        client.reset()
        eventually(lambda: self.backend_end, 3)
        self.assertNotEqual(self.backend_end, ["open"])
        self.expect_nothing_left()

    def test_a_reset_by_the_backend_in_the_middle_of_a_frame_ends_the_client_side(self):
        self.reset_by_backend.set()
        with self.proxy.connect() as client:
            open_tunnel(client)
            self.assertIn(client.ended_by(3), ("fin", "reset"))
        self.expect_nothing_left()

    def test_a_client_that_vanishes_behind_a_full_buffer_frees_everything(self):
        def serve(connection):
            accept_upgrade(connection)
            try:
                while True:
                    connection.send(frame(BINARY, MESSAGE))
            except OSError:
                self.backend_end.append("ended")

        proxy = self.front(self.scripted(serve))
        client = proxy.connect(receive_buffer=64 * 1024)
        open_tunnel(client)
        client.read_exactly(1000)
        client.reset()
        eventually(lambda: self.backend_end, 3)
        eventually(lambda: proxy.metrics().value("fairlead_websocket_tunnels_active") == 0, 3)


class HalfClose(ProxyCase):
    def test_a_client_that_ends_its_side_still_hears_the_backend(self):
        def serve(connection):
            accept_upgrade(connection)
            self.assertEqual(read_frame(connection).payload, b"last words")
            self.assertEqual(connection.read_to_end(), b"")
            connection.send(frame(TEXT, b"y" * 300_000))

        with self.front(self.scripted(serve)).connect() as client:
            open_tunnel(client)
            client.send(frame(TEXT, "last words", masked=True))
            client.end_sending()
            self.assertEqual(read_frame(client).payload, b"y" * 300_000)
            self.assertEqual(client.ended_by(), "fin")

    def test_a_backend_that_ends_its_side_still_hears_the_client(self):
        heard = []

        def serve(connection):
            accept_upgrade(connection)
            connection.send(frame(TEXT, "last words"))
            connection.sock.shutdown(socket.SHUT_WR)
            heard.append(read_frame(connection).payload)
            heard.append(connection.read_to_end())

        with self.front(self.scripted(serve)).connect() as client:
            open_tunnel(client)
            self.assertEqual(read_frame(client).payload, b"last words")
            self.assertEqual(client.read_to_end(), b"")
            client.send(frame(TEXT, b"z" * 300_000, masked=True))
            client.end_sending()
            eventually(lambda: len(heard) == 2)
        self.assertEqual(heard, [b"z" * 300_000, b""])


if __name__ == "__main__":
    unittest.main()
