"""Peers that are slow, silent or half gone: who is waited for, for how long, and what the others get."""
import threading
import time
import unittest

from harness.case import ProxyCase
from harness.frames import accept_upgrade, close_frame, open_tunnel, read_frame
from harness.http_message import request, response
from harness.waiting import eventually

TIMEOUTS = "[timeouts]\n"


class SlowPeers(ProxyCase):
    def test_a_reader_that_takes_some_bytes_in_every_write_timeout_is_not_cut(self):
        body = bytes(2_000_000)

        def serve(connection):
            connection.read_request()
            connection.send(response(body=body))

        proxy = self.front(
            self.scripted(serve), extra=TIMEOUTS + 'write = "1s"\n[socket]\nnot_sent_low_water = "4KiB"\n'
        )
        with proxy.connect(timeout_s=10, receive_buffer=4096) as client:
            client.send(request())
            client.read_head()
            taken, begun = 0, time.monotonic()
            while taken < len(body):
                taken += len(client.read_some())
                if time.monotonic() - begun < 3:
                    time.sleep(0.05)
            self.assertEqual(taken, len(body))
            self.assertGreater(time.monotonic() - begun, 2)

    def test_a_backend_that_takes_no_body_is_504(self):
        done = threading.Event()

        def serve(connection):
            done.wait(10)

        backend = self.scripted(serve, receive_buffer=4096)
        proxy = self.front(backend, extra=TIMEOUTS + 'write = "1s"\n')
        try:
            with proxy.connect(timeout_s=10) as client:
                client.send(request("POST", fields=[("Content-Length", str(1 << 30))]))
                sender = threading.Thread(target=self.send_until_refused, args=(client,), daemon=True)
                sender.start()
                self.assertEqual(client.read_response().status, 504)
        finally:
            done.set()

    @staticmethod
    def send_until_refused(client):
        try:
            while True:
                client.sock.sendall(bytes(65536))
        except OSError:
            pass

    def test_a_pause_in_the_request_body_does_not_cut_an_answer_that_has_begun(self):
        def serve(connection):
            connection.read_head()
            connection.send(response(fields=[("Content-Length", "30")], length=False))
            for _ in range(30):
                connection.send(b"x")
                time.sleep(0.1)

        proxy = self.front(self.scripted(serve), extra=TIMEOUTS + 'body = "1s"\n')
        with proxy.connect(timeout_s=10) as client:
            client.send(request("POST", fields=[("Content-Length", "100")]) + b"begun")
            self.assertEqual(client.read_response().body, b"x" * 30)

    def test_a_backend_that_ignores_close_and_fin_is_left_after_close_timeout(self):
        done = threading.Event()

        def serve(connection):
            accept_upgrade(connection)
            done.wait(10)

        proxy = self.front(self.scripted(serve), drain='window = "0s"\nclose_timeout = "1s"')
        try:
            with proxy.connect() as client:
                open_tunnel(client)
                client.send(close_frame(1000, masked=True))
                client.end_sending()
                eventually(
                    lambda: proxy.metrics().value("fairlead_websocket_tunnels_active") == 0, timeout_s=4
                )
        finally:
            done.set()

    def test_a_close_that_is_under_way_when_a_drain_begins_is_the_only_one(self):
        go_on = threading.Event()
        half = threading.Event()
        whole = close_frame(1000)

        def serve(connection):
            accept_upgrade(connection)
            connection.send(whole[:2])
            half.set()
            go_on.wait(10)
            connection.send(whole[2:])
            read_frame(connection)

        proxy = self.front(self.scripted(serve), drain='window = "0s"\nclose_timeout = "2s"')
        with proxy.connect() as client:
            open_tunnel(client)
            self.assertTrue(half.wait(5))
            self.assertEqual(client.read_exactly(2), whole[:2])
            proxy.signal(15)
            eventually(lambda: proxy.admin("/readyz")[0] == 503)
            time.sleep(0.3)  # ticks of the drain: that the proxy's Close waits is what no metric shows
            go_on.set()
            self.assertEqual(client.read_exactly(2), whole[2:])
            client.send(close_frame(1000, masked=True))
            self.assertEqual(client.read_to_end(), b"")
        self.assertEqual(proxy.wait_exit(), 0)


if __name__ == "__main__":
    unittest.main()
