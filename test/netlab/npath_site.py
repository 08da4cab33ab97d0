"""One Ethernet segment: a client, a director, and backends with the service's address on their loopback."""
import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request

from harness.connection import Connection, PeerClosed
from harness.frames import TEXT, frame, open_tunnel, read_frame
from harness.lab import Lab
from harness.metrics import Metrics
from harness.proxy import BINARY
from harness.waiting import eventually
from harness.websocket_backend import WebSocketBackend

VIP4, VIP6, PORT = "10.5.0.100", "fd05::100", 8080

# Counts what the director's port gets, before our chains; what is tested does not count for itself.
_WATCH = f"""
table netdev watch {{
  counter requests {{
  }}
  counter replies {{
  }}
  chain seen {{
    type filter hook ingress device "lan" priority -100; policy accept;
    ip daddr {VIP4} tcp dport {PORT} counter name requests
    ip6 daddr {VIP6} tcp dport {PORT} counter name requests
    ip saddr {VIP4} tcp sport {PORT} counter name replies
    ip6 saddr {VIP6} tcp sport {PORT} counter name replies
  }}
}}
"""


class Daemon:
    """A `fairlead` process on a host; `owner` is the uid that its configuration belongs to."""

    def __init__(self, host, command, config, wrapper=(), owner=None):
        self.host = host
        self.folder = tempfile.TemporaryDirectory(prefix="fairlead-npath-")
        self.owner = os.geteuid() if owner is None else owner
        os.chown(self.folder.name, self.owner, self.owner)
        self.config_path = os.path.join(self.folder.name, "fairlead.toml")
        self.write_config(config)
        self._log = open(os.path.join(self.folder.name, "log"), "wb+")
        with host.entered():
            self.process = subprocess.Popen(
                [*wrapper, BINARY, *command, self.config_path],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
            )

    def write_config(self, config):
        with open(self.config_path, "w") as file:
            file.write(config)
        os.chown(self.config_path, self.owner, self.owner)

    def log(self):
        with open(self._log.name, "rb") as file:
            return file.read().decode(errors="replace")

    def admin(self, path):
        with self.host.entered():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:9900{path}", timeout=5) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()

    def metrics(self):
        return Metrics(self.admin("/metrics")[1])

    def is_ready(self):
        assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.log()}"
        try:
            return self.admin("/readyz")[0] == 200
        except OSError:
            return False

    def wait_ready(self):
        eventually(self.is_ready, 15, lambda: f"ready: {self.log()}")
        return self

    def reload(self, config):
        self.write_config(config)
        self.process.send_signal(signal.SIGHUP)

    def stop(self, number=signal.SIGTERM):
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(15)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._log.close()
        self.folder.cleanup()


class Tunnel:
    """A WebSocket through the director, which keeps on asking who is at its other end."""

    def __init__(self, connection):
        self.connection = connection
        open_tunnel(connection)
        self.backend = self.ask()

    def ask(self):
        self.connection.send(frame(TEXT, b"who", masked=True))
        return read_frame(self.connection).payload.decode()

    def is_alive(self):
        """Still at the backend where it began; a reset or an end is an answer, silence is not."""
        try:
            return self.ask() == self.backend
        except (ConnectionError, PeerClosed):
            return False


class Site:
    def __init__(self, backend_names=("b1", "b2"), director_name="director"):
        self._stack = contextlib.ExitStack()
        self.lab = Lab()
        self._stack.callback(self.lab.close)
        self.lan = self.lab.segment("lan")
        self.client = self.lab.host("client")
        self.lan.join(self.client, "10.5.0.10/24", "fd05::10/64")
        self.director = self.lab.host(director_name)
        self.lan.join(self.director, "10.5.0.2/24", "fd05::2/64", f"{VIP4}/32", f"{VIP6}/128")
        self.director.nft(_WATCH)
        self.backends = {}
        self.ports = {}
        for name in backend_names:
            self.add_backend_host(name)

    def close(self):
        self._stack.close()

    # -- hosts

    def add_backend_host(self, name):
        """`bN` has the addresses .2N, and the service's ones on its loopback."""
        host = self.lab.host(name)
        for scope in ("all", "default"):
            host.sysctl(f"net.ipv4.conf.{scope}.arp_ignore", 1)
            host.sysctl(f"net.ipv4.conf.{scope}.arp_announce", 2)
        self.ports[name] = self.lan.join(host, f"{self.address(name)}/24", f"{self.address6(name)}/64")
        host.ip(f"addr add {VIP4}/32 dev lo")
        host.ip(f"addr add {VIP6}/128 dev lo nodad")
        self.backends[name] = host
        return host

    @staticmethod
    def address(name):
        return f"10.5.0.2{name[1:]}"

    @staticmethod
    def address6(name):
        return f"fd05::2{name[1:]}"

    def start_echo(self, name, port=PORT, host=("0.0.0.0", "::")):
        """A WebSocket backend that answers every message with the host's name."""

        async def tell(websocket):
            async for _ in websocket:
                await websocket.send(name)

        with self.backends[name].entered():
            backend = WebSocketBackend(tell, host=host, port=port, close_timeout=0.5)
        self._stack.callback(backend.close)
        return backend

    def start(self, host, command, config, **options):
        daemon = Daemon(host, command, config, **options)
        self._stack.callback(daemon.close)
        return daemon

    def start_npath(self, config, **options):
        return self.start(self.director, ["npath"], config, **options)

    # -- clients

    def open_tunnel(self, vip=VIP4, source_port=0):
        with self.client.entered():
            source = ("", source_port) if source_port else None
            connection = Connection(socket.create_connection((vip, PORT), 5, source), 5)
        self._stack.callback(connection.close)
        return Tunnel(connection)

    def open_tunnels(self, count, vip=VIP4):
        return [self.open_tunnel(vip) for _ in range(count)]

    # -- what the director saw

    def seen(self, counter):
        text = self.director.run("nft", "list", "counter", "netdev", "watch", counter).stdout
        return int(text.split("packets ")[1].split()[0])

    def tables(self):
        lines = self.director.run("nft", "list", "tables").stdout.splitlines()
        return [line.split()[-1] for line in lines if "fairlead" in line]

    def is_refused(self, vip=VIP4):
        with self.client.entered():
            try:
                socket.create_connection((vip, PORT), 5).close()
                return False
            except ConnectionRefusedError:
                return True


_QUICK = 'every = "300ms", fall = 2, timeout = "200ms"'


def config(*backends, vip=VIP4, name="web", health=_QUICK, extra="", admin=True):
    """A configuration of one service; `health` and `extra` are TOML text."""
    listed = ", ".join(backend if backend.startswith("{") else f'"{backend}"' for backend in backends)
    return f"""{'[admin]' if admin else ''}
{'address = "127.0.0.1:9900"' if admin else ''}
[npath.{name}]
address = "{vip}"
port = {PORT}
interface = "lan"
backends = [{listed}]
health = {{ {health} }}
{extra}
"""
