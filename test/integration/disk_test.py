"""A disk that fills up under the logs and has room again: lines are lost and counted, and nothing else."""
import json
import os
import subprocess
import tempfile
import unittest

from harness.case import ProxyCase
from harness.frames import TEXT, echo_frames, frame, open_tunnel, read_frame, switching_protocols
from harness.http_message import request, response
from harness.namespace import enter_network_namespace
from harness.process_stats import cpu_seconds
from harness.waiting import eventually

DISK = 256 * 1024


class FullDisk(ProxyCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.mkdtemp(prefix="fairlead-disk-")
        self.addCleanup(os.rmdir, folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def fill(self):
        with open(self.path("ballast"), "wb", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                pass

    def dropped(self, proxy, log="access"):
        return proxy.metrics().value("fairlead_log_lines_dropped_total", log=log)

    def test_requests_and_tunnels_go_on_and_the_log_does_when_there_is_room(self):
        def serve(connection):
            while True:
                head = connection.read_head()
                if head.get("Upgrade"):
                    connection.send(switching_protocols(head.get("Sec-WebSocket-Key")))
                    echo_frames(connection)
                connection.send(response())

        access, own = self.path("access.log"), self.path("own.log")
        proxy = self.front(
            self.scripted(serve), f'[log]\nrequests = true\naccess = "{access}"\ntarget = "{own}"\n'
        )
        tunnel = proxy.connect()
        open_tunnel(tunnel)
        self.assertEqual(proxy.ask(request(fields=[("X-Request-Id", "before")])).status, 200)
        eventually(lambda: os.path.getsize(access) > 0, 10, "the log is written")
        self.fill()
        asked = 0
        cpu = cpu_seconds(proxy.pid)
        while self.dropped(proxy) == 0:  # what is left of the last page takes some lines
            self.assertEqual(proxy.ask(request(fields=[("X-Request-Id", f"full-{asked}")])).status, 200)
            asked += 1
            self.assertLess(asked, 500)
        for number in range(asked, asked + 50):
            self.assertEqual(proxy.ask(request(fields=[("X-Request-Id", f"full-{number}")])).status, 200)
        eventually(lambda: self.dropped(proxy) >= 50, 10, "each lost line is counted")
        tunnel.send(frame(TEXT, "hello", masked=True))
        self.assertEqual(read_frame(tunnel).payload, b"hello")
        self.assertLess(cpu_seconds(proxy.pid) - cpu, 5)
        os.unlink(self.path("ballast"))
        self.assertEqual(proxy.ask(request(fields=[("X-Request-Id", "after")])).status, 200)
        eventually(lambda: '"after"' in self.text(access), 10, "the log goes on")
        lines = [json.loads(line) for line in self.text(access).splitlines()]  # none is cut or torn
        ids = [line["id"] for line in lines if line["event"] == "exchange"]
        written = [each for each in ids if each.startswith("full-")]
        total = asked + 50
        self.assertEqual((ids[0], ids[-1]), ("before", "after"))
        self.assertEqual(len(written) + self.dropped(proxy), total)
        generation = proxy.metrics().value("fairlead_config_generation")
        self.assertEqual(proxy.control("/reload")[0], 200)
        eventually(lambda: proxy.metrics().value("fairlead_config_generation") > generation, 10)
        eventually(lambda: "reloaded" in self.text(own), 10, "so does the process's own log")

    @staticmethod
    def text(path):
        with open(path, encoding="utf-8") as file:
            return file.read()


if __name__ == "__main__":
    enter_network_namespace("--mount", "--propagation", "private")
    unittest.main()
