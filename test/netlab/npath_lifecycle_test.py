"""What `fairlead npath` leaves in the kernel, what it takes over, and what it refuses to begin with."""
import signal
import subprocess
import tempfile
import unittest

from harness.lab import enter_lab
from harness.proxy import BINARY
from harness.rights import NOBODY, can_change_user, values
from harness.waiting import eventually
from npath_site import Site, config

TABLE = "fairlead_npath_web"
TWO = ("10.5.0.21", "10.5.0.22")


class LifecycleCase(unittest.TestCase):
    def start_site(self, *backend_names):
        self.site = Site(backend_names)
        self.addCleanup(self.site.close)
        for name in backend_names:
            self.site.start_echo(name)
        return self.site

    def assert_alive(self, tunnels):
        self.assertEqual([tunnel for tunnel in tunnels if not tunnel.is_alive()], [])


class End(LifecycleCase):
    def test_nothing_stays_in_the_kernel(self):
        site = self.start_site("b1", "b2")
        for number in (signal.SIGTERM, signal.SIGINT):
            npath = site.start_npath(config(*TWO)).wait_ready()
            self.assertEqual(site.tables(), [TABLE])
            self.assertEqual(npath.stop(number), 0, npath.log())
            self.assertEqual(site.tables(), [])
        self.assertTrue(site.is_refused())

    def test_with_persist_the_kernel_goes_on_and_the_next_start_takes_over(self):
        site = self.start_site("b1", "b2", "b3")
        npath = site.start_npath(config(*TWO, extra="persist = true")).wait_ready()
        tunnels = site.open_tunnels(30)
        self.assertEqual(npath.stop(), 0, npath.log())
        self.assertEqual(site.tables(), [TABLE])
        self.assert_alive(tunnels)
        tunnels += site.open_tunnels(10)

        # With other slots and one backend more; what lives was learned by the process before.
        changed = config(*TWO, "10.5.0.23", extra="persist = true\nslots = 509\nflow_timeout = '30m'")
        npath = site.start_npath(changed).wait_ready()
        self.assertIn("its connections go on", npath.log())
        self.assert_alive(tunnels)
        self.assertIn("b3", {tunnel.backend for tunnel in site.open_tunnels(40)})
        npath.reload(config(*TWO))
        eventually(lambda: "generation 2" in npath.log())
        self.assertEqual(npath.stop(), 0, npath.log())
        self.assertEqual(site.tables(), [])

    def test_after_a_crash_the_next_start_takes_over_and_removes_what_nobody_wants(self):
        site = self.start_site("b1", "b2")
        both = config(*TWO) + config("10.5.0.22", vip="10.5.0.101", name="old", admin=False)
        npath = site.start_npath(both).wait_ready()
        tunnels = site.open_tunnels(30)
        npath.stop(signal.SIGKILL)
        self.assertEqual(sorted(site.tables()), ["fairlead_npath_old", TABLE])
        npath = site.start_npath(config(*TWO)).wait_ready()
        self.assertEqual(site.tables(), [TABLE])
        self.assert_alive(tunnels)

    def test_a_table_that_cannot_be_taken_over_is_replaced(self):
        site = self.start_site("b1", "b2")
        site.director.nft(f"table netdev {TABLE} {{\n map flows {{\n type ipv4_addr : mark\n }}\n}}\n")
        npath = site.start_npath(config(*TWO)).wait_ready()
        self.assertIn("cannot be taken over and is replaced", npath.log())
        self.assert_alive(site.open_tunnels(10))

    def test_a_table_that_somebody_removes_is_written_again(self):
        site = self.start_site("b1", "b2")
        npath = site.start_npath(config(*TWO)).wait_ready()
        site.director.run("nft", "delete", "table", "netdev", TABLE)
        eventually(lambda: site.tables() == [TABLE], 15, npath.log)
        self.assert_alive(site.open_tunnels(10))

    def test_an_interface_that_comes_back_is_served_again(self):
        site = self.start_site("b1", "b2")
        npath = site.start_npath(config(*TWO)).wait_ready()
        site.lan.leave(site.director)
        eventually(lambda: "the interface lan is gone" in npath.log(), 10, npath.log)
        site.lan.join(site.director, "10.5.0.2/24", "10.5.0.100/32")
        up = lambda: npath.metrics().value("fairlead_npath_backend_up") == 2
        eventually(lambda: up() and npath.metrics().value("fairlead_npath_in_sync") == 1, 15, npath.log)
        self.assertEqual(len(site.open_tunnels(10)), 10)


