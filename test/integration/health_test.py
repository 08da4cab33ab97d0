"""Health of backends: what checks find, who is passed over, and what tunnels see of it."""
import json
import unittest

from harness.case import pool, route
from harness.frames import CLOSE, TEXT, frame, open_tunnel, read_frame, switching_protocols
from harness.health import HealthCase, check
from harness.http_message import request, response
from harness.ports import free_port
from harness.waiting import eventually


class Checks(HealthCase):
    def expect_down(self, health, reason, backend=None, address=None):
        """The first of two backends is found down for `reason`, and nobody is sent to it."""
        live = self.checked_backend("live")
        address = address or backend.address
        proxy = self.start_proxy(pool("app", address, live, health=health), route())
        row = self.wait_state(proxy, address, "down")
        self.assertIn(reason, row["reason"])
        self.assertEqual(self.wait_state(proxy, live, "up")["reason"], "")
        self.assertEqual(self.tally(proxy, 10), {"live": 10})
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_backend_up", backend=address), 0)
        self.assertEqual(metrics.value("fairlead_backend_state", backend=address, state="down"), 1)
        self.assertEqual(metrics.value("fairlead_backend_state", backend=address, state="up"), 0)
        self.assertGreaterEqual(metrics.value("fairlead_backend_check_seconds_count", backend=address), 1)
        proxy.wait_said(f"backend {address} is down")
        self.assertEqual(proxy.stderr().count(f"backend {address} is down"), 1, proxy.stderr())
        return proxy

    def test_the_command_line_tells_the_states_and_why(self):
        sick, live = self.checked_backend("sick"), self.checked_backend("live")
        sick.health = response("500 No")
        proxy = self.start_proxy(pool("app", sick, live, health=check(path='"/healthz"')), route())
        self.wait_state(proxy, sick, "down")
        ask = lambda *more: proxy.command("backends", *more)
        told = ask()
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("pool app: 1 of 2 up\n", told.stdout)
        self.assertRegex(told.stdout, rf"{sick.address} +down .* status 500\n")
        self.assertEqual(ask("--pool", "app").stdout, told.stdout)
        self.assertIn("no pool 'wap'", ask("--pool", "wap").stderr)
        self.assertEqual(len(json.loads(ask("--json").stdout)["backends"]), 2)

    def test_a_dead_port_before_any_request_comes(self):
        address = f"127.0.0.1:{free_port()}"
        proxy = self.expect_down(check(), "refused", address=address)
        self.assertEqual(proxy.metrics().value("fairlead_backend_dials_total", backend=address), 0)
        failures = proxy.metrics().value(
            "fairlead_backend_check_failures_total", backend=address, reason="connect"
        )
        self.assertGreaterEqual(failures, 1)

    def test_a_server_that_accepts_and_hangs(self):
        hung = self.checked_backend("hung")
        hung.hangs = True
        self.expect_down(check(path='"/healthz"'), "waited 100ms for the answer", hung)

    def test_a_wrong_status(self):
        sick = self.checked_backend("sick")
        sick.health = response("500 Internal Server Error")
        self.expect_down(check(path='"/healthz"'), "status 500", sick)

    def test_a_status_that_passes_elsewhere(self):
        strict = self.checked_backend("strict")
        strict.health = response("301 Moved", fields=[("Location", "/")])
        self.expect_down(check(path='"/healthz"', expect_status='"200"'), "status 301", strict)

    def test_a_body_that_does_not_match(self):
        odd = self.checked_backend("odd")
        odd.health = response(body=b"all is lost")
        regex = '{ regex = "(?i)IS F[aeiou]NE$" }'
        self.expect_down(check(path='"/healthz"', expect_body=regex), "the body does not contain", odd)

    def test_a_host_and_another_port_are_asked(self):
        main, other = self.checked_backend("main"), self.checked_backend("other")
        health = check(path='"/healthz"', port=other.port, host='"app.example.com"')
        proxy = self.start_proxy(pool("app", main, health=health), route())
        eventually(lambda: len(other.requests) >= 2)
        self.assertEqual(main.requests, [])
        self.assertEqual(other.requests[0].head.get("Host"), "app.example.com")
        self.wait_state(proxy, main, "up")

    def test_503_takes_a_backend_out_at_once_and_keeps_its_tunnels(self):
        leaving, live = self.checked_backend("leaving"), self.checked_backend("live")
        proxy = self.start_proxy(
            pool("app", leaving, live, health=check(path='"/healthz"'), dead_tunnels='"close"'), route()
        )
        clients = [proxy.connect() for _ in range(4)]
        for client in clients:
            open_tunnel(client)
        leaving.health = response("503 Service Unavailable")
        self.wait_state(proxy, leaving, "draining")
        self.assertEqual(self.tally(proxy, 10), {"live": 10})
        for client in clients:
            client.send(frame(TEXT, "here", masked=True))
            self.assertEqual(read_frame(client).payload, b"here")
        leaving.health = response()
        self.wait_state(proxy, leaving, "up")

    def test_a_backend_comes_back_after_passes_in_a_row(self):
        backend, live = self.checked_backend("back"), self.checked_backend("live")
        proxy = self.start_proxy(pool("app", backend, live, health=check(path='"/healthz"')), route())
        self.wait_state(proxy, backend, "up")
        backend.health = response("500 No")
        self.wait_state(proxy, backend, "down")
        backend.health = response()
        self.wait_state(proxy, backend, "up")
        self.assertEqual(self.tally(proxy, 10), {"back": 5, "live": 5})
        down, up = f"{backend.address} is down: status 500", f"{backend.address} is up"
        proxy.wait_said(up)
        log = proxy.stderr()
        self.assertLess(log.index(down), log.index(up))

    def test_when_all_are_down_all_are_used(self):
        backends = [self.checked_backend(name) for name in "ab"]
        for each in backends:
            each.health = response("500 No")
        proxy = self.start_proxy(pool("app", *backends, health=check(path='"/healthz"')), route())
        for each in backends:
            self.wait_state(proxy, each, "down")
        self.assertEqual(self.tally(proxy, 10), {"a": 5, "b": 5})

    def test_a_unix_socket(self):
        path = f"/tmp/fairlead-health-{free_port()}.sock"
        backend = self.checked_backend(unix_path=path)
        proxy = self.start_proxy(pool("app", backend, health=check(path='"/healthz"')), route())
        eventually(lambda: len(backend.requests) >= 2)
        self.assertEqual(backend.requests[0].head.get("Host"), "localhost")
        self.wait_state(proxy, backend, "up")

    def test_a_name_is_up_while_one_of_its_addresses_is(self):
        # localhost has two addresses on most machines, and the backend listens on one of them.
        backend = self.checked_backend()
        address = f"localhost:{backend.port}"
        proxy = self.start_proxy(pool("app", address, health=check(path='"/healthz"')), route())
        row = self.wait_state(proxy, address, "up")
        if len(row["addresses"]) < 2:
            self.skipTest("localhost has one address here")
        eventually(lambda: self.page(proxy)[address]["dead_addresses"] == ["::1"])
        self.assertEqual(self.page(proxy)[address]["state"], "up")
        for _ in range(5):
            self.assertEqual(proxy.ask(request()).status, 200)

    def test_a_reload_keeps_what_was_found_and_switches_checks_off(self):
        sick, live = self.checked_backend("sick"), self.checked_backend("live")
        sick.health = response("500 No")
        proxy = self.start_proxy(pool("app", sick, live, health=check(path='"/healthz"')), route())
        self.wait_state(proxy, sick, "down")
        checked = pool("app", sick, live, health=check(path='"/healthz"'))
        self.reload(proxy, checked, route(), route(path='"/x/"'))
        self.assertEqual(self.page(proxy)[sick.address]["state"], "down")
        self.reload(proxy, pool("app", sick, live), route())
        self.wait_state(proxy, sick, "up")
        self.assertEqual(self.tally(proxy, 10), {"sick": 5, "live": 5})


