"""No text of a stranger becomes a header, or another header's value, on its way to a backend or back.

What a client can choose comes as values and names of fields, query, path, cookies, tokens, certificates and
user names; what the proxy makes of it goes through the strict reader, and into exactly one field.
"""
import base64
import hashlib
import hmac
import json
import os
import shutil
import tempfile
import unittest
from urllib.parse import quote

from harness.case import ProxyCase, pool, route
from harness.recording_backend import RecordingBackend, own_answer
from harness.shapes import lines
from harness.strict_reader import read_response

LINE_END = "%0d%0aX-Evil:%201%0d%0a%0d%0aGET%20/evil%20HTTP/1.1"
SECRET = b"0123456789abcdef0123456789abcdef"
BCRYPT = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"  # of "secret"

# What a header cannot hold as one value (RFC 9110 5.5).
BREAKING = ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\0b", "a\x0bb", "a\x1b[2J", "a\x7f", "\ta",
" a"]


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(claims, header=None, key=SECRET, digest="sha256"):
    parts = [base64url(json.dumps(part).encode()) for part in (header or {"alg": "HS256"}, claims)]
    text = ".".join(parts)
    return f"{text}.{base64url(hmac.new(key, text.encode(), digest).digest())}"


class Injection(ProxyCase):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.answer = own_answer
        self.backend = self._keep(RecordingBackend(lambda message: (self.answer(message), False)))

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, 0o600)
        return path

    def exchange(self, proxy, *head_lines):
        """(the client's answer, the fields that the backend got or None): both in one spelling."""
        before = len(self.backend.messages)
        with proxy.connect() as client:
            client.send(lines(*head_lines))
            data = b""
            while (found := read_response(data)) is None:
                data += client.sock.recv(65536)
        self.assertEqual(data[found[1] :], b"")
        self.assertEqual(self.backend.faults, [])
        got = self.backend.messages[before:]
        self.assertLessEqual(len(got), 1)
        if got:
            self.assertNotIn(b"x-evil", [name for name, _ in got[0][1].fields])
        self.assertNotIn(b"x-evil", [name for name, _ in found[0].fields])
        return found[0], got[0][1].fields if got else None

    def values(self, fields, name):
        return [value for have, value in fields if have == name.lower().encode()]


