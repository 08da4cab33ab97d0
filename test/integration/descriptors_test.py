"""Out of descriptors: nothing spins, what is there goes on, an operator can look, and it resumes alone."""
import os
import resource
import signal
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.dns import A, DnsServer
from harness.frames import TEXT, accept_upgrade, echo_frames, frame, open_tunnel, read_frame
from harness.health import check
from harness.http_message import request
from harness.ports import free_port
from harness.process_stats import cpu_seconds, descriptor_count
from harness.waiting import eventually

LIMIT = 128
PATIENT = '[timeouts]\nhead = "1h"\n'


def echoes(client):
    client.send(frame(TEXT, "still here", masked=True))
    return read_frame(client).payload == b"still here"


class Full(ProxyCase):
    """Clients have taken all that clients may have."""

    def start(self):
        chat = self.scripted(lambda each: (accept_upgrade(each), echo_frames(each)))
        return self.start_proxy(
            PATIENT, pool("app", self.http_backend()), pool("chat", chat),
            route("chat", path='"/chat"'), route(), wrapper=["prlimit", f"--nofile={LIMIT}:{LIMIT}"],
        )  # fmt: skip

    def pauses(self, proxy):
        return proxy.metrics().value("fairlead_accept_pauses_total")

    def is_served(self, proxy):
        try:
            with proxy.connect(timeout_s=2) as client:
                client.send(request())
                return client.read_response().status == 200
        except (OSError, EOFError):
            return False

    def test_who_is_busy_stays_and_everybody_else_waits_for_a_place(self):
        proxy = self.start()
        tunnels = [proxy.connect() for _ in range(5)]
        for each in tunnels:
            open_tunnel(each, "/chat")
        crowd = [proxy.connect() for _ in range(2 * LIMIT)]
        for each in crowd:
            each.send(b"GET / HTTP/1.1\r\n")  # nobody is idle
        eventually(lambda: self.pauses(proxy) > 0, 10)  # and that can be asked
        before, pauses = cpu_seconds(proxy.pid), self.pauses(proxy)
        waiting = proxy.connect()
        waiting.send(request())
        self.assertTrue(waiting.is_quiet(1.0))
        self.assertLess(cpu_seconds(proxy.pid) - before, 0.3)
        self.assertGreater(self.pauses(proxy), pauses)
        self.assertLess(descriptor_count(proxy.pid), LIMIT)
        for each in tunnels:
            self.assertTrue(echoes(each))
        crowd[0].send(b"Host: a\r\n\r\n")  # who is in gets a backend
        self.assertEqual(crowd[0].read_response().status, 200)
        for each in crowd:
            each.close()
        self.assertEqual(waiting.read_response().status, 200)
        for each in tunnels:
            self.assertTrue(echoes(each))

    def test_who_is_idle_makes_way(self):
        proxy = self.start()
        tunnel = proxy.connect()
        open_tunnel(tunnel, "/chat")
        crowd = [proxy.connect() for _ in range(2 * LIMIT)]  # they say nothing, and stay
        eventually(lambda: self.is_served(proxy), 20, "a client who has something to say is served")
        metrics = proxy.metrics()
        self.assertGreater(metrics.value("fairlead_sheds_total", want="descriptors", what="idle"), 0)
        self.assertEqual(metrics.value("fairlead_sheds_total", want="memory"), 0)
        self.assertTrue(echoes(tunnel))
        for each in crowd:
            each.close()


class NoneLeft(ProxyCase):
    """The process gets no descriptor at all."""

    def setUp(self):
        super().setUp()
        self.dns = self._keep(DnsServer())

    def lowest_free(self, proxy):
        used = {int(name) for name in os.listdir(f"/proc/{proxy.pid}/fd")}
        return min(set(range(len(used) + 1)) - used)

    def take_all(self, proxy):
        """From now on the lowest number that is free is beyond the limit."""
        lowest = self.lowest_free(proxy)
        end = time.monotonic() + 1.5
        while time.monotonic() < end:  # checks and look-ups come and go
            lowest = min(lowest, self.lowest_free(proxy))
        before = resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (lowest, before[1]))
        return before

    def test_what_needs_one_fails_cleanly_and_everything_comes_back(self):
        backend = self.http_backend()
        port = free_port()
        echo = lambda each: (accept_upgrade(each), echo_frames(each))
        chat = self.scripted(echo, host="127.0.0.2", port=port)
        self.dns.set("chat.internal", A, "127.0.0.2")
        log = os.path.join("/tmp", f"fairlead-descriptors-{os.getpid()}.log")
        self.addCleanup(lambda: os.path.exists(log) and os.unlink(log))
        self.addCleanup(lambda: os.path.exists(log + ".1") and os.unlink(log + ".1"))
        discover = (
            f'{{ dns = "chat.internal:{port}", resolvers = ["{self.dns.address}"], min_ttl = "1s", '
            f'timeout = "1s" }}'
        )
        proxy = self.start_proxy(
            f'[limits]\nidle_upstream = 0\n[log]\naccess = "{log}"\nrequests = true\n',
            pool("app", backend, health=check()),
            f"[pool.chat]\ndiscover = {discover}\n", route("chat", path='"/chat"'), route(),
        )  # fmt: skip
        tunnel, client = proxy.connect(), proxy.connect()
        open_tunnel(tunnel, "/chat")
        client.send(request())
        self.assertEqual(client.read_response().status, 200)
        generation = proxy.metrics().value("fairlead_config_generation")

        before = self.take_all(proxy)
        cpu = cpu_seconds(proxy.pid)
        asked = len(self.dns.questions)
        for _ in range(3):
            client.send(request())
            refused = client.read_response()
            self.assertEqual(refused.status, 503)
            self.assertIsNotNone(refused.head.get("Retry-After"))
        waiting = proxy.connect()
        waiting.send(request())
        os.rename(log, log + ".1")
        proxy.signal(signal.SIGUSR1)
        proxy.wait_said("again: Too many open files; the old file stays in use")
        proxy.signal(signal.SIGHUP)
        proxy.wait_said("was not reloaded")
        proxy.wait_said("Too many open files")
        self.assertEqual(waiting.read_response().status, 503)  # who was idle has made way
        self.assertEqual(client.read_to_end(), b"")
        self.assertTrue(waiting.is_quiet(2.0))  # some rounds of checks and name servers
        self.assertTrue(echoes(tunnel))
        self.assertLess(cpu_seconds(proxy.pid) - cpu, 0.5)

        resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, before)
        waiting.send(request())
        self.assertEqual(waiting.read_response().status, 200)
        eventually(lambda: len(self.dns.questions) > asked, 20, "the name server is asked again")
        metrics = proxy.metrics()
        failures = metrics.value("fairlead_backend_dial_failures_total", pool="app", reason="no_resources")
        self.assertEqual(failures, 4)
        self.assertEqual(metrics.value("fairlead_config_generation"), generation)
        self.assertNotIn(" is down", proxy.stderr())
        self.assertTrue(echoes(tunnel))
        proxy.signal(signal.SIGHUP)
        eventually(lambda: proxy.metrics().value("fairlead_config_generation") > generation, 10)
        proxy.signal(signal.SIGUSR1)
        eventually(lambda: os.path.exists(log), 10, "the log is a new file")


if __name__ == "__main__":
    unittest.main()
