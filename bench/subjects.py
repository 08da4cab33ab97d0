"""The processes of a benchmark run: what is compared, the backend behind it, the load before it.

Every process is pinned, dies with this one, and is ended by the id it was started with. All on loopback.
"""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from routes import with_routes

BACKEND_PORT = 19100
FIRST_LISTEN_PORT = 19201
FIRST_TLS_PORT = 19301
ADMIN_ADDRESS = "127.0.0.1:19190"
START_TIMEOUT_S = 10
STOP_TIMEOUT_S = 3
GENERATOR_TIMEOUT_S = 120
PR_SET_PDEATHSIG = 1
WITHOUT_TLS = ("floor", "floor-again", "fairlead-all", "floor-splice")

BENCH = pathlib.Path(__file__).resolve().parent
_libc = ctypes.CDLL(None, use_errno=True)


class RunFailed(Exception):
    """A process did not do its part; the text is for the person who started the run."""


# Client and backend share a CPU. As SCHED_OTHER each message of a fast proxy would let one interrupt the
# other, and the load would become slower the faster the proxy is.
AS_LOAD = os.SCHED_BATCH
# Where delays are measured everybody is prompt.
AS_MEASURE = os.SCHED_OTHER
# Gives way to the load at once: what it computes must not delay messages whose delay is measured.
AS_STORM = os.SCHED_IDLE


def start_process(command, cpu, policy=os.SCHED_OTHER, **options):
    """Starts a process that is pinned to one CPU (None: not pinned) and gets SIGTERM when this one dies."""

    def before_exec():
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if policy != os.SCHED_OTHER:
            os.sched_setscheduler(0, policy, os.sched_param(0))
        if cpu is not None:
            os.sched_setaffinity(0, {cpu})

    return subprocess.Popen([str(word) for word in command], preexec_fn=before_exec, text=True, **options)


def stop_process(process):
    """SIGTERM, once more for a process that drains, then SIGKILL."""
    for sent in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(sent)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            pass


class Subject:
    """One proxy, or the floor. `command` gets the addresses and a directory of its own."""

    def __init__(self, name, index, command, environment):
        self.name = name
        self.listen = f"127.0.0.1:{FIRST_LISTEN_PORT + index}"
        self.tls_listen = None if name in WITHOUT_TLS else f"127.0.0.1:{FIRST_TLS_PORT + index}"
        # An address of its own per subject: the ports of one do not run out because of another.
        self.backend = f"127.0.0.{10 + index}:{BACKEND_PORT}"
        self.routes = 0  # beside the one for everything, each for a host of its own
        self._command = command
        self._environment = environment
        self._process = None
        self._output = None

    def start(self, run_dir, cpu, routes=0):
        """run_dir has the certificates; the subject gets a directory of its own in it."""
        self.routes = routes
        directory = run_dir / self.name
        directory.mkdir(exist_ok=True)
        self._output = directory / "output"
        with open(self._output, "w", encoding="utf-8") as output:
            command = self._command(self, directory)
            self._process = start_process(command, cpu, stdin=subprocess.DEVNULL, stdout=output,
                                          stderr=subprocess.STDOUT, env={**os.environ, **self._environment})
        host, port = self.listen.split(":")
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            self.check_alive()
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RunFailed(f"{self.name} does not listen on {self.listen}: {self._last_words()}")

    def stop(self):
        if self._process is not None:
            stop_process(self._process)
            self._process = None

    def check_alive(self):
        if self._process.poll() is not None:
            raise RunFailed(f"{self.name} ended with {self._process.returncode}: {self._last_words()}")

    def process_ids(self):
        """The process and its children: nginx works in a worker process."""
        found = [self._process.pid]
        for pid in found:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
            found.extend(int(child) for child in children.split())
        return found

    def memory(self):
        """Bytes, summed over the processes. `user` is what tunnels cost: the proportional set size of what
        is not a file, because the share of the libraries changes whenever another process starts."""
        total = {}
        for pid in self.process_ids():
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
            for line in text.splitlines()[1:]:
                key, _, value = line.partition(":")
                total[key] = total.get(key, 0) + int(value.split()[0]) * 1024
        return {"user": total["Pss_Anon"] + total["Pss_Shmem"], "pss": total["Pss"],
                "private": total["Private_Clean"] + total["Private_Dirty"]}

    def _last_words(self):
        return self._output.read_text(encoding="utf-8", errors="replace")[-800:].strip()


def _filled_template(subject, template, directory):
    text = (BENCH / "peers" / template).read_text(encoding="utf-8")
    values = {"@LISTEN@": subject.listen, "@BACKEND@": subject.backend, "@ADMIN@": ADMIN_ADDRESS,
              "@RUN_DIR@": str(directory), "@TLS_LISTEN@": str(subject.tls_listen),
              "@CERTIFICATES@": str(directory.parent / "certificates")}
    for name, value in values.items():
        text = text.replace(name, value)
    if subject.routes > 0:
        text = with_routes(text, template, subject.routes, directory)
    config = directory / template
    config.write_text(text, encoding="utf-8")
    return config


