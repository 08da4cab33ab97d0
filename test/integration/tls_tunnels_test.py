"""WebSockets over TLS: to the client, to the backend and on both sides, of TLS 1.2 and 1.3."""
import asyncio
import itertools
import os
import signal
import socket
import ssl
import tempfile
import threading
import time
import unittest

import websockets

from harness.case import ProxyCase, pool, route
from harness.certificates import Authority
from harness.connection import Connection
from harness.frames import BINARY, CLOSE, TEXT, accept_upgrade, close_frame, frame, open_tunnel, read_frame
from harness.node import run_node
from harness.process_stats import peak_resident_bytes, reset_peak, resident_bytes
from harness.proxy import SANITIZED
from harness.proxy_protocol import v2
from harness.waiting import eventually

MIB = 1024 * 1024
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
SIDES = (("client",), ("backend",), ("client", "backend"))


class TlsTunnelCase(ProxyCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        cls.ca = Authority(cls.folder.name)
        cls.chain, cls.key = cls.ca.issue("localhost", "DNS:localhost,IP:127.0.0.1")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def client_context(self, version=None):
        context = ssl.create_default_context(cafile=self.ca.pem)
        if version:
            context.minimum_version = context.maximum_version = version
        return context

    def server_context(self, version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        if version:
            context.minimum_version = context.maximum_version = version
        return context

    def front_tls(self, backend, sides, listen="", **options):
        """A proxy with TLS on these sides, to one backend that speaks as they say."""
        if "client" in sides:
            listen += f'\ntls.certificates = [{{ chain = "{self.chain}", key = "{self.key}" }}]'
        keys = {"tls": f'{{ ca = "{self.ca.pem}" }}'} if "backend" in sides else {}
        return self.start_proxy(pool("app", backend, **keys), route(), listen=listen, **options)

    def connect(self, proxy, sides=("client",), version=None, before=b"", **options):
        """A Connection, of TLS where the client's side is; `before` goes first, in the clear."""
        plain = proxy.connect(**options)
        plain.send(before)
        if "client" in sides:
            context = self.client_context(version)
            # Otherwise Python takes an end without close_notify for one in order.
            plain.sock = context.wrap_socket(
                plain.sock, server_hostname="localhost", suppress_ragged_eofs=False
            )
        return plain

    def scripted_tls(self, serve, version=None):
        """As scripted(), over TLS."""

        def secured(connection):
            context = self.server_context(version)
            connection.sock = context.wrap_socket(connection.sock, server_side=True)
            serve(connection)

        return self.scripted(secured)


def websocket_client(proxy, context, **options):
    scheme = "wss" if context else "ws"
    keys = {"max_size": None, "compression": None, "ping_interval": None, **options}
    if context:
        keys["ssl"] = context
    return websockets.connect(f"{scheme}://localhost:{proxy.port}/", **keys)


class Messages(TlsTunnelCase):
    def exchange(self, sides, version):
        context = self.server_context(version) if "backend" in sides else None
        backend = self.websocket_backend(ssl=context)
        proxy = self.front_tls(backend, sides)
        context = self.client_context(version) if "client" in sides else None

        async def scenario():
            async with websocket_client(proxy, context) as client:
                texts = ("hello", "", "x" * 65_536)
                for message in (*texts, b"\0\xff" * 100, os.urandom(MIB), os.urandom(3 * MIB)):
                    await client.send(message)
                    self.assertEqual(await client.recv(), message)
                await client.send(["one ", "two ", "three"])
                self.assertEqual(await client.recv(), "one two three")

                async def send_all():
                    for number in range(2000):
                        await client.send(str(number))

                sender = asyncio.create_task(send_all())
                for number in range(2000):
                    self.assertEqual(await client.recv(), str(number))
                await sender
            self.assertEqual(client.close_code, 1000)

        self.run_async(scenario())
        eventually(lambda: backend.closed == [(1000, "")])
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_tls_failures_total"), 0)
        for side in sides:
            self.assertEqual(metrics.value("fairlead_tls_handshakes_total", peer=side), 1)

    def test_of_every_size_with_each_version_on_each_side(self):
        for sides, version in itertools.product(SIDES, VERSIONS):
            with self.subTest(sides=sides, version=version.name):
                self.exchange(sides, version)

    def test_records_that_come_byte_by_byte(self):
        proxy = self.front_tls(self.websocket_backend(), ["client"])
        for version in VERSIONS:
            into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = self.client_context(version).wrap_bio(into, out, server_hostname="localhost")
            with proxy.connect() as wire:

                def step(action):
                    while True:
                        try:
                            done = action()
                        except ssl.SSLWantReadError:
                            done = None
                        wire.send_bytewise(out.read())
                        if done is not None:
                            return done
                        into.write(wire.sock.recv(65536))

                step(lambda: tls.do_handshake() or True)
                request = (
                    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                )
                step(lambda: tls.write(request))
                self.assertIn(b" 101 ", step(lambda: tls.read(65536)))
                step(lambda: tls.write(frame(TEXT, b"slowly", masked=True)))
                self.assertEqual(step(lambda: tls.read(65536)), frame(TEXT, b"slowly"))

    def test_node_and_deflate(self):
        backend = self.websocket_backend(
            compression="deflate", subprotocols=["echo"], ssl=self.server_context()
        )
        proxy = self.front_tls(backend, ["client", "backend"])
        os.environ["NODE_EXTRA_CA_CERTS"] = self.ca.pem
        self.addCleanup(os.environ.pop, "NODE_EXTRA_CA_CERTS")
        self.assertEqual(run_node("deflate_client.mjs", f"wss://localhost:{proxy.port}/"), "ok\n")


def wait_still(count):
    """Until the number in `count` has not changed for half a second."""
    last = [-1, 0.0]

    def is_still():
        if count[0] != last[0]:
            last[:] = [count[0], time.monotonic()]
        return time.monotonic() - last[1] > 0.5

    eventually(is_still, 20, "the sender stalls")


class SlowReaders(TlsTunnelCase):
    COUNT = 128
    MESSAGE = os.urandom(256 * 1024)

    def slow(self, version, receiver_is_client):
        """32 MiB to a side that reads late: the sender stalls, memory is bounded, and nothing is lost."""
        data = frame(BINARY, self.MESSAGE, masked=not receiver_is_client)
        sent, read = [0], []

        def send_all(connection):
            for _ in range(self.COUNT):
                connection.send(data)
                sent[0] += 1

        def read_all(connection):
            for _ in range(self.COUNT):
                read.append(read_frame(connection).payload == self.MESSAGE)

        may_read = []

        def serve(connection):
            accept_upgrade(connection)
            if receiver_is_client:
                send_all(connection)
            else:
                eventually(lambda: may_read, 20)
                read_all(connection)
            connection.ended_by(20)

        proxy = self.front_tls(self.scripted_tls(serve, version), ["client", "backend"])
        with self.connect(proxy, version=version, timeout_s=30) as client:
            client.forget_received()
            open_tunnel(client)
            reset_peak(proxy.pid)
            before = resident_bytes(proxy.pid)
            if not receiver_is_client:
                thread = threading.Thread(target=send_all, args=(client,), daemon=True)
                thread.start()
            wait_still(sent)
            self.assertLess(sent[0], self.COUNT)
            if not SANITIZED:
                self.assertLess(peak_resident_bytes(proxy.pid) - before, 4 * MIB)
            may_read.append(True)
            if receiver_is_client:
                read_all(client)
            else:
                eventually(lambda: len(read) == self.COUNT, 30)
                thread.join(10)
        self.assertEqual(read, [True] * self.COUNT)

    def test_a_slow_client(self):
        for version in VERSIONS:
            self.slow(version, True)

    def test_a_slow_backend(self):
        for version in VERSIONS:
            self.slow(version, False)


class Ends(TlsTunnelCase):
    def closed_line(self, proxy):
        lines = lambda: [line for line in proxy.access_log() if line["event"] == "tunnel_closed"]
        return eventually(lambda: lines() and lines()[-1])

    def echo_until_close(self, connection):
        accept_upgrade(connection)
        while (got := read_frame(connection)).opcode != CLOSE:
            connection.send(frame(got.opcode, got.payload))
        connection.send(close_frame(1000))

    def test_a_drain_says_1001_and_ends_tls_in_order(self):
        def serve(connection):
            accept_upgrade(connection)
            got = read_frame(connection)
            self.assertEqual((got.opcode, got.payload[:2]), (CLOSE, b"\x03\xe9"))
            connection.send(close_frame(1001))
            connection.ended_by(5)

        for version in VERSIONS:
            proxy = self.front_tls(self.scripted_tls(serve), ["client", "backend"])
            client = self.connect(proxy, version=version)
            open_tunnel(client)
            proxy.signal(signal.SIGTERM)
            got = read_frame(client)
            self.assertEqual((got.opcode, got.payload[:2]), (CLOSE, b"\x03\xe9"))
            client.send(close_frame(1001, masked=True))
            # An end without close_notify would raise ssl.SSLEOFError here.
            self.assertEqual(client.read_to_end(), b"")
            client.close()

    def test_an_end_without_close_notify_is_told_and_loses_nothing(self):
        for version in VERSIONS:
            seen = []

            def serve(connection):
                accept_upgrade(connection)
                seen.append(read_frame(connection).payload)
                connection.ended_by(5)

            proxy = self.front_tls(self.scripted(serve), ["client"])
            client = self.connect(proxy, version=version)
            open_tunnel(client)
            client.send(frame(TEXT, b"last words", masked=True))
            client.sock.shutdown(socket.SHUT_WR)  # TCP's end alone
            self.assertEqual(self.closed_line(proxy)["cause"], "truncated")
            self.assertEqual(seen, [b"last words"])
            failures = proxy.metrics().value("fairlead_tls_failures_total", reason="close_notify_missing")
            self.assertEqual(failures, 1)
            client.close()

    def test_an_altered_record_ends_the_tunnel_and_reaches_nobody(self):
        for version in VERSIONS:
            seen = []

            def serve(connection):
                accept_upgrade(connection)
                seen.append(connection.read_to_end_or_quiet(2))

            proxy = self.front_tls(self.scripted(serve), ["client"])
            client = self.connect(proxy, version=version)
            open_tunnel(client)
            raw = socket.socket(fileno=os.dup(client.sock.fileno()))
            raw.sendall(b"\x17\x03\x03\x00\x30" + os.urandom(48))
            line = self.closed_line(proxy)
            self.assertEqual((line["cause"], line["closed_by"]), ("tls_error", "client"))
            eventually(lambda: seen == [b""])
            self.assertEqual(proxy.metrics().value("fairlead_tls_failures_total", reason="bad_record"), 1)
            raw.close()
            client.close()

    def test_the_proxy_protocol_comes_before_tls(self):
        backend = self.websocket_backend(ssl=self.server_context())
        proxy = self.front_tls(backend, ["client", "backend"], listen='proxy_protocol_from = ["127.0.0.1"]')
        client = self.connect(proxy, before=v2("192.0.2.7", 4321))
        open_tunnel(client)
        eventually(lambda: backend.headers)
        self.assertIn("192.0.2.7", backend.headers[0]["X-Forwarded-For"])
        self.assertEqual(backend.headers[0]["X-Forwarded-Proto"], "https")
        client.close()


if __name__ == "__main__":
    unittest.main()
