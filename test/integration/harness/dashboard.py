"""The dashboard of a proxy with three pools, one of them without a backend, in headless Chromium."""
from harness.browser import Browser
from harness.case import ProxyCase, pool, route
from harness.frames import TEXT, frame, open_tunnel, read_frame
from harness.ports import free_port
from harness.waiting import eventually


class DashboardCase(ProxyCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.end)

    def setUp(self):
        super().setUp()
        self.app = self.websocket_backend()
        self.web = self.http_backend()
        self.dead = f"127.0.0.1:{free_port()}"
        self.proxy = self.start_proxy(
            pool("app", self.app, source='["127.0.0.1"]'),
            pool("web", self.web),
            pool("gone", self.dead),
            route("app", name='"chat"', path='"/chat/"', max_connections=50),
            route("gone", name='"gone"', path='"/gone"'),
            route("web", name='"site"'),
            workers=2,
        )
        self.url = f"http://127.0.0.1:{self.proxy.admin_port}/"

    def tearDown(self):
        self.browser.close()
        super().tearDown()

    def look(self, **options):
        self.browser.troubles()
        told = self.browser.open(self.url, options)
        eventually(lambda: self.browser.attribute("#link", "data-state") == "live", 20, self.browser.troubles)
        return told

    def expect_no_trouble(self):
        self.assertEqual(self.browser.troubles(), [])

    def expect(self, question, wanted, timeout_s=20):
        eventually(lambda: question() == wanted, timeout_s, lambda: f"{question()!r} is not {wanted!r}")

    def open(self, path="/chat/room", headers=()):
        client = self.proxy.connect()
        open_tunnel(client, path, fields=headers)
        return client

    def say(self, client, text):
        client.send(frame(TEXT, text, masked=True))
        self.assertEqual(read_frame(client).payload.decode(), text)

    def status(self):
        return self.proxy.control("/status", method="GET")[1]

    def row(self, section, name):
        """What a table shows in the row that begins with this name, by column."""
        rows = [row for row in self.browser.rows(section) if name in row.values()]
        return rows[0] if rows else {}
