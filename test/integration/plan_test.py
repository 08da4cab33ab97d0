"""`fairlead plan`: text, JSON, exit codes, and that the proxy holds what the plan says, to the last one."""
import json
import re
import resource
import subprocess
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import open_tunnel
from harness.http_message import request
from harness.namespace import enter_network_namespace, set_sysctl
from harness.proxy import run_command
from harness.tunnel_backend import TunnelBackend
from harness.waiting import eventually

LISTEN = '[[listen]]\naddress = "127.0.0.1:8080"\n'
SOURCE = '["127.0.1.0/30"]'


class PlanCase(ProxyCase):
    def setUp(self):
        super().setUp()
        set_sysctl("net.ipv4.ip_local_port_range", "32000 59999")

    def plan(self, text, *arguments):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            return run_command("plan", file.name, *arguments)

    def plan_json(self, text, *arguments):
        done = self.plan(text, "--json", *arguments)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)


class CommandLine(PlanCase):
    def config(self, **keys):
        return LISTEN + pool("app", "127.0.0.1:9000-9001", **keys) + route()

    def test_it_tells_the_tuples_and_what_ends_first(self):
        done = self.plan(self.config(source=SOURCE, ports='"60000-60099"'))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"app +its sources +IPv4 +4 +2 +100 +800 +-\n")
        self.assertRegex(done.stdout, r"What ends first\n.*\n  source tuples of pool app +800 ")
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)

    def test_exit_codes(self):
        config = self.config(source=SOURCE, ports='"60000-60099"')
        for arguments, code in (
            ((), 0),
            (("--connections", "800"), 0),
            (("--connections", "801"), 3),
            (("--connections", "app=801"), 3),
            (("--connections", "app=700", "--connections", "700"), 0),
            (("--connections", "many"), 2),
            (("--connections", "0"), 2),
            (("--connections", "nobody=5"), 2),
            (("--connections", "5", "--connections", "6"), 2),
            (("--colour",), 2),
        ):
            with self.subTest(arguments):
                self.assertEqual(self.plan(config, *arguments).returncode, code)
        self.assertEqual(self.plan(config + "hots = 1\n", "--connections", "1").returncode, 1)
        self.assertEqual(run_command("plan", "/nonexistent/fairlead.toml").returncode, 1)
        self.assertEqual(run_command("plan").returncode, 2)

    def test_what_does_not_fit_comes_with_the_numbers_that_would(self):
        keys = {"source": SOURCE, "ports": '"60000-60099"'}
        done = self.plan(self.config(**keys), "--connections", "1500")
        self.assertIn("add 4 source addresses to pool app", done.stdout)
        self.assertIn("list 4 ports for each backend", done.stdout.replace("\n      ", " "))
        keys["source"] = '["127.0.1.0/29"]'
        self.assertEqual(self.plan(self.config(**keys), "--connections", "1500").returncode, 0)

    def test_json(self):
        made = self.plan_json(self.config(source=SOURCE, ports='"60000-60099"'), "--connections", "900")
        self.assertEqual((made["connections"], made["asked"], made["fits"]), (900, True, False))
        self.assertEqual(made["pools"][0]["connections"], 800)
        self.assertEqual(made["problems"][0]["any_of"][0].split(":")[0], "add 1 source address to pool app")

    def test_names_count_with_all_their_addresses(self):
        made = self.plan_json(LISTEN + pool("app", "localhost:9000") + route())
        self.assertEqual(made["pools"][0]["unresolved"], [])
        with open("/etc/hosts") as file:
            names = re.findall(r"^([\da-f.:]+)\s.*\blocalhost\b", file.read(), re.M)
        families = made["pools"][0]["families"]
        self.assertLessEqual(1, sum(each["destinations"] for each in families))
        self.assertLessEqual(sum(each["destinations"] for each in families), max(1, len(names)))

    def test_descriptors_are_those_of_this_process(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        limits = self.plan_json(self.config())["limits"]
        (descriptors,) = [each for each in limits if each["limit"] == "descriptors"]
        self.assertLess(descriptors["connections"], hard // 2)
        self.assertGreater(descriptors["connections"], hard // 2 - 1000)

    def test_sources_that_are_not_ours_are_named_with_the_command_that_makes_them_so(self):
        config = self.config(source='["192.0.2.0/30"]')
        done = self.plan(config, "--connections", "10")
        self.assertEqual(done.returncode, 3)
        self.assertIn("4 of the 4 addresses of 192.0.2.0/30 are on no interface", done.stdout)
        command = re.search(r"\* (ip route add local \S+ dev lo)\n", done.stdout)[1]
        subprocess.run(command.split(), check=True)
        try:
            self.assertEqual(self.plan(config, "--connections", "10").returncode, 0)
        finally:
            subprocess.run(["ip", "route", "del", "local", "192.0.2.0/30", "dev", "lo"], check=True)

    def test_check_fails_for_a_route_that_cannot_be_held_and_names_its_line(self):
        text = LISTEN + pool("app", "127.0.0.1:9000", source=SOURCE, ports='"60000-60099"')
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text + route(max_connections=401))
            file.flush()
            done = run_command("check", file.name)
            self.assertEqual(done.returncode, 1)
            line = text.count("\n") + 1
            place = f"{file.name}:{line}:1: error: route.max_connections: "
            self.assertIn(place + "401 cannot be held", done.stderr)
            self.assertEqual(done.stdout, "")


class Fill(PlanCase):
    """Plan and proxy agree: so many connections are held, and the next is refused."""

    def fill(self, *parts):
        proxy = self.start_proxy('[log]\naccess = "off"\n', *parts, workers=2)
        done = run_command("plan", proxy.config_path, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        capacity = json.loads(done.stdout)["pools"][0]["connections"]
        for number in range(capacity):
            client = proxy.connect(source=f"127.9.{number // 20000}.1")
            client.forget_received()
            open_tunnel(client)
        # The last 101 may be here before its tunnel is counted.
        eventually(lambda: proxy.metrics().value("fairlead_tunnels_open") == capacity)
        with proxy.connect(source="127.9.200.1") as client:
            client.send(request())
            self.assertEqual(client.read_response().status, 503)
        self.assertEqual(proxy.metrics().value("fairlead_refusals_total", reason="ports_exhausted"), 1)
        return capacity

    def test_sources_times_ports_of_backends_times_ports(self):
        backends = [self._keep(TunnelBackend()) for _ in range(3)]
        held = self.fill(pool("app", *backends, source=SOURCE, ports='"60000-60099"'), route())
        self.assertEqual(held, 4 * 3 * 100)

    def test_more_full_destinations_than_one_request_may_try(self):
        backends = [self._keep(TunnelBackend()) for _ in range(12)]
        # The heavy ones are full long before the light one, and are chosen first nevertheless.
        weights = [10] * 11 + [1]
        entries = ", ".join(
            f'{{ address = "{each.address}", weight = {weight} }}' for each, weight in zip(backends, weights)
        )
        for balance in ("round-robin", "least-connections", "random-of-two"):
            with self.subTest(balance):
                held = self.fill(
                    f'[pool.app]\nbackends = [{entries}]\nbalance = "{balance}"\nsource = "127.0.1.1"\n',
                    f'ports = "{self.ports(20)}"\n',
                    route(),
                )
                self.assertEqual(held, 12 * 20)

    next_port = 61_000

    def ports(self, count):
        """Ports that the proxies before have not used."""
        first = Fill.next_port
        Fill.next_port += count
        return f"{first}-{first + count - 1}"


if __name__ == "__main__":
    enter_network_namespace()
    unittest.main()
