"""What is made of the samples of a benchmark run."""
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))

import figures  # noqa: E402
import report  # noqa: E402
import subjects  # noqa: E402
import work  # noqa: E402


def echo(cpu_us, interference=0.0):
    return {"cpu_ns": cpu_us * 1e3 * 100, "relayed_messages": 100, "seconds": 1, "interference": interference}


def storm(quiet_us, storm_us):
    def delays(p99_us):
        return {"p50_ns": p99_us * 500, "p99_ns": p99_us * 1e3}

    counted = {"handshakes": 2000, "seconds": 2, "cpu_ns": 1e9}
    return counted | {"quiet": delays(quiet_us), "storm": delays(storm_us)}


class Figures(unittest.TestCase):
    def test_a_ratio_is_formed_within_a_round_and_disturbed_rounds_are_left_out(self):
        samples = {"tls-echo-64": {"fairlead": [echo(6), echo(8), echo(100, 0.5)],
                                   "haproxy": [echo(12), echo(8), echo(10)]}}
        self.assertEqual(figures.ratios(samples, "tls_cpu_64", "fairlead", "haproxy"), [0.5, 1.0])

    def test_where_all_is_disturbed_all_counts(self):
        samples = {"tls-echo-64": {"fairlead": [echo(6, 0.5), echo(8, 0.5)]}}
        self.assertEqual(figures.values(samples, "tls_cpu_64", "fairlead"), [6, 8])

    def test_the_better_peer_is_the_one_that_leaves_the_highest_ratio(self):
        samples = {"tls-echo-64": {"fairlead": [echo(10)], "haproxy": [echo(20)], "nginx-tuned": [echo(8)],
                                   "floor": [echo(4)]}}
        self.assertEqual(figures.ratio_to_better_peer(samples, "tls_cpu_64"), 1.25)
        self.assertIsNone(figures.ratio_to_better_peer(samples, "tls_cpu_1k"))

    def test_growth_is_beside_the_cheapest_of_the_same_subject(self):
        samples = {"tunnels-100": {"fairlead": [echo(6), echo(8)]}, "tunnels-1000": {"fairlead": [echo(5)]},
                   "tunnels-9000": {"fairlead": [echo(6)]}}
        found = figures.growth(samples, work.TUNNELS, "fairlead")
        self.assertEqual(found, {"tunnels-100": 1.4, "tunnels-1000": 1.0, "tunnels-9000": 1.2})
        promised = dict(figures.promises(samples))
        self.assertEqual(promised,
                         {"CPU per message over 100 to 9,000 tunnels within 1.10 of the lowest: 1.40": False})
        del samples["tunnels-1000"]
        self.assertEqual(figures.growth(samples, work.TUNNELS, "fairlead"), {})

    def test_what_is_missed_is_said(self):
        samples = {"tls-echo-64": {"fairlead": [echo(10)], "nginx": [echo(8)]},
                   "storm-tls": {"fairlead": [storm(100, 290)]},
                   "storm-plain": {"fairlead": [storm(100, 310)]}}
        held = dict(figures.promises(samples))
        self.assertEqual(list(held.values()), [False, False, True])
        self.assertIn("CPU per relayed message of 64 B with TLS within 1.00 of the better peer: 1.25", held)

    def test_what_was_not_measured_is_not_promised(self):
        self.assertEqual(figures.promises({}), [])


class Parts(unittest.TestCase):
    def test_every_part_has_figures_and_every_figure_a_table(self):
        self.assertEqual({part for part, *_ in figures.METRICS.values()}, set(work.PARTS))
        shown = [metric for metrics in report.SECTIONS.values() for metric in metrics]
        self.assertEqual(sorted(shown), sorted(figures.METRICS))

    def test_the_plain_floor_stands_beside_tunnels_with_tls_but_shakes_no_hands(self):
        taking_part = {part: [each.name for each in subjects.all_subjects(subjects.BENCH)
                              if work.takes_part(part, each)] for part in work.PARTS}
        speaking_tls = ["fairlead", "haproxy", "haproxy-tuned", "nginx", "nginx-tuned"]
        self.assertEqual(taking_part["tls-echo-16k"], ["floor", *speaking_tls])
        self.assertEqual(taking_part["tls-upgrade"], ["floor", *speaking_tls])
        for part in ("tls-memory", "handshake-rsa", "resumed-ecdsa", "storm-plain", "storm-tls"):
            self.assertEqual(taking_part[part], speaking_tls, part)
        self.assertEqual(len(taking_part["echo-64"]), 8)
        self.assertEqual(taking_part["echo-256k"], [*taking_part["echo-64"], "floor-splice"])
        self.assertEqual(taking_part["pace"], ["floor", *speaking_tls])
        self.assertEqual(taking_part["tunnels-9000"], ["floor", "fairlead", "haproxy", "nginx"])
        self.assertEqual(taking_part["routes-10"], ["fairlead", "haproxy", "nginx"])


class Tables(unittest.TestCase):
    def test_only_those_that_took_part_are_rows_and_the_floor_gives_ratios_where_it_did(self):
        samples = {"tls-echo-64": {"floor": [echo(5)], "fairlead": [echo(10)]},
                   "storm-tls": {"fairlead": [storm(100, 250)]}}
        run = {"samples": samples, "subjects": ["floor", "floor-again", "fairlead"], "versions": {},
               "rounds": 9, "tls_rounds": 5, "storm_rounds": 3, "tunnels": 9000, "commit": "none",
               "command": "run.py",
               "pinning": "", "machine": {"cpus": 2, "cpu_model": "one", "kernel": "6"}}
        text = report.tables(run)
        self.assertIn("| fairlead | 10.00 | 2.00 |", text)
        self.assertIn("| fairlead | 50.00 | 125 | 100 | 250 | 2.50 | 1,000 |", text)
        self.assertNotIn("floor-again", text)


if __name__ == "__main__":
    unittest.main()
