"""A run beside the committed one."""
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))

import regression  # noqa: E402


def echo(cpu_us):
    return {"cpu_ns": cpu_us * 1e3 * 100, "relayed_messages": 100, "seconds": 1, "interference": 0.0}


def run(**cpu_us):
    return {"echo-64": {subject: [echo(each)] for subject, each in cpu_us.items()}}


class Regression(unittest.TestCase):
    def test_costs_are_compared_beside_the_floor_so_that_a_slower_machine_changes_nothing(self):
        (compared,) = regression.comparisons(run(fairlead=10, floor=10), run(fairlead=44, floor=40))
        self.assertEqual(compared, ("CPU per relayed message of 64 B, of floor", 1.0, 1.1))
        self.assertEqual(regression.worse([compared]), [])

    def test_where_the_floor_has_not_done_the_work_a_peer_has(self):
        (compared,) = regression.comparisons(run(fairlead=10, haproxy=10), run(fairlead=16, haproxy=10))
        self.assertEqual(compared[0], "CPU per relayed message of 64 B, of haproxy")
        self.assertEqual(regression.worse([compared]), [compared[0]])

    def test_with_tls_the_floor_which_has_none_is_not_asked(self):
        both = [{"tls-echo-64": each["echo-64"]} for each in (run(fairlead=20, haproxy=20, floor=4),
                                                              run(fairlead=40, haproxy=40, floor=4))]
        (compared,) = regression.comparisons(*both)
        self.assertEqual(compared, ("CPU per relayed message of 64 B with TLS, of haproxy", 1.0, 1.0))

    def test_what_only_one_run_has_is_not_compared(self):
        self.assertEqual(regression.comparisons(run(fairlead=10, floor=10), run(fairlead=10)), [])

    def test_what_the_committed_run_has_not_measured_is_named(self):
        now = run(fairlead=10, floor=10)
        self.assertEqual(regression.left_out({}, now), ["CPU per relayed message of 64 B"])
        self.assertEqual(regression.left_out(now, now), [])

    def test_rates_and_delays_are_no_costs(self):
        compared = regression.comparisons(run(fairlead=10, floor=10), run(fairlead=9, floor=10))
        self.assertEqual([text for text, *_ in compared], ["CPU per relayed message of 64 B, of floor"])

    def test_the_table_says_by_how_much(self):
        self.assertIn("| x | 1.00 | 1.20 | 1.20 |", regression.table([("x", 1.0, 1.2)]))


if __name__ == "__main__":
    unittest.main()
