"""X-Forwarded-For of trusted proxies: who the client is, in the log and for backends; others say nothing."""
import json
import os
import socket
import tempfile
import unittest

from harness.case import ProxyCase
from harness.connection import Connection
from harness.frames import close_frame, echo_until_close, open_tunnel, read_frame
from harness.http_message import request
from harness.proxy_protocol import v1
from harness.waiting import eventually

LOG = "[log]\nrequests = true\n"
TRUSTED = LOG + '[forward]\ntrusted_proxies = ["127.0.0.1", "10.0.0.0/8"]\n'


class TrustedProxies(ProxyCase):
    def seen(self, proxy, *fields, connection=None, before=b"", **options):
        """The fields that the backend got, and the client of the log line."""
        count = len(self.lines(proxy))
        with connection or proxy.connect(**options) as client:
            client.send(before + request(fields=fields))
            answer = client.read_response()
        self.assertEqual(answer.status, 200)
        line = eventually(lambda: self.lines(proxy)[count:])[0]
        return [tuple(each) for each in json.loads(answer.body)["fields"]], line["client"]

    def lines(self, proxy):
        return [line for line in proxy.access_log() if line["event"] == "exchange"]

    def test_the_client_is_the_last_one_named_that_is_no_trusted_proxy(self):
        proxy = self.front(self.http_backend(), TRUSTED)
        fields, client = self.seen(proxy, ("X-Forwarded-For", "6.6.6.6, 192.0.2.1, 10.0.0.5"))
        self.assertEqual(client, "192.0.2.1")
        self.assertIn(("X-Forwarded-For", "6.6.6.6, 192.0.2.1, 10.0.0.5, 127.0.0.1"), fields)
        first, second = ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "[2001:db8::1]:5000")
        _, client = self.seen(proxy, first, second)
        self.assertEqual(client, "[2001:db8::1]:5000")

    def test_nothing_readable_leaves_the_proxy_itself(self):
        proxy = self.front(self.http_backend(), TRUSTED)
        for fields in ((), (("X-Forwarded-For", "192.0.2.1, unknown"),), (("X-Forwarded-For", ""),)):
            _, client = self.seen(proxy, *fields)
            self.assertRegex(client, r"^127\.0\.0\.1:\d+$")

    def test_scheme_host_and_others_of_a_trusted_proxy_are_kept(self):
        proxy = self.front(self.http_backend(), TRUSTED)
        sent = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "shop.example")]
        sent.append(("X-Forwarded-Port", "443"))
        fields, _ = self.seen(proxy, *sent)
        kept = [each for each in fields if each[0].startswith("X-Forwarded-")]
        self.assertEqual(sorted(kept), sorted(sent + [("X-Forwarded-For", "127.0.0.1")]))
        fields, _ = self.seen(proxy)
        self.assertIn(("X-Forwarded-Proto", "http"), fields)
        self.assertIn(("X-Forwarded-Host", "example.test"), fields)

    def test_who_is_not_trusted_names_nobody(self):
        proxy = self.front(self.http_backend(), TRUSTED)
        sent = [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "443")]
        fields, client = self.seen(proxy, *sent, source="127.0.0.2")
        self.assertRegex(client, r"^127\.0\.0\.2:\d+$")
        kept = sorted(each for each in fields if each[0].startswith("X-Forwarded-"))
        self.assertEqual(
            kept,
            [
                ("X-Forwarded-For", "127.0.0.2"),
                ("X-Forwarded-Host", "example.test"),
                ("X-Forwarded-Proto", "http"),
            ],
        )

    def test_each_request_of_a_connection_has_its_own_client(self):
        proxy = self.front(self.http_backend(), TRUSTED)
        with proxy.connect() as front:
            for fields in ([("X-Forwarded-For", "192.0.2.1")], [("X-Forwarded-For", "192.0.2.2")], []):
                front.send(request(fields=fields))
                front.read_response()
        lines = eventually(lambda: self.lines(proxy) if len(self.lines(proxy)) == 3 else None)
        self.assertEqual([line["client"] for line in lines[:2]], ["192.0.2.1", "192.0.2.2"])
        self.assertRegex(lines[2]["client"], r"^127\.0\.0\.1:")

    def test_forwarded_of_a_trusted_proxy_goes_on_and_of_others_is_replaced(self):
        proxy = self.front(self.http_backend(), TRUSTED + "forwarded = true\n")
        sent = ("Forwarded", "for=192.0.2.1;proto=https")
        ours = ';host="example.test";proto=http'
        fields, _ = self.seen(proxy, sent)
        self.assertIn(("Forwarded", "for=192.0.2.1;proto=https, for=127.0.0.1" + ours), fields)
        fields, _ = self.seen(proxy, sent, source="127.0.0.2")
        self.assertIn(("Forwarded", "for=127.0.0.2" + ours), fields)

    def test_trust_is_asked_of_the_client_that_a_header_tells(self):
        proxy = self.front(self.http_backend(), TRUSTED, listen='proxy_protocol_from = ["127.0.0.1"]')
        named = ("X-Forwarded-For", "192.0.2.1")
        fields, client = self.seen(proxy, named, before=v1("10.0.0.9", 5000))
        self.assertEqual(client, "192.0.2.1")
        self.assertIn(("X-Forwarded-For", "192.0.2.1, 10.0.0.9"), fields)
        fields, client = self.seen(proxy, named, before=v1("198.51.100.1", 5000))
        self.assertEqual(client, "198.51.100.1:5000")
        self.assertIn(("X-Forwarded-For", "198.51.100.1"), fields)

    def test_peers_on_a_unix_socket_are_trusted_where_the_list_says_so(self):
        for trusted, expected in (('"unix"', "192.0.2.1"), ('"10.0.0.0/8"', "unix")):
            with self.subTest(trusted), tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "in")
                listener = f'[[listen]]\naddress = "unix:{path}"\n[forward]\ntrusted_proxies = {trusted}\n'
                proxy = self.front(self.http_backend(), LOG + listener)
                sock = socket.socket(socket.AF_UNIX)
                sock.connect(path)
                fields, client = self.seen(
                    proxy, ("X-Forwarded-For", "192.0.2.1"), connection=Connection(sock)
                )
                self.assertEqual(client, expected)
                self.assertEqual(("X-Forwarded-For", "192.0.2.1") in fields, expected != "unix")

    def test_a_tunnel_is_logged_with_the_client_that_was_named(self):
        proxy = self.front(self.scripted(echo_until_close), TRUSTED)
        with proxy.connect() as client:
            open_tunnel(client, fields=[("X-Forwarded-For", "192.0.2.1")])
            client.send(close_frame(1000, masked=True))
            read_frame(client)
        closed = eventually(lambda: [x for x in proxy.access_log() if x["event"] == "tunnel_closed"])
        self.assertEqual(closed[0]["client"], "192.0.2.1")


if __name__ == "__main__":
    unittest.main()
