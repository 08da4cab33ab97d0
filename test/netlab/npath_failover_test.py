"""deploy/npath as it stands: two directors with keepalived, three Fairleads, and the loss of each."""
import os
import shutil
import subprocess
import unittest

from harness.lab import enter_lab
from harness.proxy import BINARY
from harness.waiting import eventually
from npath_site import PORT, VIP4, Site

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def example(name, *replacements):
    """A file of deploy/npath, for the lab: each replacement has to have something to replace."""
    with open(os.path.join(ROOT, "deploy", "npath", name)) as file:
        text = file.read()
    for old, new in replacements:
        assert old in text, f"{name} has no {old}"
        text = text.replace(old, new)
    return text


def install_binary():
    """Where keepalived.conf says it is, in a mount namespace that is the test's own."""
    subprocess.run(["mount", "-t", "tmpfs", "lab", "/usr/local/bin"], check=True)
    shutil.copy(BINARY, "/usr/local/bin/fairlead")


class Example(unittest.TestCase):
    def setUp(self):
        self.site = Site(("b1", "b2", "b3"))
        self.addCleanup(self.site.close)
        self.site.director.ip(f"addr del {VIP4}/32 dev lan")
        standby = self.site.lab.host("standby")
        self.site.lan.join(standby, "10.5.0.3/24")
        self.directors = {"director": self.site.director, "standby": standby}
        echo = ('"10.6.0.11:9000", "10.6.0.12:9000"', '"127.0.0.1:9000"')
        proxy = example("proxy.toml", ("443", str(PORT)), echo)
        for name, host in self.site.backends.items():
            self.site.start_echo(name, port=9000, host="127.0.0.1")
            self.site.start(host, ["run", "--config"], proxy).wait_ready()
        director = example("director.toml", ("443", str(PORT)), ("eth0", "lan"))
        self.npath = {
            name: self.site.start(host, ["npath"], director).wait_ready()
            for name, host in self.directors.items()
        }
        self.keepalived = {name: self.start_keepalived(name) for name in self.directors}

    def start_keepalived(self, name):
        folder = self.npath[name].folder.name
        path = os.path.join(folder, "keepalived.conf")
        with open(path, "w") as file:
            # In a user namespace there is no nobody.
            file.write(example("keepalived.conf", ("eth0", "lan"), ("user nobody", "user root")))
        pids = ["-p", f"{folder}/pid", "-r", f"{folder}/vrrp.pid"]
        command = ["keepalived", "-P", "-n", "-l", "-f", path, *pids]
        checked = self.directors[name].run(*command, "-t", check=False)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))
        with self.directors[name].entered():
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.terminate()
            process.wait(10)

    def active(self):
        """The directors that have the address."""
        return [
            name
            for name, host in self.directors.items()
            if f" {VIP4}/" in host.run("ip", "-o", "-4", "addr", "show", "dev", "lan").stdout
        ]

    def test_connections_outlive_a_director(self):
        (first,) = eventually(lambda: len(self.active()) == 1 and self.active(), 15, "one has the address")
        (second,) = set(self.directors) - {first}
        eventually(lambda: self.npath[first].metrics().value("fairlead_npath_has_address") == 1)
        tunnels = self.site.open_tunnels(45)
        self.assertEqual({tunnel.backend for tunnel in tunnels}, {"b1", "b2", "b3"})

        self.end(self.keepalived[first])
        eventually(lambda: self.active() == [second], 15, self.active)
        self.assertEqual([tunnel for tunnel in tunnels if not tunnel.is_alive()], [])
        tunnels += self.site.open_tunnels(15)

        # A director whose fairlead is gone gives the address away by itself, and forwards until then.
        self.keepalived[first] = self.start_keepalived(first)
        self.assertEqual(self.npath[second].stop(), 0)
        eventually(lambda: self.active() == [first], 15, self.active)
        self.assertEqual([tunnel for tunnel in tunnels if not tunnel.is_alive()], [])


if __name__ == "__main__":
    enter_lab()
    install_binary()
    unittest.main()
