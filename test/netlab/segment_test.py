"""The lab itself: what the other tests here rely on."""
import socket
import unittest

from harness.lab import Lab, enter_lab


class SegmentTest(unittest.TestCase):
    def setUp(self):
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        self.a, self.b = self.lab.host("a"), self.lab.host("b")
        self.lan = self.lab.segment("lan")
        self.lan.join(self.a, "10.1.0.1/24", "fd01::1/64")
        self.port = self.lan.join(self.b, "10.1.0.2/24", "fd01::2/64")

    def assert_reached(self, address):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.b.entered():
            server = socket.create_server((address, 0), family=family)
        with self.a.entered(), socket.create_connection(server.getsockname()[:2], 5) as client:
            accepted, peer = server.accept()
            self.assertEqual(peer, client.getsockname())
            accepted.close()
        server.close()

    def test_hosts_of_a_segment_reach_each_other_over_both_families(self):
        self.assert_reached("10.1.0.2")
        self.assert_reached("fd01::2")

    def test_a_cut_cable_carries_nothing_until_it_is_mended(self):
        self.lan.cut(self.port)
        with self.a.entered(), self.assertRaises(TimeoutError):
            socket.create_connection(("10.1.0.2", 9), 0.5)
        self.lan.mend(self.port)
        self.assert_reached("10.1.0.2")

    def test_a_host_knows_its_link_address(self):
        self.assertRegex(self.b.link_address("lan"), r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")


if __name__ == "__main__":
    enter_lab()
    unittest.main()
