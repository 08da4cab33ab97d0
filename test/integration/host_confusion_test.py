"""Which host a request is for: one answer, by which its route is found and which the backend is told.

http_desync_test has the shapes of Host that are refused; here is what routes make of those that pass.
"""
import json
import ssl
import subprocess
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.certificates import Authority
from harness.connection import Connection, connect
from harness.frames import accept_upgrade, upgrade_request
from harness.http_message import response
from harness.proxy import run_command
from harness.shapes import lines

HOSTS = ["app.test", "*.wild.test", "[::1]", "127.0.0.1", "my_host.test", "xn--mnchen-3ya.test"]

# (request target, Host, the route that is taken or a status, the Host that its backend is told)
TAKEN = [
    ("/", "app.test", "app.test", "app.test"),
    ("/", "APP.Test", "app.test", "APP.Test"),
    ("/", "app.test:8080", "app.test", "app.test:8080"),
    ("/", "app.test:", "app.test", "app.test:"),
    ("/", "app.test.", "app.test", "app.test."),
    ("/", "app.test.:80", "app.test", "app.test.:80"),
    ("/", "app.test..", 400, None),
    ("/", "a.wild.test", "*.wild.test", "a.wild.test"),
    ("/", "a.b.wild.test.", "*.wild.test", "a.b.wild.test."),
    ("/", "wild.test", "rest", "wild.test"),
    ("/", ".wild.test", 400, None),
    ("/", "evilwild.test", "rest", "evilwild.test"),
    ("/", "app.test.evil.test", "rest", "app.test.evil.test"),
    ("/", "evilapp.test", "rest", "evilapp.test"),
    ("/", "app.test@evil.test", 400, None),
    ("/", "evil.test@app.test", 400, None),
    ("/", "app.test%2eevil.test", 400, None),
    ("/", "app.test\tevil.test", 400, None),
    ("/", "app.test,evil.test", 400, None),
    ("/", "[::1]", "[::1]", "[::1]"),
    ("/", "[::1]:8080", "[::1]", "[::1]:8080"),
    ("/", "[::1].evil.test", 400, None),
    ("/", "::1", 400, None),
    ("/", "127.0.0.1", "127.0.0.1", "127.0.0.1"),
    ("/", "127.1", "rest", "127.1"),
    ("/", "0x7f000001", "rest", "0x7f000001"),
    ("/", "2130706433", "rest", "2130706433"),
    ("/", "my_host.test", "my_host.test", "my_host.test"),
    ("/", "my-host.test", "rest", "my-host.test"),
    ("/", "xn--mnchen-3ya.test", "xn--mnchen-3ya.test", "xn--mnchen-3ya.test"),
    ("/", "XN--MNCHEN-3YA.test", "xn--mnchen-3ya.test", "XN--MNCHEN-3YA.test"),
    ("/", "m\u00fcnchen.test", 400, None),
    ("/", "app\u3002test", 400, None),
    ("/", "\uff41pp.test", 400, None),
    ("http://app.test/", "app.test", "app.test", "app.test"),
    ("http://APP.test:80/", "app.test", "app.test", "APP.test:80"),
    ("http://app.test/", "app.test:80", "app.test", "app.test"),
    ("http://app.test/", "evil.test", 400, None),
    ("http://evil.test/", "app.test", 400, None),
    ("http://app.test/", "app.test:8080", 400, None),
    ("http://app.test./", "app.test", 400, None),
    ("http://evil.test@app.test/", "app.test", 400, None),
    ("http://app.test@evil.test/", "evil.test", 400, None),
    ("http://app.test#@evil.test/", "app.test", 400, None),
    ("http://app.test\\@evil.test/", "app.test", 400, None),
    ("//app.test/", "evil.test", "rest", "evil.test"),
    ("/http://app.test/", "evil.test", "rest", "evil.test"),
    ("/?http://app.test/", "evil.test", "rest", "evil.test"),
]  # fmt: skip


class HostCase(ProxyCase):
    def tell(self, message, connection):
        told = [(name, message.head.get(name, "")) for name in ("X-Route", "X-Forwarded-Host", "Forwarded")]
        return response(fields=[*told, ("X-Host", ", ".join(message.head.all("Host")))])

    def ask(self, client, *head):
        client.send(lines(*head))
        return client.read_response()


