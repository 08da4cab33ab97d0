"""One Fairlead process: configuration, start, questions to its admin listener, and the way it ended."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request

from harness.connection import connect
from harness.metrics import Metrics
from harness.ports import free_port
from harness.waiting import eventually

BINARY = os.environ.get("FAIRLEAD_BINARY", "fairlead")
SECCOMP = os.environ.get("FAIRLEAD_TEST_SECCOMP", "")  # of every proxy that does not say it itself
SANITIZED = os.environ.get("FAIRLEAD_SANITIZED", "") not in ("", "0", "OFF")  # memory bounds do not hold then


class Proxy:
    """Starts `fairlead run` on free ports and waits until it is ready.

    `body` is the configuration after [[listen]] and [admin]; `drain` is the content of [drain], by default
    tunnels are closed at once; `listen` holds further keys of [[listen]]; `top` holds keys that must stand
    before every table; `admin_port` is one that was reserved before; `admin` holds further keys of
    [admin], by default that there is no socket: the default one is the machine's; `owner` is the uid that the
    configuration and its folder belong to, by default who runs the test.
    """

    def __init__(
        self,
        body,
        top="",
        workers=1,
        host="127.0.0.1",
        listen="",
        drain='window = "0s"\nclose_timeout = "1s"',
        wrapper=(),
        wait=True,
        admin_port=None,
        admin='socket = "off"',
        owner=None,
    ):
        self.folder = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        self._owner = owner
        if owner is not None:
            os.chown(self.folder.name, owner, owner)
        self.config_path = os.path.join(self.folder.name, "fairlead.toml")
        self.host = host
        self.port = free_port(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.admin_port = admin_port or free_port()
        self.expected_exit = 0
        self._told_to_end = False
        self._clients = []
        self._frame = (top, workers, drain, listen, admin)
        self.write_config(body)
        self._stdout = open(os.path.join(self.folder.name, "stdout"), "wb+")
        self._stderr = open(os.path.join(self.folder.name, "stderr"), "wb+")
        self._wrapper = wrapper
        self._start()
        if wait:
            self.wait_ready()

    def _start(self):
        self.process = subprocess.Popen(
            [*self._wrapper, BINARY, "run", "--config", self.config_path],
            stdin=subprocess.DEVNULL,
            stdout=self._stdout,
            stderr=self._stderr,
            env=self._environment(),
        )

    def _environment(self):
        """In search of leaks a sanitized process is traced by another one: a filter forbids that."""
        with open(self.config_path) as file:
            is_filtered = 'seccomp = "enforce"' in file.read()
        options = os.environ.get("ASAN_OPTIONS", "") + (":detect_leaks=0" if is_filtered else "")
        return {**os.environ, "ASAN_OPTIONS": options}

    def restart(self):
        """Ends the process in order, and starts another with the same configuration and addresses."""
        self.process.terminate()
        assert self.wait_exit() == self.expected_exit, self.stderr()
        self._start()
        self.wait_ready()

    @property
    def pid(self):
        return self.process.pid

    @property
    def address(self):
        return (self.host, self.port)

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    @property
    def websocket_url(self):
        return f"ws://{self.host}:{self.port}"

    # -- configuration

    def write_config(self, body, listen=None):
        """Replaces the file, for a reload. Addresses, workers and [drain] stay, and the listener's further
        keys unless `listen` replaces them."""
        top, workers, drain, listen_keys, admin_keys = self._frame
        listen_keys = listen_keys if listen is None else listen
        listen = f"[{self.host}]" if ":" in self.host else self.host
        drain_table = f"[drain]\n{drain}" if drain else ""
        process_table = f'[process]\nseccomp = "{SECCOMP}"' if SECCOMP and "[process]" not in body else ""
        self.replace_config_file(
            f"""{top}
workers = {workers}
[[listen]]
address = "{listen}:{self.port}"
{listen_keys}
[admin]
address = "127.0.0.1:{self.admin_port}"
{admin_keys}
{process_table}
{drain_table}
{body}
"""
        )

    def replace_config_file(self, text):
        with open(self.config_path + ".new", "w") as file:
            file.write(text)
        if self._owner is not None:
            os.chown(file.name, self._owner, self._owner)
        os.replace(self.config_path + ".new", self.config_path)

    # -- peers

    def connect(self, **options):
        client = connect(self.address, **options)
        self._clients.append(client)
        return client

    def close_clients(self, but=()):
        for client in self._clients:
            if client not in but:
                client.close()

    def ask(self, data, method="GET"):
        """Sends raw bytes on a new connection and returns the final response."""
        with self.connect() as client:
            client.send(data)
            return client.read_response(method)

    # -- admin

    def admin(self, path):
        """(status, body) of a GET on the admin listener."""
        url = f"http://127.0.0.1:{self.admin_port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def control(self, target, method="POST", **fields):
        """(status, document) of a change asked for on the admin listener; `fields` replace its own."""
        fields = fields or {"X-Fairlead-Control": "1"}
        url = f"http://127.0.0.1:{self.admin_port}{target}"
        asked = urllib.request.Request(url, method=method, headers=fields)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def command(self, *arguments, **options):
        """`fairlead ARGUMENTS` for this process, to its end."""
        return run_command(*arguments, "--admin", f"127.0.0.1:{self.admin_port}", **options)

    def metrics(self):
        status, text = self.admin("/metrics")
        assert status == 200, text
        return Metrics(text)

    def wait_ready(self, timeout_s=10):
        def is_ready():
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.stderr()}"
            try:
                return self.admin("/readyz")[0] == 200
            except OSError:
                return False

        eventually(is_ready, timeout_s, lambda: f"the proxy is ready; {self.stderr()[-2000:]}")

    # -- output

    def stdout(self):
        return _content(self._stdout)

    def stderr(self):
        return _content(self._stderr)

    def output(self):
        return self.stdout() + self.stderr()

    def wait_said(self, text, timeout_s=5):
        """Until the process's own log has it: it is written by a thread of its own."""
        eventually(lambda: text in self.stderr(), timeout_s, lambda: f"{text!r} in {self.stderr()[-2000:]}")

    def access_log(self):
        """The JSON lines on standard output."""
        return [json.loads(line) for line in self.stdout().splitlines() if line.startswith("{")]

    # -- the end

    def signal(self, number):
        self._told_to_end |= number in (signal.SIGTERM, signal.SIGINT)
        self.process.send_signal(number)

    def wait_exit(self, timeout_s=10.0):
        return self.process.wait(timeout_s)

    def stop(self):
        """SIGTERM, unless it was sent before; AssertionError unless it ends with `expected_exit` in time."""
        try:
            if self.process.poll() is None and not self._told_to_end:
                self.process.terminate()
            try:
                code = self.wait_exit()
            except subprocess.TimeoutExpired:
                raise AssertionError(f"still running 10 s after SIGTERM: {self.stderr()[-2000:]}") from None
            assert code == self.expected_exit, f"ended with {code}: {self.stderr()[-4000:]}"
        finally:
            self.abandon()

    def abandon(self):
        """Leaves nothing behind, whatever state the process is in."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self._stdout.close()
        self._stderr.close()
        self.folder.cleanup()


def _content(file):
    file.flush()
    with open(file.name, "rb") as reader:
        return reader.read().decode(errors="replace")


def run_command(*arguments, timeout_s=10):
    """`fairlead ARGUMENTS` to its end; the CompletedProcess has text output."""
    return subprocess.run(
        [BINARY, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s
    )