class FromTheRequest(Injection):
    def test_an_encoded_line_end_stays_encoded_wherever_it_goes(self):
        proxy = self.start_proxy(
            pool("app", self.backend),
            route(None, path='"/to/"', redirect='"https://{host}/x{path}?{query}#{uri}"'),
            route(rewrite_location="true", strip_prefix='"/a"', path='"/a/"'),
        )
        answer, _ = self.exchange(proxy, f"GET /to/{LINE_END}?{LINE_END} HTTP/1.1", "Host: example.test")
        (location,) = self.values(answer.fields, "Location")
        self.assertEqual(location.lower().count(b"%0d%0a"), 12)
        _, fields = self.exchange(proxy, f"GET /a/{LINE_END}?{LINE_END} HTTP/1.1", "Host: example.test",
                                  f"Cookie: a={LINE_END}", f"Origin: https://{LINE_END}")  # fmt: skip
        self.assertEqual(self.values(fields, "Cookie"), [f"a={LINE_END}".encode()])

    def test_a_request_id_that_is_no_plain_word_is_replaced_everywhere(self):
        proxy = self.front(self.backend)
        for sent in ("a b", "a\tb", "\u00e9", "x" * 129, "", '"a" b'):
            with self.subTest(sent):
                answer, fields = self.exchange(proxy, "GET / HTTP/1.1", "Host: a.test",
                f"X-Request-Id: {sent}")
                (there,), (back,) = (self.values(of, "X-Request-Id") for of in (fields, answer.fields))
                self.assertEqual(there, back)
                self.assertRegex(there, rb"^[0-9a-zA-Z-]{8,64}$")
        answer, fields = self.exchange(proxy, "GET / HTTP/1.1", "Host: a.test", "X-Request-Id: a",
                                       "X-Request-Id: b")  # fmt: skip
        self.assertEqual(self.values(fields, "X-Request-Id"), self.values(answer.fields, "X-Request-Id"))

    def test_what_is_told_of_the_client_comes_from_the_proxy_alone(self):
        proxy = self.start_proxy(
            "[forward]\nforwarded = true\n",
            pool("app", self.backend),
            route(path='"/a/"', strip_prefix='"/a"'),
        )
        told = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", "Forwarded",
                "X-Forwarded-Client-Cert"]  # fmt: skip
        forged = [f"{spelt}: evil" for name in told for spelt in (name, name.upper(), name.replace("-", "_"))]
        _, fields = self.exchange(proxy, "GET /a/ HTTP/1.1", "Host: a.test", *forged)
        for name, wanted in (
            ("X-Forwarded-For", [b"127.0.0.1"]),
            ("X-Forwarded-Proto", [b"http"]),
            ("X-Forwarded-Host", [b"a.test"]),
            ("X-Forwarded-Prefix", [b"/a"]),
            ("Forwarded", [b'for=127.0.0.1;host="a.test";proto=http']),
            ("X-Forwarded-Client-Cert", []),
        ):
            self.assertEqual(self.values(fields, name), wanted, name)
        self.assertFalse([name for name, _ in fields if b"_" in name])

    def test_what_a_trusted_peer_tells_is_one_list_and_no_new_field(self):
        proxy = self.start_proxy(
            '[forward]\nforwarded = true\ntrusted_proxies = ["127.0.0.1"]\n', pool("app", self.backend),
            route()
        )
        for sent in ('for="a;b', "for=1.2.3.4;host=\"a\\\"", "%0d%0aX-Evil: 1", ",,,;;;", "for=a, for=b"):
            with self.subTest(sent):
                _, fields = self.exchange(proxy, "GET / HTTP/1.1", "Host: a.test", f"X-Forwarded-For: {sent}",
                                          f"Forwarded: {sent}")  # fmt: skip
                (received,) = self.values(fields, "X-Forwarded-For")
                self.assertTrue(received.endswith(b", 127.0.0.1"))
                self.assertEqual(len(self.values(fields, "Forwarded")), 1)

    def test_a_preflight_is_answered_with_plain_tokens_alone(self):
        cors = '{ origins = ["https://app.test"], methods = ["GET"], headers = ["X-A"] }'
        proxy = self.start_proxy(pool("app", self.backend), route(cors=cors))
        for name, sent in (
            ("Origin", "https://app.test\tX-Evil: 1"),
            ("Access-Control-Request-Headers", "X-A, %0d%0aX-Evil: 1"),
            ("Access-Control-Request-Method", "GET, X-Evil: 1"),
        ):
            asked = {"Origin": "https://app.test", "Access-Control-Request-Method": "GET"}
            asked[name] = sent
            with self.subTest(name):
                answer, _ = self.exchange(proxy, "OPTIONS / HTTP/1.1", "Host: a.test",
                                          *[f"{key}: {value}" for key, value in asked.items()])  # fmt: skip
                self.assertNotIn(b"Evil", answer.head)

    def test_the_page_of_an_error_escapes_the_request_id(self):
        page = self.file("page.html", b"<html>{request_id}</html>")
        proxy = self.start_proxy(
            f'[error_pages]\ndefault = "{page}"\n', pool("app", self.backend), route(host='"other.test"')
        )
        answer, _ = self.exchange(proxy, "GET / HTTP/1.1", "Host: a.test", "X-Request-Id: <script>\"'&")
        self.assertEqual(answer.status, 404)
        self.assertNotIn(b"<script>", answer.body)


