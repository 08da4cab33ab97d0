"""`fairlead demo` as a person meets it: what it prints, its page in headless Chromium, Ctrl-C."""
import os
import signal
import subprocess
import tempfile
import unittest
import urllib.request

from harness.node import run_node
from harness.metrics import Metrics
from harness.ports import free_port
from harness.proxy import BINARY
from harness.waiting import eventually


def fetch(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status, answer.read().decode()


class Demo(unittest.TestCase):
    def setUp(self):
        self.listen, self.admin = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [BINARY, "demo", "--listen", self.listen, "--admin", self.admin],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )
        self.addCleanup(self.output.close)
        self.addCleanup(self.end)

        def is_up():
            self.assertIsNone(self.process.poll())
            try:
                return fetch(f"http://{self.admin}/readyz")[0] == 200
            except OSError:
                return False

        eventually(is_up, 10, "the demo is ready")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def test_it_prints_where_to_look_and_ends_on_ctrl_c(self):
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(10), 0)
        self.output.seek(0)
        text = self.output.read()
        self.assertIn(f"http://{self.listen}/", text)
        self.assertIn(self.admin, text)

    def test_two_tabs_chat_through_the_proxy(self):
        with tempfile.TemporaryDirectory(prefix="fairlead-test-") as folder:
            screenshot = os.environ.get("FAIRLEAD_DEMO_SCREENSHOT") or os.path.join(folder, "demo.png")
            self.assertEqual(run_node("demo_page.mjs", f"http://{self.listen}/", screenshot), "ok\n")
        metrics = Metrics(fetch(f"http://{self.admin}/metrics")[1])
        self.assertGreaterEqual(metrics.value("fairlead_websocket_tunnels_opened_total"), 2)
        self.assertGreaterEqual(metrics.value("fairlead_websocket_messages_total", direction="to_backend"), 2)


if __name__ == "__main__":
    unittest.main()
