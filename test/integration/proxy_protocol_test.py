"""PROXY protocol from peers in front: who has to send a header, what it changes, and what is refused."""
import json
import os
import signal
import socket
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.connection import Connection
from harness.frames import open_tunnel, echo_until_close, close_frame, read_frame
from harness.http_message import request
from harness.proxy_protocol import LOCAL, UNKNOWN, v1, v2
from harness.waiting import eventually

TRUSTED = 'proxy_protocol_from = ["127.0.0.1"]'
LOG = "[log]\nrequests = true\n"
REFUSALS = "fairlead_proxy_protocol_refusals_total"
HEADERS = "fairlead_proxy_protocol_headers_total"


class HeaderCase(ProxyCase):
    def behind(self, extra="", listen=TRUSTED, **options):
        """A proxy whose peers on 127.0.0.1 have to send a header."""
        return self.front(self.http_backend(), LOG + extra, listen=listen, **options)

    def forwarded_for(self, proxy, data, **options):
        """What the backend is told of the client when these bytes come on a new connection."""
        with proxy.connect(**options) as client:
            client.send(data)
            fields = json.loads(client.read_response().body)["fields"]
        return dict(fields).get("X-Forwarded-For")

    def logged_clients(self, proxy, count):
        def lines():
            found = [line for line in proxy.access_log() if line["event"] == "exchange"]
            return found if len(found) >= count else None

        return [line["client"] for line in eventually(lines, what="the log lines")]

    def refused(self, proxy, data, reason, **options):
        """The connection is closed unanswered, and counted."""
        before = proxy.metrics().value(REFUSALS, reason=reason)
        with proxy.connect(**options) as client:
            client.send(data)
            self.assertEqual(client.read_to_end_or_quiet(5), b"")
        eventually(lambda: proxy.metrics().value(REFUSALS, reason=reason) == before + 1)


class Accepted(HeaderCase):
    def test_both_versions_tell_the_client_to_the_backend_and_the_log(self):
        proxy = self.behind()
        self.assertEqual(self.forwarded_for(proxy, v1("192.0.2.1", 5000) + request()), "192.0.2.1")
        self.assertEqual(self.forwarded_for(proxy, v2("192.0.2.2", 5001) + request()), "192.0.2.2")
        for header, client in (
            (v1("2001:db8::1", 5002, "fd00::2"), "2001:db8::1"),
            (v2("2001:db8::2", 5003, "fd00::2"), "2001:db8::2"),
        ):
            self.assertEqual(self.forwarded_for(proxy, header + request()), client)
        self.assertEqual(
            self.logged_clients(proxy, 4),
            ["192.0.2.1:5000", "192.0.2.2:5001", "[2001:db8::1]:5002", "[2001:db8::2]:5003"],
        )
        self.assertEqual(proxy.metrics().value(HEADERS, version="1"), 2)
        self.assertEqual(proxy.metrics().value(HEADERS, version="2"), 2)

    def test_an_ipv4_client_told_as_ipv6_is_an_ipv4_client(self):
        proxy = self.behind()
        told = v1("::ffff:192.0.2.1", 5000, "::ffff:198.51.100.2")
        self.assertEqual(self.forwarded_for(proxy, told + request()), "192.0.2.1")

    def test_a_header_may_arrive_byte_by_byte_with_the_request_behind_it(self):
        proxy = self.behind()
        for header in (v1("192.0.2.1", 5000), v2("192.0.2.1", 5000, extensions=b"\x04\0\x03abc")):
            with proxy.connect() as client:
                client.send_bytewise(header + request(target="/a"))
                self.assertEqual(json.loads(client.read_response().body)["target"], "/a")
                client.send(request(target="/b"))
                self.assertEqual(json.loads(client.read_response().body)["target"], "/b")
        self.assertEqual(self.logged_clients(proxy, 4), ["192.0.2.1:5000"] * 4)

    def test_pipelined_requests_and_bodies_behind_a_header_are_whole(self):
        proxy = self.behind()
        with proxy.connect() as client:
            body = b"x" * 200_000
            client.send(v2("192.0.2.1", 5000) + request("POST", body=body) + request(target="/next"))
            self.assertEqual(json.loads(client.read_response().body)["body_length"], len(body))
            self.assertEqual(json.loads(client.read_response().body)["target"], "/next")

    def test_local_and_unknown_leave_the_connection_its_own_address(self):
        proxy = self.behind()
        self.assertEqual(self.forwarded_for(proxy, LOCAL + request()), "127.0.0.1")
        self.assertEqual(self.forwarded_for(proxy, UNKNOWN + request()), "127.0.0.1")
        for client in self.logged_clients(proxy, 2):
            self.assertRegex(client, r"^127\.0\.0\.1:\d+$")

    def test_a_tunnel_is_logged_with_the_client_of_its_header(self):
        proxy = self.front(self.scripted(echo_until_close), listen=TRUSTED)
        with proxy.connect() as client:
            client.send(v2("192.0.2.1", 5000))
            open_tunnel(client)
            client.send(close_frame(1000, masked=True))
            read_frame(client)
        closed = eventually(lambda: [x for x in proxy.access_log() if x["event"] == "tunnel_closed"])
        self.assertEqual(closed[0]["client"], "192.0.2.1:5000")

    def test_over_ipv6(self):
        proxy = self.behind(listen='proxy_protocol_from = ["::1"]', host="::1")
        self.assertEqual(self.forwarded_for(proxy, v2("192.0.2.1", 5000) + request()), "192.0.2.1")
        self.refused(proxy, request(), "missing")

    def test_over_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "in")
            listener = f'[[listen]]\naddress = "unix:{path}"\nproxy_protocol_from = ["unix"]\n'
            proxy = self.behind(listener, listen="")
            for data, client in ((v1("192.0.2.1", 5000), "192.0.2.1"), (LOCAL, None)):
                sock = socket.socket(socket.AF_UNIX)
                sock.connect(path)
                with Connection(sock) as connection:
                    connection.send(data + request())
                    fields = dict(json.loads(connection.read_response().body)["fields"])
                self.assertEqual(fields.get("X-Forwarded-For"), client)


