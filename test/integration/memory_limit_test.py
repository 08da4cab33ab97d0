"""limits.memory_limit: near it who is new is refused, and at it nothing grows; who is there goes on."""
import json
import threading
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import (
    BINARY,
    TEXT,
    accept_upgrade,
    echo_frames,
    frame,
    open_tunnel,
    read_frame,
    upgrade_request,
)
from harness.http_message import request
from harness.process_stats import resident_bytes
from harness.proxy import SANITIZED
from harness.waiting import eventually

MIB = 1024 * 1024
LIMIT = 16 * MIB
LIMITS = '[timeouts]\nhead = "1h"\n[limits]\nmemory_limit = "16MiB"\n'
HALF_HEAD = b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 30_000


def held(proxy):
    return proxy.metrics().value("fairlead_memory_bytes")


def sheds(proxy, what, want="memory"):
    return proxy.metrics().value("fairlead_sheds_total", want=want, what=what)


def echoes(client):
    client.send(frame(TEXT, "still here", masked=True))
    return read_frame(client).payload == b"still here"


class Heads(ProxyCase):
    def setUp(self):
        super().setUp()
        self.crowd = []
        self.addCleanup(lambda: [each.close() for each in self.crowd])

    def add_half_heads(self, proxy, count):
        for _ in range(count):
            client = proxy.connect()
            client.forget_received()
            client.send(HALF_HEAD)
            self.crowd.append(client)

    def fill_above(self, proxy, share):
        """Half heads until they hold that share of the limit."""
        while held(proxy) < share * LIMIT:
            self.add_half_heads(proxy, 20)
            count = len(self.crowd)
            eventually(lambda: self.heads(proxy) >= count * 30_000, 10)

    def heads(self, proxy):
        return proxy.metrics().value("fairlead_memory_bytes", kind="heads")

    def refusal(self, proxy):
        answer = proxy.ask(request())
        return answer if answer.status == 503 else None

    def start(self, **options):
        app, chat = self.http_backend(), self.scripted(lambda each: (accept_upgrade(each), echo_frames(each)))
        return self.start_proxy(LIMITS, pool("app", app), pool("chat", chat), route("chat", path='"/chat"'),
                                route(), **options)

    def test_who_is_new_is_refused_first_and_tunnels_go_on_to_the_end(self):
        proxy = self.start()
        tunnel, idle = proxy.connect(), proxy.connect()
        open_tunnel(tunnel, "/chat")
        idle.send(request())
        self.assertEqual(idle.read_response().status, 200)
        before = resident_bytes(proxy.pid)

        self.fill_above(proxy, 7 / 8)
        refused = eventually(lambda: self.refusal(proxy), 10)
        self.assertIn(refused.head.get("Retry-After"), ("1", "2", "3", "4"))
        self.assertEqual(refused.head.get("Connection"), "close")
        self.assertEqual(proxy.ask(upgrade_request("/chat")).status, 503)
        self.assertEqual(idle.ended_by(10), "fin")
        self.assertTrue(echoes(tunnel))
        self.assertGreaterEqual(sheds(proxy, "request"), 2)
        self.assertGreaterEqual(sheds(proxy, "idle"), 1)
        self.assertGreaterEqual(proxy.metrics().value("fairlead_refusals_total", reason="memory"), 2)

        def is_closed_at_once():
            self.add_half_heads_or_none(proxy, 5)
            return sheds(proxy, "connection") > 0

        eventually(is_closed_at_once, 20)
        self.assertTrue(echoes(tunnel))
        self.assertLessEqual(held(proxy), LIMIT + MIB)  # what one tick lets through
        if not SANITIZED:
            self.assertLess(resident_bytes(proxy.pid) - before, 2 * LIMIT)
        memory = json.loads(proxy.admin("/status")[1])["memory"]
        self.assertEqual(memory["limit"], LIMIT)
        self.assertGreater(memory["by_kind"]["heads"], LIMIT / 2)
        self.assertGreater(memory["sheds"]["connection"], 0)
        warnings = json.loads(proxy.admin("/status")[1])["warnings"]
        self.assertTrue(any("of memory_limit" in each for each in warnings), warnings)

        for each in self.crowd:
            each.close()
        eventually(lambda: self.is_served(proxy), 10, "requests are served again")
        self.assertEqual(proxy.ask(upgrade_request("/chat")).status, 101)
        self.assertTrue(echoes(tunnel))
        eventually(lambda: self.heads(proxy) < MIB, 10)

    def add_half_heads_or_none(self, proxy, count):
        try:
            self.add_half_heads(proxy, count)
        except OSError:
            pass  # closed while it was sent

    def is_served(self, proxy):
        try:
            return proxy.ask(request()).status == 200
        except (OSError, EOFError):
            return False

    def test_a_reload_gives_more_and_takes_the_limit_away(self):
        proxy = self.start(workers=2)
        self.fill_above(proxy, 7 / 8)
        eventually(lambda: proxy.ask(request()).status == 503, 10)
        with open(proxy.config_path) as file:
            text = file.read()
        proxy.replace_config_file(text.replace('"16MiB"', '"64MiB"'))
        self.assertEqual(proxy.control("/reload")[0], 200)
        eventually(lambda: proxy.ask(request()).status == 200, 10)
        self.assertEqual(proxy.metrics().value("fairlead_memory_limit_bytes"), 64 * MIB)
        proxy.replace_config_file(text.replace('"16MiB"', "0"))
        self.assertEqual(proxy.control("/reload")[0], 200)
        eventually(lambda: not proxy.metrics().series("fairlead_memory_limit_bytes"), 10)
        self.assertEqual(proxy.ask(request()).status, 200)

    def test_without_the_key_half_of_the_machine_or_group_is_the_limit(self):
        proxy = self.front(self.http_backend())
        limit = proxy.metrics().value("fairlead_memory_limit_bytes")
        with open("/proc/meminfo") as file:
            machine = int(file.readline().split()[1]) * 1024
        self.assertGreater(limit, 0)
        self.assertLessEqual(limit, machine / 2)


