"""Nothing secret is in what the process writes, tells or leaves: logs, metrics, the admin pages, cores.

A busy run plants secrets in every place where one can stand, each a text of its own,
and looks for all of them
in all that there is afterwards, plain and in the spellings in which they travel.
"""
import base64
import hmac
import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import unittest
import urllib.request
from urllib.parse import quote

from harness.case import ProxyCase, pool, route
from harness.certificates import Authority
from harness.connection import Connection, connect
from harness.frames import TEXT, accept_upgrade, close_frame, frame, read_frame, upgrade_request
from harness.http_message import request, response
from harness.proxy import BINARY, SANITIZED
from harness.waiting import eventually

BCRYPT = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"  # of "secret"
PAGES = ("/metrics", "/metrics/connections", "/status", "/connections", "/backends", "/drains", "/reload",
"/readyz")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Planted:
    """Secrets by where they stand."""

    def __init__(self):
        self.texts = {}

    def __call__(self, place, size=12):
        self.texts[place] = base64url(os.urandom(size)).replace("-", "x").replace("_", "y") + "q"
        return self.texts[place]

    def add(self, place, text):
        self.texts[place] = text
        return text

    def spellings(self, text):
        data = text.encode()
        yield text
        yield quote(text, safe="")
        yield data.hex()
        for shift in range(3):  # as a part of a longer text in base64, whatever stands before it
            encoded = base64.b64encode(b"\0" * shift + data).decode()
            yield encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4]

    def found_in(self, content):
        return [place for place,
        text in self.texts.items() if any(each in content for each in self.spellings(text))]


