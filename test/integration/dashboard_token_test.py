"""The dashboard before an admin listener that asks for a token."""
import os
import shutil
import tempfile
import unittest

from harness.browser import Browser
from harness.case import ProxyCase, pool, route
from harness.waiting import eventually

TOKEN = "read-only-secret-of-this-test"


class Tokens(ProxyCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.end)

    def setUp(self):
        super().setUp()
        folder = tempfile.mkdtemp(prefix="fairlead-test-")
        self.addCleanup(shutil.rmtree, folder)
        file = os.path.join(folder, "token")
        with open(file, "w") as out:
            out.write(TOKEN + "\n")
        os.chmod(file, 0o600)
        self.proxy = self.start_proxy(pool("app", self.http_backend()), route(name='"all"'),
                                      admin=f'socket = "off"\nread_token_file = "{file}"')

    def tearDown(self):
        self.browser.close()
        super().tearDown()

    def link(self):
        return self.browser.attribute("#link", "data-state")

    def give(self, token):
        self.browser.fill("#token", token)
        self.browser.click("#token-form button")

    def test_the_page_asks_for_the_token_and_shows_nothing_before(self):
        self.browser.open(f"http://127.0.0.1:{self.proxy.admin_port}/", {})
        eventually(lambda: self.link() == "token", 20)
        self.assertTrue(self.browser.visible("#token-form"))
        self.assertEqual(self.browser.rows("#routes"), [])
        self.give("not the one")
        eventually(lambda: "refused" in self.browser.text("#link"), 20, lambda: self.browser.text("#link"))
        self.give(TOKEN)
        eventually(lambda: self.link() == "live", 20)
        eventually(lambda: [row["Route"] for row in self.browser.rows("#routes")] == ["all"], 20)
        self.assertFalse(self.browser.visible("#token-form"))


if __name__ == "__main__":
    unittest.main()
