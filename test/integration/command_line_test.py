"""`fairlead check` and the rest of the command line."""
import glob
import json
import os
import re
import shutil
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.certificates import Authority
from harness.proxy import run_command

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

GOOD = """
[[listen]]
address = "127.0.0.1:8080"
[pool.app]
backends = ["127.0.0.1:9000"]
[[route]]
pool = "app"
"""


class Check(unittest.TestCase):
    def check(self, text):
        with tempfile.TemporaryDirectory(prefix="fairlead-test-") as folder:
            path = os.path.join(folder, "fairlead.toml")
            with open(path, "w") as file:
                file.write(text)
            return run_command("check", path)

    def test_a_good_file_gets_0_and_one_line(self):
        done = self.check(GOOD)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(done.stdout.strip().splitlines()), 1)

    def test_an_error_names_file_line_and_column_and_points_at_it(self):
        done = self.check(GOOD + 'hots = "app.example.com"\n')
        self.assertEqual(done.returncode, 1)
        (place,) = re.findall(r"fairlead\.toml:(\d+):(\d+): error: ", done.stderr)
        self.assertEqual(place, ("8", "1"))
        self.assertIn("did you mean", done.stderr)
        self.assertIn("host", done.stderr)
        lines = done.stderr.splitlines()
        shown = next(number for number, line in enumerate(lines) if 'hots = "app.example.com"' in line)
        self.assertEqual(lines[shown + 1].index("^"), lines[shown].index("hots"))

    def test_every_error_is_told_in_one_go(self):
        text = """
[[listen]]
address = "127.0.0.1:80800"
[timeouts]
head = "ten"
[pool.app]
backends = []
[[route]]
pool = "missing"
colour = "blue"
"""
        done = self.check(text)
        self.assertEqual(done.returncode, 1)
        lines = {int(number) for number in re.findall(r"fairlead\.toml:(\d+):\d+: error:", done.stderr)}
        self.assertLessEqual({3, 5, 7, 9, 10}, lines)

    def test_a_syntax_error_names_its_line(self):
        done = self.check(GOOD + '[[route]\npool = "app"\n')
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"fairlead\.toml:8:\d+: error:")

    def test_a_regex_that_is_none_is_found_by_check(self):
        done = self.check(GOOD + "[[route]]\npool = \"app\"\npath_regex = '/a('\n")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"fairlead\.toml:\d+:\d+: error:")

    def test_a_file_that_is_not_there(self):
        done = run_command("check", "/nonexistent/fairlead.toml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/fairlead.toml", done.stderr)

    def test_every_example_is_good(self):
        examples = glob.glob(os.path.join(ROOT, "conf", "examples", "*.toml"))
        self.assertGreaterEqual(len(examples), 4)
        for path in examples:
            if os.path.basename(path) == "tls.toml":
                continue
            with self.subTest(os.path.basename(path)):
                done = run_command("check", path)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_example_of_tls_is_good_where_its_files_are(self):
        with tempfile.TemporaryDirectory(prefix="fairlead-test-") as folder:
            path = shutil.copy(os.path.join(ROOT, "conf", "examples", "tls.toml"), folder)
            missing = run_command("check", path)
            for name in ("devices", "internal"):
                authority = Authority(os.path.join(folder, "ca"), name)
            certificates = os.path.join(folder, "certificates")
            os.mkdir(certificates)
            for name, rsa in (("ecdsa", False), ("rsa", True)):
                for made in authority.issue("chat.example.com", rsa=rsa):
                    os.replace(made, os.path.join(certificates, name + os.path.splitext(made)[1]))
            done = run_command("check", path)
        self.assertEqual(missing.returncode, 1)
        self.assertRegex(missing.stderr, r"tls\.toml:7:\d+: listener .*ecdsa\.pem: No such file or directory")
        self.assertRegex(missing.stderr, r"tls\.toml:8:\d+: listener .*rsa\.pem: No such file or directory")
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Run(ProxyCase):
    def test_run_refuses_a_broken_file_with_the_same_words_as_check(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(GOOD + "hots = 1\n")
            file.flush()
            checked, run = run_command("check", file.name), run_command("run", "--config", file.name)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn(checked.stderr.strip().splitlines()[0], run.stderr)

    def test_run_says_so_when_its_address_is_taken(self):
        backend = self.http_backend()
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(GOOD.replace("127.0.0.1:8080", backend.address))
            file.flush()
            done = run_command("run", "--config", file.name)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(backend.address, done.stderr)

    def test_included_files_are_read(self):
        proxy = self.start_proxy(
            pool("app", self.http_backend()), route(path='"/a"'), top='include = ["routes.d/*.toml"]'
        )
        self.assertEqual(proxy.admin("/readyz")[0], 200)


class Npath(unittest.TestCase):
    deploy = os.path.join(ROOT, "deploy", "npath")

    def test_the_examples_are_good_each_for_its_command(self):
        for arguments in (["npath", "--check", "director.toml"], ["check", "proxy.toml"]):
            *command, name = arguments
            done = run_command(*command, os.path.join(self.deploy, name))
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_each_command_says_what_it_lacks_in_the_others_file(self):
        done = run_command("check", os.path.join(self.deploy, "director.toml"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no [[listen]]", done.stderr)
        self.assertIn("only [npath.NAME], which is for `fairlead npath`", done.stderr)
        for option in ([], ["--check"]):
            done = run_command("npath", *option, os.path.join(self.deploy, "proxy.toml"))
            self.assertEqual(done.returncode, 1)
            self.assertIn("there is no [npath.NAME]", done.stderr)


class OtherCommands(unittest.TestCase):
    def test_version(self):
        done = run_command("version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")

    def test_everything_that_is_printed_is_json_for_who_asks(self):
        good = os.path.join(ROOT, "conf", "examples", "minimal.toml")
        director = os.path.join(ROOT, "deploy", "npath", "director.toml")
        for arguments, code, wanted in (
            (["version"], 0, {}),
            (["check", good], 0, {"ok": True, "file": good, "errors": [], "warnings": [], "routes": 1}),
            (["npath", "--check", director], 0, {"ok": True, "backends": 3}),
            (["npath", "--check", good], 1, {"ok": False}),
            (["health", "--admin", "127.0.0.1:9"], 1, {"ready": False}),
        ):
            with self.subTest(arguments):
                done = run_command(*arguments, "--json")
                self.assertEqual((done.returncode, done.stderr), (code, ""))
                told = json.loads(done.stdout)
                self.assertLessEqual(wanted.items(), told.items())

    def test_an_error_in_json_has_its_place(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(GOOD + 'hots = "app.example.com"\n')
            file.flush()
            done = run_command("check", "--json", file.name)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        (error,) = json.loads(done.stdout)["errors"]
        self.assertEqual((error["line"], error["column"], error["file"]), (8, 1, file.name))
        self.assertIn("did you mean 'host'", error["message"])

    def test_what_it_does_not_know_it_refuses_and_helps(self):
        for arguments in ([], ["sail"], ["run"], ["run", "--confg", "x"], ["check"]):
            with self.subTest(arguments):
                done = run_command(*arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assertTrue(done.stderr.strip() or done.stdout.strip())

    def test_help(self):
        done = run_command("--help")
        self.assertEqual(done.returncode, 0)
        for command in ("run", "check", "demo", "npath", "version"):
            self.assertIn(command, done.stdout)


if __name__ == "__main__":
    unittest.main()
