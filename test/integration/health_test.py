"""Health of backends: what checks find, who is passed over and for how long, and what tunnels see of it."""
import collections
import json
import signal
import unittest

from harness.backends import HttpBackend
from harness.case import ProxyCase, pool, route
from harness.frames import CLOSE, TEXT, frame, open_tunnel, read_frame, switching_protocols
from harness.http_message import request, response
from harness.ports import free_port
from harness.waiting import eventually

FAST = 'every = "100ms", timeout = "100ms", rise = 2, fall = 2'


def check(**keys):
    """A `health` table that is asked often; `keys` are written as TOML text."""
    return "{ " + ", ".join([FAST, *(f"{key} = {value}" for key, value in keys.items())]) + " }"


class CheckedBackend(HttpBackend):
    """Answers /healthz as told, other requests with its name (or `status`), and echoes WebSockets."""

    def __init__(self, name="backend", **options):
        self.health = response(body=b"all is fine")
        self.status = "200 OK"
        self.hangs = False
        super().__init__(name, self._answer, **options)

    def _answer(self, message, connection):
        head = message.head
        if head.target == "/healthz":
            if self.hangs:
                connection.ended_by(10)
                return None
            return self.health
        if (head.get("Upgrade") or "").lower() == "websocket":
            connection.send(switching_protocols(head.get("Sec-WebSocket-Key")))
            return self._echo(connection)
        return response(self.status, body=self.name.encode())

    @staticmethod
    def _echo(connection):
        while True:
            got = read_frame(connection)
            connection.send(frame(got.opcode, got.payload))
            if got.opcode == CLOSE:
                connection.ended_by(5)
                return None

    def served(self):
        return [each for each in self.requests if each.head.target != "/healthz"]


class HealthCase(ProxyCase):
    def checked_backend(self, name="backend", **options):
        return self._keep(CheckedBackend(name, **options))

    def page(self, proxy):
        """The rows of /backends by address."""
        status, text = proxy.admin("/backends")
        self.assertEqual(status, 200)
        return {row["backend"]: row for row in json.loads(text)["backends"]}

    def wait_state(self, proxy, address, state):
        """The row of the backend once it has that state."""
        address = getattr(address, "address", address)
        seen = lambda: self.page(proxy)[address]
        eventually(lambda: seen()["state"] == state, 10, lambda: f"{state}: {seen()}\n{proxy.stderr()}")
        return seen()

    def tally(self, proxy, count):
        return collections.Counter(proxy.ask(request()).body.decode() for _ in range(count))


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
        self.assertEqual(proxy.stderr().count(f"backend {address} is down"), 1, proxy.stderr())
        return proxy

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
        log = proxy.stderr()
        down, up = f"{backend.address} is down: status 500", f"{backend.address} is up"
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

        def reload(*parts):
            generation = proxy.metrics().value("fairlead_config_generation")
            proxy.write_config("\n".join(parts))
            proxy.signal(signal.SIGHUP)
            eventually(lambda: proxy.metrics().value("fairlead_config_generation") > generation)

        reload(pool("app", sick, live, health=check(path='"/healthz"')), route(), route(path='"/x/"'))
        self.assertEqual(self.page(proxy)[sick.address]["state"], "down")
        reload(pool("app", sick, live), route())
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

    def test_keep_leaves_them_alone(self):
        backend = self.checked_backend()
        proxy, clients = self.tunnels(backend, 3, "keep", 'window = "0s"\nclose_timeout = "1s"')
        backend.health = response("500 No")
        self.wait_state(proxy, backend, "down")
        for client in clients:
            client.send(frame(TEXT, "here", masked=True))
            self.assertEqual(read_frame(client).payload, b"here")
        self.assertEqual(self.page(proxy)[backend.address]["tunnels"], 3)


