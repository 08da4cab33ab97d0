"""Signed tokens say who may pass. Keys and signatures are openssl's."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from harness.case import ProxyCase, pool, route
from harness.crowd import CrowdBackend
from harness.frames import upgrade_request
from harness.http_message import request
from harness.waiting import eventually


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Tokens(ProxyCase):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.kinds = {"RS256": self.rsa_key(), "ES256": self.p256_key()}
        with open(self.path("jwks.json"), "w") as file:
            json.dump({"keys": list(self.kinds.values())}, file)
        self.app = self.http_backend("app")
        keys = {"query": '"t"', "copy_claims": '{ sub = "X-User" }', "issuer": '"us"'}
        keys["keys"] = f'"{self.path("jwks.json")}"'
        jwt = "{ " + ", ".join(f"{key} = {value}" for key, value in keys.items()) + " }"
        self.proxy = self.start_proxy(pool("app", self.app), route(jwt=jwt))

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *arguments, data=None):
        return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout

    def rsa_key(self):
        self.openssl("genrsa", "-out", self.path("RS256.pem"), "2048")
        text = self.openssl("rsa", "-in", self.path("RS256.pem"), "-noout", "-modulus").decode()
        modulus = bytes.fromhex(text.strip().partition("=")[2])
        return {"kty": "RSA", "kid": "r", "use": "sig", "n": base64url(modulus), "e": "AQAB"}

    def p256_key(self):
        pem = self.path("ES256.pem")
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", pem)
        point = self.openssl("ec", "-in", pem, "-pubout", "-outform", "DER")[-64:]
        x, y = base64url(point[:32]), base64url(point[32:])
        return {"kty": "EC", "crv": "P-256", "kid": "e", "x": x, "y": y}

    def token(self, kind, claims, key=None):
        header = {"alg": kind, "kid": self.kinds[kind]["kid"]}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        pem = self.path(f"{key or kind}.pem")
        signature = self.openssl("dgst", "-sha256", "-sign", pem, data=text.encode())
        if (key or kind) == "ES256":  # two numbers of 32 bytes instead of DER
            size = signature[3]
            r, s = signature[4 : 4 + size], signature[6 + size :]
            signature = b"".join(number[-32:].rjust(32, b"\0") for number in (r, s))
        return f"{text}.{base64url(signature)}"

    def test_tokens_of_both_kinds_of_keys_pass_and_tell_who_it_is(self):
        for kind in self.kinds:
            with self.subTest(kind=kind):
                fields = [("Authorization", "Bearer " + self.token(kind, {"iss": "us", "sub": "ann"}))]
                answer = self.proxy.ask(request(fields=[*fields, ("X-User", "forged")]))
                self.assertEqual(answer.status, 200)
                self.assertEqual(dict(json.loads(answer.body)["fields"])["X-User"], "ann")

    def test_who_has_none_or_a_wrong_one_is_told_and_goes_no_further(self):
        wrong = [
            "",
            self.token("RS256", {"iss": "others"}),
            self.token("RS256", {"iss": "us", "exp": time.time() - 60}),
            self.token("RS256", {"iss": "us"}, key="ES256"),
            self.token("ES256", {"iss": "us"}, key="RS256"),
            self.token("RS256", {"iss": "us"})[:-8] + "AAAAAAAA",
        ]
        for each in wrong:
            answer = self.proxy.ask(request(fields=[("Authorization", f"Bearer {each}")]))
            self.assertEqual((answer.status, answer.head.get("WWW-Authenticate")), (401, "Bearer"), each)
        good = ("Authorization", "Bearer " + self.token("RS256", {"iss": "us", "sub": "ann"}))
        for second in (("Authorization", "Bearer forged"), ("authorization", "forged")):
            self.assertEqual(self.proxy.ask(request(fields=[good, second])).status, 401)
        self.assertEqual(self.proxy.ask(request(target="/?t=forged", fields=[good])).status, 401)
        self.assertEqual(self.proxy.ask(upgrade_request()).status, 401)
        self.assertEqual(self.app.requests, [])
        refused = self.proxy.metrics().value("fairlead_refusals_total", reason="unauthorized")
        self.assertEqual(refused, len(wrong) + 4)

    def test_a_browser_brings_it_in_the_query_of_its_upgrade_and_the_log_does_not_tell(self):
        backend = self._keep(CrowdBackend())
        jwt = f'{{ keys = "{self.path("jwks.json")}", query = "t" }}'
        proxy = self.start_proxy(pool("app", backend), route(jwt=jwt))
        token = self.token("ES256", {"sub": "ann"})
        with proxy.connect() as client:
            client.send(upgrade_request(f"/ws?t={token}"))
            self.assertEqual(client.read_head().status, 101)
        eventually(lambda: "tunnel_closed" in proxy.stdout())
        self.assertNotIn(token, proxy.stdout())

    def test_keys_that_are_none_are_refused_with_their_place(self):
        with open(self.path("jwks.json"), "w") as file:
            file.write('{"keys": []}')
        jwt = f'{{ keys = "{self.path("jwks.json")}" }}'
        self.proxy.write_config(pool("app", self.app) + route(jwt=jwt))
        status, document = self.proxy.control("/reload")
        self.assertNotEqual(status, 200)
        self.assertRegex(json.dumps(document), r"fairlead.toml:[0-9]+: .*has no key for RS256")


if __name__ == "__main__":
    unittest.main()
