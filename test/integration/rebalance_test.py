"""Tunnels are led to a backend that joins, at the pace and to the threshold of its pool, and stay there."""
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.crowd import Crowd, CrowdBackend
from harness.waiting import eventually


class Rebalance(ProxyCase):
    health = ""

    def shares(self, proxy):
        status, document = proxy.control("/rebalance", method="GET")
        self.assertEqual(status, 200)
        return document["pools"][0]

    def start(self, backends, rebalance, tunnels, balance='"round-robin"', **options):
        self.kept = [self._keep(CrowdBackend()) for _ in range(backends + 1)]
        self.rebalance, self.balance = rebalance, balance
        proxy = self.start_proxy(self.config(backends), workers=2, **options)
        crowd = Crowd(proxy.address, return_after=lambda number: 0.2 + (number * 37 % 100) / 100)
        self.addCleanup(lambda: self.assertEqual(crowd.errors, []))
        self._backends.insert(0, crowd)
        crowd.open(tunnels)
        return proxy, crowd

    def config(self, count):
        keys = {"balance": self.balance}
        if self.rebalance:
            keys["rebalance"] = self.rebalance
        if self.health:
            keys["health"] = self.health
        return pool("app", *self.kept[:count], **keys) + route()

    def join(self, proxy):
        proxy.write_config(self.config(len(self.kept)))
        status, document = proxy.control("/reload")
        self.assertEqual((status, document["tunnels_leaving"]), (200, 0))

    def test_a_fourth_backend_gets_its_part_of_three_thousand_and_nothing_oscillates(self):
        proxy, crowd = self.start(3, '{ rate = "300/s", threshold = "20%" }', 3000)
        self.assertEqual(self.shares(proxy)["state"], "quiet")
        begin = time.monotonic()
        self.join(proxy)
        eventually(lambda: self.shares(proxy)["state"] == "rebalancing", 5)
        eventually(lambda: self.shares(proxy)["state"] == "quiet", 60, lambda: self.shares(proxy))
        eventually(lambda: crowd.tunnels == 3000, 10)
        took = time.monotonic() - begin

        # Counted by the backends themselves: 750 would be fair, and nobody was led below it.
        tunnels = [backend.tunnels for backend in self.kept]
        self.assertEqual(sum(tunnels), 3000)
        self.assertLessEqual(max(tunnels), 900)
        self.assertGreaterEqual(min(tunnels[:3]), 750)
        self.assertGreaterEqual(tunnels[3], 300)
        self.assertEqual({code for _, code in crowd.ends}, {1012})
        self.assertEqual(crowd.refused, 0)
        closed = len(crowd.ends)
        self.assertLessEqual(closed, 300 * (took + 1))
        self.assertLess(closed, 1500)
        causes = proxy.metrics().value("fairlead_websocket_tunnels_closed_total", cause="rebalanced")
        self.assertEqual(causes, closed)

        # It stays so, also when a reload changes something else.
        proxy.write_config(self.config(4) + route(path='"/more/"'))
        self.assertEqual(proxy.control("/reload")[0], 200)
        time.sleep(4)  # that nothing happens cannot be waited for
        self.assertEqual(len(crowd.ends), closed)

    def test_with_least_connections_the_new_one_takes_all_who_leave(self):
        proxy, crowd = self.start(2, '{ rate = "100/s", threshold = "10%" }', 300, '"least-connections"')
        self.join(proxy)
        eventually(lambda: self.shares(proxy)["state"] == "rebalancing", 5)
        eventually(lambda: self.shares(proxy)["state"] == "quiet", 30)
        self.assertLessEqual(max(backend.tunnels for backend in self.kept), 110)
        self.assertLessEqual(len(crowd.ends), 90)

    def settle(self, proxy, crowd, tunnels):
        """Waits until the leading that a change has begun is over, and everybody is back."""
        eventually(lambda: self.shares(proxy)["state"] == "rebalancing", 10, lambda: self.shares(proxy))
        eventually(lambda: self.shares(proxy)["state"] == "quiet", 60, lambda: self.shares(proxy))
        eventually(lambda: crowd.tunnels == tunnels, 10)

    def test_a_backend_that_recovers_gets_its_part_again(self):
        self.health = '{ every = "500ms", timeout = "500ms", rise = 2, fall = 2 }'
        proxy, crowd = self.start(2, '{ rate = "100/s", threshold = "20%" }', 300, '"least-connections"')
        staying, gone = self.kept[:2]
        self.assertEqual((staying.tunnels, gone.tunnels), (150, 150))
        self._backends.remove(gone)
        gone.close()
        eventually(lambda: staying.tunnels == 300, 20)
        self.assertEqual((self.shares(proxy)["state"], len(crowd.ends)), ("quiet", 150))

        recovered = self._keep(CrowdBackend(port=int(gone.address.rpartition(":")[2])))
        self.settle(proxy, crowd, 300)
        self.assertEqual(staying.tunnels + recovered.tunnels, 300)
        self.assertTrue(150 <= staying.tunnels <= 180, staying.tunnels)
        self.assertEqual([code for _, code in crowd.ends].count(1012), len(crowd.ends) - 150)

    def test_a_backend_that_gets_another_weight_gets_another_part(self):
        proxy, crowd = self.start(2, '{ rate = "100/s", threshold = "10%" }', 200, '"least-connections"')
        heavy, light = self.kept[:2]
        self.assertEqual((heavy.tunnels, light.tunnels), (100, 100))
        weighted = [f'{{ address = "{heavy.address}", weight = 3 }}', f'"{light.address}"']
        proxy.write_config(
            f'[pool.app]\nbackends = [{", ".join(weighted)}]\n'
            f"balance = {self.balance}\nrebalance = {self.rebalance}\n" + route()
        )
        status, document = proxy.control("/reload")
        self.assertEqual((status, document["tunnels_leaving"]), (200, 0))
        self.settle(proxy, crowd, 200)
        self.assertEqual(heavy.tunnels + light.tunnels, 200)
        self.assertTrue(50 <= light.tunnels <= 55, light.tunnels)  # a quarter of all, and a tenth of that
        self.assertEqual({code for _, code in crowd.ends}, {1012})
        self.assertLessEqual(len(crowd.ends), 50)

    def test_a_dry_run_tells_and_closes_nothing_and_an_operator_may_begin(self):
        proxy, crowd = self.start(2, "", 90)
        self.assertEqual(proxy.command("rebalance").stdout, "no pool has `rebalance`\n")
        self.assertEqual(proxy.control("/rebalance?pool=app")[0], 409)
        self.assertEqual(proxy.control("/rebalance?pool=none")[0], 404)
        self.join(proxy)
        self.rebalance = "{ threshold = \"10%\" }"
        self.join(proxy)
        told = proxy.command("rebalance", "--dry-run")
        self.assertRegex(told.stdout, r"5\d\.\d % above its share, 10 % are allowed")
        self.assertIn("would close 24 tunnels", told.stdout)
        self.assertEqual(self.shares(proxy)["state"], "quiet")
        self.assertEqual(crowd.ends, [])
        late = proxy.command("rebalance", "--pool", "app", "--wait", "--timeout", "1ms")
        self.assertEqual((late.returncode, late.stderr), (3, ""))
        eventually(lambda: self.shares(proxy)["state"] == "rebalancing", 5)
        waited = proxy.command("rebalance", "--pool", "app", "--wait", timeout_s=40)
        self.assertEqual((waited.returncode, waited.stderr), (0, ""))
        self.assertRegex(waited.stdout.splitlines()[0], r"^pool app: rebalancing; \d+ tunnels? to close, ")
        self.assertEqual(self.shares(proxy)["state"], "quiet")
        self.assertLessEqual(max(backend.tunnels for backend in self.kept), 33)


if __name__ == "__main__":
    unittest.main()
