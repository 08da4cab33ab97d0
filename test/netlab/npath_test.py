"""n-Path: requests pass the director, answers do not; and only a backend's own connections end with it."""
import re
import socket
import struct
import threading
import unittest

from harness.backends import HttpBackend
from harness.http_message import response
from harness.lab import enter_lab
from harness.waiting import eventually
from npath_site import PORT, VIP4, VIP6, Site, config

COUNT_ERRORS = f"""
table netdev watch {{
  counter errors4 {{
  }}
  counter errors6 {{
  }}
  chain seen {{
    type filter hook ingress device "lan" priority 0; policy accept;
    ip daddr {VIP4} icmp type destination-unreachable counter name errors4
    ip6 daddr {VIP6} icmpv6 type packet-too-big counter name errors6
  }}
}}
"""
FRAGMENTATION_NEEDED = struct.pack("!BBHHH", 3, 4, 0xFFFF - 0x0304 - 1280, 0, 1280)  # RFC 792, RFC 1191 4
PACKET_TOO_BIG = struct.pack("!BBHI", 2, 0, 0, 1280)  # RFC 4443 3.2; the kernel adds the checksum

BY_FAMILY = {VIP4: Site.address, VIP6: Site.address6}


class NpathCase(unittest.TestCase):
    def start_site(self, *backend_names):
        self.site = Site(backend_names)
        self.addCleanup(self.site.close)
        for name in backend_names:
            self.site.start_echo(name)
        return self.site

    def alive(self, tunnels):
        return [tunnel for tunnel in tunnels if tunnel.is_alive()]

    def wait_up(self, npath, count):
        """That many backends are up, and the kernel knows it."""
        eventually(
            lambda: npath.metrics().value("fairlead_npath_backend_up") == count
            and npath.metrics().value("fairlead_npath_in_sync") == 1,
            10,
            npath.log,
        )


class Forwarding(NpathCase):
    def check_one_way(self, vip):
        site = self.start_site("b1", "b2")
        npath = site.start_npath(config(*map(BY_FAMILY[vip], ("b1", "b2")), vip=vip)).wait_ready()
        tunnels = site.open_tunnels(40, vip)
        self.assertEqual({tunnel.backend for tunnel in tunnels}, {"b1", "b2"})
        for _ in range(5):
            self.assertEqual(len(self.alive(tunnels)), 40)
        self.assertGreater(site.seen("requests"), 40 * 8)
        self.assertEqual(site.seen("replies"), 0)
        # The kernel's counts are read every few seconds.
        eventually(
            lambda: npath.metrics().value("fairlead_npath_backend_packets_total") == site.seen("requests"),
            12,
            lambda: npath.metrics().text,
        )
        self.assertGreaterEqual(npath.metrics().value("fairlead_npath_backend_flows_total"), 40)
        self.assertEqual(npath.metrics().value("fairlead_npath_has_address"), 1)

    def test_requests_pass_the_director_and_not_one_reply_over_ipv4(self):
        self.check_one_way(VIP4)

    def test_requests_pass_the_director_and_not_one_reply_over_ipv6(self):
        self.check_one_way(VIP6)

    def test_a_smaller_path_mtu_is_told_to_every_backend(self):
        site = self.start_site("b1", "b2")
        six = config("fd05::21", "fd05::22", vip=VIP6, name="six", admin=False)
        site.start_npath(config("10.5.0.21", "10.5.0.22") + six).wait_ready()
        for host in site.backends.values():
            host.nft(COUNT_ERRORS)
        with site.client.entered():
            for family, protocol, message, address in (
                (socket.AF_INET, socket.IPPROTO_ICMP, FRAGMENTATION_NEEDED, VIP4),
                (socket.AF_INET6, socket.IPPROTO_ICMPV6, PACKET_TOO_BIG, VIP6),
            ):
                with socket.socket(family, socket.SOCK_RAW, protocol) as raw:
                    raw.sendto(message, (address, 0))
        for host in site.backends.values():
            for counter in ("errors4", "errors6"):
                text = lambda: host.run("nft", "list", "counter", "netdev", "watch", counter).stdout
                eventually(lambda: "packets 1 " in text(), 5, text)

    def test_a_frame_that_a_switch_flooded_is_left_alone(self):
        site = self.start_site("b1", "b2")
        site.start_npath(config("10.5.0.21", "10.5.0.22")).wait_ready()
        site.client.ip(f"neigh replace {VIP4} lladdr 02:00:00:00:00:99 dev lan")
        with site.client.entered(), self.assertRaises(TimeoutError):
            socket.create_connection((VIP4, PORT), 0.5)
        self.assertGreater(site.seen("requests"), 0)
        site.client.ip(f"neigh del {VIP4} dev lan")
        self.assertTrue(site.open_tunnel().is_alive())

    def test_what_has_ended_is_forgotten_soon(self):
        site = self.start_site("b1", "b2")
        site.start_npath(config("10.5.0.21", "10.5.0.22")).wait_ready()
        live, ended = site.open_tunnels(2)
        ports = [tunnel.connection.sock.getsockname()[1] for tunnel in (live, ended)]
        ended.connection.close()

        def seconds_left(port):
            command = ["nft", "-n", "list", "map", "netdev", "fairlead_npath_web", "flows"]
            listing = site.director.run(*command).stdout
            return int(re.search(rf"\b{port} \. 10\.5\.0\.10 .*?expires (\d+)s", listing)[1])

        eventually(lambda: seconds_left(ports[1]) <= 60, 5, lambda: seconds_left(ports[1]))
        self.assertGreater(seconds_left(ports[0]), 3000)

    def test_with_no_backend_clients_are_refused_at_once(self):
        site = self.start_site()
        site.add_backend_host("b1")
        npath = site.start_npath(config("10.5.0.21")).wait_ready()
        self.assertTrue(site.is_refused())
        eventually(lambda: npath.metrics().value("fairlead_npath_unserved_packets_total") == 1, 12)


