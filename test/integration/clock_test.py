"""A wall clock that jumps, by libfaketime: timeouts and rates do not notice it, and dates follow."""
import email.utils
import glob
import json
import os
import tempfile
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import TEXT, accept_upgrade, echo_frames, frame, open_tunnel, read_frame
from harness.http_message import request
from harness.process_stats import cpu_seconds
from harness.proxy import SANITIZED
from harness.waiting import eventually

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)  # scripts/setup.sh test
YEAR_S = 365 * 24 * 3600
# Nothing here may fire for an hour.
POLICY = '{ ping_every = "1h", idle_timeout = "2h", max_age = "3h", message_rate = "1000/s" }'


@unittest.skipIf(SANITIZED, "the sanitizer's library wants to be the first that is loaded")
class Jumps(ProxyCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="fairlead-clock-")
        self.addCleanup(folder.cleanup)
        self.offset_file = os.path.join(folder.name, "offset")
        self.jump(0)

    def jump(self, seconds):
        """The process's wall clock is so far from the machine's from now on; its monotonic clock is not."""
        with open(self.offset_file + ".new", "w") as file:
            file.write(f"{seconds:+d}\n")
        os.replace(self.offset_file + ".new", self.offset_file)

    def start(self):
        chat = self.scripted(lambda each: (accept_upgrade(each), echo_frames(each)))
        app = self.http_backend()
        return self.start_proxy(
            '[log]\nrequests = true\n[timeouts]\nkeep_alive = "1h"\nupstream_idle = "1h"\n',
            pool("chat", chat), pool("app", app, health='{ every = "10m" }'),
            route("chat", path='"/chat"', websocket=POLICY),
            route("app", name='"rated"', path='"/rated"', request_rate='{ limit = "1/min", burst = 2 }'),
            route("app"),
            wrapper=[
                "env", f"LD_PRELOAD={LIBRARY}", f"FAKETIME_TIMESTAMP_FILE={self.offset_file}",
                "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_RESET=1",
            ],
        )  # fmt: skip

    def date_offset(self, proxy):
        """How far the proxy's Date is from the machine's clock, in seconds; 0 to a few seconds."""
        told = email.utils.parsedate_to_datetime(proxy.ask(request(target="/nowhere/")).head.get("Date"))
        return told.timestamp() - time.time()

    def test_tunnels_timers_and_rates_do_not_notice_and_dates_follow(self):
        proxy = self.start()
        tunnel, kept = proxy.connect(), proxy.connect()
        open_tunnel(tunnel, "/chat")
        for _ in range(2):
            self.assertEqual(proxy.ask(request(target="/rated")).status, 200)
        self.assertEqual(proxy.ask(request(target="/rated")).status, 429)
        kept.send(request())
        self.assertEqual(kept.read_response().status, 200)
        for offset in (10 * YEAR_S, -10 * YEAR_S, 0, -3600, 3600):
            with self.subTest(offset=offset):
                self.jump(offset)
                eventually(lambda: abs(self.date_offset(proxy) - offset) < 60, 10, "Date follows")
                cpu = cpu_seconds(proxy.pid)
                self.assertTrue(tunnel.is_quiet(1.0))  # no ping, no Close
                self.assertLess(cpu_seconds(proxy.pid) - cpu, 0.3)
                process = json.loads(proxy.admin("/status")[1])["process"]
                self.assertIn(process["uptime_seconds"], range(600))
                tunnel.send(frame(TEXT, "hello", masked=True))
                self.assertEqual(read_frame(tunnel).payload, b"hello")
                kept.send(request())
                self.assertEqual(kept.read_response().status, 200)
                self.assertEqual(proxy.ask(request(target="/rated")).status, 429)  # not forgotten
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_websocket_tunnels_active"), 1)
        self.assertEqual(metrics.value("fairlead_websocket_rate_delays_total"), 0)
        self.assertEqual(metrics.value("fairlead_connections_open"), 2)
        lines = [line for line in proxy.access_log() if line["event"] == "exchange"]
        self.assertTrue(all(0 <= line["duration"] < 60 for line in lines), lines)
        years = {line["time"][:4] for line in lines}
        self.assertGreater(len(years), 2, years)


if __name__ == "__main__":
    unittest.main()
