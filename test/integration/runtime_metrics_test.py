"""What the metrics tell of the process: its build, the configuration in force, its loops and queues."""
import re
import subprocess
import unittest

from harness.case import ProxyCase, pool, route
from harness.proxy import run_command
from harness.waiting import eventually


class Runtime(ProxyCase):
    def setUp(self):
        super().setUp()
        self.app = self.websocket_backend()
        self.proxy = self.start_proxy(*self.sections(), workers=2)

    def sections(self, *more):
        return pool("app", self.app), route("app", name='"chat"'), *more

    def value(self, name, **labels):
        return self.proxy.metrics().value(name, **labels)

    def test_what_is_running(self):
        ((name, labels, value),) = [
            re.match(r"(\w+)\{(.*)\} (\S+)", line).groups()
            for line in self.proxy.admin("/metrics")[1].splitlines()
            if line.startswith("fairlead_build_info")
        ]
        version = run_command("version").stdout.split()[-1]
        openssl = subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout.split()[1]
        self.assertIn(f'version="{version}"', labels)
        self.assertIn(f'openssl="{openssl.split(".")[0]}.', labels)
        self.assertEqual(value, "1")

    def test_every_worker_tells_its_loop_and_its_queue(self):
        listener = f"127.0.0.1:{self.proxy.port}"
        for worker in ("0", "1"):
            before = self.value("fairlead_worker_loop_lag_seconds_count", worker=worker)
            eventually(
                lambda: self.value("fairlead_worker_loop_lag_seconds_count", worker=worker) >= before + 3,
                10,
                "the loop's ticks are counted",
            )
            queue = {"listener": listener, "worker": worker}
            self.assertEqual(self.value("fairlead_listener_accept_queue", **queue), 0)
            self.assertGreater(self.value("fairlead_listener_accept_queue_limit", **queue), 0)
            self.assertEqual(self.value("fairlead_listener_accept_drops_total", **queue), 0)

    def test_the_configuration_in_force(self):
        first = self.value("fairlead_config_hash")
        self.assertGreater(first, 0)
        self.proxy.write_config("\n".join(self.sections("[websocket]\nping_every = '20s'")))
        self.assertEqual(self.proxy.control("/reload")[0], 200)
        second = self.value("fairlead_config_hash")
        self.assertNotEqual(second, first)
        self.assertEqual(self.value("fairlead_config_generation"), 2)
        self.proxy.write_config("routes = nonsense")
        self.assertEqual(self.proxy.control("/reload")[0], 422)
        self.assertEqual(self.value("fairlead_config_hash"), second)
        self.assertEqual(self.value("fairlead_config_last_reload_successful"), 0)

    def test_memory_and_descriptors(self):
        metrics = self.proxy.metrics()
        resident = metrics.value("process_resident_memory_bytes")
        self.assertGreater(metrics.value("process_virtual_memory_bytes"), resident)
        before = metrics.value("process_open_fds")
        with self.proxy.connect():
            eventually(lambda: self.value("process_open_fds") > before)
        self.assertGreaterEqual(metrics.value("process_max_fds"), before)


if __name__ == "__main__":
    unittest.main()