class Ejection(HealthCase):
    def test_a_backend_that_fails_is_left_alone_and_comes_back(self):
        bad, good = self.checked_backend("bad"), self.checked_backend("good")
        bad.status = "502 Bad Gateway"
        eject = '{ failures = 3, window = "1m", backoff = "1s" }'
        proxy = self.start_proxy(pool("app", bad, good, eject=eject), route())
        statuses = [proxy.ask(request()).status for _ in range(20)]
        self.assertEqual(statuses.count(502), 3)
        row = self.wait_state(proxy, bad, "ejected")
        self.assertIn("the status of an answer", row["reason"])
        self.assertEqual(proxy.metrics().value("fairlead_backend_ejections_total", backend=bad.address), 1)
        bad.status = "200 OK"
        self.wait_state(proxy, bad, "up")
        self.assertEqual(self.tally(proxy, 10)["bad"], 5)

    def test_a_backend_that_ends_connections_unanswered(self):
        broken = self.scripted(lambda connection: connection.read_request())
        good = self.checked_backend("good")
        proxy = self.start_proxy(pool("app", broken, good, eject='{ failures = 2, window = "1m" }'), route())
        statuses = [proxy.ask(request()).status for _ in range(10)]
        self.assertEqual(statuses.count(502), 2)
        self.assertIn("ended unanswered", self.wait_state(proxy, broken, "ejected")["reason"])

    def test_no_more_are_ejected_than_may_be(self):
        backends = [self.checked_backend(name) for name in "abcd"]
        for each in backends:
            each.status = "503 No"
        eject = '{ failures = 2, window = "1m", backoff = "1m", max_ejected = "50%" }'
        proxy = self.start_proxy(pool("app", *backends, eject=eject), route(), workers=2)
        for _ in range(40):
            self.assertEqual(proxy.ask(request()).status, 503)
        states = collections.Counter(row["state"] for row in self.page(proxy).values())
        self.assertEqual(states, {"ejected": 2, "up": 2})
        self.assertGreater(proxy.metrics().value("fairlead_backend_ejections_withheld_total"), 0)

    def test_those_found_down_count_among_those_that_are_out(self):
        dead = self.checked_backend("dead")
        dead.health = response("500 No")
        bad, good = self.checked_backend("bad"), self.checked_backend("good")
        bad.status = "502 No"
        eject = '{ failures = 1, max_ejected = "34%" }'
        proxy = self.start_proxy(
            pool("app", dead, bad, good, eject=eject, health=check(path='"/healthz"')), route()
        )
        self.wait_state(proxy, dead, "down")
        for _ in range(6):
            proxy.ask(request())
        self.assertEqual(self.page(proxy)[bad.address]["state"], "up")
        self.assertEqual(self.tally(proxy, 10)["bad"], 5)


class SlowStart(HealthCase):
    def test_one_that_recovers_gets_a_tenth_of_its_share_at_first(self):
        backend, live = self.checked_backend("back"), self.checked_backend("live")
        proxy = self.start_proxy(
            pool("app", backend, live, health=check(path='"/healthz"'), slow_start='"1h"'), route()
        )
        self.wait_state(proxy, backend, "up")
        self.assertEqual(self.page(proxy)[backend.address]["effective_weight"], 1)
        self.assertEqual(self.tally(proxy, 20), {"back": 10, "live": 10})
        backend.health = response("500 No")
        self.wait_state(proxy, backend, "down")
        backend.health = response()
        self.assertAlmostEqual(self.wait_state(proxy, backend, "up")["effective_weight"], 0.1, delta=0.02)
        told = proxy.metrics().value("fairlead_backend_weight", backend=backend.address)
        self.assertAlmostEqual(told, 0.1, delta=0.02)
        self.assertAlmostEqual(self.tally(proxy, 110)["back"], 10, delta=2)

    def test_one_that_a_reload_adds_starts_slowly_too(self):
        old, new = self.checked_backend("old"), self.checked_backend("new")
        proxy = self.start_proxy(pool("app", old, slow_start='"1h"'), route())
        self.assertEqual(self.page(proxy)[old.address]["effective_weight"], 1)
        proxy.write_config(pool("app", old, new, slow_start='"1h"') + route())
        proxy.signal(signal.SIGHUP)
        eventually(lambda: new.address in self.page(proxy))
        eventually(lambda: proxy.ask(request()).status == 200)
        self.assertAlmostEqual(self.page(proxy)[new.address]["effective_weight"], 0.1, delta=0.02)
        self.assertEqual(self.page(proxy)[old.address]["effective_weight"], 1)
        self.assertLessEqual(self.tally(proxy, 55)["new"], 7)


if __name__ == "__main__":
    unittest.main()
