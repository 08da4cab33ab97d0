"""`fairlead status`: one screen, JSON, and exit codes that tell how the process is."""
import json
import signal
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import open_tunnel
from harness.ports import free_port
from harness.proxy import run_command
from harness.waiting import eventually


class StatusCommand(ProxyCase):
    def start(self, *more, **options):
        self.backend = self.websocket_backend()
        self.parts = (pool("app", self.backend), route(name='"chat"'), *more)
        return self.start_proxy(*self.parts, **options)

    def test_one_screen_of_a_quiet_process(self):
        proxy = self.start()
        for _ in range(3):
            open_tunnel(proxy.connect())
        done = proxy.command("status")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn("\x1b", done.stdout)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"^ready, up \d+ s, version \d+\.\d+\.\d+, generation 1$")
        self.assertEqual(lines[1], "3 tunnels open, 3 opened; 3 requests, 0 failed")
        row = next(line.split() for line in lines if line.split()[:2] == ["chat", "app"])
        self.assertEqual(row[2:4], ["3", "3"])
        row = next(line.split() for line in lines if line.split()[:1] == [f"app/{self.backend.address}"])
        self.assertEqual(row[1:3], ["up", "3"])
        self.assertLess(len(lines), 40)

    def test_json_is_the_document_itself(self):
        proxy = self.start()
        told = json.loads(proxy.command("status", "--json").stdout)
        self.assertEqual(told["process"]["pid"], proxy.pid)

    def test_health_alone_has_an_exit_code_of_its_own(self):
        nobody = f"127.0.0.1:{free_port()}"
        proxy = self.start(drain='delay = "20s"\nwindow = "0s"\nclose_timeout = "1s"')
        fine = proxy.command("status", "--check")
        self.assertEqual((fine.returncode, len(fine.stdout.splitlines())), (0, 1))
        proxy.write_config("[pool.app]\nbackends = 7\n")
        self.assertEqual(proxy.command("reload").returncode, 1)
        warned = proxy.command("status", "--check")
        self.assertEqual(warned.returncode, 6, warned.stdout)
        self.assertIn("\n! ", warned.stdout)
        self.assertEqual(proxy.command("status").returncode, 0)
        proxy.signal(signal.SIGTERM)
        eventually(lambda: proxy.command("status", "--check").returncode == 5, 5)
        self.assertEqual(run_command("status", "--check", "--admin", nobody).returncode, 1)
        proxy.signal(signal.SIGTERM)
        proxy.expected_exit = 1

    def test_ten_routes_and_how_many_more(self):
        proxy = self.start(*(route(name=f'"r{at}"', path=f'"/r{at}"') for at in range(15)))
        shown = lambda *more: proxy.command("status", *more).stdout
        self.assertIn("and 6 more; --all has them", shown())
        self.assertNotIn("more; --all", shown("--all"))
        self.assertIn(" r14 ", shown("--all"))


if __name__ == "__main__":
    unittest.main()
