"""TLS towards backends: verified by default, with a name, a certificate of our own and resumption."""
import ssl
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.certificates import Authority
from harness.tls_backend import TlsBackend
from harness.waiting import eventually


class Backends(ProxyCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        cls.ca = Authority(cls.folder.name)
        cls.ca.issue("app.internal", "DNS:app.internal,IP:127.0.0.1", file="app")
        cls.ca.issue("other.internal", file="other")
        cls.ca.issue("old.internal", "IP:127.0.0.1", file="old", days=-1)
        cls.ca.issue("proxy", file="proxy")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def backend(self, name="app", **options):
        return self._keep(TlsBackend(self.ca.path(f"{name}.pem"), self.ca.path(f"{name}.key"), **options))

    def through(self, backend, tls=None, **keys):
        tls = tls if tls is not None else f'{{ ca = "{self.ca.pem}" }}'
        return self.start_proxy(pool("app", backend, tls=tls, **keys), route())

    def status(self, proxy, count=1):
        for _ in range(count):
            got = proxy.ask(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return got.status

    def expect_failure(self, proxy, reason):
        self.assertEqual(self.status(proxy), 502)
        eventually(
            lambda: proxy.metrics().value("fairlead_tls_failures_total", peer="backend", reason=reason) >= 1,
            5, f"a failure is counted as {reason}",
        )  # fmt: skip
        proxy.wait_said(reason)

    def test_a_backend_is_verified_by_its_address_and_asked_for_http_1_1(self):
        backend = self.backend()
        self.assertEqual(self.status(self.through(backend)), 200)
        (seen,) = backend.handshakes
        self.assertEqual((seen.server_name, seen.protocol), (None, "http/1.1"))

    def test_server_name_is_sent_and_verified(self):
        backend = self.backend()
        tls = f'{{ ca = "{self.ca.pem}", server_name = "app.internal" }}'
        self.assertEqual(self.status(self.through(backend, tls)), 200)
        self.assertEqual(backend.handshakes[0].server_name, "app.internal")

    def test_what_cannot_be_verified_is_not_spoken_to(self):
        self.expect_failure(self.through(self.backend("other")), "wrong_name")
        self.expect_failure(self.through(self.backend("old")), "expired")
        self.expect_failure(self.through(self.backend(), "true"), "unknown_ca")
        for backend in self._backends:
            self.assertEqual(backend.requests, [])

    def test_insecure_takes_anything_and_is_warned_about(self):
        proxy = self.through(self.backend("old"), "{ insecure = true }")
        self.assertEqual(self.status(proxy), 200)
        proxy.wait_said("pool app: insecure: its backends are not verified")

    def test_a_backend_that_asks_for_a_certificate_gets_ours(self):
        backend = self.backend(client_ca=self.ca.pem)
        tls = f'{{ ca = "{self.ca.pem}", certificate = "{self.ca.path("proxy.pem")}", ' \
              f'key = "{self.ca.path("proxy.key")}" }}'  # fmt: skip
        self.assertEqual(self.status(self.through(backend, tls)), 200)
        self.assertEqual(backend.handshakes[0].peer, "proxy")

    def test_sessions_are_resumed(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            backend = self.backend(version=version)
            proxy = self.start_proxy(
                "[limits]\nidle_upstream = 0",
                pool("app", backend, tls=f'{{ ca = "{self.ca.pem}" }}'),
                route(),
            )
            self.assertEqual(self.status(proxy, 3), 200)
            self.assertEqual([seen.is_resumed for seen in backend.handshakes], [False, True, True])

    def test_checks_speak_tls_and_verify(self):
        good, bad = self.backend(), self.backend("other")
        checked = 'health = { kind = "http", path = "/up", every = "200ms", timeout = "150ms", fall = 1 }'
        proxy = self.start_proxy(
            pool("app", good, bad, tls=f'{{ ca = "{self.ca.pem}" }}') + checked,
            route(),
        )

        def is_up(backend):
            return proxy.metrics().value("fairlead_backend_up", backend=backend.address) == 1

        eventually(lambda: not is_up(bad), 5, "the one that cannot be verified is down")
        eventually(lambda: good.requests, 5, "the other is asked")
        self.assertTrue(is_up(good))
        self.assertEqual(bad.requests, [])
        self.assertEqual({asked.head.target for asked in good.requests}, {"/up"})

    def test_a_backend_that_speaks_plainly_is_told(self):
        backend = self.scripted(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        self.expect_failure(self.through(backend), "plain_http")


if __name__ == "__main__":
    unittest.main()
