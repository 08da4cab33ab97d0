"""Root starts it, a user without rights runs it: what is given up, what is kept, and what goes on working."""
import json
import os
import random
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.certificates import Authority
from harness.connection import connect
from harness.http_message import request
from harness.proxy import BINARY, run_command
from harness.rights import NOBODY, can_change_user, give_away, tasks, values
from harness.waiting import eventually

AS_NOBODY = '[process]\nuser = "nobody"\n'
IS_NOBODY = " ".join([str(NOBODY)] * 4)
NO_CAPABILITY = "0" * 16
LOW_PORTS = f"{1 << 10:016x}"  # CAP_NET_BIND_SERVICE
# An ordinary user of a container: no capability, none to be had.
CONTAINED = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all",
    "--bounding-set=-all", "--no-new-privs",
)  # fmt: skip


def low_port():
    """One below 1024 that nobody listens on."""
    while True:
        port = random.randrange(600, 1000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


@unittest.skipUnless(can_change_user(), "only root can become somebody else")
class RightsCase(ProxyCase):
    """Every file of a test is in `folder`, which nobody (the user) may enter and write."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="fairlead-rights-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        give_away(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *parts, backend=None, **options):
        """A proxy as nobody, whose configuration is nobody's."""
        parts = (AS_NOBODY, *parts, pool("app", backend or self.http_backend()), route())
        return self.start_proxy(*parts, owner=NOBODY, **options)

    def content(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def write(self, name, text, owner=NOBODY, mode=0o600):
        with open(self.path(name), "w") as file:
            file.write(text)
        give_away(self.path(name), uid=owner, gid=owner, mode=mode)
        return self.path(name)

    def check(self, *parts, **options):
        """What `fairlead check` says of this configuration."""
        file = self.write("checked.toml", "\n".join(parts), **options)
        return run_command("check", file)


class Giving(RightsCase):
    def test_no_thread_has_a_right_of_root_left(self):
        proxy = self.start(workers=2)
        self.assertGreater(len(tasks(proxy.pid)), 3)
        self.assertEqual(values(proxy.pid, "Uid"), {IS_NOBODY})
        self.assertEqual(values(proxy.pid, "Gid"), {IS_NOBODY})
        for capabilities in ("CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"):
            self.assertEqual(values(proxy.pid, capabilities), {NO_CAPABILITY}, capabilities)
        self.assertEqual(values(proxy.pid, "NoNewPrivs"), {"1"})
        self.assertEqual(proxy.ask(request()).status, 200)
        self.assertGreater(proxy.metrics().value("process_open_fds"), 10)  # of a process that is not dumpable
        proxy.wait_said("runs as nobody (uid 65534, gid 65534), with no capability")

    def test_root_without_a_user_is_warned_about_and_gains_nothing_either(self):
        proxy = self.front(self.http_backend())
        proxy.wait_said("runs as root, with more rights than it needs")
        self.assertEqual(values(proxy.pid, "NoNewPrivs"), {"1"})

    def test_a_low_port_keeps_its_one_capability_and_a_reload_adds_another(self):
        first, second = low_port(), low_port()
        backend = self.http_backend()

        def listening(port):
            return f'[[listen]]\naddress = "127.0.0.1:{port}"\n{AS_NOBODY}' + pool("app", backend) + route()

        proxy = self.start_proxy(listening(first), workers=2, owner=NOBODY)
        self.assertEqual(values(proxy.pid, "CapEff"), {LOW_PORTS})
        self.assertEqual(values(proxy.pid, "CapPrm"), {LOW_PORTS})
        proxy.write_config(listening(second))
        self.assertEqual(proxy.control("/reload")[0], 200)
        with connect(("127.0.0.1", second)) as client:
            client.send(request())
            self.assertEqual(client.read_response().status, 200)

    def test_without_one_a_reload_that_adds_one_is_refused_and_changes_nothing(self):
        backend, port = self.http_backend(), low_port()
        proxy = self.start(backend=backend)
        added = f'[[listen]]\naddress = "127.0.0.1:{port}"\n'
        proxy.write_config(added + AS_NOBODY + pool("app", backend) + route())
        status, answer = proxy.control("/reload")
        self.assertNotEqual(status, 200, answer)
        self.assertIn(f"cannot bind 127.0.0.1:{port}: Permission denied", str(answer))
        self.assertEqual(proxy.ask(request()).status, 200)

    def test_a_change_of_the_user_waits_for_the_next_start_and_a_reload_says_so(self):
        backend = self.http_backend()
        proxy = self.start(backend=backend)
        proxy.write_config('[process]\nuser = "daemon"\n' + pool("app", backend) + route())
        status, answer = proxy.control("/reload")
        self.assertEqual(status, 200, answer)
        self.assertEqual([each["key"] for each in answer["needs_restart"]], ["process.user"], answer)
        self.assertEqual(values(proxy.pid, "Uid"), {IS_NOBODY})


class GoingOn(RightsCase):
    def test_logs_are_opened_again_and_belong_to_the_user(self):
        own, access = self.path("own.log"), self.path("access.log")
        proxy = self.start(f'[log]\nrequests = true\naccess = "{access}"\ntarget = "{own}"\n')
        proxy.ask(request())
        eventually(lambda: '"exchange"' in self.content("access.log"), 10, "a line")
        for name in ("access.log", "own.log"):
            self.assertEqual(os.stat(self.path(name)).st_uid, NOBODY, name)
            os.rename(self.path(name), self.path(name + ".1"))
        proxy.signal(signal.SIGUSR1)
        eventually(lambda: os.path.exists(self.path("access.log")), 10, "a new file")
        proxy.ask(request())
        eventually(lambda: '"exchange"' in self.content("access.log"), 10, "a line in the new file")

    def test_certificates_are_read_again_and_the_admin_socket_is_the_users(self):
        ca = Authority(self.folder)
        ca.issue("a.example")
        give_away(*(self.path(name) for name in os.listdir(self.folder)))
        os.chmod(ca.path("a.example") + ".key", 0o600)
        pair = f'{{ chain = "{ca.path("a.example")}.pem", key = "{ca.path("a.example")}.key" }}'
        sock = self.path("admin.sock")
        proxy = self.start(listen=f"tls.certificates = [{pair}]", admin=f'socket = "unix:{sock}"')
        found = os.stat(sock)
        self.assertEqual((found.st_uid, stat.S_IMODE(found.st_mode)), (NOBODY, 0o600))
        before = self.serial(proxy, ca)
        ca.issue("a.example")
        give_away(ca.path("a.example") + ".pem", ca.path("a.example") + ".key")
        status, answer = proxy.control("/reload")
        self.assertEqual(status, 200, answer)
        eventually(lambda: self.serial(proxy, ca) != before, 10, "the new certificate")
        done = run_command("status", "--admin", f"unix:{sock}")
        self.assertEqual(done.returncode, 0, done.stderr)

    def serial(self, proxy, ca):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port}", "-CAfile", ca.pem, "-servername",
             "a.example"], input=b"Q\n", capture_output=True, timeout=20,
        )  # fmt: skip
        return subprocess.run(
            ["openssl", "x509", "-noout", "-serial"], input=done.stdout, capture_output=True, timeout=20
        ).stdout


