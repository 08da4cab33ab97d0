"""A queue in front of backends and a service that says who may pass: who waits where, and for how long."""
import threading
import unittest

from backend_limit_test import LimitCase
from harness.case import pool, route
from harness.frames import open_tunnel
from harness.http_message import request, response
from harness.waiting import eventually

AUTH = '{ pool = "auth", path = "/verify", copy_headers = ["X-User"] }'


class QueueBehindAuth(LimitCase):
    def setUp(self):
        super().setUp()
        self.asked = []  # by the service, in order
        self.auth_gate = threading.Event()
        self.auth_gate.set()

    def tearDown(self):
        self.auth_gate.set()
        super().tearDown()

    def verify(self, message, connection):
        self.asked.append(message.head.get("X-Original-URI") or message.head.target)
        self.auth_gate.wait(30)
        user = message.head.get("Authorization")
        if user is None:
            return response("401 Unauthorized", fields=[("WWW-Authenticate", "Basic")])
        return response("204 No Content", fields=[("X-User", user)], length=False)

    def front_of(self, gate, queue='{ length = 5, timeout = "20s" }', auth_keys=None, **keys):
        service = self.http_backend("auth", self.verify)
        return self.start_proxy(
            "[log]\nrequests = true\n",
            pool("app", gate, max_connections=1, queue=queue, **keys),
            pool("auth", service, **(auth_keys or {})),
            route(auth_request=AUTH),
        )

    def send_as(self, proxy, user, target="/"):
        client = proxy.connect()
        client.send(request(target=target, fields=[("Authorization", user)] if user else []))
        return client

    def exchanges(self, proxy, count):
        def found():
            lines = [line for line in proxy.access_log() if line["event"] == "exchange"]
            return lines if len(lines) >= count else None

        return eventually(found)

    def test_who_may_not_pass_takes_no_place_and_who_may_keeps_what_the_service_said(self):
        gate = self.gated()
        proxy = self.front_of(gate)
        first = self.send_as(proxy, "ann", "/1")
        eventually(lambda: gate.now == 1)
        second = self.send_as(proxy, "bob", "/2")
        eventually(lambda: self.waiting(proxy) == 1)
        stranger = self.send_as(proxy, None, "/3")
        self.assertEqual(stranger.read_response().status, 401)
        self.assertEqual((self.waiting(proxy), len(self.asked)), (1, 3))
        gate.open(2)
        self.assertEqual([each.read_response().status for each in (first, second)], [200, 200])
        self.assertEqual(gate.order, ["/1", "/2"])
        users = [each.head.get("X-User") for each in gate.backend.requests]
        self.assertEqual(users, ["ann", "bob"])

    def test_the_log_tells_what_was_waited_for_room_and_not_for_the_service(self):
        gate = self.gated()
        proxy = self.front_of(gate)
        self.auth_gate.clear()
        first = self.send_as(proxy, "ann", "/1")
        eventually(lambda: len(self.asked) == 1)
        self.assertEqual(self.waiting(proxy), 0)
        self.assertTrue(first.is_quiet(0.2))
        self.auth_gate.set()
        eventually(lambda: gate.now == 1)
        second = self.send_as(proxy, "bob", "/2")
        eventually(lambda: self.waiting(proxy) == 1)
        self.assertTrue(second.is_quiet(0.2))
        gate.open(2)
        for client in (first, second):
            self.assertEqual(client.read_response().status, 200)
        lines = {line["target"]: line for line in self.exchanges(proxy, 2)}
        self.assertNotIn("queued", lines["/1"])
        self.assertGreater(lines["/2"]["queued"], 0.2)
        self.assertGreaterEqual(lines["/2"]["duration"], lines["/2"]["queued"])

    def test_the_service_is_asked_once_however_long_the_wait_is(self):
        gate = self.gated()
        proxy = self.front_of(gate, queue='{ length = 1, timeout = "300ms" }')
        first = self.send_as(proxy, "ann", "/1")
        eventually(lambda: gate.now == 1)
        late = self.send_as(proxy, "bob", "/2")
        eventually(lambda: self.waiting(proxy) == 1)
        full = self.send_as(proxy, "cid", "/3")
        self.expect_refusal(full.read_response(), b"as many requests as may wait")
        self.expect_refusal(late.read_response(), b"no backend had room in time")
        self.assertEqual(len(self.asked), 3)
        line = next(line for line in self.exchanges(proxy, 2) if line["target"] == "/2")
        self.assertGreaterEqual(line["queued"], 0.3)
        gate.open(1)
        self.assertEqual(first.read_response().status, 200)

    def test_an_upgrade_that_may_pass_waits_and_says_so(self):
        gate = self.gated()
        proxy = self.front_of(gate)
        first = self.send_as(proxy, "ann")
        eventually(lambda: gate.now == 1)
        opened = []

        def open_one():
            client = proxy.connect()
            opened.append(open_tunnel(client, fields=[("Authorization", "bob")]))

        visitor = threading.Thread(target=open_one)
        visitor.start()
        eventually(lambda: self.waiting(proxy) == 1)
        gate.open(2)
        self.assertEqual(first.read_response().status, 200)
        visitor.join(10)
        self.assertEqual(len(opened), 1)
        is_opened = lambda: [line for line in proxy.access_log() if line["event"] == "tunnel_opened"]
        line = eventually(is_opened)[0]
        self.assertGreater(line["queued"], 0)
        self.assertGreaterEqual(line["handshake"], line["queued"])

    def test_a_client_that_leaves_one_queue_or_the_other_is_forgotten(self):
        gate = self.gated()
        proxy = self.front_of(
            gate, auth_keys={"max_connections": 1, "queue": '{ length = 5, timeout = "20s" }'}
        )
        in_auth = lambda: proxy.metrics().value("fairlead_pool_queue_waiting", pool="auth")
        self.auth_gate.clear()
        first = self.send_as(proxy, "ann", "/1")
        eventually(lambda: len(self.asked) == 1)
        leaver, second = self.send_as(proxy, "bob", "/2"), self.send_as(proxy, "cid", "/3")
        eventually(lambda: in_auth() == 2)
        leaver.close()
        eventually(lambda: in_auth() == 1)
        self.auth_gate.set()
        eventually(lambda: (gate.now, self.waiting(proxy)) == (1, 1))
        self.assertEqual(len(self.asked), 2)
        second.close()
        eventually(lambda: self.waiting(proxy) == 0)
        gate.open(1)
        self.assertEqual(first.read_response().status, 200)
        self.assertEqual(gate.order, ["/1"])


if __name__ == "__main__":
    unittest.main()