class BusyRun(ProxyCase):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.planted = Planted()

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(content)
        os.chmod(path, 0o600)
        return path

    def respond(self, message, connection):
        if message.head.target.startswith("/broken"):
            return b"HTTP/1.1 2OO " + self.planted.texts["answer"].encode() + b"\r\n\r\n"
        fields = [("Set-Cookie", f"session={self.planted.texts['set-cookie']}"), ("X-Token",
        self.planted.texts["answer"])]
        return response(fields=fields, body=self.planted.texts["content"].encode())

    def serve_tunnel(self, connection):
        accept_upgrade(connection, fields=[("Set-Cookie", f"s={self.planted.texts['set-cookie']}")])
        connection.send(frame(TEXT, self.planted.texts["message"]))
        read_frame(connection)
        connection.send(close_frame(1000, self.planted.texts["close reason"]))

    def start(self, form):
        plant = self.planted
        for place in ("set-cookie", "answer", "content", "message", "close reason", "cookie", "query",
        "header"):
            plant(place)
        ca = Authority(self.folder)
        chain, key = ca.issue("a.example")
        with open(key) as file:
            for number, line in enumerate(file.read().split("\n")[1:-2]):
                plant.add(f"private key, line {number}", line)
        self.jwt_key = plant("the key of tokens", 36).encode()
        plant.add("a hash of the password file", BCRYPT[7:])
        self.users = self.file("users", f"ann:{BCRYPT}\nbob:{BCRYPT}\n")
        self.token = plant("admin token", 30)
        self.read_token = plant("read token", 30)
        self.pair = f'{{ chain = "{chain}", key = "{key}" }}'
        self.form = form
        self.log = os.path.join(self.folder, "own.log")
        self.app = self.http_backend(respond=self.respond)
        self.chat = self.scripted(self.serve_tunnel)
        self.ca_pem = ca.pem
        self.sticky = plant("the secret of sticky cookies", 30)
        proxy = self.start_proxy(
            self.config(),
            listen=f"tls.certificates = [{self.pair}]",
            admin=f'socket = "off"\ntoken_file = "{self.file("admin.token", self.token)}"\n'
            f'read_token_file = "{self.file("read.token", self.read_token)}"',
            top="",
        )
        return proxy

    def config(self):
        key = self.file("jwt.key", self.jwt_key.decode())
        jwt = f'{{ secret_file = "{key}", query = "t", cookie = "jwt" }}'
        log = f'[log]\nrequests = true\nlevel = "debug"\nformat = "{self.form}"\ntarget = "{self.log}"\n'
        return "\n".join([
            log + f'access_format = "{self.form}"\n',
            pool("app", self.app, sticky=f'{{ by = "cookie", secret = "{self.sticky}" }}',
                 retry='{ on = ["502"] }'),
            pool("chat", self.chat),
            pool("nobody", "127.0.0.1:1"),
            route("chat", name='"chat"', path='"/chat"'),
            route("app", name='"jwt"', path='"/jwt"', jwt=jwt),
            route("app", name='"password"', path='"/password"', basic_auth=f'{{ file = "{self.users}" }}'),
            route("app", name='"header"', path='"/header"',
                  headers=f'{{ X-Key = "{self.planted.texts["header"]}" }}',
                  set_headers=f'{{ Authorization = "Bearer {self.planted("a header that is set")}" }}'),
            route("app", name='"rate"', path='"/rate"',
                  request_rate='{ limit = "1/s", burst = 1, by = "header", name = "X-Api-Key" }'),
            route("nobody", name='"nobody"', path='"/nobody"'),
            route("app", name='"app"'),
        ])  # fmt: skip

    def open(self, proxy):
        context = ssl.create_default_context(cafile=self.ca_pem)
        return Connection(context.wrap_socket(connect(proxy.address).sock, server_hostname="a.example"))

    def ask(self, proxy, data):
        with self.open(proxy) as client:
            client.send(data)
            return client.read_response().status

    def tokens(self):
        claims = {"sub": self.planted("a claim")}
        text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims))
        good = f"{text}.{base64url(hmac.new(self.jwt_key, text.encode(), 'sha256').digest())}"
        self.planted.add("a token", good.split(".")[2])
        return good, f"{text}.{self.planted('a forged signature', 30)}"

    def visit(self, proxy):
        """Secrets in every place of a request, by ways that end well and by ways that do not."""
        plant = self.planted
        good, forged = self.tokens()
        basic = [base64.b64encode(f"{user}:{plant(f'the password of {user}')}".encode()).decode()
                 for user in ("ann", "nobody", "a\x00b")]  # fmt: skip
        secrets = [
            ("Cookie", f"session={plant.texts['cookie']}; fairlead-app={plant('a forged sticky cookie')}"),
            ("X-Key", plant.texts["header"]),
            ("X-Api-Key", plant("a key of a rate")),
            ("Proxy-Authorization", f"Basic {plant('proxy authorization')}"),
            ("Sec-WebSocket-Protocol", f"bearer.{plant('a token as a subprotocol')}"),
        ]
        query = f"?access_token={plant.texts['query']}"
        statuses = [self.ask(proxy, request(target=f"{path}{query}", fields=secrets,
        body=plant("body").encode()))
                    for path in ("/", "/header", "/rate", "/rate", "/broken", "/nobody", "/a/../b",
                    "/password")]  # fmt: skip
        self.assertEqual(statuses, [200, 200, 200, 429, 502, 502, 400, 401])
        for token, wanted in ((good, 200), (forged, 401)):
            for fields, target in (
                ([("Authorization", f"Bearer {token}")], "/jwt"),
                ([("Cookie", f"jwt={token}")], "/jwt"),
                ([], f"/jwt?t={token}"),
            ):
                self.assertEqual(self.ask(proxy, request(target=target, fields=fields)), wanted)
        for credentials in basic:
            self.assertEqual(self.ask(proxy, request(target="/password", fields=[("Authorization",
            f"Basic {credentials}")])),
                             401)  # fmt: skip
        secret = base64.b64encode(b"ann:secret").decode()
        self.assertEqual(self.ask(proxy, request(target="/password", fields=[("Authorization",
        f"Basic {secret}")])), 200)
        userinfo = f"http://ann:{plant('a password in a target')}@a.example/x{query}"
        self.assertEqual(self.ask(proxy, request(target=userinfo)), 400)
        self.assertEqual(self.ask(proxy, request(fields=[("Authorization\t", plant("a malformed field"))])),
        400)
        with self.open(proxy) as client:
            client.send(upgrade_request(f"/chat{query}", fields=secrets))
            self.assertEqual(client.read_head().status, 101)
            read_frame(client)
            client.send(frame(TEXT, plant("a message"), masked=True))
            self.look_at_pages(proxy)  # while there is a tunnel
            read_frame(client)
            client.send(close_frame(1000, plant("a reason"), masked=True))

    def page(self, proxy, path, token):
        asked = urllib.request.Request(f"http://127.0.0.1:{proxy.admin_port}{path}")
        if token:
            asked.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                return answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.read().decode(errors="replace")

    def look_at_pages(self, proxy):
        wrong = self.planted("a wrong admin token", 30)
        for path in PAGES:
            for token in (self.token, self.read_token, wrong, None):
                self.pages += self.page(proxy, path, token)

    def commands(self, proxy):
        token = self.file("command.token", self.token)
        url = f"https://a.example:{proxy.port}/header?access_token={self.planted.texts['query']}"
        for words in (
            ["reload", "--dry-run"],
            ["reload"],
            ["status", "--all"],
            ["connections"],
            ["backends"],
            ["reload", "--json"],
            ["explain", url.split("?")[0], "-H", "X-Key: other"],
        ):
            done = proxy.command(*words, "--token-file", token)
            self.pages += done.stdout + done.stderr

    def run_with(self, form):
        self.pages = ""
        proxy = self.start(form)
        self.visit(proxy)
        before, self.sticky = self.sticky, self.planted("another secret of sticky cookies", 30)
        self.planted.add("the secret of sticky cookies before", before)
        proxy.write_config(self.config())
        self.commands(proxy)
        self.file("jwt.key", self.planted("a key that is too short", 9))
        proxy.signal(signal.SIGHUP)
        eventually(lambda: "not reloaded" in self.own_log(), 10, "a reload with a bad key is refused")
        done = subprocess.run([BINARY, "check", proxy.config_path], capture_output=True, text=True,
        timeout=20)
        self.assertEqual(done.returncode, 1)
        self.pages += done.stdout + done.stderr
        eventually(lambda: "tunnel_closed" in proxy.stdout(), 10, "the tunnel's line")
        proxy.signal(signal.SIGTERM)
        proxy.wait_exit()
        written = self.pages + proxy.output() + self.own_log()
        self.assertGreater(len(self.planted.texts), 35)
        self.assertEqual(self.planted.found_in(written), [])
        for place in ("chat", "password", "/jwt", "a.example"):  # the rest is there
            self.assertIn(place, written)

    def own_log(self):
        with open(self.log, "rb") as file:
            return file.read().decode("latin-1")

    def test_logs_metrics_and_pages_in_json_have_none(self):
        self.run_with("json")

    def test_nor_have_they_in_text(self):
        self.run_with("text")

    def test_who_looks_finds_what_is_planted_in_any_spelling(self):
        plant = self.planted
        text = plant("somewhere")
        for shown in (text, text.encode().hex(),
        *(base64.b64encode(b"ab:"[:n] + text.encode()).decode() for n in range(4))):
            self.assertEqual(plant.found_in(f"...{shown}..."), ["somewhere"])
        self.assertEqual(plant.found_in("..."), [])


