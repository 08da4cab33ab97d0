"""Floods: whoever means well goes on, memory stays bounded, and who is shed is told so."""
import unittest

from harness.case import ProxyCase, pool, route
from harness.crowd import Crowd, CrowdBackend
from harness.floods import start_flood
from harness.healthy_tunnels import HealthyTunnels
from harness.namespace import enter_network_namespace
from harness.process_backend import ProcessBackend
from harness.process_stats import descriptor_count, peak_resident_bytes, reset_peak
from harness.ports import free_port
from harness.proxy import SANITIZED
from harness.waiting import eventually

LIMITS = """
[timeouts]
head = "1s"
body = "1s"
keep_alive = "5s"
upstream_idle = "500ms"
[log]
access = "off"
"""
MEBI = 1024 * 1024
SPARE = 2 * 4 * 2 + 2  # pipes that two workers keep at hand for bodies, and the admin listener


class Floods(ProxyCase):
    """Each flood beside 20 healthy tunnels."""

    def setUp(self):
        super().setUp()
        self.proxy = self.front(self._keep(ProcessBackend()), LIMITS, workers=2)
        self.healthy = HealthyTunnels(self.proxy.address, count=20, every_ms=50)

    def tearDown(self):
        self.healthy.close()
        super().tearDown()

    def flood(self, kind, count, seconds, memory):
        """What became of it. The healthy tunnels must all go on meanwhile, and the process must not take more
        than `memory` bytes above what it had."""
        descriptors = descriptor_count(self.proxy.pid)
        reset_peak(self.proxy.pid)
        before = peak_resident_bytes(self.proxy.pid)
        self.healthy.delays()
        running = start_flood(kind, self.proxy.address, count, seconds)
        try:
            result = running.result()
        finally:
            running.close()
        during = self.healthy.delays()
        self.assertEqual((during["lost"], during["late"], during["disorder"]), (0, 0, 0), during)
        self.assertGreater(during["count"], 20, during)
        if not SANITIZED:
            self.assertLess(peak_resident_bytes(self.proxy.pid) - before, memory)
        self.assertNotIn("garbage", result["answers"])
        left = lambda: descriptor_count(self.proxy.pid) - descriptors
        eventually(lambda: left() <= SPARE, 10, lambda: f"{left()} descriptors left over")
        return result

    def test_connections_that_come_and_go_without_a_word(self):
        result = self.flood("connects", 200, 2, 16 * MEBI)
        self.assertGreater(result["connected"], 500)
        self.assertNotIn("refused", result)

    def test_heads_that_trickle_in_are_told_408(self):
        result = self.flood("slow-heads", 500, 3, 500 * 16_384)
        self.assertGreater(result["answers"].get("408", 0), 0)
        self.assertEqual(set(result["answers"]), {"408"})

    def test_bodies_that_trickle_in_hold_a_block_each(self):
        result = self.flood("slow-bodies", 500, 3, 500 * (32_768 + 16_384))
        self.assertLessEqual(set(result["answers"]), {"408"})

    def test_readers_who_read_nothing_hold_what_is_pending_and_no_more(self):
        self.flood("slow-readers", 100, 2, 100 * (65_536 + 16_384) + 8 * MEBI)

    def test_a_thousand_frames_in_a_packet(self):
        result = self.flood("one-byte-frames", 20, 2, 16 * MEBI)
        self.assertGreater(result["bytes"], MEBI)
        self.assertEqual(set(result["answers"]), {"tunnel"})

    def test_pings_without_end(self):
        self.assertEqual(set(self.flood("pings", 20, 2, 16 * MEBI)["answers"]), {"tunnel"})

    def test_fragments_of_nothing(self):
        self.assertEqual(set(self.flood("tiny-fragments", 20, 2, 16 * MEBI)["answers"]), {"tunnel"})

    def test_heads_with_ten_thousand_fields_are_told_431(self):
        result = self.flood("header-bombs", 50, 2, 50 * 65_536 + 8 * MEBI)
        self.assertEqual(set(result["answers"]), {"431"})

    def test_frames_that_are_announced_and_never_sent_hold_no_memory(self):
        result = self.flood("giant-frames", 500, 2, 500 * 8192 + 8 * MEBI)
        self.assertEqual(set(result["answers"]), {"tunnel"})


class Storms(ProxyCase):
    def test_all_clients_come_back_at_once_after_their_backend_was_restarted(self):
        port = free_port()
        first = CrowdBackend(port=port)
        proxy = self.front(f"127.0.0.1:{port}", LIMITS, workers=2)
        crowd = Crowd(proxy.address, return_after=lambda _: 0.05, insists=True).open(500)
        self.addCleanup(crowd.close)
        first.end()
        eventually(lambda: len(crowd.ends) >= 500, 20, "each tunnel ended")
        second = CrowdBackend(port=port)
        self.addCleanup(second.end)
        told = lambda: f"{crowd.tunnels} tunnels, {crowd.refused} refused"
        eventually(lambda: crowd.tunnels == 500, 30, told)
        crowd.say("again")
        eventually(lambda: crowd.echoed == 500, 10)
        self.assertEqual((first.errors, second.errors, crowd.errors), ([], [], []))
        self.assertEqual(proxy.metrics().value("fairlead_tunnels_open"), 500)


if __name__ == "__main__":
    enter_network_namespace()  # thousands of ports that are nobody else's
    unittest.main()
