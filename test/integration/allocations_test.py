"""What a request costs in allocations: nothing, once the proxy has served a few."""
import os
import struct
import tempfile
import unittest

from harness.case import ProxyCase
from harness.http_message import request, response
from harness.proxy import SANITIZED

COUNTER = os.environ.get("FAIRLEAD_ALLOCATION_COUNTER", "build/dev/test/libcount_allocations.so")
REQUESTS = 2000
# Timers, checks and reports of the seconds that it takes have some of their own.
AT_MOST = REQUESTS / 20


@unittest.skipIf(SANITIZED, "a sanitizer brings an allocator of its own")
class Allocations(ProxyCase):
    def setUp(self):
        super().setUp()
        self.count_file = tempfile.NamedTemporaryFile()
        self.count_file.write(bytes(8))
        self.count_file.flush()

    def tearDown(self):
        super().tearDown()
        self.count_file.close()

    def start(self, extra="", respond=None):
        counted_in = f"ALLOCATION_COUNT_FILE={self.count_file.name}"
        wrapper = ("env", f"LD_PRELOAD={os.path.abspath(COUNTER)}", counted_in)
        return self.front(self.http_backend(respond=respond), extra, wrapper=wrapper)

    def count(self):
        self.count_file.seek(0)
        return struct.unpack("Q", self.count_file.read(8))[0]

    def allocations_of(self, proxy, asked):
        """Of REQUESTS requests on one connection, after as many that are not counted."""
        with proxy.connect() as client:
            for part in ("warm-up", "counted"):
                before = self.count()
                for _ in range(REQUESTS):
                    client.send(asked)
                    self.assertEqual(client.read_response().status, 200, part)
            return self.count() - before

    def test_kept_alive_gets_allocate_nothing(self):
        body = b"x" * 1024
        proxy = self.start(respond=lambda message, connection: response(body=body))
        fields = [("User-Agent", "a" * 60), ("Accept", "*/*"), ("Cookie", "c=" + "d" * 200)]
        asked = request("GET", fields=fields)
        self.assertLess(self.allocations_of(proxy, asked), AT_MOST)

    def test_without_an_access_log_it_is_the_same(self):
        proxy = self.start('[log]\naccess = "off"\n')
        self.assertLess(self.allocations_of(proxy, request()), AT_MOST)

    def test_with_a_line_for_each_and_a_trace_begun_it_is_the_same(self):
        for form in ("json", "text"):
            log = f'[log]\nrequests = true\naccess = "/dev/null"\naccess_format = "{form}"\n'
            proxy = self.start(log + '[forward]\ntrace_context = "create"\n')
            self.assertLess(self.allocations_of(proxy, request()), AT_MOST, form)

    def test_posts_whose_body_comes_with_the_head_allocate_nothing(self):
        proxy = self.start()
        self.assertLess(self.allocations_of(proxy, request("POST", body=b"y" * 500)), AT_MOST)

    def test_the_counter_counts(self):
        proxy = self.start()
        before = self.count()
        self.assertGreater(before, 1000)
        for _ in range(20):
            self.assertEqual(proxy.ask(request()).status, 200)  # a connection each
        self.assertGreaterEqual(self.count() - before, 20)


if __name__ == "__main__":
    unittest.main()
