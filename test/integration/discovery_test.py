"""Members of pools come from files and DNS; they join and leave under tunnels that notice nothing."""
import json
import os
import tempfile
import unittest

from harness.case import ProxyCase, route
from harness.crowd import Crowd, CrowdBackend
from harness.dns import A, AAAA, CNAME, NXDOMAIN, SERVFAIL, SILENCE, SRV, DnsServer
from harness.http_message import request
from harness.ports import free_port
from harness.proxy import run_command
from harness.waiting import eventually

NAME = "chat.internal"
SERVICE = "_ws._tcp.chat.internal"


class DiscoveryCase(ProxyCase):
    def crowd_backend(self, host="127.0.0.1", port=0):
        return self._keep(CrowdBackend(host, port))

    def crowd(self, proxy, count, **options):
        crowd = Crowd(proxy.address, **options)
        self.addCleanup(lambda: self.assertEqual(crowd.errors, []))
        self._backends.insert(0, crowd)
        return crowd.open(count)

    def members(self, proxy, pool="app"):
        """{backend: (weight, where it comes from)}"""
        listed = proxy.control("/backends", method="GET")[1]["backends"]
        return {one["backend"]: (one["weight"], one["origin"]) for one in listed if one["pool"] == pool}

    def priorities(self, proxy, pool="app"):
        listed = proxy.control("/backends", method="GET")[1]["backends"]
        return {one["backend"]: one["priority"] for one in listed if one["pool"] == pool}

    def expect_members(self, proxy, *addresses, timeout_s=15):
        eventually(lambda: set(self.members(proxy)) == set(addresses), timeout_s, lambda: self.members(proxy))

    def failures(self, proxy, reason):
        return proxy.metrics().value("fairlead_discovery_failures_total", pool="app", reason=reason)

    def hears_all(self, crowd):
        before = crowd.echoed
        crowd.say("hello")
        expected = before + crowd.tunnels
        eventually(lambda: crowd.echoed >= expected, 10, lambda: (crowd.echoed, expected))


