"""What comes in the middle of two attempts at one request: clients, times, reloads, drains."""
import signal
import unittest

from harness.case import pool, route
from harness.http_message import request
from harness.waiting import eventually
from hedge_test import HedgeCase


class Ends(HedgeCase):
    def both_asked(self, **keys):
        first, other = self.slow(), self.slow()
        proxy = self.behind(first, other, **keys)
        client = proxy.connect()
        client.send(request())
        eventually(lambda: len(first.requests) == len(other.requests) == 1)
        return proxy, client, first, other

    def test_a_client_that_leaves_ends_both(self):
        proxy, client, first, other = self.both_asked()
        client.close()
        eventually(lambda: proxy.metrics().value("fairlead_backend_requests_active") == 0)
        self.assertTrue(self.ended(first, other))
        self.assertIn("left", self.exchanges(proxy)[0]["reason"])

    def test_the_total_timeout_ends_both(self):
        proxy, client, first, other = self.both_asked(total_timeout='"500ms"')
        self.assertEqual(client.read_response().status, 504)
        self.assertTrue(self.ended(first, other))

    def test_the_response_timeout_is_over_when_both_ones_is(self):
        proxy, client, first, other = self.both_asked(response_timeout='"300ms"')
        self.assertEqual(client.read_response().status, 504)
        self.assertEqual(self.exchanges(proxy)[0]["hedge"], "failed")

    def test_a_reload_that_removes_both_leaves_the_request_alone(self):
        proxy, client, first, other = self.both_asked()
        proxy.write_config(pool("app", self.quick()) + route())
        self.assertEqual(proxy.control("/reload")[0], 200)
        self.assertEqual(proxy.ask(request()).body, b"quick")
        self.gate.set()
        self.assertEqual(client.read_response().body, b"slow")

    def test_a_drain_waits_for_the_answer(self):
        proxy, client, first, other = self.both_asked()
        proxy.signal(signal.SIGTERM)
        self.gate.set()
        self.assertEqual(client.read_response().body, b"slow")

    def test_a_proxy_that_is_told_twice_ends_at_once(self):
        proxy, client, first, other = self.both_asked()
        proxy.expected_exit = 1
        proxy.signal(signal.SIGTERM)
        eventually(lambda: "draining" in proxy.stderr())
        proxy.signal(signal.SIGTERM)
        self.assertNotEqual(client.ended_by(5), "open")


if __name__ == "__main__":
    unittest.main()
