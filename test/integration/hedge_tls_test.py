"""Two attempts at one request where backends speak TLS, and one of them does not get that far."""
import tempfile
import threading
import unittest

from harness.case import pool, route
from harness.certificates import Authority
from harness.http_message import request, response
from harness.tls_backend import TlsBackend
from harness.waiting import eventually
from hedge_test import HEDGES, HedgeCase


class HedgeOverTls(HedgeCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.ca = Authority(cls.folder.name)
        cls.ca.issue("app.internal", "IP:127.0.0.1", file="app")

    def speaking(self, **options):
        return self._keep(TlsBackend(self.ca.path("app.pem"), self.ca.path("app.key"), **options))

    def mute(self):
        """Accepts, and says nothing."""
        return self.scripted(lambda connection: self.gate.wait(30))

    def through(self, first, other):
        entry = f'{{ address = "{first.address}", weight = 1000 }}'
        return self.start_proxy(
            "[log]\nrequests = true\n[timeouts]\ntls_handshake = \"20s\"\n",
            pool("app", entry, other, balance='"least-connections"', hedge='{ after = "20ms" }',
                 eject="{ failures = 1 }", tls=f'{{ ca = "{self.ca.pem}" }}'),
            route(),
        )  # fmt: skip

    def expect_nobody_blamed(self, proxy, *backends):
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_tls_failures_total", peer="backend"), 0)
        for each in backends:
            for name in ("fairlead_backend_dial_failures_total", "fairlead_backend_ejections_total"):
                self.assertEqual(metrics.value(name, backend=each.address), 0)
        self.assertNotIn("no TLS with", proxy.stderr())

    def test_a_handshake_that_hangs_is_overtaken(self):
        mute, quick = self.mute(), self.speaking()
        proxy = self.through(mute, quick)
        self.assertEqual(proxy.ask(request()).status, 200)
        eventually(lambda: proxy.metrics().value(HEDGES, backend=mute.address, how="won") == 1)
        self.assertTrue(self.ended(mute))
        self.expect_nobody_blamed(proxy, mute, quick)
        # The connection was kept.
        self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(len(quick.handshakes), 1)

    def test_a_hedge_whose_handshake_hangs_is_ended_with_the_first_answer(self):
        answers = threading.Event()

        def respond(message, connection):
            answers.wait(30)
            return response(body=b"slow")

        first, mute = self.speaking(respond=respond), self.mute()
        proxy = self.through(first, mute)
        client = proxy.connect()
        client.send(request())
        eventually(lambda: len(mute.connections) == 1 and len(first.requests) == 1)
        answers.set()
        self.assertEqual(client.read_response().status, 200)
        eventually(lambda: proxy.metrics().value(HEDGES, backend=first.address, how="lost") == 1)
        self.assertTrue(self.ended(mute))
        self.expect_nobody_blamed(proxy, first, mute)


if __name__ == "__main__":
    unittest.main()
