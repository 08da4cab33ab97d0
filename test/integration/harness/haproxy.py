"""One HAProxy process in the foreground, with a configuration of the test's own."""
import os
import shutil
import socket
import subprocess
import tempfile

from harness.waiting import eventually

BINARY = shutil.which("haproxy") or "/usr/sbin/haproxy"

_defaults = """global
  maxconn 200
defaults
  mode tcp
  timeout connect 5s
  timeout client 10s
  timeout server 10s
"""


class HaProxy:
    """Runs `sections` and waits until the given address accepts."""

    def __init__(self, sections, address):
        self.folder = tempfile.TemporaryDirectory(prefix="fairlead-haproxy-")
        path = os.path.join(self.folder.name, "haproxy.cfg")
        with open(path, "w") as file:
            file.write(_defaults + sections)
        self._output = open(os.path.join(self.folder.name, "output"), "w+")
        self._process = subprocess.Popen(
            [BINARY, "-db", "-q", "-f", path],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        eventually(lambda: self._accepts(address), 10, "HAProxy accepts")

    def _accepts(self, address):
        assert self._process.poll() is None, self.output()
        try:
            socket.create_connection(address, 5).close()
            return True
        except OSError:
            return False

    def output(self):
        self._output.seek(0)
        return self._output.read()

    def close(self):
        self._process.terminate()
        self._process.wait(10)
        self._output.close()
        self.folder.cleanup()