def all_subjects(build_dir):
    """Every subject in the order of the tables; "floor-again" is the floor once more and shows the noise."""

    def floor(subject, _):
        addresses = [*subject.listen.split(":"), *subject.backend.split(":")]
        return [build_dir / "bench" / "floor_relay", *addresses]

    def fairlead(template):
        return lambda subject, directory: [build_dir / "fairlead", "run", "--config",
                                           _filled_template(subject, template, directory)]

    def haproxy(template):
        return lambda subject, directory: [shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f",
                                           _filled_template(subject, template, directory)]

    def nginx(template):
        return lambda subject, directory: [shutil.which("nginx") or "/usr/sbin/nginx", "-p", directory, "-c",
                                           _filled_template(subject, template, directory)]

    commands = {
        "floor": floor,
        "floor-again": floor,
        "fairlead": fairlead("fairlead.toml"),
        "fairlead-all": fairlead("fairlead-all.toml"),
        "haproxy": haproxy("haproxy.cfg"),
        "haproxy-tuned": haproxy("haproxy-tuned.cfg"),
        "nginx": nginx("nginx.conf"),
        "nginx-tuned": nginx("nginx-tuned.conf"),
        "floor-splice": lambda subject, directory: [*floor(subject, directory), "--splice"],
    }
    one_ticket = {"OPENSSL_CONF": str(BENCH / "peers" / "haproxy-openssl.cnf")}
    return [Subject(name, index, command, one_ticket if name.startswith("haproxy") else {})
            for index, (name, command) in enumerate(commands.items())]


class Load:
    """The generator: one process for each measurement, all on one CPU together with the backend."""

    def __init__(self, build_dir, cpu):
        self._generator = build_dir / "bench" / "load_generator"
        self._cpu = cpu
        self._backend = None

    def start_backend(self, addresses):
        command = [self._generator, "echo-backend"]
        for address in addresses:
            command += ["--listen", address]
        self._backend = start_process(command, self._cpu, policy=AS_LOAD, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE)
        if not self._backend.stdout.readline():
            raise RunFailed("the echo backend did not start")

    def backend_process_id(self):
        return self._backend.pid

    def set_backend_policy(self, policy):
        os.sched_setscheduler(self._backend.pid, policy, os.sched_param(0))

    def stop(self):
        if self._backend is not None:
            stop_process(self._backend)

    def run(self, subcommand, subject, policy=AS_LOAD, **options):
        """One measurement: the generator's own numbers. With tls=KIND through the subject's TLS port."""
        process = self._start(subcommand, subject, options, subprocess.DEVNULL, policy)
        try:
            output, _ = process.communicate(timeout=GENERATOR_TIMEOUT_S)
        finally:
            stop_process(process)
        if process.returncode != 0:
            raise RunFailed(f"{subcommand} against {subject.name} failed")
        subject.check_alive()
        return json.loads(output)

    def hold_tunnels(self, subject, count, policy=AS_LOAD, **options):
        options = {"count": count, "deadline": GENERATOR_TIMEOUT_S, **options}
        return HeldTunnels(self._start("idle", subject, options, subprocess.PIPE, policy), subject)

    def _start(self, subcommand, subject, options, stdin, policy):
        target = subject.tls_listen if "tls" in options else subject.listen
        command = [self._generator, subcommand, "--target", target]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), value]
        if subcommand != "idle":
            for pid in subject.process_ids():
                command += ["--watch", pid]
        return start_process(command, self._cpu, policy=policy, stdin=stdin, stdout=subprocess.PIPE)


class HeldTunnels:
    """Open tunnels for as long as the `with` block; their generator fails when one of them ends or speaks."""

    def __init__(self, process, subject):
        self._process = process
        self._subject = subject

    def __enter__(self):
        try:
            self._expect_answer("open its tunnels")
        except BaseException:
            stop_process(self._process)
            raise
        return self

    def __exit__(self, failure, *_):
        try:
            if failure is None:
                self._process.communicate("quit\n", timeout=GENERATOR_TIMEOUT_S)
                if self._process.returncode != 0:
                    raise RunFailed(f"idle tunnels through {self._subject.name} did not stay as they were")
        finally:
            stop_process(self._process)

    def process_id(self):
        return self._process.pid

    def keep_pace(self, per_second, meanwhile):
        """Echoes at an even rate while `meanwhile` runs: how long they took, and what it returned."""
        self._say(f"pace {per_second}")
        returned = meanwhile()
        self._say("rest")
        return json.loads(self._expect_answer("echo at a pace")), returned

    def echo(self, payload_bytes):
        self._say(f"echo {payload_bytes}")
        self._expect_answer("echo on every tunnel")

    def _expect_answer(self, what):
        answer = self._process.stdout.readline()
        if not answer:
            raise RunFailed(f"{self._subject.name} did not {what}")
        return answer

    def _say(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
