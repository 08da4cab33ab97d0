"""TLS with clients as curl and openssl s_client see it: versions, ciphers, names, protocols and errors."""
import os
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.certificates import Authority, openssl
from harness.http_message import response
from harness.waiting import eventually

INTERMEDIATE = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "DHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-CHACHA20-POLY1305",
]


class TlsCase(ProxyCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        cls.ca = Authority(cls.folder.name)
        cls.ca.issue("a.example")
        cls.ca.issue("a.example", rsa=True, file="a-rsa")
        cls.ca.issue("*.b.example", file="b")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def pair(self, name):
        return f'{{ chain = "{self.ca.path(name)}.pem", key = "{self.ca.path(name)}.key" }}'

    def serve(self, listen="", names=("a.example",), extra="", backend=None, **options):
        certificates = ", ".join(map(self.pair, names))
        listen = f"tls.certificates = [{certificates}]\n{listen}"
        self.backend = backend or self.http_backend()
        return self.front(self.backend, extra, listen=listen, **options)

    def client(self, proxy, *arguments, name="a.example", data=b"Q\n", port=None):
        """What openssl s_client says of a handshake, and its exit code."""
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port or proxy.port}", "-CAfile", self.ca.pem,
             *(["-servername", name] if name else ["-noservername"]), *arguments],
            input=data, capture_output=True, timeout=20,
        )  # fmt: skip
        return (done.stdout + done.stderr).decode(errors="replace"), done.returncode

    def curl(self, proxy, *arguments, name="a.example", path="/"):
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "10", "--noproxy", "*",
             "--cacert", self.ca.pem, "--resolve", f"{name}:{proxy.port}:127.0.0.1",
             *arguments, f"https://{name}:{proxy.port}{path}"],
            capture_output=True, timeout=20,
        )  # fmt: skip
        return done

    def failures(self, proxy, reason, peer="client"):
        return proxy.metrics().value("fairlead_tls_failures_total", peer=peer, reason=reason)

    def expect_failure(self, proxy, reason, peer="client"):
        eventually(lambda: self.failures(proxy, reason, peer) == 1, 5, f"one failure is counted as {reason}")


