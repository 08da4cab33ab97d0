"""Many short lives leave nothing behind: descriptors and memory are back where they were."""
import asyncio
import socket
import struct
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import SAMPLE_KEY, TEXT, close_frame, frame, switching_protocols, upgrade_request
from harness.http_message import request, response
from harness.process_stats import descriptor_count, resident_bytes
from harness.proxy import SANITIZED
from harness.waiting import eventually

CYCLES = 10_000
AT_ONCE = 50
MEMORY_ALLOWANCE = 2 * 1024 * 1024


class AsyncBackend(asyncio.Protocol):
    """Accepts every upgrade, echoes the first bytes, and ends when the client does."""

    def __init__(self, transports):
        self.transports = transports

    def connection_made(self, transport):
        self.transport = transport
        self.transports.add(transport)
        self.upgraded = False

    def connection_lost(self, error):
        self.transports.discard(self.transport)

    def data_received(self, data):
        if self.upgraded:
            self.transport.write(frame(TEXT, "echo"))
        elif data.startswith(b"GET /http"):
            self.transport.write(response(body=b"ok"))
        else:
            self.upgraded = True
            self.transport.write(switching_protocols(SAMPLE_KEY))


def end_with_reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def one_life(address, number):
    """A connection whose kind and end depend on its number."""
    reader, writer = await asyncio.open_connection(*address)
    kind = number % 6
    try:
        if kind == 0:  # plain HTTP
            writer.write(request(target="/http"))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            return
        if kind == 1:  # leaves in the middle of the head
            writer.write(upgrade_request()[:40])
            return
        writer.write(upgrade_request())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        writer.write(frame(TEXT, "hello", masked=True))
        await reader.readexactly(6)
        if kind == 2:
            end_with_reset(writer)
        elif kind == 3:  # RST in the middle of a frame
            writer.write(frame(TEXT, "x" * 100, masked=True)[:50])
            end_with_reset(writer)
        elif kind == 4:
            writer.write(close_frame(1000, masked=True))
        else:
            writer.write_eof()
    finally:
        writer.close()


class Churn(ProxyCase):
    async def live(self, proxy, cycles):
        loop = asyncio.get_running_loop()
        numbers = iter(range(cycles))

        async def one_after_another():
            for number in numbers:
                await one_life(proxy.address, number)

        transports = set()
        server = await loop.create_server(
            lambda: AsyncBackend(transports), "127.0.0.1", self.backend_port, backlog=1024
        )
        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
        server.close()
        while transports:  # the proxy closes those it kept
            await asyncio.sleep(0.02)

    def settle(self, proxy):
        eventually(lambda: proxy.metrics().value("fairlead_websocket_tunnels_active") == 0, 10)
        eventually(lambda: proxy.metrics().value("fairlead_connections_open") == 0, 10)
        eventually(lambda: proxy.metrics().value("fairlead_backend_connections") == 0, 10)

    def test_ten_thousand_connections_come_and_go(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.backend_port = probe.getsockname()[1]
        proxy = self.start_proxy(
            '[timeouts]\nupstream_idle = "200ms"\n[log]\naccess = "off"',
            pool("app", f"127.0.0.1:{self.backend_port}"),
            route(),
            workers=2,
        )
        self.run_async(self.live(proxy, 1000), 60)  # code, arenas and tables are in memory before
        self.settle(proxy)
        descriptors, memory = descriptor_count(proxy.pid), resident_bytes(proxy.pid)
        self.run_async(self.live(proxy, CYCLES), 100)
        self.settle(proxy)
        eventually(
            lambda: descriptor_count(proxy.pid) <= descriptors,
            5,
            lambda: f"{descriptor_count(proxy.pid)} descriptors, {descriptors} before",
        )
        if not SANITIZED:
            self.assertLess(resident_bytes(proxy.pid) - memory, MEMORY_ALLOWANCE)
        opened = proxy.metrics().value("fairlead_websocket_tunnels_opened_total")
        self.assertEqual(opened, proxy.metrics().value("fairlead_websocket_tunnels_closed_total"))


if __name__ == "__main__":
    unittest.main()