class Hosts(HostCase):
    def start(self, **keys):
        named = [route(name=f'"{name}"', host=f'"{name}"',
        set_headers=f'{{ X-Route = "{name}" }}') for name in HOSTS]
        rest = route(name='"rest"', set_headers='{ X-Route = "rest" }')
        return self.start_proxy(
            "[forward]\nforwarded = true\n", pool("app", self.http_backend(respond=self.tell)), *named,
            rest, **keys
        )

    def test_route_and_backend_go_by_the_same_host(self):
        proxy = self.start()
        for target, host, taken, told in TAKEN:
            with self.subTest(target=target, host=host), proxy.connect() as client:
                answer = self.ask(client, f"GET {target} HTTP/1.1", f"Host: {host}")
                if told is None:
                    self.assertEqual(answer.status, taken)
                    continue
                self.assertEqual((answer.head.get("X-Route"), answer.head.get("X-Host")), (taken, told))
                self.assertEqual(answer.head.get("X-Forwarded-Host"), told)
                self.assertIn(f'host="{told}"', answer.head.get("Forwarded"))

    def test_other_fields_that_name_a_host_choose_nothing(self):
        proxy = self.start()
        names = ("X-Forwarded-Host", "X-Host", "X-Original-Host", "X-HTTP-Host-Override", "Forwarded",
        "X-Forwarded-Server")
        fields = [f"{name}: {'host=' if name == 'Forwarded' else ''}app.test" for name in names]
        with proxy.connect() as client:
            answer = self.ask(client, "GET / HTTP/1.1", "Host: evil.test", *fields)
        self.assertEqual(answer.head.get("X-Route"), "rest")
        self.assertEqual(answer.head.get("X-Forwarded-Host"), "evil.test")
        self.assertIn('host="evil.test"', answer.head.get("Forwarded"))

    def test_each_request_of_a_connection_has_its_own_host(self):
        proxy = self.start()
        with proxy.connect() as client:
            for host, taken in (("app.test", "app.test"), ("evil.test", "rest"), ("a.wild.test",
            "*.wild.test")):
                self.assertEqual(self.ask(client, "GET / HTTP/1.1", f"Host: {host}").head.get("X-Route"),
                taken)


