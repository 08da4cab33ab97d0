"""The dashboard in headless Chromium: its figures are those of the process, and it follows what happens."""
import signal
import unittest

from harness.dashboard import DashboardCase
from harness.frames import close_frame
from harness.waiting import eventually

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>"


class Figures(DashboardCase):
    def ports(self):
        """Of the pool with a source, as the page writes it."""
        (source,) = [each for each in self.status()["sources"] if each["pool"] == "app"]
        return f"{source['in_use'] + source['set_aside']} of {source['capacity']:,}"

    def test_the_figures_are_those_of_the_status(self):
        clients = [self.open() for _ in range(4)]
        self.say(clients[0], "hello")
        for _ in range(3):
            self.assertEqual(self.proxy.ask(b"GET /page HTTP/1.1\r\nHost: a\r\n\r\n").status, 200)
        self.assertEqual(self.proxy.ask(b"GET /gone HTTP/1.1\r\nHost: a\r\n\r\n").status, 502)
        clients[3].send(close_frame(4000, masked=True))
        clients[3].close()
        eventually(lambda: self.status()["totals"]["tunnels_active"] == 3)
        told = self.look()
        self.assertIn("default-src 'none'", told["headers"]["content-security-policy"])
        self.assertEqual(self.browser.text("#lifecycle"), "ready")
        self.assertIn(str(self.proxy.pid), self.browser.text("#identity"))
        self.expect(lambda: self.row("#routes", "chat").get("Tunnels"), "3")
        self.assertEqual(self.row("#routes", "chat")["Limit"], "6.0 %")
        self.assertEqual(self.row("#backends", self.app.address)["Tunnels"], "3")
        self.assertEqual(self.row("#backends", self.app.address)["State"], "up")
        self.assertIn("it cannot be connected to", self.row("#backends", self.dead)["State"])
        self.expect(lambda: self.row("#sources", self.app.address)["Ports"] == self.ports(), True)
        self.browser.select("#spread-window", "start")
        self.assertIn("4000-4999, by the client\n1", self.browser.text("#codes"))
        self.assertIn("connect failed\n1", self.browser.text("#refusals"))
        self.assertIn("median", self.browser.texts(".quantiles")[0])
        warned = lambda: [each.lower() for each in self.browser.texts("#warning-list li")]
        self.expect(lambda: warned() == [each.lower() for each in self.status()["warnings"]], True)
        self.expect(lambda: self.browser.text("#connections-count"), "3 fit")
        self.expect_no_trouble()

    def test_routes_are_filtered_and_sorted(self):
        client = self.open()
        self.say(client, "hello")
        self.look()
        shown = lambda: [row["Route"] for row in self.browser.rows("#routes")]
        self.expect(shown, ["chat", "gone", "site"])
        self.browser.fill("#routes-filter", "SIT")
        self.expect(shown, ["site"])
        self.browser.fill("#routes-filter", "nothing like it")
        self.expect(shown, [])
        self.assertTrue(self.browser.visible("#routes .empty"))
        self.browser.fill("#routes-filter", "")
        self.browser.click("#routes th:first-child button")
        self.expect(shown, ["site", "gone", "chat"])
        self.assertEqual(self.browser.attribute("#routes th:first-child", "aria-sort"), "descending")
        self.browser.click("#routes th:first-child button")
        self.expect(shown, ["chat", "gone", "site"])
        self.expect_no_trouble()

    def test_it_follows_what_happens(self):
        self.look()
        tile = lambda: self.browser.texts(".rate .figure")[0]
        self.expect(tile, "0")
        clients = [self.open() for _ in range(2)]
        self.expect(tile, "2")
        for client in clients:
            client.close()
        self.expect(tile, "0")
        self.proxy.write_config("nonsense = 1")
        self.proxy.control("/reload")
        self.expect(lambda: self.row("#reloads", "admin").get("Result", "")[:7], "refused")
        self.assertIn("(", self.browser.title())
        self.expect_no_trouble()

    def test_the_process_goes_and_comes_back(self):
        self.look()
        self.proxy.signal(signal.SIGSTOP)
        self.expect(lambda: self.browser.attribute("#link", "data-state"), "lost")
        self.assertIn("lost", self.browser.text("#link"))
        self.proxy.signal(signal.SIGCONT)
        self.expect(lambda: self.browser.attribute("#link", "data-state"), "live")
        before = self.proxy.pid
        self.proxy.restart()
        self.expect(lambda: str(self.proxy.pid) in self.browser.texts("#identity dd"), True)
        self.expect(lambda: self.browser.attribute("#link", "data-state"), "live")
        self.assertNotEqual(before, self.proxy.pid)


