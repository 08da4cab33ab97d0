"""PROXY protocol with HAProxy on either side: another implementation's headers are read, and ours are."""
import json
import unittest

from harness.case import ProxyCase, pool, route
from harness.connection import connect
from harness.frames import TEXT, close_frame, echo_until_close, frame, open_tunnel, read_frame
from harness.haproxy import HaProxy
from harness.http_message import request
from harness.ports import free_port
from harness.waiting import eventually

TRUSTED = 'proxy_protocol_from = ["127.0.0.1", "::1"]'
LOG = "[log]\nrequests = true\n"


class HaProxyCase(ProxyCase):
    def setUp(self):
        super().setUp()
        self._haproxies = []

    def tearDown(self):
        for each in self._haproxies:
            each.close()
        super().tearDown()

    def haproxy(self, sections, address):
        self._haproxies.append(HaProxy(sections, address))
        return address

    def in_front(self, proxy, server_options, host="127.0.0.1"):
        """The address of a HAProxy that sends everything to the proxy."""
        address = (host, free_port())
        sections = f"listen in\n  bind {host}:{address[1]}\n"
        sections += f"  server proxy 127.0.0.1:{proxy.port} {server_options}\n"
        return self.haproxy(sections, address)


class InFront(HaProxyCase):
    def told(self, server_options, source="127.0.0.9", host="127.0.0.1"):
        """(the client's end, what our backend was told, what we logged) of a request through HAProxy."""
        proxy = self.front(self.http_backend(), LOG, listen=TRUSTED)
        with connect(self.in_front(proxy, server_options, host), source=source) as client:
            ip, port = client.sock.getsockname()[:2]
            client.send(request())
            fields = dict(json.loads(client.read_response().body)["fields"])
            client.send(request("POST", body=b"x" * 100_000))
            self.assertEqual(json.loads(client.read_response().body)["body_length"], 100_000)
        ours = ("127.0.0.9", "[::1]")
        lines = eventually(lambda: [x for x in proxy.access_log() if x["client"].startswith(ours)])
        return (ip, port), fields["X-Forwarded-For"], lines[0]["client"]

    def test_send_proxy(self):
        end, forwarded_for, logged = self.told("send-proxy")
        self.assertEqual((forwarded_for, logged), ("127.0.0.9", "127.0.0.9:%d" % end[1]))

    def test_send_proxy_v2(self):
        end, forwarded_for, logged = self.told("send-proxy-v2")
        self.assertEqual((forwarded_for, logged), ("127.0.0.9", "127.0.0.9:%d" % end[1]))

    def test_send_proxy_v2_with_a_checksum_and_a_unique_id(self):
        end, forwarded_for, logged = self.told("send-proxy-v2 proxy-v2-options crc32c,unique-id")
        self.assertEqual((forwarded_for, logged), ("127.0.0.9", "127.0.0.9:%d" % end[1]))

    def test_of_an_ipv6_client(self):
        for option in ("send-proxy", "send-proxy-v2"):
            with self.subTest(option):
                end, forwarded_for, logged = self.told(option, source=None, host="::1")
                self.assertEqual((forwarded_for, logged), ("::1", "[::1]:%d" % end[1]))

    def test_a_tunnel(self):
        proxy = self.front(self.scripted(echo_until_close), listen=TRUSTED)
        with connect(self.in_front(proxy, "send-proxy-v2"), source="127.0.0.9") as client:
            open_tunnel(client)
            client.send(frame(TEXT, "hello", masked=True))
            self.assertEqual(read_frame(client).payload, b"hello")
            client.send(close_frame(1000, masked=True))
            read_frame(client)
        closed = eventually(lambda: [x for x in proxy.access_log() if x["event"] == "tunnel_closed"])
        self.assertTrue(closed[0]["client"].startswith("127.0.0.9:"), closed)

    def test_its_checks_come_as_local_and_are_served(self):
        proxy = self.front(self.http_backend(), LOG, listen=TRUSTED)
        address = ("127.0.0.1", free_port())
        self.haproxy(
            f"listen in\n  bind 127.0.0.1:{address[1]}\n  option httpchk GET /check\n"
            "  http-check send hdr Host example.test\n"
            f"  server proxy 127.0.0.1:{proxy.port} check inter 50ms send-proxy-v2\n",
            address,
        )
        checks = eventually(lambda: [x for x in proxy.access_log() if x.get("target") == "/check"])
        self.assertEqual(checks[0]["status"], 200)
        self.assertTrue(checks[0]["client"].startswith("127.0.0.1:"), checks[0])

    def test_without_send_proxy_nothing_gets_through(self):
        proxy = self.front(self.http_backend(), listen=TRUSTED)
        with connect(self.in_front(proxy, "")) as client:
            client.send(request())
            self.assertEqual(client.read_to_end_or_quiet(5), b"")
        self.assertGreaterEqual(
            proxy.metrics().value("fairlead_proxy_protocol_refusals_total", reason="missing"), 1
        )


class Behind(HaProxyCase):
    def accepting(self):
        """The address of a HAProxy that answers each request with the ends it was told."""
        address = ("127.0.0.1", free_port())
        sections = (
            f"frontend out\n  mode http\n  bind 127.0.0.1:{address[1]} accept-proxy\n"
            "  http-request return status 200 content-type text/plain "
            'lf-string "%[src] %[src_port] %[dst] %[dst_port]"\n'
        )
        return "%s:%d" % self.haproxy(sections, address)

    def test_it_reads_our_headers_of_both_versions(self):
        backend = self.accepting()
        for version in ("v1", "v2"):
            with self.subTest(version):
                proxy = self.start_proxy(pool("app", backend, proxy_protocol=f'"{version}"'), route())
                with proxy.connect(source="127.0.0.9") as ann, proxy.connect(source="127.0.0.8") as bob:
                    for _ in range(3):
                        for client in (ann, bob):
                            ip, port = client.sock.getsockname()
                            client.send(request())
                            told = client.read_response().body.decode()
                            self.assertEqual(told, f"{ip} {port} 127.0.0.1 {proxy.port}")

    def test_it_reads_our_headers_of_ipv6_clients(self):
        backend = self.accepting()
        proxy = self.start_proxy(pool("app", backend, proxy_protocol='"v2"'), route(), host="::1")
        with proxy.connect() as client:
            port = client.sock.getsockname()[1]
            client.send(request())
            self.assertEqual(client.read_response().body.decode(), f"::1 {port} ::1 {proxy.port}")


if __name__ == "__main__":
    unittest.main()
