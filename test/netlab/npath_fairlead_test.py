"""Fairleads behind a director: one is drained by its SIGTERM, and only its own tunnels notice, by 1001."""
import threading
import unittest

from harness.connection import connect
from harness.frames import CLOSE, read_frame
from harness.http_message import request
from harness.lab import enter_lab
from harness.waiting import eventually
from npath_site import PORT, VIP4, Site, config

FAIRLEAD = f"""
workers = 1
[[listen]]
address = "{VIP4}:{PORT}"
[admin]
address = "0.0.0.0:9900"
anonymous = "none"
[drain]
delay = "3s"
window = "1s"
close_timeout = "2s"
[log]
access = "off"
[pool.app]
backends = ["127.0.0.1:9000"]
[[route]]
pool = "app"
"""


class TwoFairleads(unittest.TestCase):
    def setUp(self):
        self.site = Site(("b1", "b2"))
        self.addCleanup(self.site.close)
        for name in ("b1", "b2"):
            self.site.start_echo(name, port=9000, host="127.0.0.1")
        self.fairleads = {
            name: self.site.start(host, ["run", "--config"], FAIRLEAD).wait_ready()
            for name, host in self.site.backends.items()
        }
        health = 'path = "/readyz", port = 9900, every = "300ms", timeout = "300ms"'
        self.npath = self.site.start_npath(config("10.5.0.21", "10.5.0.22", health=health)).wait_ready()

    def ask(self):
        """A request on a connection of its own; the echo backend answers 426 to what is no upgrade."""
        with self.site.client.entered():
            client = connect((VIP4, PORT))
        with client:
            client.send(request())
            return client.read_response().status

    def test_one_that_is_stopped_is_taken_out_before_it_stops_listening(self):
        tunnels = self.site.open_tunnels(30)
        leaving = [tunnel for tunnel in tunnels if tunnel.backend == "b1"]
        staying = [tunnel for tunnel in tunnels if tunnel.backend == "b2"]
        self.assertTrue(leaving and staying)
        ended, statuses, failures = threading.Event(), [], []

        def keep_asking():
            while not ended.is_set():
                try:
                    statuses.append(self.ask())
                except Exception as failure:
                    failures.append(failure)

        asking = threading.Thread(target=keep_asking)
        asking.start()
        self.addCleanup(ended.set)
        drained = self.fairleads["b1"]
        drained.process.terminate()
        eventually(lambda: drained.admin("/readyz")[0] == 503)
        draining = lambda: self.npath.metrics().value("fairlead_npath_backend_draining", backend="10.5.0.21")
        eventually(lambda: draining() == 1 and self.npath.metrics().value("fairlead_npath_in_sync") == 1)
        # It listens and serves still; only new connections go elsewhere.
        self.assertEqual([tunnel for tunnel in tunnels if not tunnel.is_alive()], [])
        self.assertEqual({tunnel.backend for tunnel in self.site.open_tunnels(20)}, {"b2"})
        for tunnel in leaving:
            closing = read_frame(tunnel.connection)
            self.assertEqual((closing.opcode, closing.close_code), (CLOSE, 1001))
            tunnel.connection.close()
        self.assertEqual(drained.process.wait(15), 0)
        eventually(lambda: self.npath.metrics().value("fairlead_npath_backend_draining") == 0, 10)
        self.assertEqual([tunnel for tunnel in staying if not tunnel.is_alive()], [])
        ended.set()
        asking.join()
        self.assertEqual(failures, [])
        self.assertGreater(len(statuses), 20)
        self.assertEqual(set(statuses), {426})


if __name__ == "__main__":
    enter_lab()
    unittest.main()