class Membership(NpathCase):
    def check_add_and_kill(self, vip):
        site = self.start_site("b1", "b2", "b3")
        first, second, third = map(BY_FAMILY[vip], ("b1", "b2", "b3"))
        npath = site.start_npath(config(first, second, vip=vip)).wait_ready()
        tunnels = site.open_tunnels(60, vip)
        running, broken = threading.Event(), []

        def chat():
            while not running.is_set():
                broken.extend(tunnel for tunnel in tunnels if not tunnel.is_alive())

        chatter = threading.Thread(target=chat)
        chatter.start()
        npath.reload(config(first, second, third, vip=vip))
        self.wait_up(npath, 3)
        added = site.open_tunnels(60, vip)
        running.set()
        chatter.join()
        self.assertEqual(broken, [])
        self.assertEqual({tunnel.backend for tunnel in added}, {"b1", "b2", "b3"})

        tunnels += added
        site.lan.cut(site.ports["b1"])  # the machine is gone without a word
        self.wait_up(npath, 2)
        others = [tunnel for tunnel in tunnels if tunnel.backend != "b1"]
        self.assertEqual(self.alive(others), others)
        self.assertEqual(self.alive([tunnel for tunnel in tunnels if tunnel.backend == "b1"]), [])
        self.assertEqual({tunnel.backend for tunnel in site.open_tunnels(40, vip)}, {"b2", "b3"})

        site.lan.mend(site.ports["b1"])
        self.wait_up(npath, 3)
        self.assertEqual(self.alive(others), others)
        self.assertIn("b1", {tunnel.backend for tunnel in site.open_tunnels(40, vip)})

    def test_adding_one_and_losing_one_ends_nobody_elses_tunnel_over_ipv4(self):
        self.check_add_and_kill(VIP4)

    def test_adding_one_and_losing_one_ends_nobody_elses_tunnel_over_ipv6(self):
        self.check_add_and_kill(VIP6)

    def test_an_ethernet_address_that_changes_is_followed_and_tunnels_live_on(self):
        site = self.start_site("b1", "b2")
        npath = site.start_npath(config("10.5.0.21", "10.5.0.22", health='every = "10s", timeout = "5s"'))
        npath.wait_ready()
        tunnels = site.open_tunnels(20)
        b1 = site.backends["b1"]
        b1.sysctl("net.ipv4.conf.lan.arp_notify", 1)
        b1.ip("link set lan address 02:00:00:00:b1:b1")  # said to everybody by a gratuitous ARP
        eventually(lambda: "10.5.0.21 has moved to 02:00:00:00:b1:b1" in npath.log(), 25, npath.log)
        eventually(lambda: npath.metrics().value("fairlead_npath_in_sync") == 1)
        self.assertEqual(self.alive(tunnels), tunnels)

    def test_a_weight_of_zero_gets_no_new_tunnels_and_keeps_the_old_ones(self):
        site = self.start_site("b1", "b2")
        npath = site.start_npath(config("10.5.0.21", "10.5.0.22")).wait_ready()
        tunnels = site.open_tunnels(20)
        npath.reload(config('{ address = "10.5.0.21", weight = 0 }', "10.5.0.22"))
        eventually(lambda: npath.metrics().value("fairlead_npath_backend_slots", backend="10.5.0.21") == 0)
        self.assertEqual({tunnel.backend for tunnel in site.open_tunnels(20)}, {"b2"})
        self.assertEqual(self.alive(tunnels), tunnels)
        # And a backend that the configuration has no more loses its own at once.
        npath.reload(config("10.5.0.22"))
        eventually(lambda: "generation 3" in npath.log())
        self.wait_up(npath, 1)
        self.assertEqual({tunnel.backend for tunnel in self.alive(tunnels)}, {"b2"})


