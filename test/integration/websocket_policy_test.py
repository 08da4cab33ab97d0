"""Keepalive, limits and policy of WebSockets: raw frames, and the `websockets` library on both ends."""
import asyncio
import threading
import time
import unittest

import websockets

from harness.case import ProxyCase, pool, route
from harness.connection import PeerClosed
from harness.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    accept_upgrade,
    close_frame,
    echo_until_close,
    frame,
    open_tunnel,
    read_frame,
    upgrade_request,
)
from harness.waiting import eventually


def websocket(**keys):
    """The `websocket` table of a route; `keys` are written as TOML text."""
    return "{ " + ", ".join(f"{key} = {value}" for key, value in keys.items()) + " }"


class PolicyCase(ProxyCase):
    def policy_proxy(self, backend, top="", **keys):
        return self.start_proxy(top, pool("app", backend), route(websocket=websocket(**keys)))

    def open(self, proxy, **options):
        client = proxy.connect()
        open_tunnel(client, **options)
        return client

    def closed_line(self, proxy):
        lines = lambda: [line for line in proxy.access_log() if line["event"] == "tunnel_closed"]
        return eventually(lambda: lines() and lines()[-1])


class Keepalive(PolicyCase):
    def test_silent_sides_are_pinged_and_their_pongs_stay_here(self):
        pings = []

        def serve(connection):
            accept_upgrade(connection)
            while True:
                got = read_frame(connection)
                if got.opcode == PING:
                    pings.append(got)
                    connection.send(frame(PONG, got.payload))
                else:
                    connection.send(frame(got.opcode, got.payload))
                    if got.opcode == CLOSE:
                        return

        proxy = self.policy_proxy(self.scripted(serve), ping_every='"200ms"', pong_timeout='"5s"')
        client = self.open(proxy)
        for _ in range(3):
            got = read_frame(client)
            self.assertEqual(got.opcode, PING)
            self.assertFalse(got.masked)
            client.send(frame(PONG, got.payload, masked=True))
        eventually(lambda: len(pings) >= 3)
        self.assertTrue(all(ping.masked for ping in pings))
        client.send(frame(TEXT, "hello", masked=True))
        got = read_frame(client)
        while got.opcode == PING:
            got = read_frame(client)
        self.assertEqual(got.payload, b"hello")  # nothing that the backend took for a message was a pong
        metrics = proxy.metrics()
        self.assertGreaterEqual(metrics.value("fairlead_websocket_round_trip_seconds_count", to="client"), 2)
        self.assertGreaterEqual(metrics.value("fairlead_websocket_round_trip_seconds_count", to="backend"), 2)
        self.assertEqual(metrics.value("fairlead_websocket_control_frames_total", kind="pong"), 0)

    def test_a_client_that_answers_no_ping_is_closed_on_both_sides(self):
        proxy = self.policy_proxy(
            self.scripted(echo_until_close), ping_every='"200ms"', pong_timeout='"300ms"', ping='"client"'
        )
        client = self.open(proxy)
        self.assertEqual(read_frame(client).opcode, PING)
        got = read_frame(client)
        self.assertEqual((got.opcode, got.close_code), (CLOSE, 1001))
        line = self.closed_line(proxy)
        self.assertEqual((line["closed_by"], line["cause"]), ("proxy", "dead_peer"))
        self.assertEqual(line["close_code_backend"], 1001)  # it answered ours

    def test_pings_go_in_between_fragments_that_libraries_send_with_and_without_deflate(self):
        async def run(compression):
            async def echo(socket_):
                async for message in socket_:
                    await socket_.send(message)

            async with websockets.serve(echo, "127.0.0.1", 0, compression=compression) as server:
                address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
                proxy = self.policy_proxy(
                    address, ping_every='"100ms"', pong_timeout='"2s"', enforce="true", max_message='"4MiB"'
                )
                async with websockets.connect(
                    proxy.websocket_url, compression=compression, max_size=None, ping_interval=0.15
                ) as client:

                    async def parts():
                        for index in range(8):
                            await asyncio.sleep(0.15)  # long enough for a ping to come in between
                            yield f"part {index} " * 2000

                    for _ in range(2):
                        await client.send(parts())
                        got = await client.recv()
                        self.assertEqual(got, "".join(f"part {index} " * 2000 for index in range(8)))
                    await asyncio.sleep(0.5)
                    self.assertTrue(client.open)
                return proxy

        for compression in (None, "deflate"):
            proxy = self.run_async(run(compression))
            self.assertEqual(self.closed_line(proxy)["cause"], "close")
            count = proxy.metrics().value("fairlead_websocket_round_trip_seconds_count", to="client")
            self.assertGreaterEqual(count, 1)

    def test_pings_never_break_a_frame_that_comes_byte_by_byte(self):
        sent = frame(TEXT, b"slow " * 6, fin=False, masked=True) + frame(CONTINUATION, b"end", masked=True)
        heard = []

        def serve(connection):
            accept_upgrade(connection)
            while True:
                got = read_frame(connection)
                heard.append((got.opcode, got.payload))
                if got.opcode == PING:
                    connection.send(frame(PONG, got.payload))
                if got.opcode == CLOSE:
                    return

        keys = {"ping_every": '"10ms"', "pong_timeout": '"5s"', "enforce": "true"}
        proxy = self.policy_proxy(self.scripted(serve), **keys)
        with self.open(proxy) as client:
            for begin in range(len(sent)):
                client.send(sent[begin : begin + 1])
                time.sleep(0.01)  # the pace is what is tested
            eventually(lambda: (CONTINUATION, b"end") in heard)
            client.send(close_frame(1000, masked=True))
            eventually(lambda: heard[-1][0] == CLOSE)
        self.assertEqual([each for each in heard if each[0] in (TEXT, CONTINUATION)],
                         [(TEXT, b"slow " * 6), (CONTINUATION, b"end")])
        self.assertGreater(sum(opcode == PING for opcode, _ in heard), 0)

    def test_data_keeps_a_tunnel_from_idle_timeout_and_pings_do_not(self):
        proxy = self.policy_proxy(self.scripted(echo_until_close), idle_timeout='"600ms"')
        client = self.open(proxy)
        for _ in range(4):
            client.send(frame(PING, "still here", masked=True))
            self.assertEqual(read_frame(client).payload, b"still here")
        got = read_frame(client)
        self.assertEqual((got.opcode, got.close_code), (CLOSE, 1001))
        self.assertEqual(self.closed_line(proxy)["cause"], "idle_timeout")

    def test_max_age_ends_a_tunnel_that_is_in_use(self):
        proxy = self.policy_proxy(self.scripted(echo_until_close), max_age='"1s"')
        client = self.open(proxy)
        while True:
            client.send(frame(TEXT, "x", masked=True))
            got = read_frame(client)
            if got.opcode == CLOSE:
                break
        self.assertEqual(got.close_code, 1012)
        self.assertEqual(self.closed_line(proxy)["cause"], "max_age")


