"""docs/threat-model.md names tests for what is defended: each exists, under that name, in that file."""
import glob
import os
import re
import unittest

from conformance_test import ROOT, has_test

PAGE = os.path.join(ROOT, "docs", "threat-model.md")

# `file`: `first test`, `second test`; in the rows of attacks.
_group = re.compile(r"`([a-z0-9_]+_test)`(?:: ((?:`[^`]+`(?:, )?)+))?")
# `folder/file`, in the rows of other threats; a `*` stands for every file of the folder.
_file = re.compile(r"`([a-z_]+/[a-z0-9_*]+_test)`")


def files_of(stem):
    """The texts of the test files of that name, with or without their folder; none when there is no such."""
    found = []
    for extension in (".py", ".cpp"):
        found += glob.glob(os.path.join(ROOT, "test", "**", stem + extension), recursive=True)
    texts = []
    for path in found:
        with open(path, encoding="utf-8") as file:
            texts.append(file.read())
    return texts


class ThreatModel(unittest.TestCase):
    def setUp(self):
        with open(PAGE, encoding="utf-8") as file:
            self.sections = dict(part.split("\n", 1) for part in file.read().split("\n## ")[1:])

    def rows(self, section):
        lines = [line for line in self.sections[section].split("\n") if line.startswith("| ")]
        return [re.split(r" \| ", line.strip("| ")) for line in lines[1:]]

    def test_every_attack_has_a_row_with_tests_that_exist(self):
        rows = self.rows("Attacks by name")
        self.assertGreaterEqual(len(rows), 15)
        for attack, _, tests in rows:
            groups = _group.findall(tests)
            self.assertTrue(groups and not _group.sub("", tests).strip("; "), f"something else: {attack}")
            for stem, names in groups:
                texts = files_of(stem)
                self.assertTrue(texts, f"{attack}: no file {stem}")
                for name in re.findall(r"`([^`]+)`", names):
                    self.assertTrue(any(has_test(text, name) for text in texts), f"{stem}: {name}")

    def test_every_file_that_is_named_for_another_threat_exists(self):
        for threat, _, tests in self.rows("What else could go wrong"):
            named = _file.findall(tests)
            self.assertTrue(named, threat)
            for stem in named:
                self.assertTrue(files_of(stem), f"{threat}: no file {stem}")

    def test_the_well_known_attacks_are_named(self):
        told = self.sections["Attacks by name"].lower()
        for word in (
            "smuggling", "splitting", "header injection", "path", "host confusion", "hijacking", "cookie",
            "token", "admin api", "downgrade", "log injection", "redos", "hash flooding", "decompression",
            "secrets",
        ):  # fmt: skip
            self.assertIn(word, told)


if __name__ == "__main__":
    unittest.main()
