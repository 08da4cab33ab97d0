"""Who may ask what of the admin listeners: sockets, tokens, certificates, and pages in a browser."""
import http.client
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.certificates import Authority
from harness.proxy import BINARY, run_command
from harness.waiting import eventually

CHANGE = "change-0123456789abcdef"
READ = "read-0123456789abcdef"


class AdminCase(ProxyCase):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix="fairlead-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.app = self.http_backend()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o600):
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def tokens(self):
        change, read = self.write("change", CHANGE + "\n"), self.write("read", READ + "\n")
        return f'socket = "off"\ntoken_file = "{change}"\nread_token_file = "{read}"\n'

    def start(self, admin, **options):
        return self.start_proxy(pool("app", self.app), route(name='"all"'), admin=admin, **options)

    def ask(self, proxy, path, method="GET", **fields):
        """(status, headers, text) of one request, with these fields and no others."""
        connection = http.client.HTTPConnection("127.0.0.1", proxy.admin_port, timeout=10)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": f"127.0.0.1:{proxy.admin_port}", **fields}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def status(self, *arguments, **fields):
        return self.ask(*arguments, **fields)[0]

    def refusals(self, proxy, reason, **fields):
        start = f'fairlead_admin_refusals_total{{reason="{reason}"}} '
        lines = self.ask(proxy, "/metrics", **fields)[2].splitlines()
        return sum(int(float(line.removeprefix(start))) for line in lines if line.startswith(start))


class Socket(AdminCase):
    def start_with_umask(self, umask, admin):
        before = os.umask(umask)
        try:
            return self.start(admin)
        finally:
            os.umask(before)

    def test_the_command_line_asks_by_a_socket_that_only_its_owner_may_use(self):
        path = self.path("admin.sock")
        proxy = self.start_with_umask(0, f'socket = "unix:{path}"')
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        drained = run_command("drain", "--route", "all", "--admin", f"unix:{path}")
        self.assertEqual(drained.returncode, 0, drained.stderr)
        self.assertEqual(run_command("health", "--admin", f"unix:{path}").returncode, 0)
        proxy.wait_said(f"admin: POST /drain by uid {os.geteuid()}")
        proxy.stop()
        self._proxies.remove(proxy)
        self.assertFalse(os.path.exists(path), "the file goes with the process")

    def test_its_mode_is_what_is_configured_whatever_the_umask_is(self):
        path = self.path("admin.sock")
        self.start_with_umask(0o077, f'socket = "unix:{path}"\nsocket_mode = "0660"')
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o660)

    def test_a_file_that_a_killed_process_left_is_replaced_and_one_in_use_is_not(self):
        path = self.path("admin.sock")
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(path)
        proxy = self.start(f'socket = "unix:{path}"')
        self.assertEqual(run_command("health", "--admin", f"unix:{path}").returncode, 0)
        with open(proxy.config_path) as first:
            text = first.read().replace(f":{proxy.port}", ":0").replace(f":{proxy.admin_port}", ":0")
        done = run_command("run", "--config", self.write("second.toml", text))
        self.assertEqual(done.returncode, 1)
        self.assertIn(path, done.stderr)
        self.assertEqual(run_command("health", "--admin", f"unix:{path}").returncode, 0)

    @unittest.skipUnless(os.geteuid() == 0, "needs a /run of its own")
    def test_without_admin_the_command_line_finds_the_process_by_itself(self):
        config = self.write(
            "fairlead.toml",
            '[[listen]]\naddress = "127.0.0.1:0"\n[pool.app]\nbackends = ["127.0.0.1:1"]\n'
            '[[route]]\npool = "app"\n',
        )
        script = (
            'mount -t tmpfs none /run; "$0" run --config "$1" & '
            "for i in $(seq 200); do test -S /run/fairlead/admin.sock && break; sleep 0.1; done; "
            '"$0" backends; code=$?; kill $!; wait $!; exit $code'
        )
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, BINARY, config],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("pool app", done.stdout)


