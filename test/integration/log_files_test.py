"""Where the logs go: files that are rotated, disks that are full, readers that stopped, and formats."""
import json
import os
import pty
import signal
import subprocess
import tempfile
import threading
import unittest

from harness.case import ProxyCase
from harness.http_message import request
from harness.proxy import BINARY
from harness.waiting import eventually


def content(path):
    with open(path, "rb") as file:
        return file.read().decode()


class Rotation(ProxyCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="fairlead-logs-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, **options):
        targets = f'access = "{self.path("access.log")}"\ntarget = "{self.path("own.log")}"\n'
        return self.front(self.http_backend(), "[log]\nrequests = true\n" + targets, **options)

    def test_a_rename_and_a_signal_lose_no_line_and_split_none(self):
        proxy = self.start(workers=2)
        stop = threading.Event()
        sent = [[], []]

        def ask(number):
            with proxy.connect() as client:
                while not stop.is_set():
                    name = f"{number}-{len(sent[number])}"
                    client.send(request(fields=[("X-Request-Id", name)]))
                    assert client.read_response().status == 200
                    sent[number].append(name)

        threads = [threading.Thread(target=ask, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for number in range(1, 6):
            so_far = len(sent[0])
            eventually(lambda: len(sent[0]) > so_far + 50, 20, "requests go on")
            os.rename(self.path("access.log"), self.path(f"access.log.{number}"))
            proxy.signal(signal.SIGUSR1)
            eventually(lambda: os.path.exists(self.path("access.log")), 10, "a new file")
        stop.set()
        for thread in threads:
            thread.join()

        def lines():
            names = [f"access.log.{number}" for number in range(1, 6)] + ["access.log"]
            return [json.loads(line) for name in names for line in content(self.path(name)).splitlines()]

        eventually(lambda: len(lines()) == len(sent[0]) + len(sent[1]), 10, "every request has its line")
        self.assertEqual({line["id"] for line in lines()}, set(sent[0] + sent[1]))
        self.assertEqual(proxy.metrics().value("fairlead_log_lines_dropped_total", log="access"), 0)

    def test_a_path_that_cannot_be_opened_leaves_the_old_file_and_says_so(self):
        proxy = self.start()
        os.rename(self.path("access.log"), self.path("old.log"))
        os.mkdir(self.path("access.log"))
        proxy.signal(signal.SIGUSR1)
        said = "access.log' again: Is a directory; the old file stays in use"
        eventually(lambda: said in content(self.path("own.log")), 10, "that is said")
        proxy.ask(request())
        eventually(lambda: '"exchange"' in content(self.path("old.log")), 10, "a line in the old file")

    def test_the_processs_own_log_is_opened_again_too(self):
        proxy = self.start()
        os.rename(self.path("own.log"), self.path("own.log.1"))
        proxy.signal(signal.SIGUSR1)
        eventually(lambda: os.path.exists(self.path("own.log")), 10, "a new file")
        self.assertIn("ready: 1 workers", content(self.path("own.log.1")))
        proxy.signal(signal.SIGHUP)
        eventually(lambda: "reloaded: generation 2" in content(self.path("own.log")), 10, "a line in it")
        self.assertEqual(proxy.stderr(), "")


class Losses(ProxyCase):
    def dropped(self, proxy, log):
        return proxy.metrics().value("fairlead_log_lines_dropped_total", log=log)

    def test_a_full_disk_costs_lines_that_are_counted_and_nothing_else(self):
        proxy = self.front(self.http_backend(), '[log]\nrequests = true\naccess = "/dev/full"\n')
        for _ in range(20):
            self.assertEqual(proxy.ask(request()).status, 200)
        eventually(lambda: self.dropped(proxy, "access") == 20, 10, "20 lines are counted")
        said = "access log: No space left on device; lines are lost"
        eventually(lambda: said in proxy.stderr(), 10, "that is said")
        self.assertEqual(proxy.stderr().count(said), 1)
        self.assertEqual(self.dropped(proxy, "process"), 0)

    def test_a_full_disk_under_the_processs_own_log_is_said_on_stderr(self):
        proxy = self.front(self.http_backend(), '[log]\ntarget = "/dev/full"\n')
        said = "log: No space left on device; lines are lost\n"
        eventually(lambda: proxy.stderr() == said, 10, "that is said")
        eventually(lambda: self.dropped(proxy, "process") >= 1, 10, "a line is counted")
        self.assertEqual(proxy.ask(request()).status, 200)


class Formats(ProxyCase):
    def test_the_processs_own_log_in_json_is_json_whatever_it_says(self):
        proxy = self.front(self.http_backend(), '[log]\nformat = "json"\n')
        proxy.replace_config_file('"quoted\\" = \n')
        proxy.signal(signal.SIGHUP)
        eventually(lambda: "was not reloaded" in proxy.stderr(), 10, "the reload is refused")
        lines = [json.loads(line) for line in proxy.stderr().splitlines()]
        self.assertEqual({tuple(line) for line in lines}, {("time", "level", "message")})
        self.assertIn("ready: 1 workers, 1 routes, 1 pools", [line["message"] for line in lines])
        refused = [line["message"] for line in lines if line["level"] == "error"]
        self.assertIn("fairlead.toml:1:", refused[0])
        self.assertTrue(any('"quoted' in line for line in refused), refused)

    def test_the_level_changes_with_a_reload(self):
        proxy = self.front(self.http_backend())
        with open(proxy.config_path) as file:
            text = file.read()
        generation = lambda: proxy.metrics().value("fairlead_config_generation")
        for number, level in ((2, "error"), (3, "info")):
            proxy.replace_config_file(text + f'[log]\nlevel = "{level}"\n')
            proxy.signal(signal.SIGHUP)
            eventually(lambda: generation() == number, 10, "it is in force")
        eventually(lambda: "generation 3" in proxy.stderr(), 10, "said again")
        self.assertNotIn("generation 2", proxy.stderr())

    def test_a_file_that_cannot_be_opened_ends_the_start(self):
        for key in ("access", "target"):
            proxy = self.front(self.http_backend(), f'[log]\n{key} = "/nonexistent/log"\n', wait=False)
            proxy.expected_exit = 1
            self.assertEqual(proxy.wait_exit(), 1)
            self.assertIn("cannot open the", proxy.stderr())
            self.assertIn("'/nonexistent/log': No such file or directory", proxy.stderr())

    def test_colours_are_for_terminals(self):
        proxy = self.front(self.http_backend())
        self.assertNotIn("\x1b", proxy.stderr())
        for value, wanted in (("", True), ("1", False)):
            ours, theirs = pty.openpty()
            with open(proxy.config_path) as file:
                text = file.read().replace(str(proxy.port), "0").replace(str(proxy.admin_port), "0")
            path = proxy.config_path + ".pty"
            with open(path, "w") as file:
                file.write(text)
            process = subprocess.Popen(
                [BINARY, "run", "--config", path],
                stderr=theirs, stdout=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": value},
            )
            os.close(theirs)
            seen = b""
            while b"ready" not in seen:
                seen += os.read(ours, 4096)
            process.terminate()
            process.wait(10)
            os.close(ours)
            self.assertEqual(b"\x1b[32minfo\x1b[0m ready" in seen, wanted, seen)


if __name__ == "__main__":
    unittest.main()