class Sni(HostCase):
    """RFC 9110 7.4: routes go by Host, and what guards one is asked whatever name the connection was for."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        cls.ca = Authority(cls.folder.name)
        for name in ("open.test", "guarded.test", "client"):
            cls.ca.issue(name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_a_server_name_opens_no_route_of_another_host(self):
        pairs = ", ".join(
            f'{{ chain = "{self.ca.path(name)}.pem", key = "{self.ca.path(name)}.key" }}'
            for name in ("open.test", "guarded.test")
        )
        listen = f'tls.certificates = [{pairs}]\ntls.client_ca = "{self.ca.pem}"\n'
        proxy = self.start_proxy(
            pool("app", self.http_backend(respond=self.tell)),
            route(host='"open.test"', set_headers='{ X-Route = "open" }'),
            route(host='"guarded.test"', client_certificate="true", set_headers='{ X-Route = "guarded" }'),
            listen=listen + 'tls.client_auth = "optional"',
        )

        def asked(server_name, host, certificate=None):
            context = ssl.create_default_context(cafile=self.ca.pem)
            if certificate:
                context.load_cert_chain(f"{self.ca.path(certificate)}.pem",
                f"{self.ca.path(certificate)}.key")
            plain = connect(proxy.address).sock
            with Connection(context.wrap_socket(plain, server_hostname=server_name)) as client:
                answer = self.ask(client, "GET / HTTP/1.1", f"Host: {host}")
                return answer.status, answer.head.get("X-Route")

        for server_name in ("open.test", "guarded.test"):
            self.assertEqual(asked(server_name, "open.test"), (200, "open"))
            self.assertEqual(asked(server_name, "guarded.test"), (404, None))
            self.assertEqual(asked(server_name, "guarded.test", "client"), (200, "guarded"))

    def test_a_downgrade_that_somebody_forced_is_noticed(self):
        """RFC 7507: a client that comes back with less says so, and is refused where more was possible."""
        pair = f'{{ chain = "{self.ca.path("open.test")}.pem", key = "{self.ca.path("open.test")}.key" }}'
        proxy = self.front(self.http_backend(), listen=f"tls.certificates = [{pair}]")

        def handshake(*arguments):
            done = subprocess.run(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port}", "-servername", "open.test",
                 "-CAfile", self.ca.pem, *arguments], input=b"Q\n", capture_output=True, timeout=20,
            )  # fmt: skip
            return (done.stdout + done.stderr).decode(errors="replace")

        self.assertIn("Cipher is ECDHE", handshake("-tls1_2"))
        self.assertIn("inappropriate fallback", handshake("-tls1_2", "-fallback_scsv"))


class Origins(HostCase):
    """Cross-site WebSocket hijacking: which page may open a WebSocket in its visitor's name."""

    ALLOWED = [
        "https://app.example.com",
        "HTTPS://App.Example.COM",
        "https://app.example.com:443",
        "https://port.example.com:8443",
        "https://a.wild.example",
        "https://a.b.wild.example",
        "http://example.test",
        "https://example.test",
    ]
    REFUSED = [
        None,
        "",
        "null",
        "https://app.example.com.evil.test",
        "https://app.example.com.",
        "https://evilapp.example.com",
        "https://evil.test/app.example.com",
        "https://app.example.com/",
        "https://app.example.com/evil",
        "http://app.example.com",
        "wss://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com:0443",
        "https://app.example.com@evil.test",
        "https://app.example.com:443@evil.test",
        "https://evil.test@app.example.com",
        "https://port.example.com",
        "https://port.example.com:84430",
        "https://wild.example",
        "https://evilwild.example",
        "https://.wild.example",
        "https://evil.test/.wild.example",
        "https://evil.test?.wild.example",
        "https://evil.test#.wild.example",
        "https://evil.test\\.wild.example",
        "https://a.wild.example.evil.test",
        "http://a.wild.example",
        "https://a.wild.example:444",
        "https://example.test.evil.test",
        "https://example.test:8443",
        "app.example.com",
        "https:app.example.com",
        "https:///app.example.com",
        "file://",
        "javascript://app.example.com",
        "chrome-extension://app.example.com",
        "https://app.example.com, https://evil.test",
        "https://app.example.com https://evil.test",
        "https://evil.test https://app.example.com",
        "https://xn--pp-1jc.example.com",
        "https://\u0430pp.example.com",
    ]

    def test_an_origin_is_taken_whole_or_not_at_all(self):
        def serve(connection):
            accept_upgrade(connection)
            connection.read_to_end()

        backend = self.scripted(serve)
        patterns = ["https://app.example.com", "https://port.example.com:8443", "https://*.wild.example"]
        origins = json.dumps([*patterns, "same-host"])
        proxy = self.start_proxy(pool("app", backend), route(websocket=f"{{ origins = {origins} }}"))

        def status(*values):
            with proxy.connect() as client:
                fields = [("Origin",
                value.encode().decode("latin-1")) for value in values if value is not None]
                client.send(upgrade_request(fields=fields))
                return client.read_head().status

        for origin in self.ALLOWED:
            with self.subTest(origin):
                self.assertEqual(status(origin), 101)
        dialled = len(backend.connections)
        for origin in self.REFUSED:
            with self.subTest(origin):
                self.assertEqual(status(origin), 403)
        self.assertEqual(status("https://app.example.com", "https://evil.test"), 403)
        self.assertEqual(status("https://evil.test", "https://app.example.com"), 403)
        self.assertEqual(len(backend.connections), dialled)

    def test_a_route_that_browsers_sign_in_to_by_themselves_and_any_page_may_use_is_warned_about(self):
        with tempfile.NamedTemporaryFile("w", suffix=".htpasswd") as users:
            users.write("ann:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n")
            users.flush()
            guard = f'{{ file = "{users.name}" }}'
            proxy = self.start_proxy(pool("app", self.http_backend()), route(name='"chat"', basic_auth=guard))
            said = "route chat: with basic_auth and without websocket.origins any page on the web may open"
            proxy.wait_said(said)
            self.assertIn(said, run_command("check", proxy.config_path).stderr)
            proxy.write_config(
                pool("app", self.http_backend())
                + route(name='"chat"', basic_auth=guard, websocket='{ origins = ["same-host"] }')
            )
            self.assertNotIn("any page on the web", run_command("check", proxy.config_path).stderr)


if __name__ == "__main__":
    unittest.main()
