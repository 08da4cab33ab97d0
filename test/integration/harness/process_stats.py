"""What a running process holds, read from /proc."""
import os


def descriptor_count(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_bytes(pid):
    """Memory of the process that is in RAM now."""
    return _status_kib(pid, "VmRSS") * 1024


def peak_resident_bytes(pid):
    """The most it ever had in RAM since the start or the last reset_peak()."""
    return _status_kib(pid, "VmHWM") * 1024


def reset_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w") as file:  # 5: reset VmHWM, proc(5)
        file.write("5")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime, stime


def _status_kib(pid, key):
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    raise RuntimeError(f"no {key} in /proc/{pid}/status")