def makes_core_files():
    """Whether the kernel writes core files into the folder of who crashes."""
    with open("/proc/sys/kernel/core_pattern") as file:
        return file.read().strip()[0] not in "|/"


class CoreDumps(ProxyCase):
    def crash(self, *options):
        """A process that may leave a core file crashes with a secret in its memory: (limit, filter, core)."""
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        script = 'binary=$(realpath "$0") && ulimit -c unlimited && cd {} && exec "$binary" "$@" {}'
        proxy = self.start_proxy(
            pool("app", self.http_backend(), sticky='{ by = "cookie", secret = "planted in memory" }'),
            route(),
            wrapper=["sh", "-c", script.format(folder, " ".join(options))],
        )
        with open(f"/proc/{proxy.pid}/limits") as file:
            limit = next(line.split()[4] for line in file if line.startswith("Max core file size"))
        with open(f"/proc/{proxy.pid}/coredump_filter") as file:
            kinds = int(file.read(), 16)
        proxy.signal(signal.SIGABRT)
        proxy.expected_exit = -signal.SIGABRT
        proxy.wait_exit(60)
        cores = b""
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file:
                cores += file.read()
        return limit, kinds, cores

    def test_a_crash_leaves_nothing_of_what_was_in_memory(self):
        self.assertEqual(self.crash(), ("0", 0, b""))

    @unittest.skipUnless(makes_core_files() and not SANITIZED, "core files go elsewhere, or nowhere")
    def test_unless_an_operator_wants_it(self):
        limit, kinds, cores = self.crash("--core-dumps")
        self.assertEqual(limit, "unlimited")
        self.assertNotEqual(kinds, 0)
        self.assertTrue(b"planted in memory" in cores, f"{len(cores)} bytes")


if __name__ == "__main__":
    unittest.main()
