"""When no memory can be had: what it costs is closed and counted, and everything else goes on."""
import resource
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import TEXT, echo_until_close, frame, open_tunnel, read_frame, upgrade_request
from harness.http_message import request
from harness.namespace import enter_network_namespace
from harness.process_stats import descriptor_count
from harness.proxy import SANITIZED
from harness.waiting import eventually

HALF_A_HEAD = b"GET /app HTTP/1.1\r\nHost: a\r\nX-Pad: " + b"x" * 12_000
SPARE_PIPES = 3 * 2  # descriptors: a worker keeps four pipes at hand for bodies, and has one
POST = request("POST", "/app", body=b"x" * 200_000)


def data_bytes(pid):
    """What RLIMIT_DATA limits: the heap and private writable mappings."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmData:"))


@unittest.skipIf(SANITIZED, "a sanitizer's own allocator ends the process when it gets no memory")
class OutOfMemory(ProxyCase):
    def setUp(self):
        super().setUp()
        tunnels, answers = self.scripted(echo_until_close), self.http_backend()
        self.proxy = self.start_proxy(
            '[timeouts]\nupstream_idle = "200ms"',
            pool("chat", tunnels),
            pool("app", answers),
            route("chat", path='"/chat"'),
            route("app", path='"/app"'),
        )
        self.tunnels = [self.proxy.connect() for _ in range(20)]
        for each in self.tunnels:
            open_tunnel(each, "/chat")
        self.assertEqual(self.proxy.ask(POST).status, 200)  # what it keeps for the next body is kept now
        eventually(lambda: self.proxy.metrics().value("fairlead_backend_connections", pool="app") == 0, 5)
        self.before = descriptor_count(self.proxy.pid)

    def limit(self, more):
        """No memory beyond what the process has now and so many bytes; None: as much as it wants."""
        most = resource.RLIM_INFINITY if more is None else data_bytes(self.proxy.pid) + more
        resource.prlimit(self.proxy.pid, resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))

    def use_up(self):
        """Connections whose heads never end, until none gets a buffer any more."""
        said = len(self.proxy.stderr())
        self.limit(256 * 1024)
        for _ in range(20):
            for _ in range(100):
                self.try_to_send(HALF_A_HEAD)
            if "std::bad_alloc" in self.proxy.stderr()[said:]:
                return
        raise AssertionError("there is still memory")

    def try_to_send(self, data):
        client = self.proxy.connect()
        try:
            client.send(data)
        except OSError:
            pass  # it was closed before it had sent all
        return client

    def exceptions(self, cost):
        return self.proxy.metrics().value("fairlead_exceptions_total", cost=cost)

    def check_tunnels(self, text):
        for number, each in enumerate(self.tunnels):
            each.send(frame(TEXT, f"{text} {number}", masked=True))
            self.assertEqual(read_frame(each).payload.decode(), f"{text} {number}")

    def check_recovery(self):
        self.proxy.close_clients(but=self.tunnels)
        self.limit(None)
        eventually(
            lambda: descriptor_count(self.proxy.pid) <= self.before + SPARE_PIPES,
            10,
            lambda: f"{descriptor_count(self.proxy.pid)} descriptors, {self.before} before",
        )
        self.assertEqual(self.proxy.ask(request(target="/app")).status, 200)
        with self.proxy.connect() as fresh:
            open_tunnel(fresh, "/chat")
        self.check_tunnels("and after it")

    def test_sessions_that_get_none_end_and_are_counted_and_tunnels_go_on(self):
        self.use_up()
        self.check_tunnels("still here")
        self.check_recovery()
        self.assertGreater(self.exceptions("session"), 0)
        self.assertEqual(self.exceptions("tunnel"), 0)

    def test_requests_and_upgrades_that_get_none_are_refused_or_closed(self):
        self.use_up()
        for _ in range(300):
            self.try_to_send(request(target="/app"))
            self.try_to_send(upgrade_request("/chat"))
            self.try_to_send(POST[: len(POST) // 2])
        self.check_tunnels("still here")
        self.check_recovery()


if __name__ == "__main__":
    enter_network_namespace()  # thousands of ports that are nobody else's
    unittest.main()