class Tokens(AdminCase):
    def test_one_token_reads_and_the_other_changes(self):
        proxy = self.start(self.tokens())
        change, read = f"Bearer {CHANGE}", f"Bearer {READ}"
        field = {"X_Fairlead_Control": "1"}
        self.assertEqual(self.status(proxy, "/metrics", Authorization=read), 200)
        self.assertEqual(self.status(proxy, "/connections", Authorization=change), 200)
        self.assertEqual(self.status(proxy, "/drain?route=all", "POST", Authorization=read, **field), 403)
        self.assertEqual(self.status(proxy, "/connections?all=1", "DELETE", Authorization=read, **field), 403)
        self.assertEqual(self.status(proxy, "/drain?route=all", "POST", Authorization=change), 403)
        self.assertEqual(self.status(proxy, "/drain?route=all", "POST", Authorization=change, **field), 200)

    def test_nobody_else_gets_more_than_whether_it_is_alive(self):
        proxy = self.start(self.tokens())
        asked = ("/metrics", "/status", "/connections", "/backends", "/explain?url=http://a/", "/nothing")
        for path in asked:
            status, headers, text = self.ask(proxy, path)
            self.assertEqual((path, status), (path, 401))
            self.assertEqual(headers["WWW-Authenticate"], 'Bearer realm="fairlead"')
            self.assertEqual(list(json.loads(text)), ["error"])
            self.assertIn("Date", headers)
        self.assertEqual(self.status(proxy, "/metrics", Authorization="Bearer wrong-0123456789"), 401)
        self.assertEqual(self.status(proxy, "/drain?route=all", "POST", X_Fairlead_Control="1"), 401)
        self.assertEqual(self.status(proxy, "/healthz"), 200)
        self.assertEqual(self.status(proxy, "/readyz"), 200)
        authorized = {"Authorization": f"Bearer {READ}"}
        self.assertEqual(self.refusals(proxy, "no_credentials", **authorized), 7)
        self.assertEqual(self.refusals(proxy, "wrong_credentials", **authorized), 1)
        told = proxy.output() + self.ask(proxy, "/metrics", **authorized)[2]
        for secret in (CHANGE, READ, "wrong-0123456789"):
            self.assertNotIn(secret, told)

    def test_a_new_token_counts_from_the_next_request_on_and_a_removed_one_is_none(self):
        proxy = self.start(self.tokens())
        fresh = "fresh-0123456789abcdef"
        os.replace(self.write("new", fresh), self.path("change"))
        self.assertEqual(self.status(proxy, "/metrics", Authorization=f"Bearer {fresh}"), 200)
        self.assertEqual(self.status(proxy, "/metrics", Authorization=f"Bearer {CHANGE}"), 401)
        os.remove(self.path("change"))
        self.assertEqual(self.status(proxy, "/metrics", Authorization=f"Bearer {fresh}"), 401)

    def test_the_command_line_shows_its_token(self):
        proxy = self.start(self.tokens())
        refused = proxy.command("drain", "--route", "all")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("token", refused.stderr)
        by_option = proxy.command("drain", "--route", "all", "--token-file", self.path("change"))
        self.assertEqual(by_option.returncode, 0, by_option.stderr)
        for environment in ({"FAIRLEAD_TOKEN": READ}, {"FAIRLEAD_TOKEN_FILE": self.path("read")}):
            done = subprocess.run(
                [BINARY, "backends", "--admin", f"127.0.0.1:{proxy.admin_port}"],
                env={**os.environ, **environment}, capture_output=True, text=True, timeout=20,
            )  # fmt: skip
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_read_only_is_for_everybody(self):
        proxy = self.start(self.tokens() + "read_only = true")
        fields = {"Authorization": f"Bearer {CHANGE}", "X_Fairlead_Control": "1"}
        self.assertEqual(self.status(proxy, "/drain?route=all", "POST", **fields), 403)
        self.assertEqual(self.status(proxy, "/drain", **fields), 200)


class Browsers(AdminCase):
    def test_a_page_whose_name_was_made_to_resolve_here_is_not_answered(self):
        proxy = self.start('socket = "off"\nhosts = ["admin.example.com"]')
        for host in ("evil.example", f"evil.example:{proxy.admin_port}", "127.0.0.1.evil.example"):
            status, _, text = self.ask(proxy, "/connections", Host=host)
            self.assertEqual((host, status), (host, 421))
            self.assertNotIn("connections", text)
        for host in ("localhost", "127.0.0.1", "[::1]:1", "admin.example.com"):
            self.assertEqual((host, self.status(proxy, "/connections", Host=host)), (host, 200))
        self.assertEqual(self.refusals(proxy, "host"), 3)

    def test_no_other_site_may_read_or_change_anything(self):
        proxy = self.start('socket = "off"')

        def cors(headers):
            return [name for name in headers if name.lower().startswith("access-control")]

        self.assertEqual(cors(self.ask(proxy, "/connections", Origin="https://evil.example")[1]), [])
        self.assertEqual(self.status(proxy, "/drain?route=all", "POST"), 403)
        fields = {"X_Fairlead_Control": "1", "Origin": "https://evil.example"}
        self.assertEqual(self.status(proxy, "/drain?route=all", "POST", **fields), 403)
        preflight = {"Origin": "https://evil.example", "Access_Control_Request_Method": "POST"}
        status, headers, _ = self.ask(proxy, "/drain", "OPTIONS", **preflight)
        self.assertEqual((status, cors(headers)), (405, []))
        self.assertEqual(self.refusals(proxy, "cross_site"), 2)