class Reload(LifecycleCase):
    def test_services_come_and_go_and_a_broken_file_changes_nothing(self):
        site = self.start_site("b1", "b2")
        npath = site.start_npath(config(*TWO)).wait_ready()
        tunnels = site.open_tunnels(20)
        npath.reload(config(*TWO, extra="slots = 1000"))
        eventually(lambda: "1000 is not a prime; 1009 is" in npath.log())
        npath.reload(config(*TWO, "10.9.0.1"))
        eventually(lambda: "10.9.0.1 there is no route to it" in npath.log(), 5, npath.log)
        self.assertEqual(npath.metrics().value("fairlead_config_last_reload_successful"), 0)
        self.assert_alive(tunnels)
        npath.reload(config(*TWO) + config("10.5.0.22", vip="10.5.0.101", name="more", admin=False))
        eventually(lambda: sorted(site.tables()) == ["fairlead_npath_more", TABLE], 10, npath.log)
        self.assert_alive(tunnels)
        npath.reload(config(*TWO))
        eventually(lambda: site.tables() == [TABLE], 10, npath.log)
        self.assertEqual(npath.metrics().value("fairlead_config_last_reload_successful"), 1)
        self.assert_alive(tunnels)


class Refusal(LifecycleCase):
    def refused(self, text, wrapper=()):
        """What it says on a director that cannot do this; it must end with 1."""
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            command = [*wrapper, BINARY, "npath", file.name]
            done = self.site.director.run(*command, check=False, stdin=subprocess.DEVNULL, timeout=10)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.site.tables(), [])
        return done.stderr

    def test_a_machine_that_cannot_is_told_what_to_do(self):
        site = self.start_site()
        site.director.ip("route add 10.9.0.0/24 via 10.5.0.21")
        self.assertIn("there is no interface lan7", self.refused(config(*TWO).replace('"lan"', '"lan7"')))
        self.assertIn("lo is not an Ethernet interface", self.refused(config(*TWO).replace('"lan"', '"lo"')))
        self.assertIn(
            "10.9.0.1 is not on the segment of lan but behind 10.5.0.21", self.refused(config("10.9.0.1"))
        )
        self.assertIn("10.5.0.2 is this machine's own address", self.refused(config("10.5.0.2")))
        without = ("setpriv", "--inh-caps=-net_admin", "--bounding-set=-net_admin")
        self.assertIn("CAP_NET_ADMIN is missing", self.refused(config(*TWO), without))
        hidden = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /usr/sbin; exec "$0" "$@"')
        self.assertIn("there is no nft: install nftables", self.refused(config(*TWO), hidden))

    def test_one_capability_is_enough_for_it_and_its_children(self):
        site = self.start_site("b1", "b2")
        only = ("setpriv", "--inh-caps=-all,+net_admin", "--bounding-set=-all,+net_admin", "--no-new-privs")
        npath = site.start_npath(config(*TWO), wrapper=only).wait_ready()
        self.assert_alive(site.open_tunnels(10))
        self.assertEqual(npath.stop(), 0, npath.log())
        self.assertEqual(site.tables(), [])

    @unittest.skipUnless(can_change_user(), "only root can become somebody else")
    def test_root_becomes_a_user_whose_children_have_the_capability(self):
        site = self.start_site("b1", "b2")
        as_nobody = '[process]\nuser = "nobody"\n'
        npath = site.start_npath(config(*TWO) + as_nobody, owner=NOBODY).wait_ready()
        self.assertEqual(values(npath.process.pid, "Uid"), {" ".join([str(NOBODY)] * 4)})
        self.assertEqual(values(npath.process.pid, "CapEff"), {f"{1 << 12:016x}"})  # CAP_NET_ADMIN
        self.assert_alive(site.open_tunnels(10))
        npath.reload(config("10.5.0.21") + as_nobody)
        eventually(lambda: "generation 2" in npath.log(), 10, npath.log)
        self.assertEqual(npath.stop(), 0, npath.log())
        self.assertEqual(site.tables(), [])

    def test_a_second_one_in_the_same_namespace_is_refused(self):
        site = self.start_site("b1", "b2")
        npath = site.start_npath(config(*TWO)).wait_ready()
        second = site.start_npath(config(*TWO, admin=False))
        self.assertEqual(second.process.wait(10), 1)
        self.assertIn("another `fairlead npath` runs in this network namespace", second.log())
        self.assertEqual(site.tables(), [TABLE])
        self.assertEqual(npath.stop(), 0)

    def test_an_address_that_is_not_there_is_a_warning_because_a_standby_has_none(self):
        site = self.start_site("b1", "b2")
        site.director.ip("addr del 10.5.0.100/32 dev lan")
        npath = site.start_npath(config(*TWO)).wait_ready()
        self.assertIn("lan does not have 10.5.0.100: nothing arrives before it does", npath.log())
        self.assertEqual(npath.metrics().value("fairlead_npath_has_address"), 0)
        site.director.ip("addr add 10.5.0.100/32 dev lan")
        eventually(lambda: npath.metrics().value("fairlead_npath_has_address") == 1)
        self.assert_alive(site.open_tunnels(5))


if __name__ == "__main__":
    enter_lab()
    unittest.main()
