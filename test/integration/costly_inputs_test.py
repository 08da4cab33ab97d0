"""Inputs that are made to cost much: the cost grows with their length and no faster, and nothing is inflated.

Regular expressions are RE2's, tables that hold strangers' bytes are seeded or bounded, lists are walked once.
What is measured is the process's CPU for texts of one size and of a larger one, whatever the machine is busy
with; the bounds are far above linear, and far below what a quadratic or exponential reader would take.
"""
import os
import re
import time
import unittest
import zlib

from harness.case import ProxyCase, pool, route
from harness.frames import BINARY, accept_upgrade, frame, open_tunnel, read_frame
from harness.http_message import request, response
from harness.process_stats import cpu_seconds, peak_resident_bytes, reset_peak
from harness.proxy import SANITIZED

SMALL, FACTOR = 1500, 8
ROUNDS = 80  # of the small size; its cost has to be more than a tick of the kernel's clock
LONGER = 30  # the bound for texts that are FACTOR times as long: linear is 8, quadratic 64

# Patterns that take exponential or high polynomial time where matching goes back and tries again.
HOSTILE_PATTERNS = {
    "path_regex": [r"/(a+)+!", r"/(a|a)*!", r"/(a|aa)+!", r"/(.*a){12}!", r"/a*a*a*a*a*a*a*a*!"],
    "headers": [r"(x+x+)+y", r"(.*)*=", r"([a-zA-Z]+)*!", r"^(([a-z])+.)+[A-Z]([a-z])+$"],
    "query": [r"(a+)+!", r"(a?){50}a{50}!"],
}


class Cost(ProxyCase):
    def cpu_of(self, proxy, data, rounds):
        """Seconds of CPU that the process takes for so many of these requests, one after the other."""
        before = cpu_seconds(proxy.pid)
        with proxy.connect() as client:
            client.forget_received()
            for _ in range(rounds):
                client.send(data)
                self.assertIn(client.read_response().status, (200, 400, 404))
        return cpu_seconds(proxy.pid) - before

    def expect_no_more_than_linear(self, proxy, make):
        """`make(size)` is a request with a text of that size."""
        small = self.cpu_of(proxy, make(SMALL), ROUNDS)
        large = self.cpu_of(proxy, make(SMALL * FACTOR), ROUNDS)
        ticks = 5 / os.sysconf("SC_CLK_TCK")
        self.assertLess(large, (small + ticks) * LONGER)


class Patterns(Cost):
    def test_a_regex_that_goes_back_and_forth_elsewhere_is_linear_here(self):
        for pattern in HOSTILE_PATTERNS["path_regex"]:
            with self.subTest(pattern):
                proxy = self.start_proxy(
                    pool("app", self.http_backend()), route(path_regex=f"'{pattern}'"),
                         route(path_regex="'/b'")
                )
                self.expect_no_more_than_linear(proxy, lambda size: request(target="/" + "a" * size))
        for pattern in HOSTILE_PATTERNS["headers"]:
            with self.subTest(pattern):
                proxy = self.start_proxy(
                    pool("app", self.http_backend()), route(headers=f"{{ X-A = {{ regex = '{pattern}' }} }}")
                )
                self.expect_no_more_than_linear(proxy, lambda size: request(fields=[("X-A", "x" * size)]))
        for pattern in HOSTILE_PATTERNS["query"]:
            with self.subTest(pattern):
                proxy = self.start_proxy(
                    pool("app", self.http_backend()), route(query=f"{{ q = {{ regex = '{pattern}' }} }}")
                )
                self.expect_no_more_than_linear(proxy, lambda size: request(target="/?q=" + "a" * size))

    def test_the_patterns_are_hostile_indeed(self):
        begin = time.process_time()
        self.assertIsNone(re.fullmatch(HOSTILE_PATTERNS["path_regex"][0], "/" + "a" * 22))
        self.assertGreater(time.process_time() - begin, 0.05)


