"""Messages, control frames and closes end to end, with the Python `websockets` library at both ends."""
import asyncio
import os
import unittest

import websockets

from harness.case import ProxyCase
from harness.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    accept_upgrade,
    close_frame,
    frame,
    open_tunnel,
    read_frame,
)
from harness.waiting import eventually


def connect(proxy, **options):
    return websockets.connect(
        proxy.websocket_url + "/", **{"max_size": None, "compression": None, "ping_interval": None, **options}
    )


class Messages(ProxyCase):
    def test_text_binary_and_empty_messages(self):
        proxy = self.front(self.websocket_backend())

        async def scenario():
            async with connect(proxy) as client:
                for message in (
                    "hello",
                    "gr\u00fc\u00dfe \U0001f6a2",
                    "",
                    b"",
                    b"\x00\xff" * 100,
                    "x" * 65_535,
                    "x" * 65_536,
                ):
                    await client.send(message)
                    self.assertEqual(await client.recv(), message)

        self.run_async(scenario())

    def test_messages_of_one_mebibyte(self):
        proxy = self.front(self.websocket_backend())

        async def scenario():
            async with connect(proxy) as client:
                for _ in range(8):
                    message = os.urandom(1024 * 1024)
                    await client.send(message)
                    self.assertEqual(await client.recv(), message)

        self.run_async(scenario())

    def test_many_small_messages_in_order(self):
        proxy = self.front(self.websocket_backend())

        async def scenario():
            async with connect(proxy) as client:

                async def send_all():
                    for number in range(3000):
                        await client.send(str(number))

                sender = asyncio.create_task(send_all())
                for number in range(3000):
                    self.assertEqual(await client.recv(), str(number))
                await sender

        self.run_async(scenario())

    def test_fragmented_messages(self):
        proxy = self.front(self.websocket_backend())

        async def scenario():
            async with connect(proxy) as client:
                await client.send(["one ", "two ", "three"])
                self.assertEqual(await client.recv(), "one two three")

        self.run_async(scenario())

    def test_fragments_and_a_ping_between_them_pass_as_they_were_framed(self):
        def serve(connection):
            accept_upgrade(connection)
            self.seen = [read_frame(connection) for _ in range(4)]
            for each in self.seen:
                connection.send(frame(each.opcode, each.payload, fin=each.fin))
            connection.ended_by(3)

        proxy = self.front(self.scripted(serve))
        with proxy.connect() as client:
            open_tunnel(client)
            client.send(
                frame(BINARY, b"a" * 200, fin=False, masked=True)
                + frame(PING, b"now", masked=True)
                + frame(CONTINUATION, b"b" * 70_000, fin=False, masked=True)
                + frame(CONTINUATION, b"", masked=True)
            )
            got = [read_frame(client) for _ in range(4)]
        for frames, masked in ((self.seen, True), (got, False)):
            self.assertEqual(
                [(each.opcode, each.fin, len(each.payload), each.masked) for each in frames],
                [
                    (BINARY, False, 200, masked),
                    (PING, True, 3, masked),
                    (CONTINUATION, False, 70_000, masked),
                    (CONTINUATION, True, 0, masked),
                ],
            )

    def test_reserved_bits_of_a_negotiated_extension_pass(self):
        def serve(connection):
            accept_upgrade(connection, [("Sec-WebSocket-Extensions", "permessage-deflate")])
            got = read_frame(connection)
            connection.send(frame(got.opcode, got.payload, rsv=got.rsv))
            connection.ended_by(3)

        with self.front(self.scripted(serve)).connect() as client:
            open_tunnel(client, fields=[("Sec-WebSocket-Extensions", "permessage-deflate")])
            client.send(frame(TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00", masked=True, rsv=4))
            got = read_frame(client)
            self.assertEqual((got.rsv, got.payload), (4, b"\xf2\x48\xcd\xc9\xc9\x07\x00"))

    def test_permessage_deflate_is_negotiated_end_to_end(self):
        proxy = self.front(self.websocket_backend(compression="deflate"))

        async def scenario():
            async with connect(proxy, compression="deflate") as client:
                self.assertIn("permessage-deflate", client.response_headers["Sec-WebSocket-Extensions"])
                for size in (10, 1000, 500_000):
                    await client.send("deflate me " * size)
                    self.assertEqual(await client.recv(), "deflate me " * size)

        self.run_async(scenario())

    def test_a_subprotocol_is_negotiated_end_to_end(self):
        proxy = self.front(self.websocket_backend(subprotocols=["superchat", "chat"]))

        async def scenario():
            async with connect(proxy, subprotocols=["chat", "superchat"]) as client:
                self.assertIn(client.subprotocol, ("chat", "superchat"))
                await client.send("x")
                self.assertEqual(await client.recv(), "x")

        self.run_async(scenario())

    def test_hundred_tunnels_at_once_over_two_workers(self):
        proxy = self.front(self.websocket_backend(), workers=2)

        async def one(number):
            async with connect(proxy, open_timeout=15) as client:
                for turn in range(5):
                    await client.send(f"{number} {turn}")
                    self.assertEqual(await client.recv(), f"{number} {turn}")

        async def scenario():
            await asyncio.gather(*(one(number) for number in range(100)))

        self.run_async(scenario(), 30)


class ControlFrames(ProxyCase):
    def test_pings_of_either_end_are_answered_by_the_other_end(self):
        async def ping_then_echo(websocket):
            await asyncio.wait_for(await websocket.ping(b"from backend"), 5)
            await websocket.send("pong seen")

        proxy = self.front(self.websocket_backend(ping_then_echo))

        async def scenario():
            async with connect(proxy) as client:
                self.assertEqual(await client.recv(), "pong seen")

        self.run_async(scenario())
        proxy = self.front(self.websocket_backend())

        async def other_way():
            async with connect(proxy) as client:
                await asyncio.wait_for(await client.ping(b"from client"), 5)

        self.run_async(other_way())

    def test_pings_and_pongs_pass_with_their_payload(self):
        def serve(connection):
            accept_upgrade(connection)
            got = read_frame(connection)
            self.assertEqual((got.opcode, got.payload), (PING, b"p" * 125))
            connection.send(frame(PONG, got.payload))
            connection.ended_by(3)

        with self.front(self.scripted(serve)).connect() as client:
            open_tunnel(client)
            client.send(frame(PING, b"p" * 125, masked=True))
            got = read_frame(client)
            self.assertEqual((got.opcode, got.payload), (PONG, b"p" * 125))


class Closes(ProxyCase):
    def test_a_close_of_the_client_reaches_the_backend_with_code_and_reason(self):
        backend = self.websocket_backend()
        proxy = self.front(backend)
        cases = [
            (1000, "done"),
            (1001, ""),
            (1008, "policy"),
            (3000, "registered"),
            (4321, "gr\u00fc\u00dfe"),
        ]

        async def scenario():
            for code, reason in cases:
                async with connect(proxy) as client:
                    await client.close(code, reason)
                    self.assertEqual(client.close_code, code)

        self.run_async(scenario())
        eventually(lambda: len(backend.closed) == len(cases))
        self.assertEqual(backend.closed, cases)

    def test_a_close_of_the_backend_reaches_the_client_with_code_and_reason(self):
        async def close_at_once(websocket):
            code, reason = (await websocket.recv()).split(" ", 1)
            await websocket.close(int(code), reason)

        proxy = self.front(self.websocket_backend(close_at_once))

        async def scenario():
            for code, reason in ((1000, "done"), (1001, "going"), (1011, "oops"), (4000, "")):
                async with connect(proxy) as client:
                    await client.send(f"{code} {reason}")
                    await client.wait_closed()
                    self.assertEqual((client.close_code, client.close_reason), (code, reason))

        self.run_async(scenario())

    def test_a_close_without_a_status_passes_without_one(self):
        def serve(connection):
            accept_upgrade(connection)
            got = read_frame(connection)
            self.assertEqual((got.opcode, got.payload), (CLOSE, b""))
            connection.send(frame(CLOSE))

        with self.front(self.scripted(serve)).connect() as client:
            open_tunnel(client)
            client.send(frame(CLOSE, masked=True))
            got = read_frame(client)
            self.assertEqual((got.opcode, got.payload), (CLOSE, b""))
            self.assertEqual(client.ended_by(), "fin")

    def test_messages_sent_before_a_close_all_arrive(self):
        async def talk_and_close(websocket):
            for number in range(500):
                await websocket.send(f"{number} " + "x" * 2000)
            await websocket.close(1000)

        proxy = self.front(self.websocket_backend(talk_and_close))

        async def scenario():
            async with connect(proxy) as client:
                return [message async for message in client]

        self.assertEqual(len(self.run_async(scenario())), 500)

    def test_both_ends_may_close_at_the_same_time(self):
        def serve(connection):
            accept_upgrade(connection)
            connection.send(close_frame(1001))
            self.assertEqual(read_frame(connection).close_code, 1000)

        with self.front(self.scripted(serve)).connect() as client:
            open_tunnel(client)
            client.send(close_frame(1000, masked=True))
            self.assertEqual(read_frame(client).close_code, 1001)
            self.assertEqual(client.ended_by(), "fin")


if __name__ == "__main__":
    unittest.main()