class WebSocketChecks(HealthCase):
    health = check(kind='"websocket"', path='"/ws"')

    def test_a_server_of_a_library_passes(self):
        async def serve(websocket):
            await websocket.send("welcome")
            async for message in websocket:
                await websocket.send(message)

        backend = self.websocket_backend(serve)
        proxy = self.start_proxy(pool("app", backend, health=self.health), route())
        eventually(lambda: len(backend.closed) >= 2)
        self.assertEqual({code for code, _ in backend.closed}, {1000})
        self.wait_state(proxy, backend, "up")

    def expect_down(self, serve, reason):
        backend = self.scripted(serve)
        proxy = self.start_proxy(pool("app", backend, health=self.health), route())
        self.assertIn(reason, self.wait_state(proxy, backend, "down")["reason"])

    def test_a_server_that_does_not_answer_pings(self):
        def serve(connection):
            connection.send(switching_protocols(connection.read_head().get("Sec-WebSocket-Key")))
            connection.ended_by(10)

        self.expect_down(serve, "waited 100ms for the pong")

    def test_a_server_that_knows_no_websocket(self):
        self.expect_down(
            lambda connection: (connection.read_head(), connection.send(response("404 No"))), "status 404"
        )

    def test_a_wrong_accept(self):
        self.expect_down(
            lambda connection: (connection.read_head(), connection.send(switching_protocols("x"))),
            "Sec-WebSocket-Accept",
        )


