"""What the kernel says of a process's user, capabilities and filter, for each of its threads."""
import os

NOBODY = 65534


def tasks(pid):
    """The fields of /proc/PID/task/*/status, one dictionary for each thread."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/status") as file:
                found.append(dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line))
        except FileNotFoundError:
            continue  # a thread that has just ended
    return found


def values(pid, field):
    """The different values that its threads have; one, unless something is wrong."""
    return {" ".join(task[field].split()) for task in tasks(pid)}


def give_away(*paths, uid=NOBODY, gid=NOBODY, mode=None):
    for path in paths:
        os.chown(path, uid, gid)
        if mode is not None:
            os.chmod(path, mode)


def can_change_user():
    """Root of a user namespace that has no other users cannot."""
    with open("/proc/self/uid_map") as file:
        return os.geteuid() == 0 and sum(int(line.split()[2]) for line in file) > NOBODY
