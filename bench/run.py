#!/usr/bin/python3
"""Compares Fairlead with a bare relay (the floor), HAProxy and nginx on the same work in one run.

A complete run writes bench/results/latest.json and the tables of docs/performance.md. A run that is quick or
leaves something out only prints, and writes BUILD_DIR/bench/partial.json; --output names another file.
Exit code: 0 all was measured; 1 something failed; 2 wrong arguments; 3 the fairlead binary is missing, the
others were measured; 4 --check and a promise is not held or was not measured; 5 --against and a cost is more
than 1.5 times what it was, or nothing could be compared; 130 and 143 ended by a signal.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

import ratio_plot
import regression
import report
from certificates import make_certificates
from figures import promises
from results import ROOT, current_commit, output_of
from sampling import Sampling, choose_cpus
from subjects import RunFailed, all_subjects
from work import PARTS, WORK

MAX_LOAD_AVERAGE = 0.5
MAX_TUNNELS = 9500  # two descriptors each below a limit of 20,000


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build" / "bench")
    parser.add_argument("--quick", action="store_true", help="under five minutes: fewer rounds and tunnels")
    parser.add_argument("--rounds", type=int, help="samples of each kind (9; quick 3)")
    parser.add_argument("--tls-rounds", type=int, help="samples of each kind with TLS (5; quick 1)")
    parser.add_argument("--storm-rounds", type=int, help="storms of handshakes for each subject (3; quick 1)")
    parser.add_argument("--memory-rounds", type=int, help="samples of idle memory (3; quick 1)")
    parser.add_argument("--tunnels", type=int, help=f"idle tunnels (9000; quick 3000; at most {MAX_TUNNELS})")
    parser.add_argument("--only", action="append", choices=PARTS, help="a part to measure; may repeat")
    parser.add_argument("--subjects", help="comma-separated names; the floor is always measured")
    parser.add_argument("--output", type=pathlib.Path, help="where the raw values go")
    parser.add_argument("--check", action="store_true", help="fail when a promise is not held")
    parser.add_argument("--against", type=pathlib.Path, help="raw values of another run to compare with")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (3 if arguments.quick else 9)
    arguments.tls_rounds = arguments.tls_rounds or (1 if arguments.quick else 5)
    arguments.storm_rounds = arguments.storm_rounds or (1 if arguments.quick else 3)
    arguments.memory_rounds = arguments.memory_rounds or (1 if arguments.quick else 3)
    arguments.tunnels = arguments.tunnels or (3000 if arguments.quick else 9000)
    rounds = (arguments.rounds, arguments.tls_rounds, arguments.storm_rounds, arguments.memory_rounds)
    if not all(1 <= each <= 99 for each in rounds):
        parser.error("rounds must be 1 to 99")
    if not 1 <= arguments.tunnels <= MAX_TUNNELS:
        parser.error(f"--tunnels must be 1 to {MAX_TUNNELS}")
    return arguments


def chosen_subjects(arguments):
    everyone = all_subjects(arguments.build_dir.resolve())
    if arguments.subjects is None:
        return everyone
    wanted = {"floor", *arguments.subjects.split(",")}
    unknown = wanted - {subject.name for subject in everyone}
    if unknown:
        sys.exit(f"run.py: unknown subjects {', '.join(sorted(unknown))}")
    return [subject for subject in everyone if subject.name in wanted]


def describe(arguments, subjects, parts):
    cpu_lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.split(":")[1].strip() for line in cpu_lines if line.startswith("model name")]
    haproxy = output_of([shutil.which("haproxy") or "/usr/sbin/haproxy", "-v"]).split()
    nginx = output_of([shutil.which("nginx") or "/usr/sbin/nginx", "-v"])
    pinning = "Proxy on one CPU, load and backend together on another."
    if choose_cpus()[0] is None:
        pinning = "Nothing pinned: one CPU."
    return {
        "started": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "cpu_model": models[0] if models else "unknown CPU",
                     "kernel": platform.release(),
                    "load_average": os.getloadavg()[0],
                    "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")},
        "versions": {"HAProxy": haproxy[2] if len(haproxy) > 2 else "missing",
                     "nginx": nginx.rpartition("/")[2] or "missing"},
        "commit": current_commit(),
        "command": " ".join(["bench/run.py", *sys.argv[1:]]),
        "pinning": pinning,
        "subjects": [subject.name for subject in subjects],
        "parts": parts,
        "rounds": arguments.rounds,
        "tls_rounds": arguments.tls_rounds,
        "storm_rounds": arguments.storm_rounds,
        "memory_rounds": arguments.memory_rounds,
        "tunnels": arguments.tunnels,
        "work": {part: work for part, work in WORK.items() if part in parts},
    }


def write_results(run, arguments, is_complete):
    generated = report.tables(run)
    print("\n" + generated)
    output = arguments.output
    if output is None and is_complete:
        output = ROOT / "bench" / "results" / "latest.json"
    elif output is None:
        output = arguments.build_dir / "bench" / "partial.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    print(f"raw values: {output}")
    if is_complete:
        page = ROOT / "docs" / "performance.md"
        text = report.replace_between_markers(page.read_text(encoding="utf-8"), generated)
        page.write_text(text, encoding="utf-8")
        drawn = ROOT / "docs" / "performance-ratios.svg"
        drawn.write_text(ratio_plot.draw(run["samples"]), encoding="utf-8")
        print(f"tables: {page}; plot: {drawn}")


def is_worse(run, against):
    committed = json.loads(against.read_text(encoding="utf-8"))["samples"]
    compared = regression.comparisons(committed, run.samples)
    print(regression.table(compared))
    for text in regression.left_out(committed, run.samples):
        print(f"not compared, as the committed run has not measured it: {text}")
    for text in regression.worse(compared):
        print(f"run.py: more than {regression.FAILS_AT} times what it was: {text}", file=sys.stderr)
    return not compared or bool(regression.worse(compared))


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    subjects = chosen_subjects(arguments)
    parts = [part for part in PARTS if arguments.only is None or part in arguments.only]
    binary = arguments.build_dir / "fairlead"
    is_missing = any(subject.name == "fairlead" for subject in subjects) and not binary.exists()
    if is_missing:
        print(f"run.py: {binary} is not there; measuring the others without it", flush=True)
        subjects = [subject for subject in subjects if subject.name != "fairlead"]
    is_complete = not (is_missing or arguments.quick or arguments.only or arguments.subjects)

    described = describe(arguments, subjects, parts)
    load_average = described["machine"]["load_average"]
    if load_average > MAX_LOAD_AVERAGE:
        print(f"run.py: others use this machine (load average {load_average:.1f}): the ratios will scatter",
              file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as run_dir:
        run = Sampling(arguments, subjects, pathlib.Path(run_dir))
        try:
            make_certificates(pathlib.Path(run_dir) / "certificates")
            run.measure(parts)
        except (RunFailed, OSError, subprocess.TimeoutExpired) as failure:
            print(f"run.py: {failure}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        finally:
            run.close()
    write_results({**described, "samples": run.samples}, arguments, is_complete)
    if is_missing:
        print("run.py: fairlead was not measured: its binary is missing", file=sys.stderr)
        return 3
    promised = promises(run.samples)
    if arguments.check and not (promised and all(held for _, held in promised)):
        return 4
    if arguments.against and is_worse(run, arguments.against):
        return 5
    return 0


if __name__ == "__main__":
    sys.exit(main())