class File(DiscoveryCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="fairlead-members-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.file = os.path.join(folder.name, "members.json")
        self.pool = f'[pool.app]\ndiscover = {{ file = "{self.file}" }}\nbalance = "least-connections"\n'

    def write(self, text, to=None):
        to = to or self.file
        with open(to + ".new", "w") as file:
            file.write(text if isinstance(text, str) else json.dumps(text))
        os.replace(to + ".new", to)

    def write_members(self, *backends):
        self.write([{"targets": [backend.address for backend in backends]}])

    def test_members_join_and_leave_and_other_tunnels_stay(self):
        first, second, third = (self.crowd_backend() for _ in range(3))
        self.write_members(first, second)
        proxy = self.start_proxy(self.pool + route(), workers=2)
        generation = proxy.metrics().value("fairlead_config_generation")
        crowd = self.crowd(proxy, 40)
        self.assertEqual((first.tunnels, second.tunnels), (20, 20))
        self.write_members(first, second, third)
        self.expect_members(proxy, first.address, second.address, third.address)
        self.hears_all(crowd)
        self.assertEqual((crowd.ends, first.tunnels, second.tunnels), ([], 20, 20))
        self.write_members(first, third)
        self.expect_members(proxy, first.address, third.address)
        eventually(lambda: len(crowd.ends) == 20, 10)
        self.assertEqual({code for _, code in crowd.ends}, {1012})
        self.hears_all(crowd)
        self.assertEqual((first.tunnels, second.close_codes, len(crowd.ends)), (20, {1001: 20}, 20))
        new = self.crowd(proxy, 10)
        self.assertEqual((third.tunnels, new.ends), (10, []))
        self.assertEqual(self.members(proxy)[third.address], (1, "file"))
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_discovery_members", pool="app"), 2)
        self.assertEqual(metrics.value("fairlead_config_generation"), generation)

    def test_a_broken_file_changes_nothing_and_says_so(self):
        backend = self.http_backend()
        self.write_members(backend)
        proxy = self.start_proxy(self.pool + route())
        good_at = proxy.metrics().value("fairlead_discovery_last_success_timestamp_seconds", pool="app")
        self.write('[{"targets": ["' + backend.address)
        eventually(lambda: self.failures(proxy, "invalid") == 1)
        self.expect_members(proxy, backend.address)
        self.assertEqual(proxy.ask(request()).status, 200)
        os.remove(self.file)
        eventually(lambda: self.failures(proxy, "unreadable") >= 1)
        self.assertEqual(proxy.ask(request()).status, 200)
        proxy.wait_said("members known last stay")
        other = self.http_backend("other")
        self.write_members(other)
        self.expect_members(proxy, other.address)
        self.assertGreater(
            proxy.metrics().value("fairlead_discovery_last_success_timestamp_seconds", pool="app"), good_at
        )

    def test_the_links_of_a_config_map_are_followed(self):
        first, second = self.http_backend("one"), self.http_backend("two")
        for name, backend in (("v1", first), ("v2", second)):
            os.mkdir(os.path.join(self.folder, name))
            with open(os.path.join(self.folder, name, "members.json"), "w") as file:
                json.dump([{"targets": [backend.address]}], file)
        data = os.path.join(self.folder, "..data")
        os.symlink("v1", data)
        os.symlink("..data/members.json", self.file)
        proxy = self.start_proxy(self.pool + route())
        self.expect_members(proxy, first.address)
        os.symlink("v2", data + ".new")
        os.replace(data + ".new", data)
        self.expect_members(proxy, second.address)
        self.assertEqual(proxy.ask(request()).status, 200)

    def test_a_pool_without_members_answers_503_until_there_are_some(self):
        proxy = self.start_proxy(self.pool + route())
        self.assertEqual(proxy.ask(request()).status, 503)
        self.write("[]")
        backend = self.http_backend()
        self.write_members(backend)
        self.expect_members(proxy, backend.address)
        self.assertEqual(proxy.ask(request()).status, 200)
        self.write("[]")
        self.expect_members(proxy)
        self.assertEqual(proxy.ask(request()).status, 503)

    def test_values_of_a_hash_have_nowhere_to_go_without_members(self):
        self.write("[]")
        proxy = self.start_proxy(self.pool + 'sticky = { by = "path" }\n' + route())
        self.assertEqual(proxy.ask(request()).status, 503)

    def test_weights_change_and_written_backends_stay(self):
        first, second = self.http_backend(), self.http_backend()
        group = lambda weight: [
            {"targets": [second.address], "labels": {"fairlead_weight": str(weight), "env": "test"}}
        ]
        self.write(group(3))
        proxy = self.start_proxy(self.pool + f'backends = ["{first.address}"]\n' + route())
        expected = lambda weight: {first.address: (1, "configured"), second.address: (weight, "file")}
        self.assertEqual(self.members(proxy), expected(3))
        self.write(group(5))
        eventually(lambda: self.members(proxy) == expected(5))
        self.write("[]")
        self.expect_members(proxy, first.address)

    def test_a_reload_to_discovery_and_back_empties_nothing(self):
        backend = self.crowd_backend()
        plain = f'[pool.app]\nbackends = ["{backend.address}"]\nbalance = "least-connections"\n'
        proxy = self.start_proxy(plain + route())
        crowd = self.crowd(proxy, 5)
        self.write_members(backend)
        for body in (self.pool, plain, self.pool):
            proxy.write_config(body + route())
            status, document = proxy.control("/reload")
            self.assertEqual((status, document["tunnels_leaving"]), (200, 0), document)
            self.assertNotIn("backends", document["changes"])
        self.hears_all(crowd)
        self.assertEqual(crowd.ends, [])
        # A look compares with what was found, too.
        self.assertEqual(proxy.control("/reload?dry_run=1")[1]["changes"], {})


class Dns(DiscoveryCase):
    def setUp(self):
        super().setUp()
        self.dns = self._keep(DnsServer())
        self.port = free_port()

    def pool(self, keys=None, **more):
        source = keys or f'dns = "{NAME}:{self.port}"'
        more = "".join(f", {key} = {value}" for key, value in more.items())
        return (
            f'[pool.app]\ndiscover = {{ {source}, resolvers = ["{self.dns.address}"], min_ttl = "1s", '
            f'timeout = "1s"{more} }}\nbalance = "least-connections"\n'
        )

    def backend_at(self, last):
        return self.crowd_backend(f"127.0.0.{last}", self.port)

    def test_addresses_join_and_leave_and_other_tunnels_stay(self):
        first, second, third = (self.backend_at(last) for last in (2, 3, 4))
        self.dns.set(NAME, A, "127.0.0.2", "127.0.0.3")
        proxy = self.start_proxy(self.pool() + route(), workers=2)
        crowd = self.crowd(proxy, 40)
        self.assertEqual((first.tunnels, second.tunnels), (20, 20))
        self.assertEqual(self.members(proxy)[first.address], (1, "dns"))
        self.dns.set(NAME, A, "127.0.0.4", "127.0.0.3", "127.0.0.2")
        self.expect_members(proxy, first.address, second.address, third.address)
        self.hears_all(crowd)
        self.assertEqual((crowd.ends, first.tunnels, second.tunnels), ([], 20, 20))
        self.dns.set(NAME, A, "127.0.0.4", "127.0.0.2")
        self.expect_members(proxy, first.address, third.address)
        eventually(lambda: len(crowd.ends) == 20, 10)
        self.assertEqual(second.close_codes, {1001: 20})
        self.hears_all(crowd)
        self.assertEqual((first.tunnels, len(crowd.ends)), (20, 20))

    def test_whatever_dns_fails_by_the_last_answer_stays(self):
        backend = self.backend_at(2)
        self.dns.set(NAME, A, "127.0.0.2")
        proxy = self.start_proxy(self.pool(), route())
        crowd = self.crowd(proxy, 5)
        for code, reason in (
            (SERVFAIL, "server_failure"),
            (NXDOMAIN, "no_such_name"),
            (SILENCE, "timeout"),
        ):
            with self.subTest(reason):
                self.dns.fail(code)
                eventually(lambda: self.failures(proxy, reason) >= 1, 20, proxy.stderr)
                self.assertEqual(set(self.members(proxy)), {backend.address})
                self.hears_all(crowd)
                self.dns.fail(None)
                lines = proxy.stderr().count("answers again")
                eventually(lambda: proxy.stderr().count("answers again") > lines, 20)
        self.dns.set(NAME, A)  # the name has no addresses any more
        eventually(lambda: self.failures(proxy, "no_data") >= 1, 20)
        self.dns.mangle = lambda answer: answer[:-3]
        self.dns.set(NAME, A, "127.0.0.9")
        eventually(lambda: self.failures(proxy, "invalid") + self.failures(proxy, "timeout") >= 2, 30)
        self.assertEqual(set(self.members(proxy)), {backend.address})
        self.assertEqual(crowd.ends, [])

    def test_a_family_that_cannot_be_asked_keeps_its_addresses(self):
        self.dns.set(NAME, A, "127.0.0.2")
        self.dns.set(NAME, AAAA, "::1")
        proxy = self.start_proxy(self.pool(), route())
        self.expect_members(proxy, f"127.0.0.2:{self.port}", f"[::1]:{self.port}")
        self.dns.fail_for(AAAA, SILENCE)
        self.dns.set(NAME, A, "127.0.0.3")
        self.expect_members(proxy, f"127.0.0.3:{self.port}", f"[::1]:{self.port}")
        self.assertGreaterEqual(self.failures(proxy, "timeout"), 1)

    def test_a_dead_name_server_at_the_start_delays_and_does_not_prevent_it(self):
        self.dns.fail(SILENCE)
        backend = self.backend_at(2)
        proxy = self.start_proxy(self.pool(), route())
        self.assertEqual(proxy.ask(request()).status, 503)
        self.dns.set(NAME, A, "127.0.0.2")
        self.dns.fail(None)
        self.expect_members(proxy, backend.address)

    def test_services_have_ports_weights_and_priorities(self):
        self.dns.set(SERVICE, SRV, (10, 3, 9001, "one.internal"), (10, 1, 9002, "two.internal"),
                     (20, 1, 9003, "three.internal"))
        self.dns.set("one.internal", A, "127.0.0.2", "127.0.0.3")
        self.dns.set("two.internal", CNAME, "elsewhere.internal")
        self.dns.set("elsewhere.internal", A, "127.0.0.4")
        self.dns.set("three.internal", A, "127.0.0.5")
        proxy = self.start_proxy(self.pool(f'srv = "{SERVICE}"'), route())
        self.assertEqual(
            self.members(proxy),
            {
                "127.0.0.2:9001": (3, "srv"),
                "127.0.0.3:9001": (3, "srv"),
                "127.0.0.4:9002": (1, "srv"),
                "127.0.0.5:9003": (1, "srv"),
            },
        )
        self.assertEqual(
            self.priorities(proxy),
            {"127.0.0.2:9001": 0, "127.0.0.3:9001": 0, "127.0.0.4:9002": 0, "127.0.0.5:9003": 1},
        )
        # A target that is not known any more keeps what it was.
        self.dns.forget("one.internal")
        self.dns.set("elsewhere.internal", A, "127.0.0.6")
        self.expect_members(proxy, "127.0.0.2:9001", "127.0.0.3:9001", "127.0.0.6:9002", "127.0.0.5:9003")
        self.assertGreaterEqual(self.failures(proxy, "no_such_name"), 1)
        self.dns.set(SERVICE, SRV, (20, 1, 9003, "three.internal"))
        self.expect_members(proxy, "127.0.0.5:9003")
        eventually(lambda: self.priorities(proxy) == {"127.0.0.5:9003": 0}, 15)

    def test_targets_of_a_later_priority_serve_when_no_earlier_one_does(self):
        first, spare = self.http_backend("first"), self.http_backend("spare")
        self.dns.set(SERVICE, SRV, (20, 0, spare.port, "here.internal"), (10, 0, first.port, "here.internal"))
        self.dns.set("here.internal", A, "127.0.0.1")
        proxy = self.start_proxy(self.pool(f'srv = "{SERVICE}"'), route())
        for _ in range(10):
            self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual((len(first.requests), len(spare.requests)), (10, 0))
        first.close()
        for _ in range(10):
            self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(len(spare.requests), 10)
        # And the other way round, when DNS says so.
        self.dns.set(SERVICE, SRV, (5, 0, spare.port, "here.internal"), (10, 0, first.port, "here.internal"))
        eventually(lambda: self.priorities(proxy) == {spare.address: 0, first.address: 1}, 15)

    def test_an_answer_too_large_for_udp_comes_by_tcp_and_too_many_are_refused(self):
        addresses = [f"127.0.1.{last}" for last in range(1, 201)]
        self.dns.set(NAME, A, *addresses)
        proxy = self.start_proxy(self.pool(max_members=200), route())
        self.expect_members(proxy, *(f"{address}:{self.port}" for address in addresses))
        self.assertIn((NAME, A, "tcp"), self.dns.questions)
        self.dns.set(NAME, A, *addresses, "127.0.2.1")
        eventually(lambda: self.failures(proxy, "too_many") >= 1, 15)
        self.assertEqual(len(self.members(proxy)), 200)

    def test_questions_come_when_a_ttl_is_over_and_not_before(self):
        self.dns.set(NAME, A, "127.0.0.2", ttl=1)
        proxy = self.start_proxy(self.pool(), route())
        asked = lambda: sum(1 for question in self.dns.questions if question[:2] == (NAME, A))
        eventually(lambda: asked() >= 3)
        self.dns.set(NAME, A, "127.0.0.3", ttl=3600)
        self.expect_members(proxy, f"127.0.0.3:{self.port}")
        before = asked()
        # The file is looked at in the meantime many times over; by DNS only a TTL's end is a reason.
        self.assertEqual(proxy.control("/reload")[0], 200)
        self.assertEqual(asked(), before)

    def test_the_command_shows_where_members_come_from_and_check_needs_no_dns(self):
        self.dns.set(NAME, A, "127.0.0.2")
        proxy = self.start_proxy(self.pool(), route())
        self.assertRegex(proxy.command("backends").stdout, rf"127\.0\.0\.2:{self.port} .* dns ")
        self.dns.fail(SILENCE)
        result = run_command("check", proxy.config_path)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result)


if __name__ == "__main__":
    unittest.main()