class Refused(HeaderCase):
    def test_a_listed_peer_without_a_right_header_is_closed_unanswered(self):
        proxy = self.behind()
        right = v2("192.0.2.1", 5000)
        for name, data, reason in (
            ("a request", request(), "missing"),
            ("TLS", b"\x16\x03\x01\x02\0\x01", "missing"),
            ("lower case", b"proxy TCP4 192.0.2.1 198.51.100.2 5000 443\r\n", "missing"),
            ("no such address", b"PROXY TCP4 192.0.2.256 198.51.100.2 5000 443\r\n", "malformed"),
            ("a bare line feed", b"PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\n" + request(), "malformed"),
            ("no end", b"PROXY TCP4 " + b"1" * 200, "too_long"),
            ("a length of 64 KiB", right[:14] + b"\xff\xff" + b"x" * 5000, "too_long"),
            ("version 3", right[:12] + b"\x31" + right[13:], "malformed"),
            ("a wrong checksum", v2("192.0.2.1", 5000, extensions=b"\x03\0\x04abcd"), "bad_checksum"),
        ):
            with self.subTest(name):
                self.refused(proxy, data, reason)
        self.assertEqual(self.forwarded_for(proxy, right + request()), "192.0.2.1")
        proxy.wait_said("closed a connection from 127.0.0.1")
        self.assertEqual(proxy.stderr().count("closed a connection from 127.0.0.1"), 1)

    def test_a_header_that_is_late_or_cut_is_refused(self):
        proxy = self.behind('[timeouts]\nhead = "300ms"\n')
        self.refused(proxy, b"", "timeout")
        self.refused(proxy, v2("192.0.2.1", 5000)[:-1], "timeout")
        before = proxy.metrics().value(REFUSALS, reason="cut")
        with proxy.connect() as client:
            client.send(b"PROXY TCP4 192")
        eventually(lambda: proxy.metrics().value(REFUSALS, reason="cut") == before + 1)

    def test_a_peer_that_connects_and_leaves_is_no_refusal(self):
        proxy = self.behind()
        for _ in range(3):
            with proxy.connect():
                pass
        eventually(lambda: proxy.metrics().value("fairlead_connections_accepted_total") == 3)
        eventually(lambda: proxy.metrics().value("fairlead_connections_open") == 0)
        self.assertNotIn("PROXY", proxy.stderr())

    def test_the_header_of_a_peer_that_is_not_listed_is_a_malformed_request(self):
        proxy = self.behind()
        for header in (v1("192.0.2.1", 5000), v2("192.0.2.1", 5000)):
            with proxy.connect(source="127.0.0.2") as client:
                client.send(header + request())
                self.assertEqual(client.read_response().status, 400)
        self.assertEqual(self.forwarded_for(proxy, request(), source="127.0.0.2"), "127.0.0.2")
        self.assertEqual(proxy.metrics().value(HEADERS), 0)

    def test_a_header_is_taken_once(self):
        proxy = self.behind()
        with proxy.connect() as client:
            client.send(v1("192.0.2.1", 5000) + v1("192.0.2.2", 5000) + request())
            self.assertEqual(client.read_response().status, 400)

    def test_a_drain_ends_who_has_not_sent_its_header(self):
        proxy = self.behind('[timeouts]\nhead = "1m"\n')
        with proxy.connect() as silent:
            eventually(lambda: proxy.metrics().value("fairlead_connections_open") == 1)
            proxy.signal(signal.SIGTERM)
            self.assertEqual(silent.ended_by(), "fin")
            self.assertEqual(proxy.wait_exit(), 0)


class Reload(HeaderCase):
    def test_a_reload_changes_who_has_to_send_a_header_from_the_next_connection_on(self):
        backend = self.http_backend()
        body = pool("app", backend) + route()
        proxy = self.start_proxy(body)
        with proxy.connect() as before:
            before.send(request())
            before.read_response()
            proxy.write_config(body, listen=TRUSTED)
            proxy.signal(signal.SIGHUP)
            eventually(lambda: proxy.metrics().value("fairlead_config_generation") == 2)
            eventually(lambda: proxy.ask(v1("192.0.2.1", 5000) + request()).status == 200)
            before.send(request())
            self.assertEqual(before.read_response().status, 200)
        self.refused(proxy, request(), "missing")


if __name__ == "__main__":
    unittest.main()
