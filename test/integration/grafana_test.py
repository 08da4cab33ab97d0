"""The Grafana dashboard: each query, asked of a real Prometheus that scrapes a busy proxy, has an answer."""
import importlib.util
import itertools
import json
import os
import re
import subprocess
import tempfile
import unittest

from harness.busy_proxy import BusyProxy
from harness.case import ProxyCase
from harness.documented_metrics import ROOT, documented, family, unknown_in
from harness.ports import free_port
from harness.prometheus import Prometheus
from harness.waiting import eventually

FOLDER = os.path.join(ROOT, "deploy", "grafana")

NPATH = "n-Path"  # the row whose process is not this one
WINDOW = "30s"  # for $__rate_interval


def read_dashboard():
    with open(os.path.join(FOLDER, "dashboards", "fairlead.json"), encoding="utf-8") as file:
        return file.read()


def generator():
    path = os.path.join(FOLDER, "make_dashboard.py")
    spec = importlib.util.spec_from_file_location("make_dashboard", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def filled(query, **variables):
    """As Grafana sends it; variables that are not given are `All`."""
    for name in ("instance", "route", "pool"):
        query = query.replace(f"${name}", variables.get(name, ".*"))
    query = query.replace("$__rate_interval", WINDOW)
    assert "$" not in query, query
    return query


class Shape(unittest.TestCase):
    def setUp(self):
        self.dashboard = json.loads(read_dashboard())
        self.panels = self.dashboard["panels"]

    def test_it_is_what_its_script_makes(self):
        self.assertEqual(read_dashboard(), generator().text(), "run deploy/grafana/make_dashboard.py")

    def test_no_panel_covers_another_or_leaves_the_grid(self):
        taken = set()
        for panel in self.panels:
            place = panel["gridPos"]
            columns = range(place["x"], place["x"] + place["w"])
            rows = range(place["y"], place["y"] + place["h"])
            cells = set(itertools.product(columns, rows))
            self.assertFalse(taken & cells, panel["title"])
            self.assertLessEqual(columns.stop, 24, panel["title"])
            taken |= cells

    def test_every_panel_has_a_title_of_its_own_a_unit_and_says_what_it_tells(self):
        plots = [panel for panel in self.panels if panel["type"] != "row"]
        self.assertEqual(len({panel["id"] for panel in self.panels}), len(self.panels))
        for panel in plots:
            self.assertTrue(panel["title"] and panel["description"].endswith("."), panel["title"])
            self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], panel["title"])
            letters = [target["refId"] for target in panel["targets"]]
            self.assertEqual(len(letters), len(set(letters)), panel["title"])

    def test_every_metric_is_documented(self):
        self.assertEqual(unknown_in(read_dashboard()), [])


class Data(ProxyCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        self.addCleanup(folder.cleanup)
        port = free_port()
        self.busy = BusyProxy(self, folder.name, port)
        self.prometheus = self._keep(Prometheus(port))

    def queries(self):
        """(row, panel, query) of all panels."""
        row = None
        for panel in json.loads(read_dashboard())["panels"]:
            if panel["type"] == "row":
                row = panel["title"]
            for target in panel.get("targets", ()):
                yield row, panel["title"], target["expr"]

    def test_every_query_has_data_of_a_proxy_with_traffic(self):
        waiting = {(title, query) for row, title, query in self.queries() if row != NPATH}
        self.assertGreater(len(waiting), 60)

        def ask():
            accepted = self.prometheus.query("fairlead_connections_accepted_total")
            self.busy.round()
            eventually(lambda: self.prometheus.query("fairlead_connections_accepted_total") != accepted, 20)
            waiting.difference_update([one for one in waiting if self.prometheus.query(filled(one[1]))])
            return not waiting

        eventually(ask, 60, lambda: "\n".join(f"{title}: {filled(query)}" for title, query in waiting))
        for row, title, query in self.queries():
            with self.subTest(title):
                chosen = {"instance": "127.0.0.1:.*", "route": "chat", "pool": "chat"}
                found = self.prometheus.query(filled(query, **chosen))
                if row == NPATH:
                    self.assertEqual(found, [], "n-Path is a process of its own, which is not running here")
        self.variables_offer_what_is_there()
        self.promtool_finds_nothing_wrong_with_the_scrape()

    def variables_offer_what_is_there(self):
        offered = {}
        for variable in json.loads(read_dashboard())["templating"]["list"]:
            asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable.get("definition", ""))
            if asked:
                series = self.prometheus.query(filled(asked[1]))
                offered[variable["name"]] = {labels[asked[2]] for labels, _ in series}
        self.assertEqual(offered["instance"], {f"127.0.0.1:{self.busy.proxy.admin_port}"})
        self.assertEqual(offered["route"], {"chat", "api", "narrow", "secure", "found", "locked"})
        self.assertEqual(offered["pool"], {"chat", "api", "narrow", "secure", "found"})

    def promtool_finds_nothing_wrong_with_the_scrape(self):
        metrics = self.busy.proxy.metrics()
        known = documented()
        here = {family(name, known) for name, _, _ in metrics.samples}
        elsewhere = ("fairlead_npath_", "fairlead_connection_")  # another process, another page
        gone = {name for name in known if name not in here and not name.startswith(elsewhere)}
        self.assertEqual(gone, set(), "documented, and not in the scrape of a proxy that does everything")
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=metrics.text, capture_output=True, text=True, timeout=30
        )
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
