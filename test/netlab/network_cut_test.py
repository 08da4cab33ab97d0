"""A network that is cut between hosts for a while, and mended:

      client 10.1.0.10 ── front ── 10.1.0.1 proxy 10.2.0.1 ── back ── 10.2.0.2 backend
"""
import struct
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from harness.case import ProxyCase, pool, route
from harness.connection import PeerClosed, connect
from harness.frames import BINARY, CLOSE, PING, PONG, echo_until_close, frame, open_tunnel, read_frame
from harness.lab import Lab, enter_lab
from harness.process_stats import descriptor_count
from harness.waiting import eventually

CUT_S = 5.0
TUNNELS = 20


class NetworkCut(ProxyCase):
    def setUp(self):
        super().setUp()
        self.tunnels = []
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        self.client, self.host, self.far = (self.lab.host(name) for name in ("client", "proxy", "backend"))
        self.front, self.back = self.lab.segment("front"), self.lab.segment("back")
        self.front_port = self.front.join(self.client, "10.1.0.10/24")
        self.front.join(self.host, "10.1.0.1/24")
        self.back.join(self.host, "10.2.0.1/24")
        self.back_port = self.back.join(self.far, "10.2.0.2/24")
        with self.far.entered():
            self.backend = self.scripted(echo_until_close, host="10.2.0.2", port=9000)

    def tearDown(self):
        for tunnel in self.tunnels:
            tunnel.close()
        with self.host.entered():
            super().tearDown()

    def start(self, websocket="{}", top=""):
        with self.host.entered():
            self.proxy = self.start_proxy(
                top, pool("app", self.backend), route(websocket=websocket), host="10.1.0.1", workers=2
            )
            self.before = descriptor_count(self.proxy.pid)
        self.tunnels = [self.open() for _ in range(TUNNELS)]
        self.sent = [0] * TUNNELS
        self.heard = [0] * TUNNELS

    def open(self):
        with self.client.entered():
            tunnel = connect(self.proxy.address, timeout_s=30)
        open_tunnel(tunnel)
        return tunnel

    def say(self):
        """A numbered message on each tunnel, whether anybody can hear it or not."""
        for i, tunnel in enumerate(self.tunnels):
            tunnel.send(frame(BINARY, struct.pack("!I", self.sent[i]) + b"x" * 200, masked=True))
            self.sent[i] += 1

    def hear_all(self):
        """Each message that was sent comes back, once and in order."""
        for i, tunnel in enumerate(self.tunnels):
            while self.heard[i] < self.sent[i]:
                echo = read_frame(tunnel)
                self.assertEqual((echo.opcode, echo.payload[:4]), (BINARY, struct.pack("!I", self.heard[i])))
                self.heard[i] += 1

    def metric(self, name, **labels):
        with self.host.entered():
            return self.proxy.metrics().value(name, **labels)

    def cut_for(self, segment, port, seconds):
        """With traffic on every tunnel all the while."""
        self.say()
        self.hear_all()
        segment.cut(port)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.say()
            time.sleep(0.2)
        segment.mend(port)
        self.say()

    def check_all_went_on(self):
        self.hear_all()
        self.assertEqual(self.metric("fairlead_tunnels_open"), TUNNELS)
        self.assertEqual(self.metric("fairlead_websocket_tunnels_closed_total"), 0)
        self.assertEqual(self.metric("fairlead_backend_dials_total"), TUNNELS)

    def test_tunnels_go_on_when_the_backends_network_is_back(self):
        self.start()
        self.cut_for(self.back, self.back_port, CUT_S)
        self.check_all_went_on()

    def test_tunnels_go_on_when_the_clients_network_is_back(self):
        self.start()
        self.cut_for(self.front, self.front_port, CUT_S)
        self.check_all_went_on()

    def wait_for_close(self, tunnel):
        """Its code; pings are answered meanwhile."""
        while (got := read_frame(tunnel)).opcode != CLOSE:
            if got.opcode == PING:
                tunnel.send(frame(PONG, got.payload, masked=True))
        tunnel.close()
        return got.close_code

    def check_all_ended(self, code):
        """Every client is told in order; nothing is held for the side that is away."""
        with ThreadPoolExecutor(TUNNELS) as threads:
            self.assertEqual(list(threads.map(self.wait_for_close, self.tunnels)), [code] * TUNNELS)
        eventually(lambda: self.metric("fairlead_tunnels_open") == 0, 10)
        eventually(lambda: descriptor_count(self.proxy.pid) <= self.before + 2, 10, "descriptors came back")

    def test_a_shorter_keepalive_ends_them_with_a_close_to_the_side_that_is_there(self):
        self.start(websocket='{ ping_every = "1s", pong_timeout = "3s" }')
        self.back.cut(self.back_port)
        self.check_all_ended(1012)
        self.assertEqual(
            self.metric("fairlead_websocket_tunnels_closed_total", cause="dead_peer"), TUNNELS
        )

    def test_a_shorter_user_timeout_ends_those_with_traffic(self):
        self.start(top='[socket]\nuser_timeout = "1500ms"')
        self.back.cut(self.back_port)
        self.say()
        for tunnel in self.tunnels:
            with self.assertRaises((PeerClosed, ConnectionResetError)):
                read_frame(tunnel)
            tunnel.close()
        eventually(lambda: self.metric("fairlead_tunnels_open") == 0, 10)
        self.assertEqual(self.metric("fairlead_websocket_tunnels_closed_total", cause="reset"), TUNNELS)
        eventually(lambda: descriptor_count(self.proxy.pid) <= self.before + 2, 10, "descriptors came back")


if __name__ == "__main__":
    enter_lab()
    unittest.main()
