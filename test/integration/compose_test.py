"""deploy/compose.yaml without Docker: what its files say of each other is true."""
import os
import re
import tomllib
import unittest
from urllib.parse import urlsplit

import yaml
from harness.documented_metrics import ROOT
from harness.proxy import run_command

FOLDER = os.path.join(ROOT, "deploy")
SERVICE_KEYS = {
    "build", "cap_add", "cap_drop", "command", "depends_on", "environment", "expose", "healthcheck", "image",
    "ports", "read_only", "restart", "security_opt", "stop_grace_period", "sysctls", "tmpfs", "ulimits",
    "user", "volumes",
}  # fmt: skip


def load(*path):
    with open(os.path.join(FOLDER, *path), encoding="utf-8") as file:
        return yaml.safe_load(file)


class Compose(unittest.TestCase):
    def setUp(self):
        document = load("compose.yaml")
        self.assertEqual(list(document), ["services"])
        self.services = document["services"]
        with open(self.mounted("fairlead", "/etc/fairlead/fairlead.toml"), "rb") as file:
            self.config = tomllib.load(file)

    def mounts(self, service):
        """{path in the container: path here}"""
        pairs = [text.split(":") for text in self.services[service].get("volumes", ())]
        return {inside: os.path.normpath(os.path.join(FOLDER, here)) for here, inside, _ in pairs}

    def mounted(self, service, path):
        """The file here that the service sees under that path."""
        for inside, here in self.mounts(service).items():
            if path == inside or path.startswith(inside + "/"):
                return here + path.removeprefix(inside)
        self.fail(f"{service} has nothing mounted at {path}")

    def open_ports(self, service):
        """That other services may connect to."""
        described = self.services[service]
        published = [text.rpartition(":")[2] for text in described.get("ports", ())]
        return {*described.get("expose", ()), *published}

    def expect_reachable(self, address):
        host, _, port = address.rpartition(":")
        self.assertIn(host, self.services, address)
        self.assertIn(port, self.open_ports(host), address)

    def test_services_have_known_keys_and_an_image_of_a_fixed_version(self):
        self.assertEqual(set(self.services), {"fairlead", "chat", "site", "prometheus", "grafana"})
        for name, service in self.services.items():
            self.assertLessEqual(set(service), SERVICE_KEYS, name)
            if "build" not in service:
                self.assertRegex(service["image"], r"^[a-z/-]+:v?\d+\.\d+\.\d+$", name)
            self.assertLessEqual(set(service.get("depends_on", ())), set(self.services), name)

    def test_everything_that_is_mounted_is_there_and_read_only(self):
        for name, service in self.services.items():
            for text in service.get("volumes", ()):
                self.assertTrue(text.endswith(":ro"), f"{name}: {text}")
            for here in self.mounts(name).values():
                self.assertTrue(os.path.exists(here), f"{name}: {here}")

    def test_ports_are_published_on_this_machine_alone_and_only_once(self):
        published = [text for service in self.services.values() for text in service.get("ports", ())]
        for text in published:
            self.assertRegex(text, r"^127\.0\.0\.1:\d+:\d+$")
        self.assertEqual(len(published), len({text.split(":")[1] for text in published}))

    def test_fairlead_takes_the_configuration(self):
        path = self.mounted("fairlead", "/etc/fairlead/fairlead.toml")
        checked = run_command("check", path)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_its_backends_are_services_and_its_listener_is_what_is_published(self):
        for pool in self.config["pool"].values():
            for backend in pool["backends"]:
                self.expect_reachable(backend)
        for listener in self.config["listen"]:
            self.assertIn(listener["address"].rpartition(":")[2], self.open_ports("fairlead"))

    def test_prometheus_scrapes_the_admin_listener_and_finds_its_rules(self):
        config = load("prometheus", "prometheus.yml")
        admin_port = self.config["admin"]["address"].rpartition(":")[2]
        targets = [
            target
            for job in config["scrape_configs"]
            for static in job["static_configs"]
            for target in static["targets"]
        ]
        self.assertEqual(targets, [f"fairlead:{admin_port}"])
        self.expect_reachable(targets[0])
        command = " ".join(self.services["prometheus"]["command"])
        path = re.search(r"--config\.file=(\S+)", command)[1]
        self.assertTrue(os.path.exists(self.mounted("prometheus", path)))
        for rules in config["rule_files"]:
            rules = os.path.join(os.path.dirname(path), rules)
            self.assertTrue(os.path.exists(self.mounted("prometheus", rules)), rules)

    def test_grafana_finds_prometheus_and_the_dashboard(self):
        folder = self.mounted("grafana", "/etc/grafana/provisioning")
        (source,) = load(folder, "datasources", "prometheus.yml")["datasources"]
        self.expect_reachable(urlsplit(source["url"]).netloc)
        (provider,) = load(folder, "dashboards", "fairlead.yml")["providers"]
        dashboard = os.path.join(provider["options"]["path"], "fairlead.json")
        self.assertTrue(os.path.exists(self.mounted("grafana", dashboard)))
        home = self.services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        self.assertEqual(home, dashboard)


if __name__ == "__main__":
    unittest.main()
