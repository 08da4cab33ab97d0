"""Backends given by name while the machine's name server is dead: what is known stays."""
import os
import subprocess
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.dns import A, SERVFAIL, SILENCE, DnsServer
from harness.frames import TEXT, accept_upgrade, echo_frames, frame, open_tunnel, read_frame
from harness.http_message import request
from harness.namespace import enter_network_namespace
from harness.waiting import eventually


class Names(ProxyCase):
    def setUp(self):
        super().setUp()
        self.dns = self._keep(DnsServer("127.0.0.53", 53))

    def failures(self, proxy):
        return proxy.metrics().value("fairlead_name_lookup_failures_total")

    def look_again(self, proxy):
        """A reload asks for the names at once."""
        generation = proxy.metrics().value("fairlead_config_generation")
        self.assertEqual(proxy.control("/reload")[0], 200)
        eventually(lambda: proxy.metrics().value("fairlead_config_generation") > generation, 10)

    def test_a_name_server_that_dies_changes_nothing_and_one_that_comes_back_is_asked(self):
        chat = self.scripted(lambda each: (accept_upgrade(each), echo_frames(each)))
        app, late = self.http_backend("app"), self.http_backend("late", host="127.0.0.3")
        self.dns.set("chat.internal", A, "127.0.0.1")
        self.dns.set("app.internal", A, "127.0.0.1")
        proxy = self.start_proxy(
            pool("chat", f"chat.internal:{chat.port}"), pool("app", f"app.internal:{app.port}"),
            pool("late", f"late.internal:{late.port}"),
            route("chat", path='"/chat"'), route("late", path='"/late"'), route("app"),
        )  # fmt: skip
        tunnel = proxy.connect()
        open_tunnel(tunnel, "/chat")
        self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(proxy.ask(request(target="/late")).status, 503)
        self.assertGreaterEqual(self.failures(proxy), 1)
        for how in (SERVFAIL, SILENCE):
            self.dns.fail(how)
            before = self.failures(proxy)
            self.look_again(proxy)
            eventually(lambda: self.failures(proxy) >= before + 3, 20, "all three look-ups fail")
            self.assertEqual(proxy.ask(request()).status, 200)
            tunnel.send(frame(TEXT, "hello", masked=True))
            self.assertEqual(read_frame(tunnel).payload, b"hello")
        self.dns.fail(None)
        self.dns.set("late.internal", A, "127.0.0.3")
        self.look_again(proxy)
        eventually(lambda: proxy.ask(request(target="/late")).status == 200, 20, "the new name serves")
        self.assertIn("late.internal", proxy.stderr())
        self.assertIn("the name does not resolve", proxy.stderr())

    def test_a_dead_name_server_at_the_start_delays_it_by_seconds_and_no_more(self):
        self.dns.fail(SILENCE)
        app = self.http_backend()
        proxy = self.start_proxy(pool("app", f"app.internal:{app.port}"), route(), wait=False)
        eventually(lambda: self.is_ready(proxy), 20, "it starts all the same")
        self.assertEqual(proxy.ask(request()).status, 503)
        self.dns.set("app.internal", A, "127.0.0.1")
        self.dns.fail(None)
        self.look_again(proxy)
        eventually(lambda: proxy.ask(request()).status == 200, 20, "the name serves")

    def is_ready(self, proxy):
        try:
            return proxy.admin("/readyz")[0] == 200
        except OSError:
            return False


def use_own_name_server():
    """The machine's is 127.0.0.53, in a mount namespace of this test's own."""
    for path, text in (
        ("/etc/resolv.conf", "nameserver 127.0.0.53\noptions timeout:1 attempts:1\n"),
        ("/etc/nsswitch.conf", "hosts: files dns\n"),
    ):
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        subprocess.run(["mount", "--bind", file.name, path], check=True)
        os.unlink(file.name)


if __name__ == "__main__":
    enter_network_namespace("--mount", "--propagation", "private")
    use_own_name_server()
    unittest.main()
