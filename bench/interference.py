"""How much of the measured CPUs other programs took: a sample that they disturbed is better taken again."""
import os
import pathlib
import resource
import time

MAX_SHARE = 0.10  # of both CPUs together
CPUCLOCK_SCHED = 2  # user and system time of all threads of a process


def is_disturbed(sample):
    return sample.get("interference", 0) > MAX_SHARE


def _process_cpu_s(pid):
    """The clock that clock_getcpuclockid(3) names; Linux encodes the process in the clock's number."""
    return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)


class Interference:
    """From its making until share() is called; the processes must live as long."""

    def __init__(self, cpus, process_ids):
        self._names = {f"cpu{cpu}" for cpu in cpus}
        self._process_ids = process_ids
        self._started = time.monotonic()
        self._others_s = self._busy_s() - self._own_s()

    def share(self):
        """Between 0 and 1, in steps of the kernel's tick."""
        others_s = self._busy_s() - self._own_s() - self._others_s
        return max(0.0, others_s / (time.monotonic() - self._started) / len(self._names))

    def _busy_s(self):
        """Everything but idle and waiting for a disk, time stolen by the hypervisor included."""
        ticks = 0
        for line in pathlib.Path("/proc/stat").read_text(encoding="ascii").splitlines():
            name, *values = line.split()
            if name in self._names:
                user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, values[:8])
                ticks += user + nice + system + irq + softirq + steal
        return ticks / os.sysconf("SC_CLK_TCK")

    def _own_s(self):
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)  # the generator, once it was waited for
        return ended.ru_utime + ended.ru_stime + sum(map(_process_cpu_s, self._process_ids))
