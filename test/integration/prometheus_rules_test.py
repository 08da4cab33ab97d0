"""The rules that are deployed: sound, of documented metrics, and each alert seen to fire and to clear."""
import glob
import os
import re
import subprocess
import unittest

import yaml
from harness.documented_metrics import ROOT, unknown_in

FOLDER = os.path.join(ROOT, "deploy", "prometheus")
TESTS = sorted(glob.glob(os.path.join(FOLDER, "tests", "*.yml")))


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def alerts():
    groups = yaml.safe_load(read(FOLDER, "alerts.yml"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout + done.stderr


class Rules(unittest.TestCase):
    def test_promtool_finds_nothing_wrong_with_rules_and_configuration(self):
        for arguments in (("check", "rules", "alerts.yml"), ("check", "config", "prometheus.yml")):
            code, said = promtool(*arguments[:2], os.path.join(FOLDER, arguments[2]))
            self.assertEqual(code, 0, said)
            self.assertNotIn("warning", said.lower())

    def test_every_alert_fires_and_clears_as_its_test_says(self):
        code, said = promtool("test", "rules", *TESTS)
        self.assertEqual(code, 0, said)

    def test_no_alert_is_without_such_a_test(self):
        looked_at = {}  # alert -> whether it fires, at each time
        for path in TESTS:
            for test in yaml.safe_load(read(path))["tests"]:
                for look in test["alert_rule_test"]:
                    looked_at.setdefault(look["alertname"], []).append(bool(look["exp_alerts"]))
        for rule in alerts():
            name = rule["alert"]
            self.assertEqual(looked_at.get(name), [False, True, False], f"{name} is quiet, fires, clears")

    def test_every_metric_is_documented(self):
        self.assertEqual(unknown_in(read(FOLDER, "alerts.yml")), [])

    def test_every_alert_says_how_bad_it_is_and_what_it_is_about(self):
        names = [rule["alert"] for rule in alerts()]
        self.assertEqual(len(names), len(set(names)))
        for rule in alerts():
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"), rule["alert"])
            self.assertTrue(rule["annotations"]["summary"], rule["alert"])

    def test_every_alert_has_its_row_in_the_documentation(self):
        page = read(ROOT, "docs", "monitoring.md")
        rows = re.findall(r"^\| `(Fairlead\w+)` \| (\w+) \|", page, re.MULTILINE)
        self.assertEqual(rows, [(rule["alert"], rule["labels"]["severity"]) for rule in alerts()])


if __name__ == "__main__":
    unittest.main()
