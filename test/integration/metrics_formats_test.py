"""/metrics in both formats: by the parsers of who reads them, chosen by Accept, compressed when asked."""
import gzip
import subprocess
import unittest
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from harness.case import ProxyCase, pool, route
from harness.frames import TEXT, close_frame, frame, open_tunnel, read_frame
from harness.waiting import eventually

OPEN = "application/openmetrics-text; version=1.0.0"
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


class Formats(ProxyCase):
    def setUp(self):
        super().setUp()
        self.app = self.websocket_backend()
        self.proxy = self.start_proxy(
            pool("app", self.app),
            route("app", name="""'say "hi" \\now'"""),
            "[websocket]\nping_every = '1s'",
        )
        with self.proxy.connect() as client:
            open_tunnel(client)
            client.send(frame(TEXT, "hello", masked=True))
            read_frame(client)
            client.send(close_frame(1000, masked=True))
            self.assertTrue(client.ended_by(5))

    def ask(self, **fields):
        return self.ask_for("/metrics", **fields)

    def ask_for(self, path, **fields):
        """(fields of the answer, its bytes)"""
        names = {name.replace("_", "-"): value for name, value in fields.items()}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.proxy.admin_port}{path}", headers=names)
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return answer.headers, answer.read()

    def series(self, families):
        return {
            (sample.name, tuple(sorted(sample.labels.items())))
            for family in families
            for sample in family.samples
        }

    def test_both_formats_have_the_same_series_and_are_what_they_say(self):
        self.ask()  # so that a scrape in each format was counted
        self.ask(Accept=OPEN)
        fields, text = self.ask()
        self.assertEqual(fields["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertEqual(fields["Vary"], "Accept, Accept-Encoding")
        open_fields, open_text = self.ask(Accept=OPEN)
        self.assertEqual(
            open_fields["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8"
        )
        self.assertTrue(open_text.endswith(b"\n# EOF\n"))
        plain = list(parse_text(text.decode()))
        strict = list(parse_openmetrics(open_text.decode()))  # ValueError for what is not OpenMetrics
        self.assertEqual(self.series(plain), self.series(strict))
        types = {family.name: (family.type, family.unit) for family in strict}
        self.assertEqual(types["fairlead_websocket_messages"], ("counter", ""))
        self.assertEqual(types["fairlead_websocket_lifetime_seconds"], ("histogram", "seconds"))
        self.assertEqual(types["process_cpu_seconds"], ("counter", "seconds"))
        self.assertEqual(types["fairlead_build"], ("info", ""))

    def test_promtool_finds_nothing(self):
        _, text = self.ask()
        told = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
        self.assertEqual((told.returncode, told.stdout + told.stderr), (0, b""))

    def test_accept_decides_as_its_weights_say(self):
        for accept, is_open in (
            (PROMETHEUS, True),
            ("text/plain;q=0.9, " + OPEN + ";q=0.5", False),
            ("*/*", False),
            (OPEN + ";q=0", False),
        ):
            with self.subTest(accept):
                fields, _ = self.ask(Accept=accept)
                self.assertEqual("openmetrics" in fields["Content-Type"], is_open)

    def test_gzip_when_it_is_asked_for(self):
        fields, packed = self.ask(Accept=OPEN, Accept_Encoding="gzip")
        self.assertEqual(fields["Content-Encoding"], "gzip")
        text = gzip.decompress(packed)
        self.assertTrue(text.endswith(b"# EOF\n"))
        self.assertLess(len(packed), len(text) / 4)
        fields, _ = self.ask(Accept_Encoding="gzip;q=0")
        self.assertIsNone(fields["Content-Encoding"])

    def test_single_connections_by_who_has_the_most(self):
        clients = [self.proxy.connect() for _ in range(5)]
        for count, client in enumerate(clients, 1):
            open_tunnel(client)
            client.send(frame(TEXT, "x" * 100 * count, masked=True))
            read_frame(client)
        told = self.proxy.admin("/metrics/connections?top=2")
        self.assertEqual(told[0], 200)
        families = {family.name: family for family in parse_text(told[1])}
        self.assertEqual(families["fairlead_connection_matches"].samples[0].value, 5)
        sent = [
            (sample.labels["client"], sample.value)
            for sample in families["fairlead_connection_bytes"].samples
            if sample.labels["direction"] == "to_backend"
        ]
        self.assertEqual(sent, [("%s:%d" % clients[n].sock.getsockname(), n * 100 + 108) for n in (4, 3)])
        fields, text = self.ask_for("/metrics/connections?by=age&pool=app", Accept=OPEN)
        strict = {family.name: family for family in parse_openmetrics(text.decode())}
        self.assertEqual(len(strict["fairlead_connection_age_seconds"].samples), 5)
        labels = strict["fairlead_connection_age_seconds"].samples[0].labels
        self.assertEqual(labels["route"], 'say "hi" \\now')
        self.assertEqual(self.proxy.admin("/metrics/connections?route=none")[1].count("\nfairlead"), 1)
        status, why = self.proxy.admin("/metrics/connections?top=10001")
        self.assertEqual(status, 400, why)
        self.assertIn("top", why)

    def test_scrapes_are_counted(self):
        def count(form):
            return self.proxy.metrics().value("fairlead_scrapes_total", format=form)

        self.ask(Accept=OPEN)
        before = count("openmetrics")
        self.ask(Accept=OPEN)
        eventually(lambda: count("openmetrics") == before + 1)
        self.assertGreater(count("text"), 0)


if __name__ == "__main__":
    unittest.main()
