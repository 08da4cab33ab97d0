"""Backups: who serves while the first backends are there, when they are gone, and when they are back."""
import unittest

from harness.case import pool, route
from harness.crowd import Crowd, CrowdBackend
from harness.frames import open_tunnel
from harness.health import HealthCase, check
from harness.http_message import request, response
from harness.waiting import eventually


def of_priority(backend, priority):
    return f'{{ address = "{backend.address}", priority = {priority} }}'


class Priorities(HealthCase):
    def in_charge(self, proxy):
        return proxy.metrics().value("fairlead_pool_priority", pool="app")

    def tiers(self):
        self.kept = {name: self.checked_backend(name) for name in "abxyz"}
        kept = self.kept
        return [of_priority(kept["z"], 2), kept["a"], kept["b"], *(of_priority(kept[n], 1) for n in "xy")]

    def set_health(self, proxy, names, answer, state):
        for name in names:
            self.kept[name].health = answer
        for name in names:
            self.wait_state(proxy, self.kept[name], state)

    def test_tiers_take_over_one_after_the_other_and_hand_back_in_every_balance(self):
        entries = self.tiers()
        for balance in ("round-robin", "least-connections", "random-of-two"):
            with self.subTest(balance=balance):
                proxy = self.start_proxy(
                    pool("app", *entries, balance=f'"{balance}"', health=check(path='"/healthz"')),
                    route(),
                    workers=3,
                )
                first = self.tally(proxy, 40)
                self.assertEqual(set(first), {"a", "b"})
                self.assertGreater(min(first.values()), 4)
                self.set_health(proxy, "a", response("500 No"), "down")
                self.assertEqual(self.tally(proxy, 20), {"b": 20})
                self.assertEqual(self.in_charge(proxy), 0)
                self.set_health(proxy, "b", response("500 No"), "down")
                self.assertEqual(set(self.tally(proxy, 40)), {"x", "y"})
                self.assertEqual(self.in_charge(proxy), 1)
                self.set_health(proxy, "xy", response("503 Full"), "draining")
                self.assertEqual(self.tally(proxy, 20), {"z": 20})
                self.assertEqual(self.in_charge(proxy), 2)
                self.set_health(proxy, "b", response(), "up")
                self.assertEqual(self.tally(proxy, 20), {"b": 20})
                said = ["1 is in charge, 2 of its 2", "2 is in charge, 1 of its 1", "0 is in charge again"]
                proxy.wait_said("priority " + said[-1])
                log = proxy.stderr()
                places = [log.index("priority " + each) for each in said]
                self.assertEqual(places, sorted(places))
                self.set_health(proxy, "axy", response(), "up")

    def test_a_value_keeps_its_backend_while_a_backup_serves_and_finds_it_again(self):
        entries = self.tiers()
        keys = {"sticky": '{ by = "header", name = "X-Room" }', "health": check(path='"/healthz"')}
        proxy = self.start_proxy(pool("app", *entries, **keys), route(), workers=2)

        def visit(room):
            answer = proxy.ask(request(fields=[("X-Room", f"r{room}")]))
            return answer.body.decode()

        before = [visit(room) for room in range(40)]
        self.assertEqual(set(before), {"a", "b"})
        self.set_health(proxy, "ab", response("500 No"), "down")
        over = [visit(room) for room in range(40)]
        self.assertEqual(set(over), {"x", "y"})
        self.assertEqual([visit(room) for room in range(40)], over)
        self.set_health(proxy, "ab", response(), "up")
        self.assertEqual([visit(room) for room in range(40)], before)

    def test_without_checks_a_dead_tier_costs_one_try_and_is_found_again(self):
        first, backup = self.checked_backend("first"), self.checked_backend("backup")
        port = first.port
        config = pool("app", first, of_priority(backup, 1), backoff='"300ms"')
        proxy = self.start_proxy(config, route(), workers=2)
        self.assertEqual(self.tally(proxy, 10), {"first": 10})
        first.close()
        self.assertEqual(self.tally(proxy, 30), {"backup": 30})
        dials = lambda: proxy.metrics().value("fairlead_backend_dials_total", backend=first.address)
        failed = lambda: proxy.metrics().value("fairlead_backend_dial_failures_total", backend=first.address)
        self.assertGreaterEqual(failed(), 1)
        self.assertLess(failed(), 15)
        self.checked_backend("again", port=port)
        eventually(lambda: self.tally(proxy, 1) == {"again": 1}, 10, dials)
        self.assertEqual(self.tally(proxy, 10), {"again": 10})

    def test_a_reload_makes_a_backend_a_backup_and_back(self):
        one, two = self.checked_backend("one"), self.checked_backend("two")
        proxy = self.start_proxy(pool("app", one, two), route(), workers=2)
        self.assertEqual(set(self.tally(proxy, 20)), {"one", "two"})
        proxy.write_config(pool("app", of_priority(one, 1), two) + route())
        status, document = proxy.control("/reload")
        self.assertEqual(status, 200)
        keys = document["changes"]["backends"][0]["keys"]
        self.assertEqual(keys, [{"key": "priority", "before": "0", "after": "1"}])
        eventually(lambda: self.tally(proxy, 20) == {"two": 20})
        proxy.write_config(pool("app", one, two) + route())
        self.assertEqual(proxy.control("/reload")[0], 200)
        eventually(lambda: set(self.tally(proxy, 20)) == {"one", "two"})

    def test_tunnels_go_to_the_backup_and_are_led_back_by_rebalancing_alone(self):
        for rebalance in (None, '{ rate = "200/s" }'):
            with self.subTest(rebalance=rebalance):
                first, backup = CrowdBackend(), self._keep(CrowdBackend())
                keys = {"health": '{ every = "100ms", timeout = "100ms", rise = 2, fall = 2 }'}
                keys |= {"backoff": '"200ms"', "max_backoff": '"200ms"'}
                keys |= {"rebalance": rebalance} if rebalance else {}
                config = pool("app", first, of_priority(backup, 1), **keys)
                proxy = self.start_proxy(config, route(), workers=2)
                crowd = Crowd(proxy.address, return_after=lambda number: 0.05)
                self._backends.insert(0, crowd)
                crowd.open(150)
                self.assertEqual((first.tunnels, backup.tunnels), (150, 0))
                first.close()
                eventually(lambda: backup.tunnels == 150, 20)
                self.wait_state(proxy, first, "down")
                first = self._keep(CrowdBackend(port=int(first.address.rpartition(":")[2])))
                moved = backup.tunnels

                def is_asked_again():  # by a new client, once its back-off is over
                    open_tunnel(proxy.connect())
                    return first.tunnels > 0

                eventually(is_asked_again, 20)
                if rebalance:
                    eventually(lambda: backup.tunnels == 0, 20, lambda: backup.tunnels)
                    self.assertGreaterEqual([code for _, code in crowd.ends].count(1012), 150)
                    eventually(lambda: first.tunnels >= 150)
                else:
                    self.assertGreaterEqual(backup.tunnels, moved)



if __name__ == "__main__":
    unittest.main()
