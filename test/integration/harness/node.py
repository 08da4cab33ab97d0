"""Node programs of node/, with their modules installed from the lock file when they are not there yet."""
import fcntl
import os
import subprocess

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "node")


def install_modules():
    """`npm ci`, unless the installed modules are those of package-lock.json. One test process at a time."""
    with open(os.path.join(FOLDER, "package-lock.json")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = os.path.join(FOLDER, "node_modules", ".package-lock.json")
        wanted = os.path.join(FOLDER, "package-lock.json")
        if os.path.exists(installed) and os.path.getmtime(installed) >= os.path.getmtime(wanted):
            return
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=FOLDER,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=100,
        )


def run_node(script, *arguments, timeout_s=60, modules=True):
    """Runs a script to its end; AssertionError with its output unless it succeeds."""
    if modules:
        install_modules()
    done = subprocess.run(
        ["node", os.path.join(FOLDER, script), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    assert done.returncode == 0, f"{script} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


class NodeServer:
    """A script that prints the port it listens on and then serves until it is stopped."""

    def __init__(self, script, *arguments, modules=True):
        if modules:
            install_modules()
        self.errors = []
        self._process = subprocess.Popen(
            ["node", os.path.join(FOLDER, script), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.address = f"127.0.0.1:{int(self._process.stdout.readline())}"

    def close(self):
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()
