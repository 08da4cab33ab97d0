"""max_connections of backends, the queue in front of them, and max_pending: counted over all workers."""
import signal
import socket
import threading
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import open_tunnel, switching_protocols, upgrade_request
from harness.http_message import request, response
from harness.waiting import eventually


class GatedBackend:
    """What an HttpBackend answers: nothing until the test opens the gate, once for each answer."""

    def __init__(self, name):
        self.name = name
        self.order = []  # the targets in the order in which they came
        self.most = 0  # at once
        self.now = 0
        self._lock = threading.Lock()
        self._permits = threading.Semaphore(0)

    def open(self, count=1):
        for _ in range(count):
            self._permits.release()

    def __call__(self, asked, connection):
        with self._lock:
            self.order.append(asked.head.target)
            self.now += 1
            self.most = max(self.most, self.now)
        self._permits.acquire(timeout=30)
        with self._lock:
            self.now -= 1
        if (asked.head.get("Upgrade") or "").lower() == "websocket":
            connection.send(switching_protocols(asked.head.get("Sec-WebSocket-Key")))
            connection.ended_by(30)
            return None
        return response(body=self.name.encode())


class LimitCase(ProxyCase):
    def setUp(self):
        super().setUp()
        self.gates = []

    def gated(self, name="a"):
        gate = GatedBackend(name)
        self.gates.append(gate)
        gate.backend = self.http_backend(name, gate)
        gate.address = gate.backend.address
        return gate

    def tearDown(self):
        for gate in self.gates:
            gate.open(1000)
        super().tearDown()

    def send(self, proxy, target="/", **options):
        client = proxy.connect(**options)
        client.send(request(target=target))
        return client

    def waiting(self, proxy):
        return proxy.metrics().value("fairlead_pool_queue_waiting", pool="app")

    def enqueue(self, proxy, count, first=0):
        """So many requests, each in the queue before the next is sent."""
        clients = []
        for number in range(first, first + count):
            before = self.waiting(proxy)
            clients.append(self.send(proxy, f"/{number}"))
            eventually(lambda: self.waiting(proxy) == before + 1, 5, lambda: self.waiting(proxy))
        return clients

    def ended(self, proxy, how):
        return proxy.metrics().value("fairlead_pool_queue_ended_total", pool="app", how=how)

    def refused(self, proxy, reason):
        return proxy.metrics().value("fairlead_refusals_total", reason=reason)

    def expect_refusal(self, answer, text):
        self.assertEqual(answer.status, 503)
        self.assertIn(text, answer.body)
        self.assertIn(int(answer.head.get("Retry-After")), range(1, 5))


