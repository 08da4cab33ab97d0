"""Answers that are compressed: what Python, curl and Node make of them, and when they go as they came."""
import gzip
import json
import os
import subprocess
import threading
import unittest
import zlib

from harness.case import ProxyCase, pool, route
from harness.http_message import chunked, request, response
from harness.waiting import eventually

TEXT = b"".join(b"line %d of what is worth to be compressed\n" % i for i in range(5_000))
GZIP = ("Accept-Encoding", "gzip")


class Compression(ProxyCase):
    def setUp(self):
        super().setUp()
        self.answers = {
            "/text": response(
                fields=[("Content-Type", "text/plain"), ("ETag", '"a"'), ("Accept-Ranges", "bytes")],
                body=TEXT,
            ),
            "/chunks": response(
                fields=[("Content-Type", "text/css"), ("Transfer-Encoding", "chunked")], length=False
            )
            + chunked(*(TEXT[at : at + 7_777] for at in range(0, len(TEXT), 7_777)), trailers=[("X-T", "1")]),
            "/small": response(fields=[("Content-Type", "text/plain")], body=b"x" * 1_023),
            "/image": response(fields=[("Content-Type", "image/png")], body=os.urandom(5_000)),
            "/packed": response(
                fields=[("Content-Type", "text/plain"), ("Content-Encoding", "gzip")],
                body=gzip.compress(TEXT),
            ),
            "/known": response("304 Not Modified", [("ETag", '"a"')], length=False),
        }
        self.app = self.http_backend("app", self.answer)

    def answer(self, asked, connection):
        answer = self.answers[asked.head.target]
        return answer[: answer.index(b"\r\n\r\n") + 4] if asked.head.method == "HEAD" else answer

    def start(self, **keys):
        keys.setdefault("compression", "true")
        return self.start_proxy(pool("app", self.app), route(**keys))

    def get(self, proxy, target, *fields, method="GET", **options):
        return proxy.ask(request(method, target, fields=fields, **options), method)

    def test_a_client_that_wants_it_gets_gzip_and_others_the_same_as_it_came(self):
        proxy = self.start()
        packed = self.get(proxy, "/text", GZIP)
        self.assertEqual(gzip.decompress(packed.body), TEXT)
        self.assertLess(len(packed.body), len(TEXT) / 4)
        self.assertTrue(packed.chunked)
        self.assertEqual(packed.head.get("Content-Encoding"), "gzip")
        self.assertEqual(packed.head.all("ETag"), ['W/"a"'])
        self.assertEqual(packed.head.get("Vary"), "Accept-Encoding")
        for name in ("Content-Length", "Accept-Ranges"):
            self.assertNotIn(name, packed.head)
        plain = self.get(proxy, "/text")
        self.assertEqual((plain.body, plain.head.get("ETag")), (TEXT, '"a"'))
        self.assertEqual(plain.head.get("Vary"), "Accept-Encoding")
        self.assertIsNone(plain.head.get("Content-Encoding"))
        value = lambda name: proxy.metrics().value(f"fairlead_compression_{name}")
        eventually(lambda: value("output_bytes_total") == len(packed.body))
        self.assertEqual(value("answers_total"), 1)
        self.assertEqual(value("active"), 0)
        self.assertEqual(value("input_bytes_total"), len(TEXT))
        skips = proxy.metrics().value("fairlead_compression_skips_total", reason="not_accepted")
        self.assertEqual(skips, 1)

    def test_many_answers_on_one_connection_and_what_came_in_chunks(self):
        proxy = self.start()
        with proxy.connect() as client:
            for _ in range(3):
                for target in ("/text", "/chunks"):
                    client.send(request(target=target, fields=[GZIP]))
                    answer = client.read_response()
                    self.assertEqual(gzip.decompress(answer.body), TEXT)
                client.send(request(target="/chunks", fields=[GZIP]))
                self.assertEqual(client.read_response().trailers, [("X-T", "1")])
                client.send(request("HEAD", "/text", fields=[GZIP]))
                head = client.read_response("HEAD").head
                self.assertEqual((head.get("Content-Encoding"), head.get("ETag")), ("gzip", 'W/"a"'))
                self.assertNotIn("Content-Length", head)
        self.assertEqual(len(self.app.connections), 1)

    def test_what_is_not_to_be_compressed_goes_as_it_came(self):
        proxy = self.start()
        for target in ("/small", "/image", "/packed"):
            answer = self.get(proxy, target, GZIP)
            self.assertEqual(answer.body, self.answers[target].partition(b"\r\n\r\n")[2])
            self.assertNotIn("Vary", answer.head)
        self.assertEqual(self.get(proxy, "/text", GZIP, version="HTTP/1.0").body, TEXT)
        no_transform = self.get(proxy, "/text", GZIP, ("Cache-Control", "no-transform"))
        self.assertEqual(no_transform.body, TEXT)
        known = self.get(proxy, "/known", GZIP, ("If-None-Match", 'W/"a"'))
        self.assertEqual((known.status, known.head.all("ETag")), (304, ['W/"a"']))
        self.assertEqual(self.get(proxy, "/known", ("If-None-Match", '"a"')).head.get("ETag"), '"a"')
        metrics = proxy.metrics()
        for reason in ("small", "type", "encoded", "not_accepted", "forbidden"):
            value = metrics.value("fairlead_compression_skips_total", reason=reason)
            self.assertGreaterEqual(value, 1, reason)

    def test_bytes_that_stream_are_never_held_back(self):
        goes_on = threading.Event()

        def stream(asked, connection):
            head = [("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")]
            connection.send(response(fields=head, length=False))
            for i in range(5):
                connection.send(b"%x\r\ndata: %d\n\n\r\n" % (9, i))
                goes_on.wait(10)
                goes_on.clear()
            connection.send(b"0\r\n\r\n")

        self.app = self.http_backend("events", stream)
        proxy = self.start(compression='{ types = ["text/event-stream"] }')
        unpack = zlib.decompressobj(31)
        with proxy.connect() as client:
            client.send(request(fields=[GZIP]))
            self.assertEqual(client.read_head().get("Content-Encoding"), "gzip")
            text = b""
            for i in range(5):
                while not text.endswith(b"data: %d\n\n" % i):  # each comes before the next is made
                    size = int(client.read_until(b"\r\n"), 16)
                    text += unpack.decompress(client.read_exactly(size + 2)[:-2])
                if i == 2:
                    self.assertEqual(proxy.metrics().value("fairlead_compression_active"), 1)
                goes_on.set()
            while size := int(client.read_until(b"\r\n"), 16):
                text += unpack.decompress(client.read_exactly(size + 2)[:-2])
        self.assertTrue(unpack.eof)
        self.assertEqual(text, b"".join(b"data: %d\n\n" % i for i in range(5)))

    def test_no_more_are_compressed_at_once_than_may_be(self):
        goes_on = threading.Event()

        def slow(asked, connection):
            head = [("Content-Type", "text/plain"), ("Transfer-Encoding", "chunked")]
            connection.send(response(fields=head, length=False) + b"1\r\na\r\n")
            goes_on.wait(10)
            connection.send(b"0\r\n\r\n")

        self.app = self.http_backend("slow", slow)
        proxy = self.start(compression="{ max_active = 2 }")
        clients = [proxy.connect() for _ in range(3)]
        codings = []
        for client in clients:
            client.send(request(fields=[GZIP]))
            codings.append(client.read_head().get("Content-Encoding"))
        self.assertEqual(codings, ["gzip", "gzip", None])
        goes_on.set()
        for client in clients[:2]:
            client.close()
        eventually(lambda: proxy.metrics().value("fairlead_compression_active") == 0)
        self.assertEqual(proxy.metrics().value("fairlead_compression_skips_total", reason="busy"), 1)

    def test_an_answer_that_breaks_off_is_not_taken_for_the_whole(self):
        def broken(asked, connection):
            head = [("Content-Type", "text/plain"), ("Content-Length", str(len(TEXT)))]
            connection.send(response(fields=head, length=False) + TEXT[:50_000])
            connection.close()

        self.app = self.http_backend("broken", broken)
        proxy = self.start()
        with proxy.connect() as client:
            client.send(request(fields=[GZIP]))
            self.assertEqual(client.read_head().get("Content-Encoding"), "gzip")
            self.assertEqual(client.ended_by(), "reset")

    def test_curl_and_node_read_it(self):
        proxy = self.start()
        words = ["curl", "--silent", "--noproxy", "*", "--max-time", "15", "--compressed"]
        for target in ("/text", "/chunks", "/packed", "/small"):
            got = subprocess.run([*words, proxy.url + target], capture_output=True, check=True, timeout=20)
            want = {"/small": b"x" * 1_023}.get(target, TEXT)
            self.assertEqual(got.stdout, want)
        program = (
            "const answer = await fetch(process.argv[1]);"
            "const text = await answer.text();"
            "console.log(JSON.stringify([answer.headers.get('content-encoding'), text.length]));"
        )
        words = ["node", "--input-type=module", "--eval", program, proxy.url + "/text"]
        got = subprocess.run(words, capture_output=True, check=True, timeout=30)
        self.assertEqual(json.loads(got.stdout), ["gzip", len(TEXT)])

    def test_the_log_and_the_counts_tell_what_went_to_the_client(self):
        proxy = self.start_proxy("[log]\nrequests = true\n", pool("app", self.app), route(compression="true"))
        packed = self.get(proxy, "/text", GZIP)
        eventually(lambda: len(proxy.access_log()) == 1)
        self.assertEqual(proxy.access_log()[0]["bytes_to_client"], len(packed.body))


if __name__ == "__main__":
    unittest.main()