class FromCredentials(Injection):
    def test_a_claim_that_no_header_can_hold_lets_nobody_in(self):
        key = self.file("token.key", SECRET)
        copied = '{ sub = "X-User", groups = "X-Groups" }'
        proxy = self.start_proxy(
            pool("app", self.backend),
            route(jwt=f'{{ secret_file = "{key}", copy_claims = {copied} }}'),
        )

        def ask(claims):
            return self.exchange(proxy, "GET / HTTP/1.1", "Host: a.test", "X-User: evil", "X-Groups: evil",
                                 f"Authorization: Bearer {token(claims)}")  # fmt: skip

        for text in BREAKING:
            for claims in ({"sub": text}, {"sub": "a", "groups": ["b", text]}):
                if claims.get("groups") and text.strip(" \t") != text:
                    continue  # within a list it is outer space of an element
                with self.subTest(repr(claims)):
                    answer, fields = ask(claims)
                    self.assertEqual((answer.status, fields), (401, None))
        for claims, user in (
            ({"sub": "ann"}, [b"ann"]),
            ({"sub": "J\u00fcrgen: x, y"}, ["J\u00fcrgen: x, y".encode()]),
            ({"sub": {"a": 1}}, []),
            ({}, []),
        ):
            _, fields = ask(claims)
            self.assertEqual(self.values(fields, "X-User"), user, claims)
            self.assertEqual(self.values(fields, "X-Groups"), [])

    def test_a_user_name_reaches_the_backend_as_it_is_in_the_file_or_not_at_all(self):
        users = self.file("users", f"ann:{BCRYPT}\n".encode())
        proxy = self.start_proxy(
            pool("app", self.backend),
            route(basic_auth=f'{{ file = "{users}", forward_user = "X-User" }}'),
        )
        for name in [*BREAKING, "ann\r\n", "ann\0", "ann ", "ANN", "ann\u0301"]:
            with self.subTest(repr(name)):
                text = base64.b64encode(f"{name}:secret".encode()).decode()
                answer, fields = self.exchange(proxy, "GET / HTTP/1.1", "Host: a.test", "X-User: evil",
                                               f"Authorization: Basic {text}")  # fmt: skip
                self.assertIn(answer.status, (401, 429))
                self.assertIsNone(fields)

    def test_what_the_judge_says_is_copied_as_one_field_and_its_faults_let_nobody_in(self):
        def judged(*fields):
            proxy = self.start_proxy(
                pool("app", self.backend),
                pool("judge", self._keep(RecordingBackend(lambda _: (lines("HTTP/1.1 200 OK", *fields),
                     True)))),
                route(auth_request='{ pool = "judge", path = "/v", copy_headers = ["X-User"] }'),
            )
            return self.exchange(proxy, "GET / HTTP/1.1", "Host: a.test", "X-User: evil")

        answer, fields = judged("Content-Length: 0", "X-User: ann", "X-Evil: 1")
        self.assertEqual((answer.status, self.values(fields, "X-User")), (200, [b"ann"]))
        answer, fields = judged("Content-Length: 0", b"X-User: a\rX-Evil: 1")
        self.assertEqual((answer.status, fields), (502, None))
        answer, fields = judged("Content-Length: 0")
        self.assertEqual((answer.status, self.values(fields, "X-User")), (200, []))


class FromBackends(Injection):
    def test_a_place_that_is_mapped_back_stays_one_field(self):
        proxy = self.start_proxy(
            pool("app", self.backend),
            route(path='"/a/"', strip_prefix='"/a"', rewrite_location="true", rewrite_cookie_path="true"),
        )
        for place in ("/b%0d%0aX-Evil:%201", "/b\tX-Evil: 1", f"/{quote('<>')}", "//evil.test/x",
        "/\\evil.test"):
            self.answer = lambda _: lines("HTTP/1.1 302 Found", f"Location: {place}", "Content-Length: 0",
                                          f"Set-Cookie: a=b; Path={place}; HttpOnly")  # fmt: skip
            with self.subTest(place):
                answer, _ = self.exchange(proxy, "GET /a/ HTTP/1.1", "Host: a.test")
                self.assertEqual(len(self.values(answer.fields, "Location")), 1)
                (cookie,) = self.values(answer.fields, "Set-Cookie")
                self.assertTrue(cookie.endswith(b"; HttpOnly"))


class FromTheConfiguration(Injection):
    def check(self, *keys):
        """What `check` says of a route with these keys, in an array of lines."""
        from harness.proxy import run_command

        text = '[[listen]]\naddress = "127.0.0.1:1"\n' + pool("app", "127.0.0.1:9") + route(**dict(keys))
        done = run_command("check", self.file("fairlead.toml", text.encode()))
        return done.returncode, done.stdout + done.stderr

    def test_a_name_or_value_that_is_none_is_refused_with_its_place(self):
        for table in ("set_headers", "add_headers", "response_headers"):
            for entry in (
                '{ "X-A\\r\\nX-Evil" = "1" }',
                '{ "X A" = "1" }',
                '{ "" = "1" }',
                '{ X-A = "a\\r\\nX-Evil: 1" }',
                '{ X-A = "a\\nX-Evil: 1" }',
                '{ X-A = "a\\u0000b" }',
                '{ X-A = "a\\u007f" }',
                '{ Content-Length = "1" }',
                '{ Transfer-Encoding = "chunked" }',
                '{ Connection = "X-User" }',
            ):
                with self.subTest(table=table, entry=entry):
                    code, said = self.check((table, entry))
                    self.assertNotEqual(code, 0)
                    self.assertIn("fairlead.toml:7:", said)

    def test_a_location_with_a_line_end_is_refused_too(self):
        for location in ('"/a\\r\\nX-Evil: 1"', '"/a\\u0000"', '"/{host}\\n"'):
            code, said = self.check(("redirect", location))
            self.assertNotEqual(code, 0, said)


if __name__ == "__main__":
    unittest.main()