class MaxConnections(LimitCase):
    def test_without_a_queue_the_request_above_the_limit_of_all_workers_is_refused(self):
        a, b = self.gated("a"), self.gated("b")
        proxy = self.start_proxy(pool("app", a, b, max_connections=2), route(), workers=3)
        clients = [self.send(proxy) for _ in range(4)]
        eventually(lambda: (a.now, b.now) == (2, 2))
        for _ in range(5):
            self.expect_refusal(proxy.ask(request()), b"max_connections")
        metrics = proxy.metrics()
        self.assertEqual(self.refused(proxy, "backends_full"), 5)
        for gate in (a, b):
            self.assertEqual(metrics.value("fairlead_backend_connections_limit", backend=gate.address), 2)
            self.assertEqual(metrics.value("fairlead_backend_requests_active", backend=gate.address), 2)
        eventually(lambda: "every backend is at its max_connections" in proxy.stdout())
        b.open(1)
        eventually(lambda: proxy.metrics().value("fairlead_backend_requests_active", backend=b.address) == 1)
        late = self.send(proxy)
        eventually(lambda: b.now == 2)
        a.open(2), b.open(2)
        statuses = [client.read_response().status for client in [*clients, late]]
        self.assertEqual(statuses, [200] * 5)
        self.assertEqual((a.most, b.most), (2, 2))

    def test_tunnels_count_to_their_end_and_a_backend_may_have_its_own_limit(self):
        a, b = self.gated("a"), self.gated("b")
        a.open(100), b.open(100)
        own = f'{{ address = "{a.address}", max_connections = 1 }}'
        proxy = self.start_proxy(pool("app", own, b, max_connections=3), route(), workers=2)
        clients = [proxy.connect() for _ in range(4)]
        for client in clients:
            open_tunnel(client)
        active = lambda gate: proxy.metrics().value("fairlead_backend_requests_active", backend=gate.address)
        self.assertEqual((active(a), active(b)), (1, 3))
        with proxy.connect() as refused:
            refused.send(upgrade_request())
            self.expect_refusal(refused.read_response(), b"max_connections")
        clients.pop().close()
        eventually(lambda: active(a) + active(b) == 3)
        open_tunnel(proxy.connect())

    def test_a_backup_takes_what_the_first_tier_has_no_room_for(self):
        a, b = self.gated("a"), self.gated("b")
        backup = f'{{ address = "{b.address}", priority = 1 }}'
        proxy = self.start_proxy(pool("app", a, backup, max_connections=2), route(), workers=2)
        clients = [self.send(proxy) for _ in range(2)]
        eventually(lambda: (a.now, b.now) == (2, 0))
        clients += [self.send(proxy) for _ in range(2)]
        eventually(lambda: (a.now, b.now) == (2, 2))
        self.expect_refusal(proxy.ask(request()), b"max_connections")
        a.open(2), b.open(2)
        self.assertEqual([client.read_response().status for client in clients], [200] * 4)

    def test_a_reload_raises_the_limit_and_those_who_wait_are_served_without_anybody_leaving(self):
        gate = self.gated()
        config = lambda most: pool("app", gate, max_connections=most, queue='{ timeout = "30s" }') + route()
        proxy = self.start_proxy(config(1), workers=2)
        clients = [self.send(proxy)]
        eventually(lambda: gate.now == 1)
        clients += self.enqueue(proxy, 3)
        proxy.write_config(config(3))
        status, document = proxy.control("/reload")
        self.assertEqual(status, 200)
        change = {"key": "max_connections", "before": "1", "after": "3"}
        self.assertEqual(document["changes"]["backends"][0]["keys"], [change])
        eventually(lambda: gate.now == 3)
        self.assertEqual(self.waiting(proxy), 1)
        proxy.write_config(config(1))
        self.assertEqual(proxy.control("/reload")[0], 200)
        gate.open(2)
        eventually(lambda: proxy.metrics().value("fairlead_backend_requests_active") == 1)
        self.assertEqual((gate.now, self.waiting(proxy)), (1, 1))  # one is there, so nobody was called
        gate.open(2)
        self.assertEqual([client.read_response().status for client in clients], [200] * 4)