class Remainders(ProxyCase):
    TUNNELS = 280
    MESSAGE = bytes(range(256)) * 16  # large ones are spliced, and are the kernel's
    MESSAGES = 128

    def rest(self, proxy):
        """Whether a side was left unread, or no byte has moved for a second, so that no more will."""
        seen = [0, time.monotonic()]

        def has_come():
            metrics = proxy.metrics()
            if metrics.value("fairlead_sheds_total", want="memory", what="read") > 0:
                return True
            moved = metrics.value("fairlead_websocket_bytes_total", direction="to_client")
            if moved != seen[0]:
                seen[:] = [moved, time.monotonic()]
            return moved > self.TUNNELS * len(self.MESSAGE) and time.monotonic() - seen[1] > 1

        return has_come

    def test_slow_readers_hold_no_more_than_the_limit_and_lose_nothing(self):
        go = threading.Event()

        def serve(connection):
            head = accept_upgrade(connection)
            connection.forget_received()
            if head.target == "/echo":
                return echo_frames(connection)
            go.wait(60)
            connection.sock.settimeout(60)
            connection.send(frame(BINARY, self.MESSAGE) * self.MESSAGES)
            connection.read_to_end()
            return None

        self.addCleanup(go.set)
        proxy = self.front(self.scripted(serve), LIMITS + 'pending_bytes = "256KiB"\n')
        healthy = proxy.connect()
        open_tunnel(healthy, "/echo")
        slow = []
        for _ in range(self.TUNNELS):
            client = proxy.connect(receive_buffer=4096, timeout_s=60)
            client.forget_received()
            open_tunnel(client)
            slow.append(client)
        before = resident_bytes(proxy.pid)
        go.set()
        eventually(self.rest(proxy), 60, "a side is left unread, or nothing moves")
        for _ in range(20):
            self.assertTrue(echoes(healthy))
        self.assertLessEqual(held(proxy), LIMIT + MIB)
        if not SANITIZED:
            self.assertLess(resident_bytes(proxy.pid) - before, 2 * LIMIT)
        for client in slow:
            for _ in range(self.MESSAGES):
                self.assertEqual(read_frame(client).payload, self.MESSAGE)
        eventually(lambda: proxy.metrics().value("fairlead_memory_bytes", kind="remainders") == 0, 10)
        self.assertTrue(echoes(healthy))
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_websocket_tunnels_closed_total"), 0)
        self.assertEqual(metrics.value("fairlead_websocket_tunnels_active"), self.TUNNELS + 1)


if __name__ == "__main__":
    unittest.main()
