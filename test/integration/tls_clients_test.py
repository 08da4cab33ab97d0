"""Clients' certificates: who may come, and what routes, backends and the log are told of them."""
import subprocess
import unittest

from harness.case import pool, route
from harness.certificates import Authority
from harness.ports import free_port
from harness.waiting import eventually
from tls_listener_test import TlsCase


class ClientCertificates(TlsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.devices = Authority(cls.ca.path("devices"), "devices")
        cls.devices.issue("d7.devices.example", "DNS:d7.devices.example,URI:spiffe://example/d7",
                          subject="/O=Example/CN=device 7", file="d7")  # fmt: skip
        cls.devices.issue("lost.devices.example", file="lost")
        cls.devices.issue("old.devices.example", file="old", days=-1)

    def with_own(self, name, authority=None):
        authority = authority or self.devices
        return ["--cert", authority.path(f"{name}.pem"), "--key", authority.path(f"{name}.key")]

    def fingerprint(self, name):
        out = subprocess.run(
            ["openssl", "x509", "-in", self.devices.path(f"{name}.pem"), "-noout", "-fingerprint", "-sha256"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        return out.strip().partition("=")[2]

    def test_required_lets_in_whom_the_ca_signed_and_nobody_else(self):
        proxy = self.serve(f'tls.client_ca = "{self.devices.pem}"')
        self.assertEqual(self.curl(proxy, *self.with_own("d7")).returncode, 0)
        self.assertNotEqual(self.curl(proxy).returncode, 0)
        self.expect_failure(proxy, "client_certificate_missing")
        self.assertNotEqual(self.curl(proxy, *self.with_own("a.example", self.ca)).returncode, 0)
        self.expect_failure(proxy, "unknown_ca")
        self.assertNotEqual(self.curl(proxy, *self.with_own("old")).returncode, 0)
        self.expect_failure(proxy, "expired")
        self.assertEqual(len(self.backend.requests), 1)

    def test_a_ticket_of_a_listener_where_it_is_optional_does_not_open_one_that_requires_it(self):
        port = free_port()
        asks = f'tls.client_ca = "{self.devices.pem}"\ntls.client_auth = '
        required = f'[[listen]]\naddress = "127.0.0.1:{port}"\n'
        required += f'tls.certificates = [{self.pair("a.example")}]\n'
        proxy = self.serve(asks + '"optional"', extra=required + asks + '"required"')
        session = self.devices.path("session")
        asked = b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"
        for count, version in enumerate(("-tls1_2", "-tls1_3"), start=1):
            hold = ["-ign_eof"] if version == "-tls1_3" else []
            self.client(proxy, version, "-sess_out", session, *hold, data=asked)
            ticket = [version, "-sess_in", session, *hold]
            self.assertIn("Reused, ", self.client(proxy, *ticket)[0])
            came = len(self.backend.requests)
            said, _ = self.client(proxy, *ticket, port=port, data=asked)
            self.assertNotIn("HTTP/1.1 200", said)
            self.assertIn("SSL alert number", said)
            eventually(
                lambda: self.failures(proxy, "client_certificate_missing") == count, 5, "it is counted"
            )
            self.assertEqual(len(self.backend.requests), came)

    def test_the_cas_are_told_to_the_client(self):
        proxy = self.serve(f'tls.client_ca = "{self.devices.pem}"')
        said, _ = self.client(proxy)
        self.assertIn("Acceptable client certificate CA names\nCN = devices", said)

    def test_a_revoked_one_is_refused_and_a_new_list_is_taken(self):
        lists = self.devices.revoke()
        proxy = self.serve(f'tls.client_ca = "{self.devices.pem}"\ntls.crl = "{lists}"')
        self.assertEqual(self.curl(proxy, *self.with_own("lost")).returncode, 0)
        self.devices.revoke(self.devices.path("lost.pem"))
        eventually(lambda: self.curl(proxy, *self.with_own("lost")).returncode != 0, 10, "the new list holds")
        self.assertGreaterEqual(self.failures(proxy, "revoked"), 1)
        self.assertEqual(self.curl(proxy, *self.with_own("d7")).returncode, 0)

    def test_backends_and_the_log_are_told_the_certificate_and_a_client_cannot_say_it(self):
        proxy = self.serve(
            f'tls.client_ca = "{self.devices.pem}"\ntls.client_auth = "optional"',
            extra="[log]\nrequests = true",
        )
        forged = ["--header", "X-Forwarded-Client-Cert: Hash=forged", "--header", "x_forwarded: forged"]
        self.assertEqual(self.curl(proxy, *self.with_own("d7"), *forged).returncode, 0)
        self.assertEqual(self.curl(proxy, *forged).returncode, 0)
        with_one, without = self.backend.requests
        wanted = self.fingerprint("d7").replace(":", "").lower()
        self.assertEqual(
            with_one.head.all("X-Forwarded-Client-Cert"),
            [f'Hash={wanted};Subject="CN=device 7,O=Example";DNS=d7.devices.example;URI=spiffe://example/d7'],
        )
        self.assertEqual(without.head.all("X-Forwarded-Client-Cert"), [])
        self.assertNotIn(b"forged", with_one.head.raw + without.head.raw)
        self.assertNotIn(b"x_forwarded", with_one.head.raw + without.head.raw)
        eventually(lambda: len(proxy.access_log()) == 2, 5, "two lines are logged")
        lines = proxy.access_log()
        self.assertEqual(lines[0]["client_certificate"], "CN=device 7,O=Example")
        self.assertNotIn("client_certificate", lines[1])

    def test_a_route_asks_for_a_certificate(self):
        devices, others = self.http_backend("devices"), self.http_backend("others")
        lost = self.fingerprint("lost")
        proxy = self.start_proxy(
            pool("devices", devices),
            pool("others", others),
            route("devices", path='"/"', client_certificate='{ san = "DNS:*.devices.example" }'),
            route("devices", path='"/one"', client_certificate=f'{{ fingerprint = "{lost}" }}'),
            route("devices", path='"/two"', client_certificate='{ subject = "CN=device *" }'),
            route("others"),
            listen=f'tls.certificates = [{self.pair("a.example")}]\ntls.client_ca = "{self.devices.pem}"\n'
            'tls.client_auth = "optional"',
        )

        def answers(path, *arguments):
            return b"devices" in self.curl(proxy, *arguments, path=path).stdout

        self.assertTrue(answers("/", *self.with_own("d7")))
        self.assertFalse(answers("/"))
        self.assertTrue(answers("/one", *self.with_own("lost")))
        self.assertTrue(answers("/two", *self.with_own("d7")))
        self.assertFalse(answers("/two"))


if __name__ == "__main__":
    unittest.main()
