"""How a run that has a network namespace of its own begins and ends: what it was, where its results go."""
import datetime
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys

import report
from subjects import RunFailed

ROOT = pathlib.Path(__file__).resolve().parent.parent


def output_of(command):
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return (done.stdout + done.stderr).strip() if done.returncode == 0 else ""


def current_commit():
    """With a word where the tree has changes, but for what runs like this one write."""
    commit = output_of(["git", "rev-parse", "--short=12", "HEAD"]) or "none"
    written = [":!docs/performance.md", ":!docs/reliability.md", ":!docs/*.svg", ":!bench/results"]
    changed = output_of(["git", "--no-optional-locks", "status", "--porcelain", "--", ".", *written])
    return commit + (" with changes" if changed else "")


def described(program):
    """What is said of every run, whatever it measures."""
    return {"started": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": {"cpus": os.cpu_count(), "kernel": platform.release()},
            "commit": current_commit(), "command": " ".join([program, *sys.argv[1:]])}


def in_namespace(file, *words):
    """The same program once more in a network namespace of its own: what it prints there, which is JSON."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *user, "--net", sys.executable, "-B", file, *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RunFailed("it failed in its network namespace")
    return json.loads(done.stdout)


def write_results(run, name, page, text):
    """The raw values to bench/results, and the generated text between the markers of a page."""
    output = ROOT / "bench" / "results" / f"{name}.json"
    output.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    page = ROOT / "docs" / page
    first, last = f"<!-- {name}: written by bench/{name}.py -->", f"<!-- end of {name} -->"
    page.write_text(report.replace_between_markers(page.read_text(encoding="utf-8"), text, first, last),
                    encoding="utf-8")
    print(f"raw values: {output}; table: {page}")


def main_of(program, work):
    """Ends as a program does: by the exit code that `work` returns, and 1 where it fails."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return work()
    except (RunFailed, OSError, subprocess.SubprocessError) as failure:
        print(f"{program}: {failure}", file=sys.stderr)
        return 1
