"""docs/http.md names tests for what Fairlead does: each exists, under that name, in that file."""
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs", "http.md")
FOLDERS = ("test/integration", "test/proxy/http", "test/proxy/websocket", "test/proxy/net", "test/tls")

# `file`: `first test`, `second test`; further files after a semicolon.
_group = re.compile(r"`([a-z0-9_]+_test)`: ((?:`[^`]+`(?:, )?)+)")
_row = re.compile(r"^\| (91\d\d|6455) [0-9.]+ \|", re.MULTILINE)


def test_file(stem):
    """The text of a test file by its name without folder and extension; None when there is no such file."""
    for folder in FOLDERS:
        for extension in (".py", ".cpp"):
            path = os.path.join(ROOT, folder, stem + extension)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    return file.read()
    return None


def has_test(text, name):
    if re.fullmatch(r"test_[a-z0-9_]+", name):
        return f"def {name}(" in text
    joined = re.sub(r'"\s*\n\s*"', "", text)  # a long name goes over two literals
    return f'"{name}"' in joined


class Conformance(unittest.TestCase):
    def setUp(self):
        with open(PAGE, encoding="utf-8") as file:
            conformance = file.read().split("### Where Fairlead departs")[0]
        self.rows = [line for line in conformance.split("\n") if _row.match(line)]

    def test_the_table_is_there(self):
        self.assertGreater(len(self.rows), 80)

    def test_every_row_has_four_cells_and_names_a_test(self):
        for row in self.rows:
            cells = row.strip("| ").split(" | ")
            self.assertEqual(len(cells), 4, row)
            named = _group.findall(cells[3])
            rest = _group.sub("", cells[3]).replace(";", "").strip()
            self.assertTrue(named and not rest, f"no test, or something else beside tests: {row}")

    def test_every_test_that_is_named_exists(self):
        gone = []
        for row in self.rows:
            for stem, names in _group.findall(row):
                text = test_file(stem)
                for name in re.findall(r"`([^`]+)`", names):
                    if text is None or not has_test(text, name):
                        gone.append(f"{stem}: {name}")
        self.assertEqual(gone, [])


if __name__ == "__main__":
    unittest.main()
