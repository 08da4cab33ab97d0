"""The picture of memory against tunnels."""
import os
import sys
import unittest
import xml.etree.ElementTree as xml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))

import crowd_plot  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


class Plot(unittest.TestCase):
    def setUp(self):
        levels = [{"tunnels": count, "user": 20e6 + 600 * count} for count in (25_000, 50_000, 100_000)]
        self.drawn = xml.fromstring(crowd_plot.draw({"user_before": 20e6, "levels": levels}))

    def test_each_level_has_a_dot_and_they_rise_evenly(self):
        dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in self.drawn.iter(f"{SVG}circle")]
        self.assertEqual(len(dots), 4)
        slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in zip(dots, dots[1:])]
        self.assertLess(slopes[0], 0)
        for slope in slopes:
            self.assertAlmostEqual(slope, slopes[0], places=2)

    def test_the_axes_reach_as_far_as_the_values(self):
        words = [text.text for text in self.drawn.iter(f"{SVG}text")]
        self.assertIn("100k", words)
        self.assertIn("80", words)
        self.assertIn("0", words)


if __name__ == "__main__":
    unittest.main()