class Unreadable(RightsCase):
    """What a reload could not read fails at the start, and in `fairlead check`, with its place."""

    def setUp(self):
        super().setUp()
        self.routes = pool("app", "127.0.0.1:9") + route()
        self.listen = '[[listen]]\naddress = "127.0.0.1:0"\n'

    def test_an_included_file_of_root(self):
        self.write("pools.toml", self.routes, owner=0)
        said = self.check('include = ["pools.toml"]', self.listen, AS_NOBODY)
        self.assertNotEqual(said.returncode, 0)
        self.assertRegex(said.stderr, r"checked.toml:1:\d+: error: include.*pools.toml .*Permission denied")
        self.assertIn("nobody (uid 65534", said.stderr)
        started = run_command("run", "--config", self.path("checked.toml"))
        self.assertNotEqual(started.returncode, 0)
        self.assertIn("Permission denied", started.stderr)
        self.assertIn("read as process.user, as a reload is: nobody (uid 65534", started.stderr)

    def test_the_configuration_itself(self):
        said = self.check(self.listen, AS_NOBODY, self.routes, owner=0)
        self.assertNotEqual(said.returncode, 0)
        self.assertIn("checked.toml", said.stderr)
        self.assertIn("Permission denied", said.stderr)

    def test_a_key_of_root(self):
        ca = Authority(self.folder)
        ca.issue("a.example")
        chain, key = ca.path("a.example") + ".pem", ca.path("a.example") + ".key"
        give_away(chain)
        give_away(key, uid=0, gid=0, mode=0o600)
        tls = f'tls.certificates = [{{ chain = "{chain}", key = "{key}" }}]\n'
        said = self.check(self.listen + tls, AS_NOBODY, self.routes)
        self.assertNotEqual(said.returncode, 0)
        self.assertRegex(said.stderr, r"checked.toml:3:\d+: .*a.example.key.*Permission denied")

    def test_logs_and_sockets_that_cannot_be_made_are_warnings(self):
        os.mkdir(self.path("roots"))
        os.chmod(self.path("roots"), 0o755)
        own, admin = self.write("roots/own.log", "", owner=0, mode=0o644), self.path("roots/admin.sock")
        log = f'[log]\ntarget = "{own}"\n[admin]\nsocket = "unix:{admin}"\n'
        said = self.check(self.listen, AS_NOBODY, log, self.routes)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn(f"warning: log.target: {own} cannot be written by process.user", said.stderr)
        self.assertIn("warning: log.target: in " + self.path("roots"), said.stderr)
        self.assertIn("warning: admin.socket: in " + self.path("roots"), said.stderr)

    def test_a_user_that_does_not_exist(self):
        said = self.check(self.listen, '[process]\nuser = "no-such-user"\n', self.routes)
        self.assertNotEqual(said.returncode, 0)
        self.assertRegex(said.stderr, r'checked.toml:5:8: process.user: there is no user "no-such-user"')