class Certificates(AdminCase):
    def setUp(self):
        super().setUp()
        self.ca = Authority(self.path("ca"))
        chain, key = self.ca.issue("127.0.0.1", "IP:127.0.0.1")
        self.operator = self.ca.issue("operator")
        files = f'certificates = [{{ chain = "{chain}", key = "{key}" }}], client_ca = "{self.ca.pem}"'
        self.keys = f'socket = "off"\ntls = {{ {files} }}\n'

    def command(self, proxy, *arguments):
        return run_command(*arguments, "--admin", f"https://127.0.0.1:{proxy.admin_port}")

    def test_a_certificate_of_an_operator_may_do_everything_and_none_nothing(self):
        proxy = self.start(self.keys, wait=False)
        chain, key = self.operator
        shown = ("--ca", self.ca.pem, "--cert", chain, "--key", key)
        eventually(lambda: self.command(proxy, "health", *shown).returncode == 0, 10)
        drained = self.command(proxy, "drain", "--route", "all", *shown)
        self.assertEqual(drained.returncode, 0, drained.stderr)
        without = self.command(proxy, "backends", "--ca", self.ca.pem)
        self.assertEqual(without.returncode, 1)
        self.assertIn("TLS", without.stderr)
        stranger = Authority(self.path("other"), "other")
        chain, key = stranger.issue("operator")
        unknown = self.command(proxy, "backends", "--ca", self.ca.pem, "--cert", chain, "--key", key)
        self.assertEqual(unknown.returncode, 1)
        wrong_server = self.command(proxy, "backends", *shown[2:], "--ca", stranger.pem)
        self.assertEqual(wrong_server.returncode, 1)
        self.assertIn("TLS", wrong_server.stderr)
        eventually(lambda: re.search(r"admin: refused 127\.0\.0\.1 .*handshake", proxy.stderr()))


class Check(AdminCase):
    def check(self, admin):
        config = self.write(
            "fairlead.toml",
            f'[[listen]]\naddress = "127.0.0.1:8080"\n[admin]\n{admin}\n[pool.app]\n'
            'backends = ["127.0.0.1:1"]\n[[route]]\npool = "app"\n',
        )
        return run_command("check", config)

    def test_an_address_for_others_has_to_say_who_may_ask(self):
        done = self.check('address = "0.0.0.0:9900"')
        self.assertEqual(done.returncode, 1)
        self.assertIn("fairlead.toml:4:11: error: admin.address", done.stderr)
        for admin in ('address = "0.0.0.0:9900"\nanonymous = "none"', f'address = ":9900"\n{self.tokens()}'):
            self.assertEqual(self.check(admin).returncode, 0, admin)

    def test_what_everybody_may_is_warned_about(self):
        read = self.check('address = ":9900"\nanonymous = "read"')
        self.assertEqual(read.returncode, 0, read.stderr)
        self.assertIn("warning: admin.address [::]:9900: everybody who reaches it may read", read.stderr)
        change = self.check('address = ":9900"\nanonymous = "change"')
        self.assertIn("may drain, reload and close connections", change.stderr)

    def test_files_of_tokens_and_certificates_are_read(self):
        short = self.write("short", "secret")
        done = self.check(f'address = "127.0.0.1:9900"\ntoken_file = "{short}"')
        self.assertEqual(done.returncode, 1)
        self.assertIn("fairlead.toml:5:14: error: admin.token_file", done.stderr)
        self.assertIn("less than 16 characters", done.stderr)
        readable = self.write("readable", CHANGE, mode=0o644)
        warned = self.check(f'address = "127.0.0.1:9900"\ntoken_file = "{readable}"')
        self.assertEqual(warned.returncode, 0, warned.stderr)
        self.assertIn(f"chmod o= {readable}", warned.stderr)
        missing = self.check('address = "127.0.0.1:9900"\ntls = { certificates = [{ chain = "no.pem" }] }')
        self.assertEqual(missing.returncode, 1)
        self.assertRegex(missing.stderr, r"fairlead\.toml:5:\d+: .*no\.pem")


if __name__ == "__main__":
    unittest.main()
