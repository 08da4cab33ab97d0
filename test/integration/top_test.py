"""`fairlead top` on a terminal, in a pipe and as JSON: rates, keys, and how it leaves the terminal."""
import json
import os
import signal
import subprocess
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import TEXT, frame, open_tunnel, read_frame
from harness.proxy import BINARY, run_command
from harness.terminal import ENTER, Terminal
from harness.waiting import eventually

BINARY = os.path.abspath(BINARY)


class TopCase(ProxyCase):
    def setUp(self):
        super().setUp()
        self.backend = self.websocket_backend()
        self.proxy = self.start_proxy(
            pool("app", self.backend), route(name='"chat"', path='"/chat"'), route(name='"rest"', path='"/"')
        )
        self.clients = [self.proxy.connect() for _ in range(3)]
        for client in self.clients:
            open_tunnel(client, "/chat")

    def arguments(self, *more):
        return [BINARY, "top", "--admin", f"127.0.0.1:{self.proxy.admin_port}", "--interval", "200ms", *more]

    def say(self):
        for client in self.clients:
            client.send(frame(TEXT, "hello", masked=True))
            read_frame(client)


class OnATerminal(TopCase):
    def top(self, *more, **options):
        terminal = Terminal(*self.arguments(*more), **options)
        self.addCleanup(terminal.close)
        terminal.wait_for(r"q quit")
        return terminal

    def row(self, terminal, name):
        """The numbers of the row, in the next frame that has it."""
        for _ in range(50):
            for line in terminal.frame():
                if line.split()[:1] == [name]:
                    return line.split()[1:]
        self.fail(f"no row {name}: {terminal.output[-1000:]!r}")

    def expect_ended(self, terminal, code, ended_by=None):
        self.assertEqual(terminal.wait_end(), (code, ended_by))
        self.assertTrue(terminal.is_as_before, terminal.output[-200:])

    def test_rates_are_live_and_keys_show_something_else(self):
        terminal = self.top()
        self.assertIn(ENTER, terminal.output)
        self.assertEqual(self.row(terminal, "chat")[0], "3")

        def talks():
            self.say()
            return float(self.row(terminal, "chat")[2]) > 0

        eventually(talks, 20)
        terminal.type("\t")
        self.assertEqual(self.row(terminal, f"app/{self.backend.address}")[:2], ["up", "3"])
        terminal.type("\t")
        terminal.wait_for(r"rtt ms")
        connection = next(line for line in terminal.frame() if f"app/{self.backend.address}" in line)
        self.assertIn("chat", connection)
        terminal.type(" ")
        terminal.wait_for("paused")
        terminal.type("q")
        self.expect_ended(terminal, 0)

    def test_a_resize_is_followed_and_never_overrun(self):
        terminal = self.top(rows=24, columns=100)
        self.assertEqual(len(terminal.frame()), 24)
        terminal.resize(9, 30)
        eventually(lambda: len(terminal.frame()) == 9, 10)
        for line in terminal.frame():
            self.assertLessEqual(len(line), 30)
        terminal.type("q")
        self.expect_ended(terminal, 0)

    def test_every_end_puts_the_terminal_back(self):
        terminal = self.top()
        terminal.type("\x03")
        self.expect_ended(terminal, 0)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number):
                terminal = self.top()
                terminal.signal(number)
                self.expect_ended(terminal, None, number)

    def test_stopped_and_continued(self):
        terminal = self.top()
        terminal.signal(signal.SIGTSTP)
        terminal.wait_for(r"\x1b\[\?1049l")
        eventually(lambda: os.waitpid(terminal.pid, os.WUNTRACED | os.WNOHANG)[0] == terminal.pid)
        self.assertTrue(terminal.is_as_before)
        terminal.signal(signal.SIGCONT)
        terminal.wait_for(r"\x1b\[\?1049h")
        self.row(terminal, "chat")
        terminal.type("q")
        self.expect_ended(terminal, 0)

    def test_colours_are_for_those_who_want_them(self):
        self.assertIn("\x1b[7m", self.top().output)
        for unwanted in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            terminal = self.top(**unwanted)
            self.assertNotRegex(terminal.output, r"\x1b\[\d*m")

    def test_a_process_that_is_gone_is_said_to_be_and_comes_back(self):
        terminal = self.top()
        self.row(terminal, "chat")
        self.proxy.signal(signal.SIGTERM)
        terminal.wait_for("Connection refused")
        terminal.type("q")
        self.expect_ended(terminal, 0)


class InAPipe(TopCase):
    def run_top(self, *more):
        command = self.arguments("--once", *more)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20
        )
        return done.returncode, done.stdout, done.stderr

    def test_once_is_a_table_without_escapes(self):
        code, said, wrong = self.run_top()
        self.assertEqual((code, wrong), (0, ""))
        self.assertNotIn("\x1b", said)
        lines = said.splitlines()
        self.assertRegex(lines[0], r"^fairlead .* ready, generation 1$")
        self.assertEqual([line.split()[:2] for line in lines[4:]], [["chat", "3"], ["rest", "0"]])

    def test_sorted_otherwise(self):
        _, said, _ = self.run_top("--sort", "route", "--reverse")
        self.assertEqual([line.split()[0] for line in said.splitlines()[4:]], ["rest", "chat"])

    def test_json(self):
        _, said, _ = self.run_top("backends", "--json")
        (backend,) = json.loads(said)["backends"]
        self.assertEqual((backend["backend"], backend["state"]), (f"app/{self.backend.address}", "up"))
        self.assertEqual(backend["tunnels"], 3)
        _, said, _ = self.run_top("connections", "--json")
        self.assertEqual({one["route"] for one in json.loads(said)["connections"]}, {"chat"})

    def test_without_a_terminal_tables_follow_each_other_until_nobody_reads(self):
        process = subprocess.Popen(
            self.arguments(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        titles = 0
        while titles < 3:
            titles += process.stdout.readline().startswith("fairlead ")
        process.stdout.close()
        self.assertIn(process.wait(10), (0, -signal.SIGPIPE))

    def test_what_is_wrong_is_refused(self):
        admin = ("--admin", f"127.0.0.1:{self.proxy.admin_port}")
        wrong = run_command("top", "--once", "--interval", "1ms", *admin)
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("--interval is a duration from 100ms to 1h", wrong.stderr)
        self.assertIn("no column 'colour'", self.run_top("--sort", "colour")[2])
        self.assertEqual(self.run_top("everything")[0], 2)
        nobody = run_command("top", "--once", "--admin", "127.0.0.1:9")
        self.assertEqual(nobody.returncode, 1)
        self.assertIn("Connection refused", nobody.stderr)


if __name__ == "__main__":
    unittest.main()
