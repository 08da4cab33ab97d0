"""The dashboard for everybody: in light and dark, on a phone, by keyboard, without motion."""
import re
import unittest

from harness.dashboard import DashboardCase

PHONE = {"viewport": {"width": 360, "height": 780}, "isMobile": True, "hasTouch": True}


def luminance(rgb):
    parts = [int(part) / 255 for part in re.findall(r"\d+", rgb)[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """WCAG 2.1, 1.4.3."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class Looks(DashboardCase):
    def test_light_and_dark_are_both_readable(self):
        grounds = []
        for scheme in ("light", "dark"):
            self.look(colorScheme=scheme)
            self.expect(lambda: self.browser.count("#routes tbody tr"), 3)
            ground = self.browser.style(".card", "backgroundColor")
            grounds.append(luminance(ground))
            for part in (".card h2", ".hint", "th", "td", ".plot text", ".empty"):
                name = "fill" if "text" in part else "color"
                self.assertGreaterEqual(contrast(self.browser.style(part, name), ground), 4.5, (scheme, part))
            badge = [self.browser.style(".badge", name) for name in ("color", "backgroundColor")]
            self.assertGreaterEqual(contrast(*badge), 4.5, scheme)
            if scheme == "light":
                self.browser.close()
        self.assertGreater(grounds[0], 0.8)
        self.assertLess(grounds[1], 0.1)
        self.expect_no_trouble()

    def test_axe_finds_nothing_wrong(self):
        client = self.open()
        self.say(client, "hello")
        for options in ({"colorScheme": "light"}, {"colorScheme": "dark", **PHONE}):
            self.look(bypassCSP=True, **options)
            self.expect(lambda: self.browser.count("#connections .opener"), 1)
            page = self.browser.violations()
            self.assertEqual(page["texts"], [])
            self.assertGreater(page["passed"], 30)
            if options["colorScheme"] == "light":
                self.browser.close()
        self.browser.click("#connections .opener")
        self.expect(lambda: self.browser.visible("#connection-body .facts"), True)
        self.assertEqual(self.browser.violations()["texts"], [])

    def test_a_phone_needs_no_sideways_scrolling(self):
        clients = [self.open("/chat/" + "a-long-path" * 12) for _ in range(3)]
        self.assertEqual(len(clients), 3)
        self.look(**PHONE)
        self.browser.scroll("#connections")
        self.expect(lambda: self.browser.count("#connections .opener"), 3)
        self.assertEqual(self.browser.width(), [360, 360])
        self.browser.click("#connections .opener")
        self.expect(lambda: self.browser.visible("#connection-body .facts"), True)
        self.assertEqual(self.browser.width(), [360, 360])
        self.expect_no_trouble()

    def test_a_keyboard_gets_everywhere(self):
        client = self.open()
        self.say(client, "hello")
        self.look(viewport={"width": 1200, "height": 2600})
        self.expect(lambda: self.browser.count("#connections .opener"), 1)
        seen = []
        for _ in range(80):
            self.browser.press("Tab")
            at = self.browser.focus()
            if at["tag"] == "BODY":
                break
            self.assertNotEqual(at["outline"], "none", at)
            self.assertTrue(at["name"], at)
            seen.append(at)
        names = [at["name"] for at in seen]
        self.assertEqual(names[0], "Skip to the figures")
        self.assertEqual(sum(at["tag"] == "svg" for at in seen), 6)
        for wanted in ("Filter routes", "Filter backends", "Order", "%s:%d" % client.sock.getsockname()):
            self.assertIn(wanted, names)

    def test_the_arrow_keys_read_a_plot(self):
        self.look()
        self.expect(lambda: self.browser.texts(".rate .figure")[0], "0")
        while self.browser.focus()["tag"] != "svg":
            self.browser.press("Tab")
        self.browser.press("ArrowLeft")
        self.expect(lambda: " ago, highest" in self.browser.focus()["name"], True)
        self.browser.press("Escape")
        self.assertNotIn("ago,", self.browser.focus()["name"])

    def test_motion_is_spared_those_who_ask_for_it(self):
        self.look()
        self.assertEqual(self.browser.style("#link .dot", "animationName"), "pulse")
        self.browser.close()
        self.look(reducedMotion="reduce")
        self.assertEqual(self.browser.style("#link .dot", "animationName"), "none")


if __name__ == "__main__":
    unittest.main()
