"""Backends that fail or are slow: who is left alone, how many of them, and how they begin again."""
import collections
import signal
import time
import unittest

from harness.case import pool, route
from harness.health import HealthCase, check
from harness.http_message import request, response
from harness.waiting import eventually


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


    def test_one_that_is_much_slower_than_the_others(self):
        backends = [self.checked_backend(name) for name in "abc"]
        slow = backends[1]
        slow.answer_time = 0.15
        eject = '{ slow_factor = 3, slow_answers = 5, window = "2s", backoff = "1h" }'
        proxy = self.start_proxy(pool("app", *backends, eject=eject), route())

        def is_out():
            self.tally(proxy, 6)
            return self.page(proxy)[slow.address]["state"] == "ejected"

        eventually(is_out, 30)
        self.assertIn(", the others in ", self.page(proxy)[slow.address]["reason"])
        self.assertEqual(self.tally(proxy, 10), {"a": 5, "c": 5})
        self.assertEqual(proxy.metrics().value("fairlead_backend_ejections_total", backend=slow.address), 1)
        proxy.wait_said(f"backend {slow.address} is ejected: it answers in ")

    def test_a_client_that_sends_slowly_makes_no_backend_slow(self):
        backends = [self.checked_backend(name) for name in "ab"]
        eject = '{ slow_factor = 2, slow_least = "50ms", slow_answers = 5, window = "1s", backoff = "1h" }'
        proxy = self.start_proxy(pool("app", *backends, eject=eject), route())
        end = time.monotonic() + 3  # three windows
        while time.monotonic() < end:
            for pause in (0.1, 0):  # round robin: all the slow ones go to one backend
                with proxy.connect() as client:
                    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1")
                    time.sleep(pause)
                    client.send(b"2")
                    self.assertEqual(client.read_response().status, 200)
        for each in self.page(proxy).values():
            self.assertEqual(each["ejections"] + each["ejections_withheld"], 0)


class Panic(HealthCase):
    def test_below_the_threshold_all_are_used_and_it_is_told(self):
        backends = [self.checked_backend(name) for name in "abc"]
        health = check(path='"/healthz"')
        proxy = self.start_proxy(pool("app", *backends, health=health, panic_threshold='"50%"'), route())
        panic = lambda: proxy.metrics().value("fairlead_pool_panic", pool="app")
        backends[0].health = response("500 No")
        self.wait_state(proxy, backends[0], "down")
        self.assertEqual(set(self.tally(proxy, 10)), {"b", "c"})
        self.assertEqual(panic(), 0)
        backends[1].health = response("500 No")
        self.wait_state(proxy, backends[1], "down")
        self.assertGreater(min(self.tally(proxy, 12)[name] for name in "abc"), 2)
        self.assertEqual(panic(), 1)
        row = {"pool": "app", "backends": 3, "up": 1, "panic_threshold": 50, "panics": True}
        row |= {"priority": 0, "waiting": 0}
        self.assertEqual(self.pools(proxy), row)
        backends[1].health = response()
        self.wait_state(proxy, backends[1], "up")
        self.assertEqual(set(self.tally(proxy, 10)), {"b", "c"})
        begin, end = "pool app: 1 of 3 backends up; all are used", "2 of 3 backends up; only these are used"
        proxy.wait_said(end)
        log = proxy.stderr()
        self.assertLess(log.index(begin), log.index(end))


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
