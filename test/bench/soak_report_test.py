"""What is said of a soak, and when it is good."""
import os
import sys
import unittest
import xml.etree.ElementTree as xml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))

import soak_plot  # noqa: E402
import soak_report  # noqa: E402


def fitted(slope, margin, mean):
    return {"slope": slope, "low": slope - margin, "high": slope + margin, "mean": mean, "blocks": 24}


def result(**changed):
    told = {"opened": 9000, "echoes": 1000, "echoed_bytes": 5e9, "closed": 3000, "reset": 1000,
            "expected_ends": 40, "unexpected_ends": 0, "corrupted": 0, "silent": 0}
    asked = {"answered": 500, "bytes": 7e6, "expected_refusals": 3, "failed": 0, "corrupted": 0}
    samples = [{"minute": at, "memory": 9e6, "descriptors": 10_030} for at in range(5)]
    whole = {"minutes": 30, "tunnels": 5000, "told": told, "requests": asked, "reloads": 180, "restarts": 29,
             "failures": [], "samples": samples, "sockets": [{"minute": 1, "sockets": 10, "bytes": 40_960}],
             "after": {"tunnels": 0.0, "source_ports": 0.0, "descriptors": 25, "memory": 8e6},
             "load_average": {"begin": 1.0, "end": 2.0},
             "fits": {"memory": fitted(100, 200, 9e6), "descriptors": fitted(0, 1, 10_030),
                      "source_ports": fitted(0, 1, 5010)}}
    for part, values in changed.items():
        whole[part] = {**whole[part], **values}
    return whole


class Report(unittest.TestCase):
    def section(self, **changed):
        return soak_report.section({"machine": {"cpus": 2, "kernel": "6"}, "commit": "none",
                                    "command": "soak", "result": result(**changed)})

    def test_one_in_which_nothing_is_lost_and_nothing_grows_is_good(self):
        self.assertTrue(soak_report.is_good(result()))
        text = self.section()
        self.assertIn("Nothing was lost: 0 corrupted messages", text)
        self.assertIn("| user memory, MB | 9.00 | 0.01 (-0.01 to 0.02) | flat |", text)
        self.assertIn("4.00 to 4.00 KiB", text)

    def test_each_loss_fails_it_and_is_named(self):
        losses = [("told", "corrupted"), ("told", "unexpected_ends"), ("told", "silent"),
                  ("requests", "failed"), ("requests", "corrupted"),
                  ("after", "tunnels"), ("after", "source_ports")]
        for part, kind in losses:
            with self.subTest(kind=kind, part=part):
                self.assertFalse(soak_report.is_good(result(**{part: {kind: 1}})))
                self.assertIn("**Lost: 1 ", self.section(**{part: {kind: 1}}))

    def test_growth_fails_it(self):
        growing = {"descriptors": fitted(30, 1, 10_030)}
        self.assertFalse(soak_report.is_good(result(fits=growing)))
        self.assertIn("**grows**", self.section(fits=growing))

    def test_one_that_is_too_short_to_tell_is_not_good(self):
        self.assertFalse(soak_report.is_good(result(fits={"memory": None})))
        self.assertIn("too short to tell", self.section(fits={"memory": None}))

    def test_the_picture_has_a_line_for_memory_and_one_for_descriptors(self):
        drawn = xml.fromstring(soak_plot.draw(result()))
        lines = list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))
        self.assertEqual([len(line.get("points").split()) for line in lines], [5, 5])


if __name__ == "__main__":
    unittest.main()
