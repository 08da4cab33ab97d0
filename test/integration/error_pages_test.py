"""Pages of the operator's in place of error answers: the proxy's own, and a backend's where it is told so."""
import os
import tempfile
import threading
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import upgrade_request
from harness.http_message import chunked, request, response
from harness.waiting import eventually


class ErrorPages(ProxyCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def page(self, name, text):
        """As the configuration names it."""
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.replace(path + ".new", path)
        return f'"{path}"'

    def dead_backend(self):
        dead = self.scripted(lambda connection: None)
        dead.stop_listening()
        return dead

    def test_own_errors_show_the_narrowest_page_and_the_routes_first(self):
        pages = "\n".join(
            [
                "[error_pages]",
                f'404 = {self.page("404.html", "<p>{status} {reason} {request_id}</p>")}',
                f'default = {self.page("any.txt", "sorry: {status}")}',
            ]
        )
        own = f'{{ 5xx = {self.page("own.json", chr(123) + chr(34) + "id" + chr(34) + ":" + chr(34))} }}'
        proxy = self.start_proxy(
            pages,
            pool("app", self.http_backend()),
            pool("dead", self.dead_backend()),
            route(path='"/app"'),
            route("dead", path='"/dead"'),
            route("dead", path='"/own"', error_pages=own),
            route(path='"/denied"', deny='"127.0.0.1"'),
        )
        with proxy.connect() as client:  # on one connection
            for _ in range(2):
                client.send(request(target="/gone", fields=[("X-Request-Id", "<b>")]))
                gone = client.read_response()
                self.assertEqual(gone.head.get("Content-Type"), "text/html; charset=utf-8")
                self.assertEqual((gone.status, gone.body), (404, b"<p>404 Not Found &lt;b&gt;</p>"))
                client.send(request("HEAD", "/gone", fields=[("X-Request-Id", "<b>")]))
                head = client.read_response("HEAD")
                self.assertEqual(head.head.get("Content-Length"), str(len(gone.body)))
            client.send(request(target="/dead"))
            dead = client.read_response()
            self.assertEqual((dead.status, dead.body), (502, b"sorry: 502"))
            client.send(request(target="/own"))
            own = client.read_response()
            self.assertEqual((own.body, own.head.get("Content-Type")), (b'{"id":"', "application/json"))
        self.assertEqual(proxy.ask(request(target="/denied")).body, b"sorry: 403")
        self.assertEqual(proxy.ask(upgrade_request("/dead")).body, b"sorry: 502")
        self.assertEqual(proxy.ask(b"GET /a b HTTP/1.1\r\n\r\n").body, b"sorry: 400")  # no route yet
        self.assertEqual(proxy.ask(request(target="/app")).status, 200)

    def test_a_backends_answers_are_its_own_unless_they_are_named(self):
        answers = {
            "/503": response("503 Busy", [("Retry-After", "7"), ("X-Secret", "stack")], b"trace"),
            "/500": response("500 Oops", body=b"trace"),
            "/404": response("404 Nope", body=b"mine"),
            "/chunked": response("502 Bad", [("Transfer-Encoding", "chunked")], length=False),
        }
        answers["/chunked"] += chunked(b"a")
        app = self.http_backend(respond=lambda asked, connection: answers[asked.head.target])
        proxy = self.start_proxy(
            f'[error_pages]\n5xx = {self.page("5xx.html", "<p>{status}</p>")}\n',
            'intercept = ["404", "502-504"]\n',
            pool("app", app),
            route(),
            route(path='"/404"', error_pages="{ intercept = [] }"),
        )
        with proxy.connect() as client:
            for _ in range(2):
                client.send(request(target="/503"))
                busy = client.read_response()
                self.assertEqual((busy.status, busy.body), (503, b"<p>503</p>"))
                self.assertEqual(busy.head.get("Retry-After"), "7")
                self.assertNotIn("X-Secret", busy.head)
                self.assertTrue(busy.head.start_line.endswith(" Service Unavailable"))
            client.send(request("HEAD", "/503"))
            self.assertEqual(client.read_response("HEAD").head.get("Content-Length"), "10")
        self.assertEqual(len(app.connections), 1)  # it was kept
        self.assertEqual(proxy.ask(request(target="/chunked")).body, b"<p>502</p>")
        self.assertEqual(proxy.ask(request("POST", "/503", body=b"x" * 200_000)).body, b"<p>503</p>")
        self.assertEqual(proxy.ask(request(target="/500")).body, b"trace")
        # None is wanted, and there is no page.
        self.assertEqual(proxy.ask(request(target="/404")).body, b"mine")
        self.assertEqual(proxy.metrics().value("fairlead_refusals_total"), 0)

    def test_the_body_of_an_answer_that_is_replaced_is_not_waited_for(self):
        goes_on = threading.Event()

        def respond(asked, connection):
            if asked.head.target == "/ok":
                return response(body=b"ok")
            connection.send(b"HTTP/1.1 500 Oops\r\nContent-Length: 10\r\n\r\nhalf")
            goes_on.wait(10)
            return b"a body"

        app = self.http_backend(respond=respond)
        text = f'[error_pages]\n5xx = {self.page("5xx.txt", "page")}\nintercept = "500"\n'
        proxy = self.start_proxy(text, pool("app", app), route())
        with proxy.connect() as client:
            client.send(request(target="/slow"))
            self.assertEqual(client.read_response().body, b"page")
            client.send(request(target="/ok"))  # the rest of the answer before is not taken for this one's
            self.assertEqual(client.read_response().body, b"ok")
        goes_on.set()
        self.assertEqual(len(app.connections), 2)

    def test_what_a_status_means_little_without_is_kept(self):
        answers = {
            "/401": response("401 Who", [("WWW-Authenticate", 'Basic realm="a"'), ("Set-Cookie", "a=b")]),
            "/405": response("405 No", [("Allow", "GET"), ("allow", "HEAD")]),
        }
        app = self.http_backend(respond=lambda asked, connection: answers[asked.head.target])
        text = f'[error_pages]\n4xx = {self.page("4xx.txt", "no")}\nintercept = "400-499"\n'
        proxy = self.start_proxy(text, pool("app", app), route())
        who = proxy.ask(request(target="/401"))
        self.assertEqual((who.head.get("WWW-Authenticate"), who.body), ('Basic realm="a"', b"no"))
        self.assertNotIn("Set-Cookie", who.head)
        self.assertEqual(proxy.ask(request(target="/405")).head.get("Allow"), "GET, HEAD")

    def test_a_page_that_changes_is_a_reload(self):
        text = f'[reload]\nwatch = true\n[error_pages]\n404 = {self.page("404.txt", "old")}\n'
        proxy = self.start_proxy(text, pool("app", self.http_backend()), route(path='"/app"'))
        self.assertEqual(proxy.ask(request(target="/gone")).body, b"old")
        self.page("404.txt", "new")
        eventually(lambda: proxy.ask(request(target="/gone")).body == b"new", 10)
        os.unlink(os.path.join(self.folder, "404.txt"))
        value = lambda: proxy.metrics().value("fairlead_config_last_reload_successful")
        eventually(lambda: value() == 0, 10)
        self.assertEqual(proxy.ask(request(target="/gone")).body, b"new")
        self.page("404.txt", "newest")
        eventually(lambda: proxy.ask(request(target="/gone")).body == b"newest", 10)
        self.assertEqual(value(), 1)


if __name__ == "__main__":
    unittest.main()
