"""A network of the test's own: loopback only, with its own port range and limits.

`enter_network_namespace()` runs the test file again inside `unshare --net`, as root or, without root, in a
user namespace that maps to root. Call it first thing in `__main__`.
"""
import os
import subprocess
import sys

# Names the network that was left, so that one that a shell has exported is not believed.
_marker = "FAIRLEAD_TEST_LEFT_NETWORK"


def _network():
    return os.readlink("/proc/self/ns/net")


def _is_inside():
    left = os.environ.get(_marker, "")
    return left.startswith("net:") and left != _network()


def enter_network_namespace(*more):
    """`more` are further namespaces as unshare(1) calls them."""
    if _is_inside():
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    os.environ[_marker] = _network()
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.execvp("unshare", ["unshare", *user, "--net", *more, sys.executable, *sys.argv])


def _expect_inside(what):
    if not _is_inside():
        raise RuntimeError(f"{what} would be set for the whole machine: enter a namespace first")


def set_sysctl(name, value):
    """Of this namespace, e.g. set_sysctl("net.ipv4.ip_local_port_range", "40000 40019")."""
    _expect_inside(name)
    with open("/proc/sys/" + name.replace(".", "/"), "w") as file:
        file.write(value)


def add_loopback_address(address):
    _expect_inside(address)
    subprocess.run(["ip", "addr", "add", address, "dev", "lo"], check=True)
