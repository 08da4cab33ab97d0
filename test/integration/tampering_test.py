"""Cookies and tokens that somebody made or altered: they open nothing and lead nowhere."""
import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.http_message import request, response

SECRET = b"0123456789abcdef0123456789abcdef"
STICKY = '{ by = "cookie", secret = "one for all replicas" }'


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value):
    return base64url(value if isinstance(value, bytes) else json.dumps(value).encode())


def signed(header, claims, key=SECRET, digest="sha256"):
    text = f"{part(header)}.{part(claims)}"
    return f"{text}.{base64url(hmac.new(key, text.encode(), digest).digest())}"


class Tokens(ProxyCase):
    """RFC 8725: what is said of JWT's misuse, tried."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        pem = os.path.join(cls.folder, "rsa.pem")
        cls.openssl("genrsa", "-out", pem, "2048")
        modulus = cls.openssl("rsa", "-in", pem, "-noout", "-modulus").decode().strip().partition("=")[2]
        cls.public_pem = cls.openssl("rsa", "-in", pem, "-pubout")
        cls.public_der = cls.openssl("rsa", "-in", pem, "-pubout", "-outform", "DER")
        rsa = {"kty": "RSA", "kid": "r", "n": base64url(bytes.fromhex(modulus)), "e": "AQAB"}
        own = {"kty": "oct", "kid": "h", "alg": "HS256", "k": base64url(SECRET)}
        cls.jwks = {"rsa": [rsa], "both": [rsa, own]}
        cls.rsa_key = pem

    @staticmethod
    def openssl(*arguments, data=None):
        return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout

    def start(self, keys):
        path = os.path.join(self.folder, f"{keys}.json")
        with open(path, "w") as file:
            json.dump({"keys": self.jwks[keys]}, file)
        os.chmod(path, 0o600)
        self.app = self.http_backend()
        jwt = f'{{ keys = "{path}", copy_claims = {{ sub = "X-User" }}, audience = ["chat"], issuer = "us" }}'
        return self.start_proxy(pool("app", self.app), route(jwt=jwt))

    def by_rsa(self, header, claims):
        text = f"{part(header)}.{part(claims)}"
        signature = self.openssl("dgst", "-sha256", "-sign", self.rsa_key, data=text.encode())
        return f"{text}.{base64url(signature)}"

    def status(self, proxy, token):
        with proxy.connect() as client:
            client.send(request(fields=[("Authorization", f"Bearer {token}")]))
            return client.read_response().status

    def refuse_all(self, proxy, tokens):
        for name, token in tokens.items():
            with self.subTest(name):
                self.assertEqual(self.status(proxy, token), 431 if len(token) > 40_000 else 401)
        self.assertEqual(self.app.requests, [])

    GOOD = {"iss": "us", "aud": "chat", "sub": "ann"}

    def test_an_algorithm_that_the_token_chooses_opens_nothing(self):
        proxy = self.start("rsa")
        good = self.by_rsa({"alg": "RS256", "kid": "r"}, self.GOOD)
        header, claims, signature = good.split(".")
        wrong = {
            f"alg {alg!r}, signature of {len(rest)}": f"{part({'alg': alg, 'kid': 'r'})}.{claims}.{rest}"
            for alg in ("none", "None", "NONE", "nOnE", "", None, 0, [], "RS256 ", "rs256", "PS256", "RS512")
            for rest in ("", signature)
        }
        # The public key, which everybody has, as the secret of an HMAC (CVE-2015-9235).
        for form, key in (("PEM", self.public_pem), ("DER", self.public_der), ("empty", b"")):
            wrong[f"HS256 by the public key in {form}"] = signed({"alg": "HS256", "kid": "r"}, self.GOOD, key)
            wrong[f"HS256 by it, without kid, in {form}"] = signed({"alg": "HS256"}, self.GOOD, key)
        wrong["no alg"] = f"{part({'kid': 'r'})}.{claims}.{signature}"
        wrong["no signature"] = f"{header}.{claims}."
        wrong["no third part"] = f"{header}.{claims}"
        wrong["four parts"] = f"{good}.{signature}"
        wrong["five parts, as if encrypted"] = f"{good}.{signature}.{signature}"
        wrong["two tokens"] = f"{good}, {good}"
        self.refuse_all(proxy, wrong)
        self.assertEqual(self.status(proxy, good), 200)

    def test_a_key_that_the_token_names_or_brings_opens_nothing(self):
        proxy = self.start("both")
        own = {"kty": "oct", "k": base64url(b"evil"), "alg": "HS256"}
        wrong = {
            "jwk": signed({"alg": "HS256", "jwk": own}, self.GOOD, b"evil"),
            "jku": signed({"alg": "HS256", "jku": "http://evil.test/jwks"}, self.GOOD, b"evil"),
            "x5u": signed({"alg": "HS256", "x5u": "http://evil.test/pem"}, self.GOOD, b"evil"),
            "crit": signed({"alg": "HS256", "kid": "h", "crit": ["exp"], "exp": 1}, self.GOOD),
            "another key's kid": signed({"alg": "HS256", "kid": "r"}, self.GOOD),
            "RS256 with the secret's kid": self.by_rsa({"alg": "RS256", "kid": "h"}, self.GOOD),
        }
        for kid in ("../../dev/null", "/dev/null", "h' OR 1=1 --", "h\0", "H", " h", "|id", "x" * 10_000):
            wrong[f"kid {kid[:20]!r}"] = signed({"alg": "HS256", "kid": kid}, self.GOOD)
        self.refuse_all(proxy, wrong)
        for kid in ({}, {"kid": "h"}):
            self.assertEqual(self.status(proxy, signed({"alg": "HS256", **kid}, self.GOOD)), 200)

    def test_what_is_altered_malformed_or_huge_opens_nothing(self):
        proxy = self.start("both")
        header = {"alg": "HS256", "kid": "h"}
        good = signed(header, self.GOOD)
        start, claims, signature = good.split(".")
        root = part({**self.GOOD, "sub": "root"})
        deep = b'{"a":' + b"[" * 4000 + b"]" * 4000 + b"}"
        wrong = {
            "other claims": f"{start}.{root}.{signature}",
            "a bit less": f"{good[:-1]}",
            "a bit more": f"{good}A",
            "padded": f"{good}=",
            "base64 of the other kind": f"{start}.{claims}.{'+' + signature[1:]}",
            "spaces": f"{start} .{claims}.{signature}",
            "a NUL": f"{start}.{claims}.{signature}%00",
            "a header that is no object": signed([1], self.GOOD),
            "a header that is no JSON": signed(b"{alg:HS256}", self.GOOD),
            "claims that are no object": signed(header, [self.GOOD]),
            "claims that are no JSON": signed(header, b'{"iss":"us"'),
            "claims twice as deep as needed": signed(header, deep),
            "a header that is deep": signed(deep, self.GOOD),
            "dots alone": "..",
            "nothing": "",
            "17 KiB": signed(header, {**self.GOOD, "pad": "x" * 17_000}),
            "50 KiB": signed(header, {**self.GOOD, "pad": "x" * 50_000}),
            "a late begin": signed(header, {**self.GOOD, "nbf": time.time() + 3600}),
            "an end that is text": signed(header, {**self.GOOD, "exp": "9999999999"}),
            "an end before it all": signed(header, {**self.GOOD, "exp": -1}),
            "no audience": signed(header, {"iss": "us"}),
            "an audience that begins alike": signed(header, {**self.GOOD, "aud": "chat2"}),
            "an audience in an object": signed(header, {**self.GOOD, "aud": {"chat": 1}}),
            "an issuer in a list": signed(header, {**self.GOOD, "iss": ["us"]}),
            "HS512": signed({"alg": "HS512", "kid": "h"}, self.GOOD, digest="sha512"),
            "HS256 of another digest": signed(header, self.GOOD, digest="sha512"),
        }
        self.refuse_all(proxy, wrong)
        self.assertEqual(self.status(proxy, good), 200)


class StickyCookies(ProxyCase):
    def setUp(self):
        super().setUp()
        self.kept = {name: self.http_backend(name, self.named(name)) for name in "abcd"}
        self.proxy = self.start_proxy(
            pool("one", self.kept["a"], self.kept["b"], sticky=STICKY),
            pool("two", self.kept["c"], self.kept["d"],
                 sticky='{ by = "cookie", secret = "one for all replicas", '
                 'name = "fairlead-one" }'),
            route("one", host='"one.test"'),
            route("two", host='"two.test"'),
        )  # fmt: skip

    def named(self, name):
        return lambda asked, connection: response(body=name.encode())

    def visit(self, host, *cookies):
        answer = self.proxy.ask(request(host=host, fields=[("Cookie", each) for each in cookies]))
        self.assertEqual(answer.status, 200)
        return answer.body.decode(), answer.head.get("Set-Cookie")

    def test_its_value_tells_nothing_and_only_the_proxy_can_make_one(self):
        who, cookie = self.visit("one.test")
        value = cookie.split(";")[0].partition("=")[2]
        told = base64.urlsafe_b64decode(value)
        self.assertEqual(len(told), 18)
        address = self.kept[who].address.encode()
        for guess in (hashlib.sha256(address), hashlib.md5(address), hashlib.sha1(address)):
            self.assertFalse(guess.digest().startswith(told) or told.startswith(guess.digest()[:8]))
        for forged in (value[:-1], value + "A", value.swapcase(), value[::-1], "a" * 5000, "", value + "="):
            if forged != value:
                with self.subTest(forged[:30]):
                    self.assertIsNotNone(self.visit("one.test", f"fairlead-one={forged}")[1])

    def test_one_pool_s_cookie_leads_nowhere_in_another(self):
        _, cookie = self.visit("one.test")
        self.assertIsNone(self.visit("one.test", cookie.split(";")[0])[1])
        who, fresh = self.visit("two.test", cookie.split(";")[0])
        self.assertIn(who, "cd")
        self.assertIsNotNone(fresh)

    def test_of_many_the_true_one_counts_and_no_number_of_them_breaks_anything(self):
        who, cookie = self.visit("one.test")
        true = cookie.split(";")[0]
        for cookies in (
            (f"fairlead-one=forged; {true}",),
            (true, "fairlead-one=forged"),
            ("; ".join(["fairlead-one=x"] * 500 + [true]),),
            (f"a=b;{true}", "c"),
            (f" ;;=;{true};;",),
        ):
            self.assertEqual(self.visit("one.test", *cookies), (who, None))
        quoted = true.replace("=", '="', 1) + '"'
        self.assertIn(self.visit("one.test", quoted)[0], "ab")
        for hidden in (f"x{true}", f'a="{true}', f"a={true}", true.upper()):
            self.assertIsNotNone(self.visit("one.test", hidden)[1])

    def test_over_tls_and_for_scripts_it_is_out_of_reach(self):
        _, cookie = self.visit("one.test")
        self.assertIn("HttpOnly", cookie)
        self.assertIn("SameSite=Lax", cookie)


if __name__ == "__main__":
    unittest.main()