class Lists(Cost):
    def test_many_parameters_cookies_options_and_segments_are_walked_once(self):
        backend = self.http_backend(respond=lambda *_: response())
        proxy = self.start_proxy(
            pool("app", backend, sticky='{ by = "cookie", secret = "0123456789abcdef" }'),
            route(query='{ a = "1", b = "2", c = { regex = "x+" } }', path='"/q/"'),
            route(path='"/jwt/"', request_rate='{ limit = "1000000/s", by = "cookie", name = "none" }'),
            route(path='"/zip/"', compression="true"),
            *[route(path=f'"/{"x/" * depth}"') for depth in range(1, 60)],
        )
        shapes = {
            "parameters": lambda size: request(target="/q/?" + "&".join(f"p{n}=1" for n in range(size // 6))),
            "encoded parameters": lambda size: request(target="/q/?" + "%61=%31&" * (size // 8)),
            "cookies": lambda size: request("GET", "/jwt/", fields=[("Cookie", "a=b; " * (size // 5))]),
            "cookies of the name": lambda size: request(
                "GET", "/x/", fields=[("Cookie", "fairlead-app=b; " * (size // 16))]
            ),
            "codings": lambda size: request("GET", "/zip/", fields=[("Accept-Encoding",
            "gzip;q=0.1," * (size // 11))]),
            "connection options": lambda size: request(fields=[("Connection", "close-not, " * (size // 11))]),
            "commas": lambda size: request(fields=[("Connection", "," * size)]),
            "segments": lambda size: request(target="/" + "x/" * (size // 2)),
            "empty segments": lambda size: request(target="/" + "/" * size),
            "parameters of segments": lambda size: request(target="/" + ";a/" * (size // 3)),
            "encodings": lambda size: request(target="/" + "%61%c3%a9" * (size // 9)),
        }
        for name, make in shapes.items():
            with self.subTest(name):
                self.expect_no_more_than_linear(proxy, make)

    def test_names_that_would_meet_in_one_bucket_of_a_hash_table_cost_no_more_than_others(self):
        """Fields are in no table, and are at most limits.header_count; names differ in their last letters."""
        proxy = self.front(self.http_backend(respond=lambda *_: response()))
        alike = [(f"X-{'AaAaAaBB' * 4}{n:02}", "1") for n in range(95)]
        plain = [(f"Y{n:02}-{'abcdefgh' * 4}", "1") for n in range(95)]
        usual, costly = (self.cpu_of(proxy, request(fields=fields), 400) for fields in (plain, alike))
        self.assertLess(costly, usual * 4 + 0.1)


class Inflation(ProxyCase):
    """A decompression bomb is nothing but bytes: Fairlead inflates nothing, anywhere."""

    GROWTH = 8 * 1024 * 1024  # what may be allocated meanwhile, for all that is under way

    def deflated(self, megabytes, wbits=-15):
        packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
        parts = [packer.compress(bytes(1 << 20)) for _ in range(megabytes)]
        return b"".join(parts) + packer.flush(zlib.Z_SYNC_FLUSH)

    def expect_no_growth(self, proxy, before):
        if not SANITIZED:
            self.assertLess(peak_resident_bytes(proxy.pid) - before, self.GROWTH)

    def test_a_compressed_message_passes_unread(self):
        got = []

        def serve(connection):
            accept_upgrade(connection, [("Sec-WebSocket-Extensions", "permessage-deflate")])
            got.append(read_frame(connection))
            connection.send(frame(BINARY, got[0].payload, rsv=4))
            connection.read_to_end()

        proxy = self.front(self.scripted(serve), "[websocket]\nmax_message = \"1MiB\"\n")
        bomb = self.deflated(64)  # of 64 MiB
        self.assertLess(len(bomb), 100_000)
        reset_peak(proxy.pid)
        before = peak_resident_bytes(proxy.pid)
        with proxy.connect() as client:
            open_tunnel(client, fields=[("Sec-WebSocket-Extensions", "permessage-deflate")])
            client.send(frame(BINARY, bomb, masked=True, rsv=4))
            back = read_frame(client)
        self.assertEqual((got[0].payload, got[0].rsv, back.payload, back.rsv), (bomb, 4, bomb, 4))
        self.expect_no_growth(proxy, before)

    def test_compressed_content_passes_unread_both_ways_also_where_answers_are_compressed(self):
        bomb = self.deflated(64, wbits=31)
        seen = []

        def respond(message, connection):
            seen.append(message.body)
            return response(fields=[("Content-Encoding", "gzip"), ("Content-Type", "text/plain")], body=bomb)

        proxy = self.start_proxy(pool("app", self.http_backend(respond=respond)), route(compression="true"))
        reset_peak(proxy.pid)
        before = peak_resident_bytes(proxy.pid)
        for accepted in ("gzip", "identity"):
            fields = [("Content-Encoding", "gzip"), ("Accept-Encoding", accepted)]
            answer = proxy.ask(request("POST", fields=fields, body=bomb))
            self.assertEqual((answer.body, answer.head.all("Content-Encoding")), (bomb, ["gzip"]))
        self.assertEqual(seen, [bomb, bomb])
        self.expect_no_growth(proxy, before)


if __name__ == "__main__":
    unittest.main()
