"""A backend in a process of its own, which a test may kill, stop and start again at the same address."""
import signal
import subprocess
import sys

from harness.floods import HARNESS
from harness.ports import free_port


class BackendProcess:
    """One that is killed and stopped. `start` is for others to write: it sets `process`."""

    process = None

    def kill(self):
        """As if it had crashed: the kernel ends its connections."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


class ProcessBackend(BackendProcess):
    """Runs harness.flood_backend, behind the words of `wrapper`: /echo, /sink, /source and short answers."""

    def __init__(self, host="127.0.0.1", port=None, wrapper=()):
        self.errors = []
        self.host, self.port = host, port or free_port()
        self.address = f"{host}:{self.port}"
        self._wrapper = wrapper
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [*self._wrapper, sys.executable, "-B", "-m", "harness.flood_backend", self.host, str(self.port)],
            cwd=HARNESS,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline().strip() == self.address

    def close(self):
        if self.process.returncode is None:
            self.kill()
