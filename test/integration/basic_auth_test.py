"""Routes that want a password. The hashes are openssl's, the clients Python and curl."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import upgrade_request
from harness.http_message import request
from harness.proxy import run_command
from harness.waiting import eventually

# Of "secret", with the least cost.
BCRYPT = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"
YESCRYPT = "$y$j75$abcdefgh$uMUXG79B2cFpoAYyDccUnsaH/aGTyBYMlnQidzyag01"


def sha512(password, rounds=1000):
    words = ["openssl", "passwd", "-6", "-salt", f"rounds={rounds}$salt", password]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def authorization(user, password):
    text = base64.b64encode(f"{user}:{password}".encode()).decode()
    return ("Authorization", f"Basic {text}")


class BasicAuth(ProxyCase):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = os.path.join(self.folder, "users")
        self.app = self.http_backend("app")

    def write(self, **users):
        with open(self.file + ".new", "w") as file:
            for user, line in users.items():
                file.write(f"{user}:{line}\n")
        os.replace(self.file + ".new", self.file)

    def config(self, top="", more="", **keys):
        table = {"file": f'"{self.file}"', "forward_user": '"X-User"', **keys}
        text = "{ " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }"
        return "\n".join([top, pool("app", self.app), route(basic_auth=text) + more])

    def ask(self, proxy, user, password, *fields, **options):
        return proxy.ask(request(fields=[authorization(user, password), *fields], **options))

    def seen(self, answer):
        """The fields that the application got."""
        return {name.lower(): value for name, value in json.loads(answer.body)["fields"]}

    def results(self, proxy):
        names = ("passed", "remembered", "missing", "malformed", "wrong", "limited", "queue_full")
        metrics = proxy.metrics()
        values = {
            name: metrics.value("fairlead_basic_auth_requests_total", result=name) for name in names
        }
        return {name: value for name, value in values.items() if value}

    def test_who_knows_a_password_passes_and_the_application_learns_who_it_is(self):
        self.write(ann=BCRYPT, bob=sha512("secret"), eve=YESCRYPT)
        proxy = self.start_proxy(self.config())
        for user in ("ann", "bob", "eve"):
            with self.subTest(user=user):
                answer = self.ask(proxy, user, "secret", ("X-User", "forged"), ("x-user", "forged"))
                self.assertEqual(answer.status, 200)
                fields = self.seen(answer)
                self.assertEqual(fields["x-user"], user)
                self.assertNotIn("authorization", fields)
        with proxy.connect() as client:  # on one connection, and the second time without a hash
            for _ in range(3):
                client.send(request(fields=[authorization("ann", "secret")]))
                self.assertEqual(client.read_response().status, 200)
        self.assertEqual(self.results(proxy), {"passed": 3, "remembered": 3})

    def test_who_does_not_is_asked_for_it_and_the_application_sees_nothing(self):
        self.write(ann=BCRYPT)
        proxy = self.start_proxy(self.config(realm='"staging area"'))
        for fields in (
            [],
            [authorization("ann", "wrong")],
            [authorization("nobody", "secret")],
            [authorization("ann", "secret\0")],
            [("Authorization", "Basic !!!!")],
            [("Authorization", "Bearer abc")],
            [authorization("ann", "secret"), authorization("ann", "secret")],
            [authorization("ann", "x" * 512)],
        ):
            with proxy.connect() as client:
                client.send(request(fields=fields))
                answer = client.read_response()
                self.assertEqual(answer.status, 401, fields)
                challenge = 'Basic realm="staging area", charset="UTF-8"'
                self.assertEqual(answer.head.all("WWW-Authenticate"), [challenge])
                client.send(request(fields=[authorization("ann", "secret")]))  # the connection is kept
                self.assertEqual(client.read_response().status, 200)
        self.assertEqual(len(self.app.requests), 8)
        got = self.results(proxy)
        self.assertEqual(got, {"passed": 1, "remembered": 7, "missing": 2, "malformed": 4, "wrong": 2})
        self.assertEqual(proxy.metrics().value("fairlead_refusals_total", reason="unauthorized"), 8)

    def test_upgrades_are_held_to_it_too(self):
        self.write(ann=BCRYPT)
        self.app = self.websocket_backend()
        proxy = self.start_proxy(self.config())
        self.assertEqual(proxy.ask(upgrade_request()).status, 401)
        with proxy.connect() as client:
            client.send(upgrade_request(fields=[authorization("ann", "secret")]))
            self.assertEqual(client.read_response().status, 101)
        opened = lambda: [line for line in proxy.access_log() if line["event"] == "tunnel_opened"]
        eventually(lambda: len(opened()) == 1)
        self.assertEqual(opened()[0]["user"], "ann")

    def test_the_log_has_the_user_and_never_a_password(self):
        self.write(ann=BCRYPT)
        proxy = self.start_proxy(self.config(top='[log]\nrequests = true\nlevel = "debug"\n'))
        self.assertEqual(self.ask(proxy, "ann", "secret").status, 200)
        self.assertEqual(self.ask(proxy, "ann", "guess").status, 401)
        eventually(lambda: len(proxy.access_log()) == 2)
        first, second = proxy.access_log()
        self.assertEqual((first["user"], first["status"]), ("ann", 200))
        self.assertNotIn("user", second)  # a password is typed into the wrong field at times
        self.assertIn("wrong", second["reason"])
        encoded = authorization("ann", "secret")[1].split()[1]
        for text in ("secret", "guess", encoded, BCRYPT):
            self.assertNotIn(text, proxy.output())

    def test_the_password_goes_on_by_option_and_the_routes_own_in_its_place(self):
        self.write(ann=BCRYPT)
        mine = authorization("ann", "secret")
        proxy = self.start_proxy(self.config(pass_authorization="true"))
        self.assertEqual(self.seen(self.ask(proxy, "ann", "secret"))["authorization"], mine[1])
        proxy.write_config(self.config(more='set_headers = { Authorization = "Bearer ours" }\n'))
        self.assertEqual(proxy.control("/reload")[0], 200)
        fields = self.seen(self.ask(proxy, "ann", "secret"))
        self.assertEqual((fields["authorization"], fields["x-user"]), ("Bearer ours", "ann"))

    def test_a_changed_file_is_in_force_when_it_was_watched(self):
        self.write(ann=BCRYPT)
        proxy = self.start_proxy(self.config(top="[reload]\nwatch = true\n"))
        self.assertEqual(self.ask(proxy, "ann", "secret").status, 200)
        self.write(ann=sha512("changed"))
        eventually(lambda: self.ask(proxy, "ann", "changed").status == 200)
        self.assertEqual(self.ask(proxy, "ann", "secret").status, 401)  # what was remembered is of no use
        self.write(bob=BCRYPT)
        eventually(lambda: self.ask(proxy, "bob", "secret").status == 200)
        self.assertEqual(self.ask(proxy, "ann", "changed").status, 401)

    def test_who_guesses_is_stopped_and_others_are_not(self):
        self.write(ann=BCRYPT)
        proxy = self.start_proxy(self.config(top='[forward]\ntrusted_proxies = ["127.0.0.1"]\n'))
        stranger, other = ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "192.0.2.2")
        self.assertEqual(self.ask(proxy, "ann", "secret", other).status, 200)
        got = [self.ask(proxy, "ann", f"guess {i}", stranger) for i in range(30)]
        answers = [answer.status for answer in got]
        self.assertEqual(answers[:20], [401] * 20)
        self.assertIn(429, answers)
        self.assertGreaterEqual(int(got[answers.index(429)].head.get("Retry-After")), 1)
        self.assertEqual(self.ask(proxy, "ann", "secret", other).status, 200)
        right = [self.ask(proxy, "ann", "secret", ("X-Forwarded-For", "192.0.2.3")) for _ in range(30)]
        self.assertEqual({answer.status for answer in right}, {200})
        metrics = proxy.metrics()
        self.assertEqual(
            metrics.value("fairlead_refusals_total", reason="password_rate"), answers.count(429)
        )

    def test_hashing_stops_nobody_and_a_client_that_leaves_is_let_go(self):
        self.write(ann=sha512("secret", rounds=100_000))  # some tenths of a second where it is busy
        more = route("app", path='"/open"')
        proxy = self.start_proxy(self.config(more=more), workers=1)
        statuses = []
        asking = [
            threading.Thread(target=lambda: statuses.append(self.ask(proxy, "ann", "secret").status))
            for _ in range(4)
        ]
        with proxy.connect() as leaving:
            leaving.send(request(fields=[authorization("ann", "nope")]))
            for thread in asking:
                thread.start()
            opened = [proxy.ask(request(target="/open")).status for _ in range(20)]
            self.assertEqual(opened, [200] * 20)
        for thread in asking:
            thread.join()
        self.assertEqual(statuses, [200] * 4)
        eventually(lambda: proxy.metrics().value("fairlead_sessions_open") == 0)

    def test_the_end_does_not_wait_for_a_hash(self):
        self.write(ann=sha512("secret", rounds=2_000_000))
        proxy = self.start_proxy(self.config())
        for _ in range(10):
            client = proxy.connect()
            client.send(request(fields=[authorization("ann", "wrong")]))
        eventually(lambda: proxy.metrics().value("fairlead_sessions_open") == 10)
        # tearDown() wants it to end well and in time

    def test_what_is_wrong_with_the_file_is_said_before_anything_changes(self):
        self.write(ann=BCRYPT)
        proxy = self.start_proxy(self.config())
        self.write(ann=BCRYPT, bob="$apr1$x$y", eve="hunter2")
        status, document = proxy.control("/reload")
        self.assertNotEqual(status, 200)
        self.assertEqual(self.ask(proxy, "ann", "secret").status, 200)
        checked = run_command("check", proxy.config_path)
        self.assertNotEqual(checked.returncode, 0)
        self.assertIn(f"{self.file}:2: the hash of 'bob' is MD5", checked.stderr)
        self.assertIn(f"{self.file}:3: the hash of 'eve'", checked.stderr)
        self.assertNotIn("hunter2", checked.stderr)

    def test_curl_signs_in(self):
        self.write(**{"zoë": BCRYPT})
        proxy = self.start_proxy(self.config())
        words = ["curl", "--silent", "--noproxy", "*", "--max-time", "15", "--user", "zoë:secret", proxy.url]
        got = subprocess.run(words, capture_output=True, check=True, timeout=20).stdout
        fields = dict(json.loads(got)["fields"])
        self.assertEqual(fields["X-User"].encode("latin-1").decode(), "zoë")


if __name__ == "__main__":
    unittest.main()
