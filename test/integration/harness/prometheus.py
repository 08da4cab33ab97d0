"""Debian's Prometheus: it scrapes proxies of a test twice a second, by the rules that are deployed."""
import json
import os
import re
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from harness.documented_metrics import ROOT
from harness.ports import free_port
from harness.waiting import eventually

RULES = os.path.join(ROOT, "deploy", "prometheus", "alerts.yml")


def hurried(rules, wait="1s"):
    """The rules with every `for:` shortened and nothing else changed."""
    return re.sub(r"^( +for: )\w+$", rf"\g<1>{wait}", rules, flags=re.MULTILINE)


class Prometheus:
    """`close` ends it. Intervals are far below those deployed, so that a test needs seconds."""

    def __init__(self, *admin_ports, interval="500ms"):
        self._folder = tempfile.TemporaryDirectory(prefix="fairlead-prometheus-")
        self.errors = []
        self.port = free_port()
        with open(RULES, encoding="utf-8") as file:
            self._write("alerts.yml", hurried(file.read()))
        targets = ", ".join(f'"127.0.0.1:{port}"' for port in admin_ports)
        self._write(
            "prometheus.yml",
            f"global: {{ scrape_interval: {interval}, scrape_timeout: {interval},"
            f" evaluation_interval: {interval} }}\n"
            "rule_files: [alerts.yml]\n"
            "scrape_configs:\n"
            f"  - {{ job_name: fairlead, static_configs: [{{ targets: [{targets}] }}] }}\n",
        )
        self._log = open(self._path("log"), "wb+")
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={self._path('prometheus.yml')}",
             f"--storage.tsdb.path={self._path('data')}", f"--web.listen-address=127.0.0.1:{self.port}",
             "--log.level=warn"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
        )  # fmt: skip
        eventually(self._is_ready, 30, self.log)

    def query(self, expression):
        """[(labels, value)] now; ValueError with what Prometheus says of a wrong query."""
        return [
            ({name: text for name, text in one["metric"].items()}, float(one["value"][1]))
            for one in self._get("query", query=expression)["result"]
        ]

    def value(self, expression):
        """Of the one series that the query returns; None when there is none."""
        found = self.query(expression)
        assert len(found) <= 1, found
        return found[0][1] if found else None

    def firing(self, alert):
        """The labels of the alerts of that name that fire now."""
        return [labels for labels, _ in self.query(f'ALERTS{{alertname="{alert}", alertstate="firing"}}')]

    def states_of(self, alert, instance):
        """The states it has had since Prometheus began."""
        seen = self.query(f'last_over_time(ALERTS{{alertname="{alert}", instance="{instance}"}}[1h])')
        return {labels["alertstate"] for labels, _ in seen}

    def log(self):
        self._log.flush()
        with open(self._path("log"), encoding="utf-8") as file:
            return file.read()

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def _path(self, name):
        return os.path.join(self._folder.name, name)

    def _write(self, name, text):
        with open(self._path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def _is_ready(self):
        assert self._process.poll() is None, self.log()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5):
                return True
        except OSError:
            return False

    def _get(self, what, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return json.loads(answer.read())["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.loads(error.read())["error"]) from None