class DeadTunnels(HealthCase):
    def tunnels(self, backend, count, dead_tunnels, drain):
        proxy = self.start_proxy(
            pool("app", backend, health=check(path='"/healthz"'), dead_tunnels=f'"{dead_tunnels}"'),
            route(),
            drain=drain,
        )
        clients = [proxy.connect() for _ in range(count)]
        for client in clients:
            open_tunnel(client)
        return proxy, clients

    def test_close_sends_1012_over_the_drain_window_and_nobody_sees_1006(self):
        backend = self.checked_backend()
        proxy, clients = self.tunnels(backend, 20, "close", 'window = "1s"\nclose_timeout = "2s"')
        backend.hangs = True
        for client in clients:
            got = read_frame(client)
            self.assertEqual((got.opcode, got.close_code), (CLOSE, 1012))
            client.send(frame(CLOSE, got.payload, masked=True))
            self.assertTrue(client.ended_by(5))
        closed = lambda cause: proxy.metrics().value("fairlead_websocket_tunnels_closed_total", cause=cause)
        eventually(lambda: closed("dead_backend") == 20)
        codes = lambda **by: proxy.metrics().value("fairlead_websocket_close_codes_total", **by)
        self.assertEqual(codes(sent_by="proxy", code="1012"), 20)
        self.assertEqual(codes(code="abnormal"), 0)

    def test_a_backend_that_recovers_keeps_those_that_have_not_left(self):
        backend = self.checked_backend()
        proxy, clients = self.tunnels(backend, 10, "close", 'window = "1h"\nclose_timeout = "1s"')
        backend.health = response("500 No")
        self.wait_state(proxy, backend, "down")
        backend.health = response()
        self.wait_state(proxy, backend, "up")
        clients[-1].send(frame(TEXT, "here", masked=True))
        self.assertEqual(read_frame(clients[-1]).payload, b"here")

    def test_a_reload_that_switches_it_on_closes_those_of_a_backend_found_dead_before(self):
        backend = self.checked_backend()
        proxy, clients = self.tunnels(backend, 3, "keep", 'window = "0s"\nclose_timeout = "1s"')
        backend.health = response("500 No")
        self.wait_state(proxy, backend, "down")
        closing = pool("app", backend, health=check(path='"/healthz"'), dead_tunnels='"close"')
        self.reload(proxy, closing, route())
        for client in clients:
            self.assertEqual(read_frame(client).close_code, 1012)

    def test_a_reload_that_switches_checks_off_keeps_those_that_have_not_left(self):
        backend = self.checked_backend()
        proxy, clients = self.tunnels(backend, 10, "close", 'window = "1h"\nclose_timeout = "1s"')
        backend.health = response("500 No")
        left = lambda: proxy.metrics().value("fairlead_drain_tunnels_left", kind="dead_backend")
        eventually(lambda: left() > 0)
        self.reload(proxy, pool("app", backend), route())
        eventually(lambda: left() == 0)
        clients[-1].send(frame(TEXT, "here", masked=True))
        self.assertEqual(read_frame(clients[-1]).payload, b"here")

    def test_keep_leaves_them_alone(self):
        backend = self.checked_backend()
        proxy, clients = self.tunnels(backend, 3, "keep", 'window = "0s"\nclose_timeout = "1s"')
        backend.health = response("500 No")
        self.wait_state(proxy, backend, "down")
        for client in clients:
            client.send(frame(TEXT, "here", masked=True))
            self.assertEqual(read_frame(client).payload, b"here")
        self.assertEqual(self.page(proxy)[backend.address]["tunnels"], 3)


if __name__ == "__main__":
    unittest.main()