class Limits(PolicyCase):
    def refused(self, data, code, cause, reads_before=(), **keys):
        """Sends `data` as a client; the client and the backend must be closed for it."""
        seen = []

        def serve(connection):
            accept_upgrade(connection)
            while True:
                got = read_frame(connection)
                seen.append(got)
                if got.opcode == CLOSE:
                    connection.send(close_frame(1000))
                    return

        proxy = self.policy_proxy(self.scripted(serve), **keys)
        client = self.open(proxy)
        client.send(data)
        got = read_frame(client)
        self.assertEqual((got.opcode, got.close_code), (CLOSE, code))
        client.send(close_frame(code, masked=True))
        self.assertEqual(client.sock.recv(1), b"")
        line = self.closed_line(proxy)
        self.assertEqual((line["cause"], line["phase"]), (cause, "closed"))
        self.assertEqual([one.payload for one in seen[:-1]], list(reads_before))
        self.assertEqual(seen[-1].close_code, 1001)
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_websocket_tunnels_closed_total", cause=cause), 1)

    def test_a_message_that_is_too_big_gets_1009_at_its_header(self):
        data = frame(TEXT, "fits", masked=True) + frame(BINARY, bytes(2000), masked=True)
        self.refused(data, 1009, "message_too_big", [b"fits"], max_message='"1KiB"')

    def test_a_message_that_grows_too_big_in_fragments_gets_1009(self):
        first = frame(TEXT, bytes(600), fin=False, masked=True)
        data = first + frame(PING, "", masked=True) + frame(CONTINUATION, bytes(600), masked=True)
        self.refused(data, 1009, "message_too_big", [bytes(600), b""], max_message='"1KiB"')

    def test_a_frame_that_is_too_big_gets_1009(self):
        self.refused(frame(BINARY, bytes(200), masked=True), 1009, "frame_too_big", max_frame="100")

    def test_an_unmasked_frame_gets_1002_where_that_is_enforced(self):
        self.refused(frame(TEXT, "hello"), 1002, "protocol_error", enforce="true")

    def test_reserved_bits_that_were_not_agreed_get_1002(self):
        self.refused(frame(TEXT, "hello", masked=True, rsv=4), 1002, "protocol_error", enforce="true")

    def test_too_many_messages_are_delayed_first_and_closed_then(self):
        proxy = self.policy_proxy(
            self.scripted(echo_until_close), message_rate='"20/s"', message_burst="5", rate_patience='"1s"'
        )
        client = self.open(proxy)
        for index in range(10):
            client.send(frame(TEXT, f"{index}", masked=True))
        for index in range(10):
            self.assertEqual(read_frame(client).payload, f"{index}".encode())
        self.assertGreaterEqual(proxy.metrics().value("fairlead_websocket_rate_delays_total"), 1)
        got = None
        try:
            while got is None or got.opcode != CLOSE:
                client.send(frame(TEXT, "again", masked=True) * 3)
                got = read_frame(client)
        except (BrokenPipeError, ConnectionResetError, PeerClosed):
            self.fail("closed without a Close")
        self.assertEqual(got.close_code, 1008)
        self.assertEqual(self.closed_line(proxy)["cause"], "rate")

    def test_a_client_that_takes_nothing_is_let_go(self):
        def serve(connection):
            accept_upgrade(connection)
            while True:
                connection.send(frame(BINARY, bytes(1 << 16)))

        proxy = self.policy_proxy(self.scripted(serve), slow_timeout='"500ms"')
        client = proxy.connect(receive_buffer=4096)
        open_tunnel(client)
        self.assertEqual(self.closed_line(proxy)["cause"], "slow_consumer")

    def test_a_backend_that_takes_nothing_is_let_go_and_the_client_is_told_to_try_again_later(self):
        done = threading.Event()

        def serve(connection):
            accept_upgrade(connection)
            done.wait(20)

        def send_on(client):
            try:
                while True:
                    client.send(frame(BINARY, bytes(1 << 16), masked=True))
            except OSError:
                pass

        proxy = self.policy_proxy(self.scripted(serve, receive_buffer=4096), slow_timeout='"500ms"')
        client = self.open(proxy)
        sender = threading.Thread(target=send_on, args=(client,), daemon=True)
        sender.start()
        try:
            got = read_frame(client)
            self.assertEqual((got.opcode, got.close_code), (CLOSE, 1013))
            line = self.closed_line(proxy)
        finally:
            done.set()
            client.close()
            sender.join(10)
        self.assertEqual((line["closed_by"], line["cause"]), ("proxy", "slow_consumer"))
        self.assertEqual(line["close_code_proxy_to_client"], 1013)

    def test_a_reload_gives_tunnels_that_are_open_the_new_limits(self):
        backend = self.scripted(echo_until_close)
        proxy = self.policy_proxy(backend)
        client = self.open(proxy)
        table = route(websocket=websocket(max_message="10", idle_timeout='"1h"'))
        proxy.write_config(pool("app", backend) + table)
        proxy.signal(1)
        eventually(lambda: proxy.metrics().value("fairlead_config_generation") == 2)
        client.send(frame(TEXT, "short", masked=True))
        self.assertEqual(read_frame(client).payload, b"short")
        client.send(frame(TEXT, "longer than ten", masked=True))
        self.assertEqual(read_frame(client).close_code, 1009)


