"""PROXY protocol to backends: what the header says, where it stands, and whose a kept connection is."""
import os
import socket
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.connection import Connection
from harness.frames import TEXT, close_frame, echo_until_close, frame, open_tunnel, read_frame
from harness.http_message import chunked, request, response
from harness.proxy_protocol import read_header, v2
from harness.waiting import eventually


class ToldBackend(ProxyCase):
    """Backends that read a header and then serve HTTP; `headers` has one for each connection."""

    def told_backend(self, **options):
        self.headers = []

        def serve(connection):
            self.headers.append(read_header(connection))
            while True:
                message = connection.read_request()
                connection.send(response(body=b"%d" % len(message.body)))

        return self.scripted(serve, **options)

    def telling(self, backend, version="v2", extra="", **options):
        table = pool("app", backend, proxy_protocol=f'"{version}"')
        return self.start_proxy(extra, table, route(), **options)

    def end_of(self, client):
        return client.sock.getsockname()[:2]


class Header(ToldBackend):
    def test_both_versions_tell_both_ends(self):
        for number, version in ((1, "v1"), (2, "v2")):
            with self.subTest(version):
                proxy = self.telling(self.told_backend(), version)
                with proxy.connect(source="127.0.0.7") as client:
                    ip, port = self.end_of(client)
                    client.send(request())
                    self.assertEqual(client.read_response().status, 200)
                self.assertEqual(self.headers, [(number, ip, port, *proxy.address)])

    def test_over_ipv6(self):
        proxy = self.telling(self.told_backend(host="::1"), host="::1")
        with proxy.connect() as client:
            _, port = self.end_of(client)
            client.send(request())
            self.assertEqual(client.read_response().status, 200)
        self.assertEqual(self.headers, [(2, "::1", port, *proxy.address)])

    def test_the_header_and_the_request_are_one_packet(self):
        first = []

        def serve(connection):
            first.append(connection.read_some())

        self.telling(self.scripted(serve)).ask(request(target="/whole"))
        self.assertTrue(first[0].startswith(b"\r\n\r\n\0\r\nQUIT\n"), first[0])
        self.assertIn(b"GET /whole HTTP/1.1\r\n", first[0])
        self.assertTrue(first[0].endswith(b"\r\n\r\n"), first[0])

    def test_bodies_of_every_framing_follow_it_whole(self):
        proxy = self.telling(self.told_backend(), "v1")
        body = b"x" * 300_000
        self.assertEqual(proxy.ask(request("POST", body=body)).body, b"300000")
        data = request("POST", fields=[("Transfer-Encoding", "chunked")]) + chunked(body, body)
        self.assertEqual(proxy.ask(data).body, b"600000")

    def test_a_tunnel_begins_with_it_once(self):
        def serve(connection):
            self.headers.append(read_header(connection))
            echo_until_close(connection)

        self.headers = []
        proxy = self.telling(self.scripted(serve))
        with proxy.connect() as client:
            open_tunnel(client)
            client.send(frame(TEXT, "hello", masked=True))
            self.assertEqual(read_frame(client).payload, b"hello")
            client.send(close_frame(1000, masked=True))
            read_frame(client)
            self.assertEqual(self.headers, [(2, *self.end_of(client), *proxy.address)])

    def test_a_client_on_a_unix_socket_is_told_as_one_without_address(self):
        for number, version in ((1, "v1"), (2, "v2")):
            with self.subTest(version), tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "in")
                proxy = self.telling(self.told_backend(), version, f'[[listen]]\naddress = "unix:{path}"\n')
                sock = socket.socket(socket.AF_UNIX)
                sock.connect(path)
                with Connection(sock) as client:
                    client.send(request())
                    self.assertEqual(client.read_response().status, 200)
                self.assertEqual(self.headers, [(number, None, None, None, None)])
                del proxy

    def test_the_client_of_a_header_that_came_in_is_told_on(self):
        proxy = self.telling(self.told_backend(), listen='proxy_protocol_from = ["127.0.0.1"]')
        proxy.ask(v2("2001:db8::1", 5000, "2001:db8::2", 443) + request())
        self.assertEqual(self.headers, [(2, "2001:db8::1", 5000, "2001:db8::2", 443)])

    def test_the_client_that_a_trusted_proxy_names_is_told_on(self):
        proxy = self.telling(self.told_backend(), "v1", '[forward]\ntrusted_proxies = ["127.0.0.1"]\n')
        proxy.ask(request(fields=[("X-Forwarded-For", "192.0.2.1")]))
        proxy.ask(request(fields=[("X-Forwarded-For", "2001:db8::1")]))
        self.assertEqual(self.headers[0], (1, "192.0.2.1", 0, "127.0.0.1", proxy.port))
        self.assertEqual(self.headers[1], (1, "2001:db8::1", 0, "::ffff:127.0.0.1", proxy.port))


