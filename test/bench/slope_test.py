"""Whether something grows over time."""
import os
import random
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))

import slope  # noqa: E402


def samples(growth, noise, minutes=30, seed=1):
    chance = random.Random(seed)
    return [(at / 12, 1000 + growth * at / 12 + chance.gauss(0, noise)) for at in range(minutes * 12)]


class Slope(unittest.TestCase):
    def test_a_line_without_noise_is_found_as_it_is(self):
        fitted = slope.fit(samples(2.5, 0), 1)
        for bound in ("slope", "low", "high"):
            self.assertAlmostEqual(fitted[bound], 2.5)
        self.assertEqual(fitted["blocks"], 30)

    def test_noise_alone_is_flat_in_most_runs_and_growth_above_it_is_not(self):
        flat = [slope.fit(samples(0, 20, seed=seed), 1)["low"] <= 0 for seed in range(200)]
        self.assertGreater(sum(flat), 180)
        self.assertGreater(slope.fit(samples(3, 20), 1)["low"], 0)

    def test_the_interval_covers_the_truth_as_often_as_it_says(self):
        found = [slope.fit(samples(1, 20, minutes=8, seed=seed), 1) for seed in range(400)]
        covered = sum(each["low"] <= 1 <= each["high"] for each in found)
        self.assertTrue(370 <= covered <= 392, covered)

    def test_growth_that_is_sure_but_small_is_flat_by_its_share(self):
        fitted = slope.fit(samples(0.1, 0.01), 1)
        self.assertTrue(slope.is_flat(fitted, time=60, share=0.01))
        self.assertFalse(slope.is_flat(fitted, time=60, share=0.001))

    def test_too_few_blocks_tell_nothing(self):
        self.assertIsNone(slope.fit(samples(0, 1, minutes=3), 1))


if __name__ == "__main__":
    unittest.main()
