"""curl as the client: somebody else's reading of HTTP/1.1."""
import gzip
import os
import subprocess
import tempfile
import unittest

from harness.case import ProxyCase
from harness.http_message import chunked, response


def curl(*arguments):
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "15", "--noproxy", "*", *arguments],
        capture_output=True,
        timeout=20,
        check=True,
    ).stdout


class Curl(ProxyCase):
    def test_keep_alive(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        out = (
            curl(
                "--write-out",
                "%{num_connects} %{http_code}\n",
                "--output",
                "/dev/null",
                f"{proxy.url}/a",
                "--output",
                "/dev/null",
                f"{proxy.url}/b",
            )
            .decode()
            .split("\n")
        )
        self.assertEqual(out[:2], ["1 200", "0 200"])

    def test_upload_with_expect_and_download(self):
        body = os.urandom(5_000_000)
        proxy = self.front(self.http_backend(respond=lambda message, connection: response(body=message.body)))
        with tempfile.NamedTemporaryFile() as file:
            file.write(body)
            file.flush()
            echoed = curl(
                "--header",
                "Expect: 100-continue",
                "--expect100-timeout",
                "0.2",
                "--data-binary",
                f"@{file.name}",
                proxy.url,
            )
            self.assertEqual(echoed, body)
            echoed = curl(
                "--header", "Transfer-Encoding: chunked", "--data-binary", f"@{file.name}", proxy.url
            )
            self.assertEqual(echoed, body)

    def test_head(self):
        out = curl("--head", self.front(self.http_backend()).url)
        self.assertTrue(out.startswith(b"HTTP/1.1 200"), out)

    def test_http_1_0(self):
        backend = self.http_backend(
            respond=lambda message, connection: response(
                fields=[("Transfer-Encoding", "chunked")], length=False
            )
            + chunked(b"abc", b"def")
        )
        self.assertEqual(curl("--http1.0", self.front(backend).url), b"abcdef")

    def test_compressed_bodies_are_end_to_end(self):
        packed = gzip.compress(b"hello" * 1000)
        backend = self.http_backend(
            respond=lambda message, connection: response(fields=[("Content-Encoding", "gzip")], body=packed)
        )
        self.assertEqual(curl("--compressed", self.front(backend).url), b"hello" * 1000)

    def test_hundred_requests_in_parallel(self):
        backend = self.http_backend()
        proxy = self.front(backend, workers=2)
        out = (
            curl(
                "--parallel",
                "--parallel-max",
                "20",
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_code}\n",
                f"{proxy.url}/[1-100]",
            )
            .decode()
            .split()
        )
        self.assertEqual(out, ["200"] * 100)
        self.assertEqual(len(backend.requests), 100)

    def test_upgrade_to_http_2_is_not_done(self):
        out = curl(
            "--http2",
            "--write-out",
            "%{http_version}",
            "--output",
            "/dev/null",
            self.front(self.http_backend()).url,
        )
        self.assertEqual(out, b"1.1")


if __name__ == "__main__":
    unittest.main()