class Handshake(PolicyCase):
    def status(self, proxy, *fields):
        with proxy.connect() as client:
            client.send(upgrade_request(fields=fields))
            return client.read_head().status

    def test_only_pages_of_the_route_s_origins_may_open_a_websocket(self):
        proxy = self.policy_proxy(
            self.scripted(echo_until_close), origins='["https://app.example.com", "same-host"]'
        )
        self.assertEqual(self.status(proxy, ("Origin", "https://app.example.com")), 101)
        self.assertEqual(self.status(proxy, ("Origin", "http://example.test")), 101)
        self.assertEqual(self.status(proxy, ("Origin", "https://evil.example")), 403)
        self.assertEqual(self.status(proxy), 403)
        self.assertEqual(proxy.metrics().value("fairlead_refusals_total", reason="origin"), 2)

    def test_the_backend_sees_only_allowed_subprotocols_and_no_deflate_where_it_is_stripped(self):
        heads = []

        def serve(connection):
            heads.append(accept_upgrade(connection))
            connection.read_to_end()

        backend = self.scripted(serve)
        proxy = self.policy_proxy(backend, subprotocols='["v2", "v3"]', permessage_deflate='"strip"')
        self.open(
            proxy,
            fields=[
                ("Sec-WebSocket-Protocol", "v1, v2"),
                ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits, x-other"),
            ],
        )
        eventually(lambda: heads)
        self.assertEqual(heads[0].get("Sec-WebSocket-Protocol"), "v2")
        self.assertEqual(heads[0].get("Sec-WebSocket-Extensions"), "x-other")


class Removed(PolicyCase):
    def test_tunnels_of_a_backend_that_a_reload_removes_leave_evenly_with_1012_and_the_others_stay(self):
        first, second = self.scripted(echo_until_close), self.scripted(echo_until_close)
        drain = 'window = "2s"\nclose_timeout = "1s"'
        proxy = self.start_proxy(pool("app", first, second), route(), drain=drain)
        clients = [self.open(proxy) for _ in range(40)]
        proxy.write_config(pool("app", second) + route())
        proxy.signal(1)
        closed = lambda: proxy.metrics().value("fairlead_websocket_tunnels_closed_total", cause="removed")
        eventually(lambda: closed() >= 5)
        self.assertLess(closed(), 20)  # not all at once
        eventually(lambda: closed() == 20, 10)
        left = []
        for client in clients:
            client.send(frame(TEXT, "x", masked=True))
            got = read_frame(client)
            if got.opcode == CLOSE:
                self.assertEqual(got.close_code, 1012)
            else:
                left.append(client)
        self.assertEqual(len(left), 20)


if __name__ == "__main__":
    unittest.main()
