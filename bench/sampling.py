"""Takes the samples of a run: which subject does what when, and again where others disturbed it."""
import os
import time

from figures import METRICS
from interference import Interference, is_disturbed
from subjects import AS_MEASURE, AS_STORM, Load
from work import (COUNTS, MEMORY, PACE, PACE_S, PACE_TUNNELS, QUIET_S, ROUTE_REQUESTS, ROUTES, STORM,
                  STORM_HANDSHAKES, STORM_PACE, STORM_TUNNELS, TIMED, TUNNELS, is_with_tls, takes_part)

SETTLE_S = 0.5
WARM_S = 0.5
MAX_RETAKES = 2  # of a sample that others disturbed


def choose_cpus():
    """(CPU of the proxy, CPU of the load and the backend), or no pinning on a machine with one."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) >= 2 else (None, None)


def rotated(subjects, number):
    start = number % len(subjects)
    return subjects[start:] + subjects[:start]


class Sampling:
    """Every process it starts is stopped by close(). run_dir has the certificates."""

    def __init__(self, arguments, subjects, run_dir):
        self._arguments = arguments
        self._subjects = subjects
        self._run_dir = run_dir
        self._proxy_cpu, load_cpu = choose_cpus()
        self._cpus = os.sched_getaffinity(0) if load_cpu is None else {self._proxy_cpu, load_cpu}
        self._load = Load(arguments.build_dir.resolve(), load_cpu)
        self.samples = {}

    def measure(self, parts):
        self._load.start_backend([subject.backend for subject in self._subjects])
        self._take([part for part in parts if part in MEMORY], self._memory_of)
        self._take([part for part in parts if part in ROUTES], self._routes_of)
        if all(part in MEMORY or part in ROUTES for part in parts):
            return
        for subject in self._subjects:
            subject.start(self._run_dir, self._proxy_cpu)
        self._take([part for part in parts if part in TIMED], self._timed)
        self._load.set_backend_policy(AS_MEASURE)
        self._take([part for part in parts if part in PACE], self._pace)
        self._take([part for part in parts if part in STORM], self._storm)

    def close(self):
        for subject in self._subjects:
            subject.stop()
        self._load.stop()

    def _take(self, parts, sample):
        rounds = {part: self._rounds_of(part) for part in parts}
        for number in range(max(rounds.values(), default=0)):
            for part in parts:
                taking_part = [each for each in self._subjects if takes_part(part, each)]
                if number < rounds[part] and taking_part:
                    for subject in rotated(taking_part, number):
                        self._keep(part, subject, number, sample(part, subject))

    def _rounds_of(self, part):
        if part in MEMORY:
            rounds = self._arguments.memory_rounds
            return min(rounds, 2) if is_with_tls(part) else rounds
        if part in TUNNELS or part in ROUTES:
            return self._arguments.memory_rounds
        if part in STORM or part in PACE:
            return self._arguments.storm_rounds
        return self._arguments.tls_rounds if is_with_tls(part) else self._arguments.rounds

    def _least_disturbed(self, take):
        """Of a few tries; a quick run takes the first."""
        tries = []
        while len(tries) <= (0 if self._arguments.quick else MAX_RETAKES):
            tries.append(take())
            if not is_disturbed(tries[-1]):
                break
        return min(tries, key=lambda sample: sample["interference"])

    def _watch(self, subject, *others):
        return Interference(self._cpus, [self._load.backend_process_id(), *subject.process_ids(), *others])

    def _timed(self, part, subject):
        subcommand, work = TIMED[part]
        if self._arguments.quick:
            work = {name: value // 2 if name in COUNTS else value for name, value in work.items()}
        if subject.tls_listen is None:  # the plain floor beside the others with TLS
            work = {name: value for name, value in work.items() if name != "tls"}

        def take():
            interference = self._watch(subject)
            sample = self._load.run(subcommand, subject, **work)
            return {**sample, "interference": round(interference.share(), 3)}

        return self._least_disturbed(take)

    def _routes_of(self, part, subject):
        """A fresh process, which has these routes from the start."""

        def take():
            subject.start(self._run_dir, self._proxy_cpu, ROUTES[part])
            try:
                interference = self._watch(subject)
                sample = self._load.run("http", subject, hosts=ROUTES[part], **ROUTE_REQUESTS)
                return {**sample, "interference": round(interference.share(), 3)}
            finally:
                subject.stop()

        return self._least_disturbed(take)

    def _pace(self, part, subject):
        def take():
            with self._load.hold_tunnels(subject, PACE_TUNNELS, AS_MEASURE) as tunnels:
                tunnels.keep_pace(PACE[part], lambda: time.sleep(WARM_S))
                interference = self._watch(subject, tunnels.process_id())
                sample, _ = tunnels.keep_pace(PACE[part], lambda: time.sleep(PACE_S))
                share = interference.share()
            return {"paced": sample, "interference": round(share, 3)}

        return self._least_disturbed(take)

    def _storm(self, part, subject):
        """In quiet and during the storm on the same tunnels, one after the other."""

        def take():
            with self._load.hold_tunnels(subject, STORM_TUNNELS, AS_MEASURE, **STORM[part]) as tunnels:
                tunnels.keep_pace(STORM_PACE, lambda: time.sleep(WARM_S))
                interference = self._watch(subject, tunnels.process_id())
                quiet, _ = tunnels.keep_pace(STORM_PACE, lambda: time.sleep(QUIET_S))
                storm, done = tunnels.keep_pace(STORM_PACE, lambda: self._load.run(
                    "handshake", subject, policy=AS_STORM, **STORM_HANDSHAKES))
                share = interference.share()
            return {**done, "quiet": quiet, "storm": storm, "interference": round(share, 3)}

        return self._least_disturbed(take)

    def _memory_of(self, part, subject):
        """A fresh process: one that has had its tunnels before would fill freed memory again."""
        tls = MEMORY[part]
        count = self._arguments.tunnels * 2 // 3 if tls else self._arguments.tunnels
        subject.start(self._run_dir, self._proxy_cpu)
        self._load.run("upgrade", subject, cycles=50, warmup=1, in_flight=10, **tls)
        time.sleep(SETTLE_S)
        before = subject.memory()
        with self._load.hold_tunnels(subject, count, **tls) as tunnels:
            time.sleep(SETTLE_S)
            idle = subject.memory()
            tunnels.echo(16384)
            time.sleep(SETTLE_S)
            after = subject.memory()
        subject.stop()
        sample = {"tunnels": count, "before": before}
        for kind in before:
            sample["idle_" + kind] = idle[kind] - before[kind]
            sample["after_" + kind] = after[kind] - before[kind]
        return sample

    def _keep(self, part, subject, number, sample):
        self.samples.setdefault(part, {}).setdefault(subject.name, []).append(sample)
        metrics = [metric for metric in METRICS.values() if metric[0] == part]
        shown = [f"{text} {value(sample):,.2f} {unit}" for _, text, unit, value in metrics]
        disturbed = " (disturbed)" if is_disturbed(sample) else ""
        print(f"{part} round {number + 1} {subject.name}: {', '.join(shown)}{disturbed}", flush=True)
