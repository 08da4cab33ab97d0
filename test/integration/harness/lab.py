"""Hosts in network namespaces of the test's own, joined by veth pairs and bridges.

    lab = Lab()
    client, proxy = lab.host("client"), lab.host("proxy")
    segment = lab.segment("front")                      # an Ethernet switch
    segment.join(client, "10.1.0.10/24", "fd01::10/64") # the interface is called as the segment
    segment.join(proxy, "10.1.0.1/24")
    with proxy.entered():                               # what is created here is the host's
        server = socket.create_server(("10.1.0.1", 80))

Call `enter_lab()` first thing in `__main__`: it runs the file again in a mount and network namespace of its
own (as root, or mapped to root in a user namespace), in which /run/netns is private. So nothing of a lab can
be seen outside, and all of it ends with the test's last process, however that ends.
"""
import contextlib
import ctypes
import os
import subprocess
import sys

# Names the network that was left, so that one that a shell has exported is not believed.
_marker = "FAIRLEAD_TEST_LEFT_FOR_LAB"
_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000


def enter_lab():
    left, here = os.environ.get(_marker, ""), os.readlink("/proc/self/ns/net")
    if left.startswith("net:") and left != here:
        os.makedirs("/run/netns", exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "lab", "/run/netns"], check=True)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    os.environ[_marker] = here
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.execvp("unshare", ["unshare", *user, "--net", "--mount", sys.executable, "-B", *sys.argv])


def _run(*command, check=True, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}: {done.stdout}{done.stderr}")
    return done


def _enter(descriptor):
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Host:
    """One network namespace, with its loopback up."""

    def __init__(self, name):
        self.name = name
        _run("ip", "netns", "add", name)
        self._descriptor = os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC)
        self.run("ip", "link", "set", "lo", "up")

    @contextlib.contextmanager
    def entered(self):
        """This thread is on the host: what it creates here stays there."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        _enter(self._descriptor)
        try:
            yield self
        finally:
            _enter(before)
            os.close(before)

    def run(self, *command, check=True, **options):
        """The command to its end, a CompletedProcess with text; AssertionError when it fails."""
        with self.entered():
            return _run(*command, check=check, **options)

    def ip(self, words):
        """`ip WORDS`, e.g. host.ip("route add default via 10.1.0.1")."""
        return self.run("ip", *words.split())

    def nft(self, script):
        """Loads an nftables script; a newline is needed before each closing brace (nft 1.0.6)."""
        return self.run("nft", "-f", "-", input=script)

    def sysctl(self, name, value):
        """In the host's namespace; dots in interface names are not supported."""
        self.run("sh", "-c", f"echo {value} > /proc/sys/{name.replace('.', '/')}")

    def link_address(self, interface):
        return self.run("ip", "-br", "link", "show", "dev", interface).stdout.split()[2]

    def close(self):
        os.close(self._descriptor)


class Segment:
    """An Ethernet switch: a bridge in a namespace of its own."""

    def __init__(self, name):
        assert len(name) < 14, "an interface's name has at most 15 characters"
        self.name = name
        self._switch = Host(f"{name}-switch")
        self._ports = 0
        self._switch.ip("link add name bridge0 type bridge stp_state 0 forward_delay 0")
        self._switch.ip("link set bridge0 up")

    def join(self, host, *addresses):
        """Gives the host an interface called as the segment, up, with these addresses (CIDR text)."""
        self._ports += 1
        port = f"p{self._ports}"
        self._switch.ip(f"link add {port} type veth peer name {self.name} netns {host.name}")
        self._switch.ip(f"link set {port} master bridge0 up")
        for address in addresses:
            # Duplicate address detection would keep an IPv6 address unusable for a second or two.
            host.ip(f"addr add {address} dev {self.name}{' nodad' if ':' in address else ''}")
        host.ip(f"link set {self.name} up")
        return port

    def leave(self, host):
        """Pulls the host's cable: its interface is gone."""
        host.ip(f"link del {self.name}")

    def cut(self, port):
        """The port of join() carries nothing until mend()."""
        self._switch.ip(f"link set {port} nomaster")

    def mend(self, port):
        self._switch.ip(f"link set {port} master bridge0 up")

    def close(self):
        self._switch.close()


class Lab:
    """Owns hosts and segments; close() removes them, and so does the end of the process."""

    def __init__(self):
        self._parts = []

    def host(self, name):
        return self._keep(Host(name))

    def segment(self, name):
        return self._keep(Segment(name))

    def _keep(self, part):
        self._parts.append(part)
        return part

    def close(self):
        for part in self._parts:
            part.close()
        for name in os.listdir("/run/netns"):
            _run("ip", "netns", "del", name)
        self._parts.clear()
