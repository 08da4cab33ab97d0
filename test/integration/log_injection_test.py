"""What strangers say is in both logs as text, in one line: it ends none, forges no field, moves no cursor.

access_log_test has chosen headers; here is every field of the lines of exchanges and of tunnels, and the
process's own log, in both formats.
"""
import json
import os
import re
import subprocess
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.certificates import Authority
from harness.frames import CLOSE, accept_upgrade, close_frame, frame, upgrade_request
from harness.http_message import request, response
from harness.waiting import eventually

# What could end a line or a value, begin a field, or be run by who shows the line.
HOSTILE = [
    '","status":200,"event":"forged',
    '"} {"event":"forged"}',
    "\\",
    '\\"',
    "\t event=forged status=200",
    "\x85\x80\xff\xa0",
    "\xe2\x80\xa8{}\xe2\x80\xa9",
    "%0a%0d event=forged",
    "${jndi:ldap://x}",
    "%s%n%x",
    "<script>",
]
# What a head can only hold when it is refused, and the log has all the same.
REFUSED = ["\x1b[2J\x1b]0;x\x07", "\x00", "\x7f", "\x08\x08", "a\rb", "\x0b"]
NAMES = ("User-Agent", "Referer", "X-Request-Id", "X-Forwarded-For", "Forwarded", "traceparent", "Origin")
EVENTS = {"exchange", "tunnel_opened", "tunnel_closed"}


class Lines(ProxyCase):
    def serve(self, connection):
        """Closes a WebSocket with a hostile reason; answers what is none with a hostile phrase."""
        accept_upgrade(connection)
        connection.read_exactly(2)
        connection.send(close_frame(1000, '"} \x1b[2J\nevent=forged'))

    def exchange(self, proxy, text):
        path = re.sub(r"[^\x21-\x7e]|[#?\\%]", "", text)
        fields = [(name, text) for name in NAMES]
        with proxy.connect() as client:
            client.send(request("FORGED!#$", f"/{path}", fields=fields))
            client.read_response()
        with proxy.connect() as client:
            client.send(upgrade_request(f"/ws/{path}", fields=fields))
            self.assertEqual(client.read_head().status, 101)
            client.send(frame(CLOSE, b"\x03\xe8" + text.encode("latin-1"), masked=True))

    def be_refused(self, proxy, text):
        for head in (
            f"GET /{text} HTTP/1.1\r\nHost: a\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: a{text}\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: {text}\r\n\r\n",
            f"G{text} / HTTP/1.1\r\nHost: a\r\n\r\n",
        ):
            with proxy.connect() as client:
                client.send(head.encode("latin-1"))
                self.assertEqual(client.read_response().status, 400)

    def lines_of_an_attack(self, form):
        """(access lines, own lines)"""
        log = os.path.join(self.folder, f"{form}.log")
        settings = (
            f'[log]\nrequests = true\nlevel = "debug"\nformat = "{form}"\ntarget = "{log}"\n'
            f'access_format = "{form}"\n[forward]\ntrusted_proxies = ["127.0.0.1"]\n'
        )
        pair = f'{{ chain = "{self.ca.path("a.example")}.pem", key = "{self.ca.path("a.example")}.key" }}'
        bad = self.http_backend(respond=lambda *_: response("200 \x1b[2J\x07"))
        proxy = self.start_proxy(
            settings,
            f'[[listen]]\naddress = "unix:{self.folder}/{form}.sock"\ntls.certificates = [{pair}]\n'
            "tls.strict_sni = true\n",
            pool("app", self.scripted(self.serve)),
            pool("bad", bad),
            route(only='"websocket"'),
            route("bad"),
        )
        for text in HOSTILE:
            self.exchange(proxy, text)
        for text in REFUSED:
            self.be_refused(proxy, text)
        for name in ('a"} forged', "a\\b", "a\x1b[2J", "\u00e9.example"):
            subprocess.run(
                ["openssl", "s_client", "-unix", f"{self.folder}/{form}.sock", "-servername", name],
                input=b"", capture_output=True, timeout=20,
            )  # fmt: skip
        count = 3 * len(HOSTILE) + 4 * len(REFUSED)
        eventually(lambda: proxy.stdout().count("\n") >= count, 20, "every line is there")
        proxy.signal(15)
        proxy.wait_exit()
        with open(log, "rb") as file:
            own = file.read().decode("latin-1")
        access = proxy.stdout()
        for text in (access, own):
            for line in text.rstrip("\n").split("\n"):
                self.assertTrue(line.isascii() and line.isprintable(), repr(line))
        self.assertEqual(access.count("\n"), count)
        self.assertNotIn("forged", own)
        return access.rstrip("\n").split("\n"), own.rstrip("\n").split("\n")

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.ca = Authority(self.folder)
        self.ca.issue("a.example")

    def test_in_json_each_line_is_one_object_with_fields_that_are_known(self):
        access, own = self.lines_of_an_attack("json")
        known = set()
        for line in access:
            names = [name for name, _ in json.loads(line, object_pairs_hook=lambda pairs: pairs)]
            self.assertEqual(len(names), len(set(names)), line)
            known |= set(names)
            self.assertIn(json.loads(line)["event"], EVENTS)
        self.assertNotIn("forged", known)
        agents = {json.loads(line).get("user_agent") for line in access}
        self.assertIn('"} {"event":"forged"}', agents)
        for line in own:
            self.assertEqual({"time", "level", "message"}, set(json.loads(line)), line)

    def test_in_text_each_line_begins_with_what_it_is_and_values_are_quoted(self):
        access, own = self.lines_of_an_attack("text")
        value = r'(?:"(?:[^"\\]|\\.)*"|[^ "=\\]*)'
        line_form = re.compile(r"\S+ (exchange|tunnel_opened|tunnel_closed)( [a-z_]+=" + value + ")+")
        for line in access:
            self.assertRegex(line, line_form)
            self.assertEqual(line_form.fullmatch(line).end(), len(line))
        for line in own:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info|warn|error) ")


if __name__ == "__main__":
    unittest.main()
