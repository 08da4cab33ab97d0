"""An ordinary application on Node's own server, used by Node, Python and curl through the proxy."""
import concurrent.futures
import hashlib
import http.client
import http.cookiejar
import json
import os
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

from harness.case import ProxyCase
from harness.node import NodeServer, run_node


def curl(*arguments):
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", "--noproxy", "*", *arguments],
        capture_output=True,
        timeout=30,
        check=True,
    ).stdout


class AppCase(ProxyCase):
    def setUp(self):
        super().setUp()
        self.app = NodeServer("web_app.mjs", modules=False)
        self.addCleanup(self.app.close)
        self.proxy = self.front(self.app.address, workers=2)


class ByNode(AppCase):
    def test_fetch_and_agents(self):
        run_node("fetch_client.mjs", self.proxy.url, modules=False)


class ByPython(AppCase):
    def browser(self):
        """An opener that keeps cookies and follows redirects, as a session of a user does."""
        return urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )

    def status_of(self, opener, path, **options):
        try:
            with opener.open(urllib.request.Request(self.proxy.url + path, **options), timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def test_a_user_signs_in_and_works_with_items(self):
        browser = self.browser()
        self.assertEqual(self.status_of(browser, "/api/items"), 401)
        form = urllib.parse.urlencode({"word": "ahoy"}).encode()
        self.assertEqual(self.status_of(browser, "/sign-in", data=form), 200)  # sent on to /api/items
        boat = b'{"name": "G\xc3\xa4nseblume"}'
        self.assertEqual(self.status_of(browser, "/api/items/boat", data=boat, method="PUT"), 201)
        with browser.open(self.proxy.url + "/api/items/boat", timeout=10) as answer:
            self.assertEqual(json.load(answer), {"name": "Gänseblume"})
        self.assertEqual(self.status_of(browser, "/api/items/boat", method="DELETE"), 204)
        self.assertEqual(self.status_of(browser, "/api/items/boat"), 404)
        self.assertEqual(self.status_of(self.browser(), "/api/items"), 401)

    def test_one_connection_carries_everything(self):
        connection = http.client.HTTPConnection(*self.proxy.address, timeout=10)
        socket = None
        for method, path, body, status in (
            ("GET", "/", None, 200),
            ("HEAD", "/", None, 200),
            ("POST", "/digest", b"x" * 100_000, 200),
            ("POST", "/digest", iter([b"a" * 1000, b"b" * 50_000, b"c"]), 200),
            ("GET", "/old", None, 301),
            ("GET", "/nowhere", None, 404),
            ("GET", "/fault", None, 500),
            ("GET", "/events", None, 200),
            ("GET", "/film", None, 200),
        ):
            with self.subTest(f"{method} {path}"):
                connection.request(method, path, body, encode_chunked=not isinstance(body, bytes),
                                   headers={} if body is None or isinstance(body, bytes)
                                   else {"Transfer-Encoding": "chunked"})  # fmt: skip
                socket = socket or connection.sock
                answer = connection.getresponse()
                answer.read()
                self.assertEqual(answer.status, status)
                self.assertIs(connection.sock, socket)
        connection.close()

    def test_many_users_at_once(self):
        def upload(number):
            data = os.urandom(50_000 + number)
            with urllib.request.urlopen(self.proxy.url + "/digest", data=data, timeout=20) as answer:
                return json.load(answer)["sha256"] == hashlib.sha256(data).hexdigest()

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            self.assertTrue(all(pool.map(upload, range(100))))


class ByCurl(AppCase):
    def test_cookies_forms_and_redirects(self):
        with tempfile.TemporaryDirectory() as folder:
            jar = os.path.join(folder, "jar")
            out = curl(
                "--location", "--cookie-jar", jar, "--cookie", jar, "--data", "word=ahoy",
                "--write-out", " %{http_code} %{num_redirects}", f"{self.proxy.url}/sign-in",
            )  # fmt: skip
            self.assertEqual(out, b"[] 200 1")
            item = f"{self.proxy.url}/api/items/buoy"
            curl("--fail", "--cookie", jar, "--request", "PUT", "--data", '{"red": true}', item)
            self.assertEqual(curl("--cookie", jar, item), b'{"red":true}')

    def test_ranges_are_joined_to_the_whole(self):
        url = f"{self.proxy.url}/film"
        pieces = [curl("--range", each, url) for each in ("0-9", "10-1499999", "1500000-2999999")]
        self.assertEqual(b"".join(pieces), curl(url))

    def test_compression_validators_and_multipart(self):
        plain, packed = curl(self.proxy.url), curl("--header", "Accept-Encoding: gzip", self.proxy.url)
        self.assertLess(len(packed), len(plain) / 10)
        self.assertEqual(curl("--compressed", self.proxy.url), plain)
        with tempfile.TemporaryDirectory() as folder:
            etag = os.path.join(folder, "etag")
            curl("--etag-save", etag, self.proxy.url)
            again = curl("--etag-compare", etag, "--write-out", "%{http_code}", self.proxy.url)
            self.assertEqual(again, b"304")
            with open(etag, "rb") as file:
                sent = json.loads(curl("--form", "file=@" + file.name, f"{self.proxy.url}/digest"))
        self.assertTrue(sent["type"].startswith("multipart/form-data"), sent)

    def test_events_are_not_gathered(self):
        with subprocess.Popen(
            ["curl", "--silent", "--no-buffer", "--noproxy", "*", f"{self.proxy.url}/events"],
            stdout=subprocess.PIPE,
        ) as process:
            sizes = []
            while piece := os.read(process.stdout.fileno(), 65536):
                sizes.append(len(piece))
        self.assertGreater(len(sizes), 1)


if __name__ == "__main__":
    unittest.main()
