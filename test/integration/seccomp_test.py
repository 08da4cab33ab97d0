"""The filter of system calls, enforced: what other tests drive goes on working, and what it says of itself.

    FAIRLEAD_TEST_SECCOMP=enforce ctest --preset dev -L integration

runs every test with it.
"""
import os
import signal
import unittest

os.environ["FAIRLEAD_TEST_SECCOMP"] = "enforce"  # before harness.proxy reads it

from harness.case import ProxyCase, pool, route
from harness.http_message import request
from harness.namespace import enter_network_namespace
from harness.rights import tasks, values
from harness.waiting import eventually


class Filter(ProxyCase):
    def test_every_thread_has_it_once_the_proxy_is_ready(self):
        proxy = self.front(self.http_backend(), '[process]\nseccomp = "enforce"', workers=2)
        self.assertGreater(len(tasks(proxy.pid)), 3)
        self.assertEqual(values(proxy.pid, "Seccomp"), {"2"})
        self.assertEqual(values(proxy.pid, "NoNewPrivs"), {"1"})
        self.assertEqual(proxy.ask(request()).status, 200)

    def test_a_thread_that_comes_later_has_it_too(self):
        backend = self.http_backend()
        port = backend.address.split(":")[1]
        proxy = self.start_proxy(pool("app", f"localhost:{port}"), route(), '[process]\nseccomp = "enforce"')
        eventually(lambda: proxy.ask(request()).status == 200, 10, "the name is resolved")
        proxy.control("/reload")  # asks for names again, in a thread of its own
        self.assertEqual(values(proxy.pid, "Seccomp"), {"2"})

    def test_by_default_there_is_none(self):
        proxy = self.front(self.http_backend(), "[process]")
        self.assertEqual(values(proxy.pid, "Seccomp"), {"0"})

    def test_to_log_is_a_filter_that_refuses_nothing(self):
        proxy = self.front(self.http_backend(), '[process]\nseccomp = "log"')
        self.assertEqual(values(proxy.pid, "Seccomp"), {"2"})
        self.assertEqual(proxy.ask(request()).status, 200)

    def test_another_filter_waits_for_the_next_start(self):
        backend = self.http_backend()
        proxy = self.front(backend, '[process]\nseccomp = "log"')
        proxy.write_config('[process]\nseccomp = "enforce"\n' + pool("app", backend) + route())
        status, answer = proxy.control("/reload")
        self.assertEqual(status, 200, answer)
        self.assertIn("process.seccomp", str(answer))
        proxy.signal(signal.SIGUSR1)
        self.assertEqual(proxy.ask(request()).status, 200)


# Reloads and listeners, logs and their reopening, TLS of both sides and certificates that change, discovery
# by files and DNS, checks, the ledger and the kernel's sockets, passwords, WebSockets.
CORE = (
    "basic_auth_test.BasicAuth.test_a_changed_file_is_in_force_when_it_was_watched",
    "discovery_test.Dns.test_addresses_join_and_leave_and_other_tunnels_stay",
    "discovery_test.File.test_members_join_and_leave_and_other_tunnels_stay",
    "drain_test.Parts.test_a_listener_closes_with_its_tunnels_and_opens_again",
    "health_test.Checks.test_a_name_is_up_while_one_of_its_addresses_is",
    "health_test.WebSocketChecks.test_a_server_of_a_library_passes",
    "log_files_test.Rotation",
    "reload_test.Reload",
    "source_pool_test.SourcePool.test_a_reload_keeps_the_account_of_ports",
    "tls_backends_test.Backends.test_checks_speak_tls_and_verify",
    "tls_certificates_test.NewCertificates.test_live_websockets_outlive_new_certificates_and_reloads",
    "websocket_messages_test.Messages",
)


def load_tests(loader, standard, _pattern):
    standard.addTests(loader.loadTestsFromNames(CORE))
    return standard


if __name__ == "__main__":
    enter_network_namespace()  # as source_pool_test does
    unittest.main()