class Kept(ToldBackend):
    def test_requests_of_one_client_share_a_connection(self):
        backend = self.told_backend()
        proxy = self.telling(backend)
        with proxy.connect() as client:
            for _ in range(5):
                client.send(request())
                self.assertEqual(client.read_response().status, 200)
            self.assertEqual(len(backend.connections), 1)
            self.assertEqual(self.headers, [(2, *self.end_of(client), *proxy.address)])

    def test_requests_of_two_clients_never_share_one(self):
        backend = self.told_backend()
        proxy = self.telling(backend)
        with proxy.connect() as ann, proxy.connect() as bob:
            for _ in range(5):
                for client in (ann, bob):
                    client.send(request(target=f"/{self.end_of(client)[1]}"))
                    self.assertEqual(client.read_response().status, 200)
            self.assertEqual(len(backend.connections), 2)
            for header, connection in zip(self.headers, backend.connections):
                self.assertEqual(bytes(connection.received).count(b"GET /%d " % header[2]), 5)
                self.assertEqual(bytes(connection.received).count(b"GET /"), 5)

    def test_clients_named_by_one_trusted_proxy_on_one_connection_are_kept_apart(self):
        backend = self.told_backend()
        proxy = self.telling(backend, extra='[forward]\ntrusted_proxies = ["127.0.0.1"]\n')
        with proxy.connect() as front:
            for name in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2"):
                front.send(request(fields=[("X-Forwarded-For", name)]))
                self.assertEqual(front.read_response().status, 200)
        self.assertEqual([header[1] for header in self.headers], ["192.0.2.1", "192.0.2.2"])

    def test_a_client_that_leaves_takes_its_connection_with_it(self):
        backend = self.told_backend()
        proxy = self.telling(backend)
        with proxy.connect() as stays:
            stays.send(request())
            stays.read_response()
            proxy.ask(request())
            eventually(lambda: backend.connections[1].sock.fileno() < 0, 5, "the one that left is closed")
            stays.send(request())
            self.assertEqual(stays.read_response().status, 200)
        self.assertEqual(len(backend.connections), 2)

    def test_more_clients_than_may_be_kept_are_all_served(self):
        backend = self.told_backend()
        proxy = self.telling(backend, extra="[limits]\nidle_upstream = 2\n")
        clients = [proxy.connect() for _ in range(5)]
        for _ in range(3):
            for client in clients:
                client.send(request())
                self.assertEqual(client.read_response().status, 200)
        eventually(lambda: sum(each.sock.fileno() >= 0 for each in backend.connections) == 2)
        for _ in range(3):  # the last two are kept, and stay
            for client in clients[-2:]:
                client.send(request())
                self.assertEqual(client.read_response().status, 200)
        self.assertEqual(len(backend.connections), 15)

    def test_after_a_kept_connection_was_ended_the_next_one_has_a_header_too(self):
        headers = []

        def serve(connection):
            headers.append(read_header(connection))
            connection.read_request()
            connection.send(response(body=b"ok"))  # and closes, without having said so

        backend = self.scripted(serve)
        proxy = self.telling(backend)
        with proxy.connect() as client:
            for count in range(1, 11):
                client.send(request())
                self.assertEqual(client.read_response().body, b"ok")
                self.assertEqual(len(headers), count)
                # A request that came before the backend's end would be lost, and rightly so.
                eventually(lambda: backend.connections[-1].sock.fileno() < 0)


if __name__ == "__main__":
    unittest.main()
