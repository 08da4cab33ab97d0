"""What `fairlead check` and the start say of certificates."""
import os
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.certificates import Authority
from harness.proxy import run_command


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        self.addCleanup(folder.cleanup)
        self.ca = Authority(folder.name)
        self.config = self.ca.path("fairlead.toml")

    def check(self, listen, rest=""):
        with open(self.config, "w") as file:
            file.write(f'[[listen]]\naddress = "127.0.0.1:8443"\n{listen}\n{rest}\n')
            file.write('[pool.app]\nbackends = ["127.0.0.1:9000"]\n[[route]]\npool = "app"\n')
        return run_command("check", self.config)

    def test_a_good_pair_is_ok(self):
        self.ca.issue("a.example")
        done = self.check('tls.certificates = [{ chain = "a.example.pem", key = "a.example.key" }]')
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_key_of_another_certificate_is_an_error_with_its_place(self):
        self.ca.issue("a.example")
        self.ca.issue("b.example")
        done = self.check('tls.certificates = [\n{ chain = "a.example.pem", key = "b.example.key" }]')
        self.assertEqual(done.returncode, 1)
        place = r"fairlead\.toml:4:1: listener 127\.0\.0\.1:8443: .*/a\.example\.pem: "
        self.assertRegex(done.stderr, place + "the private key is not that of the certificate")

    def test_an_expired_certificate_and_an_open_key_are_warned_about(self):
        self.ca.issue("a.example", days=-1)
        os.chmod(self.ca.path("a.example.key"), 0o644)
        done = self.check('tls.certificates = [{ chain = "a.example.pem", key = "a.example.key" }]')
        self.assertEqual(done.returncode, 0)
        self.assertIn("it has expired at", done.stderr)
        self.assertIn("others may read or write it", done.stderr)

    def test_what_is_no_secret_of_tickets_and_a_missing_ca_are_errors(self):
        self.ca.issue("a.example")
        with open(self.ca.path("keys"), "w") as file:
            file.write("short")
        done = self.check(
            'tls = { certificate_dir = "nothing", client_ca = "missing.pem" }', '[tls]\nticket_keys = "keys"'
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("tls.ticket_keys: ", done.stderr)
        self.assertIn("holds 5 bytes", done.stderr)
        self.assertIn("nothing: No such file or directory", done.stderr)
        self.assertIn("missing.pem: No such file or directory", done.stderr)

    def test_insecure_is_warned_about_and_a_key_is_never_shown(self):
        _, key = self.ca.issue("a.example")
        done = self.check(
            'tls.certificates = [{ chain = "a.example.pem", key = "a.example.key" }]',
            '[pool.other]\nbackends = ["127.0.0.1:1"]\ntls.insecure = true',
        )
        self.assertEqual(done.returncode, 0)
        self.assertIn("pool other: insecure: its backends are not verified", done.stderr)
        with open(key) as file:
            secret = file.read().splitlines()[1]
        self.assertNotIn(secret, done.stdout + done.stderr)


class Redirect(ProxyCase):
    def setUp(self):
        super().setUp()
        self.proxy = self.start_proxy(
            pool("app", self.http_backend()), route(), listen="redirect_to_https = 8443"
        )

    def ask(self, head):
        with self.proxy.connect() as client:
            client.send(head)
            return client.read_response()

    def test_every_request_is_sent_to_https_at_its_own_host(self):
        got = self.ask(b"GET /a?b=c HTTP/1.1\r\nHost: shop.example:8080\r\n\r\n")
        self.assertEqual(got.status, 301)
        self.assertEqual(got.head.get("Location"), "https://shop.example:8443/a?b=c")
        got = self.ask(b"POST /a HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(got.status, 308)

    def test_the_connection_is_kept(self):
        with self.proxy.connect() as client:
            for _ in range(2):
                client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertEqual(client.read_response().status, 301)

    def test_without_a_host_there_is_nowhere_to_go(self):
        self.assertEqual(self.ask(b"GET / HTTP/1.0\r\n\r\n").status, 400)

    def test_plain_http_gets_no_strict_transport_security(self):
        got = self.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertIsNone(got.head.get("Strict-Transport-Security"))


if __name__ == "__main__":
    unittest.main()
