"""Completion in real shells, and the manual page under its checkers: both know every command and option."""
import os
import re
import subprocess
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.proxy import BINARY, run_command

BINARY = os.path.abspath(BINARY)
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(*command, data=None, **environment):
    folder = os.path.dirname(BINARY)
    done = subprocess.run(
        command, input=data, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", **environment},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def commands():
    """{command: its options}, as --help has them."""
    listed = run_command("--help").stdout.split("Subcommands:\n")[1]
    names = re.findall(r"^  ([a-z]+)\s", listed, re.MULTILINE)
    return {name: options_of(run_command(name, "--help").stdout) for name in names}


def options_of(text):
    """The left column of what --help says of options."""
    columns = re.findall(r"^ +(-[^ ]+)", text, re.MULTILINE)
    return [option for column in columns for option in column.split(",")]


def bash(line):
    """What Tab offers behind `line`."""
    script = 'source <("$0" completion bash); COMP_LINE=$1 COMP_POINT=${#1}; _fairlead; '
    script += 'printf "%s\\n" "${COMPREPLY[@]}"'
    code, said, wrong = run("bash", "--norc", "-c", script, BINARY, line)
    assert (code, wrong) == (0, ""), wrong
    return said.split()


def fish(line):
    script = "fairlead completion fish | source; complete -C $argv[1]"
    code, said, wrong = run("fish", "--no-config", "-c", script, line)
    assert (code, wrong) == (0, ""), wrong
    return [one.split("\t")[0] for one in said.splitlines()]


class Everything(unittest.TestCase):
    def test_bash_offers_every_command_and_every_option(self):
        known = commands()
        self.assertGreater(len(known), 12)
        self.assertLessEqual(set(known), set(bash("fairlead ")))
        for command, options in known.items():
            self.assertLessEqual(set(options), set(bash(f"fairlead {command} -")), command)

    def test_fish_offers_every_command_and_every_option(self):
        known = commands()
        self.assertLessEqual(set(known), set(fish("fairlead ")))
        for command, options in known.items():
            long = {option for option in options if option.startswith("--")}
            self.assertLessEqual(long, set(fish(f"fairlead {command} --")), command)

    def test_zsh_is_given_every_command_and_every_option(self):
        script = (
            "compdef() { :; }; _describe() { print -l -- $commands; }; _arguments() { print -l -- \"$@\"; }; "
            'source <(fairlead completion zsh); words=(fairlead $=1 ""); CURRENT=$#words; _fairlead'
        )
        known = commands()
        for command, wanted in [("", known), *known.items()]:
            code, said, wrong = run("zsh", "-f", "-c", script, "zsh", command)
            self.assertEqual((code, wrong), (0, ""))
            offered = {re.split(r"[\[:]", line)[0] for line in said.splitlines()}
            self.assertLessEqual(set(wanted), offered, command)

    def test_words_files_and_nothing(self):
        self.assertEqual(bash("fairlead connections --sort b"), ["bytes"])
        self.assertEqual(bash("fairlead completion f"), ["fish"])
        self.assertEqual(bash("fairlead drain --window "), [])
        self.assertEqual(bash(f"fairlead check {ROOT}/CMakeLis"), [f"{ROOT}/CMakeLists.txt"])
        self.assertEqual(bash(f"fairlead run --config {ROOT}/CMakeLis"), [f"{ROOT}/CMakeLists.txt"])


class Live(ProxyCase):
    def test_names_of_the_running_process_are_offered(self):
        backend = self.http_backend()
        proxy = self.start_proxy(
            pool("app", backend),
            pool("blue", backend),
            route(name='"chat"', path='"/chat"'),
            route(name='"feed"'),
        )
        asked = f"{BINARY} drain --admin 127.0.0.1:{proxy.admin_port}"
        self.assertEqual(bash(f"{asked} --route "), ["chat", "feed"])
        self.assertEqual(bash(f"{asked} --route c"), ["chat"])
        self.assertEqual(bash(f"{asked} --backend bl"), [f"blue/{backend.address}"])
        host, _, port = backend.address.partition(":")
        self.assertEqual(bash(f"{asked} --backend app/{host}:"), [port], "only what is behind the colon")
        asked = f"{BINARY} rebalance --admin 127.0.0.1:{proxy.admin_port}"
        self.assertEqual(bash(f"{asked} --pool "), ["app", "blue"])

    def test_nobody_runs_and_nothing_is_said(self):
        self.assertEqual(bash(f"{BINARY} drain --admin 127.0.0.1:9 --route "), [])


class Installed(unittest.TestCase):
    def test_the_page_and_the_completions_are_where_others_look_for_them(self):
        with tempfile.TemporaryDirectory(prefix="fairlead-test-") as folder:
            code, _, wrong = run("cmake", "--install", os.path.dirname(BINARY), "--prefix", folder)
            self.assertEqual((code, wrong), (0, ""))
            for path, *command in (
                ("share/man/man1/fairlead.1", "man"),
                ("share/bash-completion/completions/fairlead", "completion", "bash"),
                ("share/zsh/site-functions/_fairlead", "completion", "zsh"),
                ("share/fish/vendor_completions.d/fairlead.fish", "completion", "fish"),
            ):
                with open(os.path.join(folder, path), encoding="utf-8") as file:
                    self.assertEqual(file.read(), run_command(*command).stdout, path)
            self.assertEqual(run(os.path.join(folder, "bin", "fairlead"), "version")[0], 0)


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = run_command("man").stdout

    def text(self):
        code, said, wrong = run("mandoc", "-Tascii", "-O", "width=110", data=self.page)
        self.assertEqual((code, wrong), (0, ""))
        return re.sub(".\b", "", said)

    def test_mandoc_and_groff_have_nothing_to_say_against_it(self):
        code, said, wrong = run("mandoc", "-Tlint", data=self.page)
        self.assertEqual((code, said + wrong), (0, ""))
        code, _, wrong = run("groff", "-ww", "-man", "-Tascii", "-z", data=self.page)
        self.assertEqual((code, wrong), (0, ""))

    def test_it_has_every_command_and_every_option(self):
        text = self.text()
        commands_part = text[text.index("COMMANDS") : text.index("EXIT STATUS")]
        parts = dict(re.findall(r"^   (\w+)\n(.*?)(?=^   \w|\Z)", commands_part, re.MULTILINE | re.DOTALL))
        known = commands()
        self.assertEqual(set(parts), set(known))
        for command, options in known.items():
            for option in set(options) - {"-h", "--help"}:
                self.assertRegex(parts[command], rf"(?<![\w-]){option}(?![\w-])", command)

    def test_exit_codes_are_those_of_the_documentation(self):
        text = re.sub(r"\s+", " ", self.text().split("EXIT STATUS")[1].split("FILES")[0])
        with open(os.path.join(ROOT, "docs", "operations.md"), encoding="utf-8") as file:
            rows = re.findall(r"^\| (\d) \| (.*) \|$", file.read().split("### Exit codes")[1], re.MULTILINE)
        self.assertEqual([code for code, _ in rows], list("0123456"))
        for code, meaning in rows:
            self.assertIn(f" {code} {meaning.replace('`', '')}", text)


if __name__ == "__main__":
    unittest.main()