class Versions(TlsCase):
    def test_curl_speaks_to_a_backend_through_it(self):
        proxy = self.serve(extra="[log]\nrequests = true")
        done = self.curl(proxy, "--write-out", "%{http_code} %{ssl_verify_result}", "--output", "/dev/null")
        self.assertEqual(done.stdout.decode(), "200 0", done.stderr)
        (asked,) = self.backend.requests
        self.assertEqual(asked.head.get("X-Forwarded-Proto"), "https")
        eventually(lambda: len(proxy.access_log()) == 1, 5, "a line is logged")
        logged = proxy.access_log()
        self.assertEqual(logged[0]["tls_version"], "TLSv1.3")
        self.assertEqual(logged[0]["sni"], "a.example")
        self.assertRegex(logged[0]["tls_cipher"], "^TLS_")

    def test_1_2_and_1_3_are_spoken_and_nothing_older(self):
        proxy = self.serve()
        for option, version in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
            said, _ = self.client(proxy, option)
            self.assertRegex(said, rf"(Protocol\s*: |New, ){version}")
            self.assertIn("Verify return code: 0 (ok)", said)
        said, code = self.client(proxy, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
        self.assertNotEqual(code, 0)
        self.assertIn("alert protocol version", said)
        self.expect_failure(proxy, "no_shared_version")

    def test_the_modern_profile_is_1_3_alone(self):
        proxy = self.serve('tls.profile = "modern"')
        self.assertIn("Verify return code: 0 (ok)", self.client(proxy, "-tls1_3")[0])
        self.assertNotEqual(self.client(proxy, "-tls1_2")[1], 0)

    def test_the_ciphers_of_1_2_are_mozillas_intermediate_ones(self):
        proxy = self.serve(names=("a.example", "a-rsa"))
        offered = openssl("ciphers", "-s", "-tls1_2", "ALL:@SECLEVEL=0").decode()
        every = set(offered.strip().split(":")) | set(INTERMEDIATE)
        for cipher in sorted(every):
            kind = "RSA+SHA256:RSA-PSS+SHA256:ECDSA+SHA256"
            said, _ = self.client(proxy, "-tls1_2", "-cipher", cipher + ":@SECLEVEL=0", "-sigalgs", kind)
            spoken = re.search(r"^New, TLSv1.2, Cipher is (\S+)$", said, re.M)
            taken = spoken.group(1) if spoken else None
            self.assertEqual(taken, cipher if cipher in INTERMEDIATE else None, said[-600:])

    def test_the_server_chooses_the_order_and_the_groups_are_mozillas(self):
        proxy = self.serve()
        said, _ = self.client(proxy, "-tls1_2", "-cipher",
                              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256")  # fmt: skip
        self.assertIn("Cipher is ECDHE-ECDSA-AES128-GCM-SHA256", said)
        said, _ = self.client(proxy, "-tls1_2", "-cipher",
                              "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256")  # fmt: skip
        self.assertIn("Cipher is ECDHE-ECDSA-CHACHA20-POLY1305", said)
        for group in ("X25519", "P-256", "P-384", "P-521", "X448"):
            _, code = self.client(proxy, "-tls1_3", "-groups", group)
            self.assertEqual(code == 0, group in ("X25519", "P-256", "P-384"), group)

    def test_there_is_no_renegotiation_and_no_compression(self):
        proxy = self.serve()
        said, _ = self.client(proxy, "-tls1_2", data=b"R\n")
        self.assertIn("no renegotiation", said.lower())
        said, _ = self.client(proxy, "-tls1_2")
        self.assertIn("Secure Renegotiation IS supported", said)
        self.assertIn("Compression: NONE", said)


class Names(TlsCase):
    def subject(self, proxy, name):
        said, _ = self.client(proxy, name=name)
        found = re.search(r"^subject=.*CN = (\S+)", said, re.M)
        return found and found.group(1)

    def test_the_name_chooses_the_certificate_and_the_first_is_for_the_rest(self):
        proxy = self.serve(names=("a.example", "b"))
        self.assertEqual(self.subject(proxy, "a.example"), "a.example")
        self.assertEqual(self.subject(proxy, "x.b.example"), "*.b.example")
        self.assertEqual(self.subject(proxy, "X.B.example"), "*.b.example")
        for other in ("b.example", "x.y.b.example", "nobody.example", None):
            self.assertEqual(self.subject(proxy, other), "a.example")

    def test_strict_sni_refuses_the_rest(self):
        proxy = self.serve("tls.strict_sni = true")
        self.assertEqual(self.subject(proxy, "a.example"), "a.example")
        said, code = self.client(proxy, name="nobody.example")
        self.assertNotEqual(code, 0)
        self.assertIn("SSL alert number 112", said)
        self.expect_failure(proxy, "unknown_name")

    def test_each_client_gets_the_kind_of_key_that_it_can_verify(self):
        proxy = self.serve(names=("a.example", "a-rsa"))
        for algorithms, kind in (("ECDSA+SHA256", "ECDSA"), ("RSA-PSS+SHA256", "RSA-PSS")):
            said, _ = self.client(proxy, "-sigalgs", algorithms)
            self.assertIn(f"Peer signature type: {kind}", said)
            self.assertIn("Verify return code: 0 (ok)", said)

    def test_alpn_is_http_1_1_and_others_are_refused(self):
        proxy = self.serve()
        self.assertIn("ALPN protocol: http/1.1", self.client(proxy, "-alpn", "h2,http/1.1")[0])
        self.assertIn("No ALPN negotiated", self.client(proxy)[0])
        said, code = self.client(proxy, "-alpn", "h2")
        self.assertNotEqual(code, 0)
        self.assertIn("no application protocol", said)
        self.expect_failure(proxy, "no_shared_protocol")

    def test_an_ocsp_response_is_stapled(self):
        ca = Authority(self.ca.path("ocsp"))
        chain, key = ca.issue("a.example")
        with open(chain) as leaf, open(ca.pem) as issuer, open(ca.path("full.pem"), "w") as full:
            full.write(leaf.read() + issuer.read())
        response = ca.respond(chain)
        pair = f'{{ chain = "{ca.path("full.pem")}", key = "{key}", ocsp = "{response}" }}'
        proxy = self.front(self.http_backend(), listen=f"tls.certificates = [{pair}]")
        said, _ = self.client(proxy, "-status")
        self.assertIn("OCSP Response Status: successful", said)
        self.assertIn("Cert Status: good", said)


class Resumption(TlsCase):
    def resumes(self, first, second, version):
        session = os.path.join(self.folder.name, "session")
        hold = ["-ign_eof"] if version == "-tls1_3" else []
        asked = b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"
        self.client(first, version, "-sess_out", session, *hold, data=asked)
        said, _ = self.client(second, version, "-sess_in", session, *hold, data=asked)
        return "Reused, " in said

    def test_a_session_is_resumed_also_after_a_reload(self):
        for version in ("-tls1_2", "-tls1_3"):
            proxy = self.serve()
            self.assertTrue(self.resumes(proxy, proxy, version))
            session = os.path.join(self.folder.name, "session")
            proxy.write_config(pool("app", self.backend) + route(path='"/"'))
            proxy.control("/reload")
            self.assertIn("Reused, ", self.client(proxy, version, "-sess_in", session)[0])
            labels = {"peer": "client", "version": version[-3:].replace("_", "."), "start": "resumed"}
            self.assertEqual(proxy.metrics().value("fairlead_tls_handshakes_total", **labels), 2)

    def test_replicas_with_the_same_keys_resume_each_others_sessions(self):
        keys = self.ca.path("ticket.keys")
        with open(keys, "wb") as file:
            file.write(os.urandom(160))
        os.chmod(keys, 0o600)
        shared = f'[tls]\nticket_keys = "{keys}"'
        one, other = self.serve(extra=shared), self.serve(extra=shared)
        alone = self.serve()
        for version in ("-tls1_2", "-tls1_3"):
            self.assertTrue(self.resumes(one, other, version))
            self.assertFalse(self.resumes(one, alone, version))

    def test_without_a_lifetime_there_are_no_tickets(self):
        proxy = self.serve(extra="[tls]\nticket_lifetime = 0")
        self.assertFalse(self.resumes(proxy, proxy, "-tls1_2"))


class Errors(TlsCase):
    def test_plain_http_is_answered_with_400(self):
        proxy = self.serve()
        with proxy.connect() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
            self.assertEqual(client.read_response().status, 400)
        self.expect_failure(proxy, "plain_http")

    def test_garbage_costs_one_connection(self):
        proxy = self.serve()
        with proxy.connect() as client:
            client.send(b"\x05\x01\x00 no TLS at all, but some other protocol")
            client.read_to_end()
        self.expect_failure(proxy, "garbage")
        self.assertEqual(self.curl(proxy).returncode, 0)

    def test_an_end_in_the_handshake_is_truncated(self):
        proxy = self.serve()
        with proxy.connect() as client:
            client.send(b"\x16\x03\x01\x02\x00\x01")
            eventually(
                lambda: proxy.metrics().value("fairlead_tls_handshakes_under_way", peer="client") == 1,
                5, "the handshake has begun",
            )  # fmt: skip
        self.expect_failure(proxy, "truncated")

    def test_who_is_silent_is_let_go_in_time(self):
        proxy = self.serve(extra='[timeouts]\ntls_handshake = "300ms"')
        with proxy.connect() as client:
            client.send(b"\x16\x03\x01")
            client.read_to_end()
        self.expect_failure(proxy, "timeout")
        eventually(lambda: "timeouts.tls_handshake" in proxy.stderr(), what=proxy.stderr)

    def test_those_who_say_nothing_or_stop_after_a_byte_keep_nobody_out(self):
        keys = '[tls]\nmax_handshakes = 2\n[timeouts]\ntls_handshake = "1m"'
        proxy = self.serve(extra=keys)
        clients = [proxy.connect() for _ in range(40)]
        for client in clients[::2]:
            client.send(b"\x16")
        eventually(
            lambda: proxy.metrics().value("fairlead_tls_handshakes_under_way", peer="client") == 40,
            5, "all have come",
        )  # fmt: skip
        done = self.curl(proxy)
        self.assertEqual(done.returncode, 0, done.stderr)
        for client in clients:
            client.close()
        eventually(lambda: self.failures(proxy, "truncated") == 40, 5, "each that left is counted")
        self.assertEqual(self.failures(proxy, "timeout"), 0)

    def test_a_client_that_does_not_trust_us_is_told_apart(self):
        proxy = self.serve()
        context = ssl.create_default_context()
        with self.assertRaises(ssl.SSLError), socket.create_connection(proxy.address) as tcp:
            context.wrap_socket(tcp, server_hostname="a.example")
        self.expect_failure(proxy, "refused_by_peer")

    def test_a_record_that_was_altered_is_a_bad_record(self):
        proxy = self.serve()
        context = ssl.create_default_context(cafile=self.ca.pem)
        with socket.create_connection(proxy.address) as tcp:
            with context.wrap_socket(tcp, server_hostname="a.example") as secured:
                os.write(secured.fileno(), b"\x17\x03\x03\x00\x40" + b"x" * 64)
                with self.assertRaises((ssl.SSLError, ConnectionError)):
                    if not secured.recv(1):
                        raise ConnectionError("closed")
        self.expect_failure(proxy, "bad_record")


class Ends(TlsCase):
    def read_until_cut_off(self, secured):
        """The beginning, then all up to the end; an error then unless that is in order."""
        got = b""
        while b"part" not in got:
            got += secured.recv(65536)
        yield got
        while some := secured.recv(65536):
            got += some
        yield got

    def test_an_answer_that_a_shutdown_cuts_off_does_not_end_in_order(self):
        def serve(connection):
            connection.read_head()
            connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart")
            connection.ended_by(20)

        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            proxy = self.serve(backend=self.scripted(serve))
            context = ssl.create_default_context(cafile=self.ca.pem)
            context.minimum_version = context.maximum_version = version
            secured = context.wrap_socket(
                proxy.connect().sock, server_hostname="a.example", suppress_ragged_eofs=False
            )
            with secured:
                secured.sendall(b"GET / HTTP/1.0\r\nHost: a.example\r\n\r\n")
                reading = self.read_until_cut_off(secured)
                self.assertIn(b"200 OK", next(reading))
                proxy.signal(signal.SIGTERM)
                with self.assertRaises((ssl.SSLEOFError, ConnectionError)):
                    next(reading)


class Hsts(TlsCase):
    def test_every_answer_has_it_and_the_backends_own_is_replaced(self):
        backend = self.http_backend(
            respond=lambda *_: response(fields=[("Strict-Transport-Security", "max-age=1")])
        )
        proxy = self.start_proxy(
            pool("app", backend),
            route(path='"/a"'),
            listen=f'tls.certificates = [{self.pair("a.example")}]\n'
            'tls.hsts = "365d"\ntls.hsts_subdomains = true',
        )
        for path, status in (("/a", "200"), ("/none", "404")):
            said = self.curl(proxy, "--include", path=path).stdout.decode()
            self.assertIn(f"HTTP/1.1 {status}", said)
            lines = re.findall(r"(?i)^strict-transport-security: (.*)\r$", said, re.M)
            self.assertEqual(lines, ["max-age=31536000; includeSubDomains"])


if __name__ == "__main__":
    unittest.main()