class Connections(DashboardCase):
    def opened(self):
        """What the table shows, once it shows as many as there are."""
        wanted = self.proxy.control("/connections", method="GET")[1]["matched"]
        self.expect(lambda: len(self.browser.rows("#connections")), wanted)
        return self.browser.rows("#connections")

    def test_one_connection_is_looked_into_until_it_ends(self):
        client = self.open("/chat/room")
        self.say(client, "hello")
        self.look()
        self.browser.scroll("#connections")
        (row,) = self.opened()
        address = "%s:%d" % client.sock.getsockname()
        self.assertEqual((row["Client"], row["Route"], row["Path"]), (address, "chat", "/chat/room"))
        self.assertEqual(row["Messages"], "2")
        self.browser.click("#connections .opener")
        (one,) = self.proxy.control("/connections", method="GET")[1]["connections"]
        self.assertIn(one["id"], self.browser.text("#connection-title"))
        facts = lambda: self.browser.text("#connection-body")
        self.assertIn(f"Our address\n{one['backend']['local']}", facts())
        self.assertIn("Bytes sent\n11 B (11)", facts())
        self.say(client, "and again")
        self.expect(lambda: "Bytes sent\n26 B (26)" in facts(), True)
        client.close()
        self.expect(lambda: "has ended" in self.browser.text("#connection-state"), True)
        self.browser.troubles()  # the browser's own line about the 404
        self.browser.press("Escape")
        self.expect(lambda: self.browser.visible("#connection"), False)
        self.expect_no_trouble()

    def test_filters(self):
        clients = [self.open() for _ in range(3)]
        self.look()
        self.browser.scroll("#connections")
        self.assertEqual(len(self.opened()), 3)
        self.browser.fill("#connections-form [name=client]", "10.0.0.0/8")
        self.expect(lambda: self.browser.text("#connections-count"), "0 fit")
        self.expect(lambda: self.browser.visible("#connections .empty"), True)
        self.browser.fill("#connections-form [name=client]", "127.0.0.1")
        self.expect(lambda: self.browser.text("#connections-count"), "3 fit")
        self.browser.select("#connections-form [name=route]", "site")
        self.expect(lambda: self.browser.text("#connections-count"), "0 fit")
        self.browser.select("#connections-form [name=route]", "chat")
        self.browser.select("#connections-form [name=sort]", "bytes")
        self.say(clients[1], "x" * 100)
        wanted = "%s:%d" % clients[1].sock.getsockname()
        self.expect(lambda: [row["Client"] for row in self.browser.rows("#connections")][:1], [wanted])
        self.expect_no_trouble()
        self.browser.fill("#connections-form [name=client]", "nonsense")
        self.expect(lambda: "client is an address" in self.browser.text("#connections-count"), True)

    def test_pages(self):
        clients = [self.open() for _ in range(30)]
        self.look()
        self.browser.scroll("#connections")
        self.expect(lambda: self.browser.text("#page-text"), "1 to 25 of 30")
        first = {row["Client"] for row in self.browser.rows("#connections")}
        self.browser.click("#page-after")
        self.expect(lambda: self.browser.text("#page-text"), "26 to 30 of 30")
        second = {row["Client"] for row in self.browser.rows("#connections")}
        self.assertEqual(first | second, {"%s:%d" % client.sock.getsockname() for client in clients})
        for client in clients[5:]:
            client.close()
        self.expect(lambda: self.browser.visible(".pages"), False)  # the second page is gone
        self.expect(lambda: len(self.browser.rows("#connections")), 5)
        self.expect_no_trouble()

    def test_what_a_client_sends_stays_text(self):
        paths = ("/chat/%3Cimg%20src=x%20onerror=alert(1)%3E", "/chat/x';alert(1)//")
        for path in paths:
            self.open(path, headers=[("User-Agent", HOSTILE)])
        self.look()
        self.browser.scroll("#connections")
        self.assertEqual({row["Path"] for row in self.opened()}, set(paths))
        self.browser.click("#connections .opener")
        self.expect(lambda: HOSTILE in self.browser.text("#connection-body"), True)
        self.assertEqual(self.browser.count("main img, main script, dialog img, dialog script"), 0)
        self.assertEqual(self.browser.title()[-8:], "Fairlead")
        self.expect_no_trouble()


if __name__ == "__main__":
    unittest.main()
