"""Fairleads that share the ports of their sources, and the clients before them, each a process of its own."""
import json
import pathlib
import re
import subprocess
import time
import urllib.request

from subjects import RunFailed, start_process, stop_process

START_TIMEOUT_S = 20


def set_sysctl(name, value):
    pathlib.Path("/proc/sys/" + name.replace(".", "/")).write_text(value, encoding="ascii")


def start_backends(build_dir, address, count):
    """Echo backends that listen at one address together."""
    started = []
    try:
        for _ in range(count):
            command = [build_dir / "bench" / "load_generator", "echo-backend", "--listen", address]
            started.append(start_process(command, None, stdout=subprocess.PIPE))
            if not started[-1].stdout.readline():
                raise RunFailed("a backend did not start")
    except BaseException:
        for process in started:
            stop_process(process)
        raise
    return started


class Replica:
    """One Fairlead that is ready; `config` is the text of its file."""

    def __init__(self, name, config, admin, build_dir, run_dir):
        self.admin = admin
        file = run_dir / f"{name}.toml"
        file.write_text(config, encoding="utf-8")
        self._errors = run_dir / f"{name}.err"
        with open(self._errors, "w", encoding="utf-8") as errors:
            self.process = start_process([build_dir / "fairlead", "run", "--config", file], None,
                                         stdin=subprocess.DEVNULL, stderr=errors)
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                self.get("/readyz")
                return
            except OSError:
                time.sleep(0.05)
        raise RunFailed(f"{name} is not ready: {self._errors.read_text(encoding='utf-8')[-800:]}")

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=30) as answer:
            return answer.read().decode()

    def post(self, path):
        asked = urllib.request.Request(f"http://{self.admin}{path}", method="POST",
                                       headers={"X-Fairlead-Control": "1"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read())

    def metric(self, name):
        return sum(map(float, re.findall(rf"^{name}(?:{{.*}})? (\S+)$", self.get("/metrics"), re.MULTILINE)))

    def memory(self):
        """Bytes of its own: what is not a file."""
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text(encoding="ascii")
        kilobytes = re.findall(r"^Pss_(?:Anon|Shmem):\s+(\d+) kB$", text, re.MULTILINE)
        return 1024 * sum(map(int, kilobytes))

    def stop(self):
        stop_process(self.process)


class Generator:
    """A load generator that obeys lines and answers each by one of JSON."""

    def __init__(self, build_dir, *words):
        self._process = start_process([build_dir / "bench" / "load_generator", *words], None,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def tell(self, command):
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RunFailed("a load generator ended")
        return json.loads(line)

    def stop(self):
        stop_process(self._process)


class Clients(Generator):
    """Tunnels that one generator holds; it ends when one of them breaks."""

    def __init__(self, build_dir, target, first_source, in_flight=32):
        super().__init__(build_dir, "idle", "--target", target, "--count", 1, "--in-flight", in_flight,
                         "--source", first_source, "--deadline", 600)
        self.answer()