class Contained(RightsCase):
    """As in a container: no root, no capability, and a root file system that nobody can write."""

    def test_it_starts_serves_and_reloads_on_a_read_only_root(self):
        backend, other = self.http_backend(), self.http_backend("other")
        read_only = "mount --make-rprivate / && mount -o remount,ro,bind / || exit 76"
        is_refused = f"if touch {self.path('x')} 2>/dev/null; then exit 77; fi"
        proxy = self.start_proxy(
            pool("app", backend), route(), owner=NOBODY,
            wrapper=("unshare", "--mount", "sh", "-c", f'{read_only}; {is_refused}; exec "$@"', "sh",
                     *CONTAINED),
        )  # fmt: skip
        self.assertEqual(values(proxy.pid, "Uid"), {IS_NOBODY})
        self.assertEqual(values(proxy.pid, "CapBnd"), {NO_CAPABILITY})
        self.assertEqual(proxy.ask(request()).status, 200)
        proxy.write_config(pool("app", other) + route())
        status, answer = proxy.control("/reload")
        self.assertEqual(status, 200, answer)
        self.assertEqual(json.loads(proxy.ask(request()).body)["backend"], "other")
        self.assertNotIn("warn", proxy.stderr())

    def contained(self, *arguments):
        return subprocess.run(
            [*CONTAINED, BINARY, *arguments], capture_output=True, text=True, timeout=20
        )  # fmt: skip

    def test_a_user_that_only_root_could_become_is_refused(self):
        file = self.write("daemon.toml", '[[listen]]\naddress = "127.0.0.1:0"\n[process]\nuser = "daemon"\n'
                          + pool("app", "127.0.0.1:9") + route())  # fmt: skip
        done = self.contained("run", "--config", file)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("only root can become daemon: this process is uid 65534", done.stderr)
        done = self.contained("check", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("warning: process.user: only root can see", done.stderr)


if __name__ == "__main__":
    unittest.main()
