"""A browser over TLS: a page by https and its WebSocket by wss, in headless Chromium."""
import base64
import hashlib
import json
import unittest

from harness.case import pool, route
from harness.certificates import openssl
from harness.http_message import response
from harness.node import run_node
from harness.waiting import eventually
from tls_tunnels_test import TlsTunnelCase


class Browser(TlsTunnelCase):
    def pin(self):
        """The SHA-256 of the certificate's public key, as browsers name a key."""
        text = openssl("x509", "-in", self.chain, "-noout", "-pubkey").decode()
        der = base64.b64decode("".join(text.splitlines()[1:-1]))
        return base64.b64encode(hashlib.sha256(der).digest()).decode()

    def test_a_page_and_its_socket(self):
        html = b"<!doctype html><title>over tls</title>"
        page = response(fields=[("Content-Type", "text/html")], body=html)
        site = self.http_backend("site", lambda asked, connection: page)
        sockets = self.websocket_backend()
        proxy = self.start_proxy(
            pool("site", site),
            pool("sockets", sockets),
            route("site"),
            route("sockets", path='"/ws"'),
            listen=f'tls.certificates = [{{ chain = "{self.chain}", key = "{self.key}" }}]',
        )
        told = json.loads(run_node("tls_page.mjs", f"https://localhost:{proxy.port}/", self.pin()))
        self.assertEqual(
            told["trusting"],
            {
                "status": 200,
                "title": "over tls",
                "protocol": "TLS 1.3",
                "subjectName": "localhost",
                "socket": {"echoed": True, "code": 4001, "reason": "done", "wasClean": True},
            },
        )
        eventually(lambda: sockets.closed == [(4001, "done")])
        self.assertEqual(told["refused"], "ERR_CERT_AUTHORITY_INVALID")
        labels = {"peer": "client", "reason": "refused_by_peer"}  # as the second browser did
        self.assertGreaterEqual(proxy.metrics().value("fairlead_tls_failures_total", **labels), 1)


if __name__ == "__main__":
    unittest.main()