class Failover(NpathCase):
    def test_a_second_director_with_the_same_file_sends_every_tunnel_where_the_first_did(self):
        site = self.start_site("b1", "b2", "b3")
        text = config("10.5.0.21", "10.5.0.22", "10.5.0.23")
        first = site.start_npath(text).wait_ready()
        standby = site.lab.host("standby")
        site.lan.join(standby, "10.5.0.3/24")
        # The order of backends is not what they agree by.
        second = site.start(standby, ["npath"], config("10.5.0.23", "10.5.0.21", "10.5.0.22")).wait_ready()
        for director in (first, second):
            self.wait_up(director, 3)
        tunnels = site.open_tunnels(60)
        site.director.ip(f"addr del {VIP4}/32 dev lan")
        standby.ip(f"addr add {VIP4}/32 dev lan")
        site.client.ip("neigh flush dev lan")  # what VRRP's gratuitous ARP does
        self.assertEqual(first.stop(), 0)
        self.assertEqual(self.alive(tunnels), tunnels)
        eventually(lambda: second.metrics().value("fairlead_npath_has_address") == 1)
        self.assertEqual({tunnel.backend for tunnel in site.open_tunnels(40)}, {"b1", "b2", "b3"})


class Drain(NpathCase):
    def test_a_backend_that_answers_503_gets_no_new_tunnels_and_keeps_the_old_ones(self):
        site = self.start_site("b1", "b2")
        status = {"b1": 200, "b2": 200}
        for name in status:
            with site.backends[name].entered():
                health = HttpBackend(
                    respond=lambda _, __, name=name: response(status[name]), host="0.0.0.0", port=9900
                )
            self.addCleanup(health.close)
        health = 'path = "/readyz", port = 9900, every = "200ms", timeout = "200ms"'
        npath = site.start_npath(config("10.5.0.21", "10.5.0.22", health=health)).wait_ready()
        tunnels = site.open_tunnels(40)
        status["b1"] = 503
        draining = lambda: npath.metrics().value("fairlead_npath_backend_draining", backend="10.5.0.21")
        eventually(lambda: draining() == 1 and npath.metrics().value("fairlead_npath_in_sync") == 1)
        self.assertEqual({tunnel.backend for tunnel in site.open_tunnels(40)}, {"b2"})
        self.assertEqual(self.alive(tunnels), tunnels)
        # A client's port that is used again does not lead back to where its last connection was.
        again = next(tunnel for tunnel in tunnels if tunnel.backend == "b1")
        tunnels.remove(again)
        port = again.connection.sock.getsockname()[1]
        again.connection.reset()
        self.assertEqual(site.open_tunnel(source_port=port).backend, "b2")
        status["b1"] = 200
        self.wait_up(npath, 2)
        self.assertEqual({tunnel.backend for tunnel in site.open_tunnels(40)}, {"b1", "b2"})
        self.assertEqual(self.alive(tunnels), tunnels)
        status["b1"] = 500
        self.wait_up(npath, 1)
        self.assertEqual({tunnel.backend for tunnel in self.alive(tunnels)}, {"b2"})


if __name__ == "__main__":
    enter_lab()
    unittest.main()