class Queue(LimitCase):
    def limited(self, *gates, most=1, queue='{ length = 50, timeout = "20s" }', workers=3, **keys):
        limits = {"max_connections": most, "queue": queue, **keys}
        return self.start_proxy(pool("app", *gates, **limits), route(), workers=workers)

    def test_requests_of_all_workers_are_served_in_the_order_in_which_they_came(self):
        gate = self.gated()
        proxy = self.limited(gate)
        holder = self.send(proxy, "/first")
        eventually(lambda: gate.now == 1)
        clients = self.enqueue(proxy, 12)
        for served in range(1, 14):
            eventually(lambda: len(gate.order) == served)
            gate.open()
        statuses = [client.read_response().status for client in [holder, *clients]]
        self.assertEqual(statuses, [200] * 13)
        self.assertEqual(gate.order, ["/first"] + [f"/{number}" for number in range(12)])
        self.assertEqual(gate.most, 1)
        self.assertEqual((self.waiting(proxy), self.ended(proxy, "served")), (0, 12))
        self.assertEqual(proxy.metrics().value("fairlead_pool_queue_seconds_count", pool="app"), 12)

    def test_a_crowd_is_served_whole_and_the_limit_is_never_passed(self):
        a, b = self.gated("a"), self.gated("b")
        a.open(1000), b.open(1000)
        proxy = self.limited(a, b, most=3, queue='{ length = 1000, timeout = "30s" }')
        statuses = []

        def visit():
            with proxy.connect() as client:
                for _ in range(10):
                    client.send(request())
                    statuses.append(client.read_response().status)

        threads = [threading.Thread(target=visit) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(statuses, [200] * 400)
        self.assertLessEqual(max(a.most, b.most), 3)
        self.assertGreater(min(len(a.order), len(b.order)), 60)
        eventually(lambda: proxy.metrics().value("fairlead_backend_requests_active") == 0)
        self.assertEqual(self.waiting(proxy), 0)

    def test_beyond_the_length_and_the_time_requests_are_refused(self):
        gate = self.gated()
        proxy = self.limited(gate, queue='{ length = 2, timeout = "1500ms" }')
        holder = self.send(proxy)
        eventually(lambda: gate.now == 1)
        begun = time.monotonic()
        clients = self.enqueue(proxy, 2)
        self.expect_refusal(proxy.ask(request()), b"as many requests as may wait")
        for client in clients:
            self.expect_refusal(client.read_response(), b"no backend had room in time")
        self.assertGreaterEqual(time.monotonic() - begun, 1.5)
        self.assertEqual((self.ended(proxy, "full"), self.ended(proxy, "timeout")), (1, 2))
        self.assertEqual((self.refused(proxy, "queue_full"), self.refused(proxy, "queue_timeout")), (1, 2))
        eventually(lambda: proxy.stdout().count("no backend had room in time") == 2)
        gate.open(1)
        self.assertEqual(holder.read_response().status, 200)
        self.assertEqual(len(gate.order), 1)

    def test_who_leaves_while_waiting_leaves_the_queue_and_the_next_moves_up(self):
        gate = self.gated()
        proxy = self.limited(gate)
        holder = self.send(proxy)
        eventually(lambda: gate.now == 1)
        clients = self.enqueue(proxy, 3)
        clients[0].close()
        eventually(lambda: self.waiting(proxy) == 2)
        clients[1].close()
        gate.open(3)  # the one that left just now may be called before it is seen to be gone
        self.assertEqual(holder.read_response().status, 200)
        self.assertEqual(clients[2].read_response().status, 200)
        eventually(lambda: self.waiting(proxy) == 0)
        self.assertGreaterEqual(self.ended(proxy, "client_left"), 1)
        eventually(lambda: "the client left while it waited for a backend" in proxy.stdout())
        self.assertNotIn("/0", gate.order)
        eventually(lambda: proxy.metrics().value("fairlead_backend_requests_active") == 0)

    def test_upgrades_wait_too_and_the_end_of_a_tunnel_makes_room(self):
        gate = self.gated()
        gate.open(100)
        proxy = self.limited(gate, most=2)
        tunnels = [proxy.connect() for _ in range(2)]
        for tunnel in tunnels:
            open_tunnel(tunnel)
        late = proxy.connect()
        late.send(upgrade_request("/late"))
        eventually(lambda: self.waiting(proxy) == 1)
        after = self.enqueue(proxy, 1)[0]
        tunnels[0].close()
        self.assertEqual(late.read_head().status, 101)
        self.assertEqual(self.waiting(proxy), 1)
        late.close()
        self.assertEqual(after.read_response().status, 200)

    def test_room_at_one_backend_goes_to_whoever_is_first_and_a_backend_that_recovers_has_room(self):
        a, b = self.gated("a"), self.gated("b")
        proxy = self.limited(a, b, most=1)
        clients = [self.send(proxy, f"/h{number}") for number in range(2)]
        eventually(lambda: (a.now, b.now) == (1, 1))
        clients += self.enqueue(proxy, 4)
        for count, gate in enumerate((b, a, a, b), 1):
            gate.open()
            eventually(lambda: len(a.order) + len(b.order) == 2 + count)
        order = b.order[1:2] + a.order[1:3] + b.order[2:3]
        self.assertEqual(order, ["/0", "/1", "/2", "/3"])
        a.open(10), b.open(10)
        self.assertEqual([client.read_response().status for client in clients], [200] * 6)

    def test_a_client_with_a_backend_of_its_own_waits_for_that_one_and_then_goes_elsewhere(self):
        gates = {name: self.gated(name) for name in "ab"}
        sticky = '{ by = "header", name = "X-Room" }'
        proxy = self.limited(*gates.values(), queue='{ length = 9, timeout = "2s" }', sticky=sticky)

        def visit(room):
            client = proxy.connect()
            client.send(request(target=f"/{room}", fields=[("X-Room", room)]))
            return client

        first = visit("one")
        eventually(lambda: gates["a"].now + gates["b"].now == 1)
        own = next(gate for gate in gates.values() if gate.now == 1)
        other = next(gate for gate in gates.values() if gate.now == 0)
        again = visit("one")
        eventually(lambda: self.waiting(proxy) == 1)
        self.assertEqual(other.now, 0)
        # Who has no own one does not stand behind it.
        anybody = self.send(proxy, "/any")
        eventually(lambda: other.now == 1)
        own.open(1)
        eventually(lambda: own.order == ["/one", "/one"])
        other.open(1)
        self.assertEqual(first.read_response().body, own.name.encode())
        self.assertEqual(anybody.read_response().status, 200)
        third = visit("one")
        other.open(1)
        self.assertEqual(third.read_response().body, other.name.encode())  # its time was over
        own.open(1)
        self.assertEqual(again.read_response().body, own.name.encode())
        diverted = proxy.metrics().value("fairlead_backend_sticky_diversions_total")
        self.assertEqual(diverted, 1)

    def test_a_proxy_that_ends_answers_those_who_wait_or_lets_them_go(self):
        gate = self.gated()
        proxy = self.limited(gate, queue='{ timeout = "1s" }')
        self.send(proxy)
        eventually(lambda: gate.now == 1)
        clients = self.enqueue(proxy, 3)
        proxy.signal(signal.SIGTERM)
        self.assertEqual([client.read_response().status for client in clients], [503] * 3)
        gate.open(5)


class Pending(LimitCase):
    def stuck_listener(self):
        """One whose queue is full, so that connects to it are under way for as long as it likes."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.addCleanup(listener.close)
        try:
            for _ in range(10):
                one = socket.create_connection(listener.getsockname(), 0.3)
                self.addCleanup(one.close)
        except TimeoutError:
            return f"127.0.0.1:{listener.getsockname()[1]}"
        self.fail("the kernel accepts without end")

    def test_beyond_max_pending_a_backend_is_passed_over_and_refused_when_it_is_the_only_one(self):
        stuck = self.stuck_listener()
        proxy = self.start_proxy(
            pool("app", stuck, max_pending=2, connect_timeout='"30s"', backoff='"1ms"'), route(), workers=3
        )
        held = [self.send(proxy) for _ in range(2)]
        pending = lambda: proxy.metrics().value("fairlead_backend_connects_pending", backend=stuck)
        eventually(lambda: pending() == 2)
        for _ in range(5):
            self.expect_refusal(proxy.ask(request()), b"max_pending")
        self.assertEqual(self.refused(proxy, "backends_pending"), 5)
        overflows = proxy.metrics().value("fairlead_backend_pending_overflows_total", backend=stuck)
        self.assertEqual((overflows, pending()), (5, 2))
        eventually(lambda: proxy.stdout().count("every backend has max_pending connects under way") == 5)
        for client in held:
            client.close()

    def test_others_take_what_a_backend_with_stuck_connects_does_not(self):
        stuck, live = self.stuck_listener(), self.http_backend("live")
        config = pool("app", stuck, live, max_pending=1, connect_timeout='"30s"')
        proxy = self.start_proxy(config, route(), workers=2)
        held = []

        def begun():
            held.append(self.send(proxy))
            return proxy.metrics().value("fairlead_backend_connects_pending", backend=stuck) == 1

        eventually(begun)
        for _ in range(20):
            self.assertEqual(proxy.ask(request()).status, 200)
        for client in held:
            client.close()


if __name__ == "__main__":
    unittest.main()
