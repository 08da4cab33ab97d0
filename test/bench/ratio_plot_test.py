"""The picture of costs beside those of the peers."""
import os
import sys
import unittest
import xml.etree.ElementTree as xml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))

import ratio_plot  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


def echo(cpu_us):
    return {"cpu_ns": cpu_us * 1e3 * 100, "relayed_messages": 100, "seconds": 1}


class Plot(unittest.TestCase):
    def setUp(self):
        samples = {"echo-64": {"fairlead": [echo(5), echo(6), echo(6)], "haproxy": [echo(10)] * 3,
                               "nginx-tuned": [echo(3)] * 3},
                   "echo-1k": {"haproxy": [echo(4)]}}
        self.text = ratio_plot.draw(samples)
        self.drawn = xml.fromstring(self.text)

    def test_a_peer_that_costs_more_is_left_of_even_and_one_that_costs_less_right(self):
        even = float(next(path.get("d") for path in self.drawn.iter(f"{SVG}path")
                          if path.get("class") == "even").split()[0][1:])
        dots = [float(dot.get("cx")) for dot in self.drawn.iter(f"{SVG}circle") if float(dot.get("cy")) > 30]
        squares = [float(dot.get("x")) for dot in self.drawn.iter(f"{SVG}rect") if float(dot.get("y")) > 30]
        self.assertEqual((len(dots), len(squares)), (1, 1))
        self.assertLess(dots[0], even)
        self.assertGreater(squares[0], even)

    def test_who_cannot_see_it_is_told_the_medians(self):
        told = self.drawn.find(f"{SVG}desc").text
        self.assertEqual(told, "CPU per relayed message of 64 B: 0.60 of haproxy, 2.00 of nginx-tuned")

    def test_it_has_colours_for_dark_pages(self):
        self.assertIn("prefers-color-scheme:dark", self.text)


if __name__ == "__main__":
    unittest.main()
