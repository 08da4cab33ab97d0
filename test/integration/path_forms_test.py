"""No spelling of a path leads past a route: one form is matched, and the same one goes to the backend.

docs/http.md says what that form is.
"""
import re
import tempfile
import unittest

from harness.case import ProxyCase, pool, route
from harness.http_message import request, response
from harness.path_shapes import BACKENDS, FORMS, spellings

BCRYPT = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"

# Name, keys of the route, and which paths it is for when they are spelt plainly; the first that holds is it.
RULES = [
    ("exact", {"path": '"/admin/exact"'}, lambda path: path == "/admin/exact"),
    ("deep", {"path": '"/admin/deep/"'}, lambda path: (path + "/").startswith("/admin/deep/")),
    ("admin", {"path": '"/admin/"'}, lambda path: (path + "/").startswith("/admin/")),
    ("regex", {"path_regex": "'/v[0-9]/a.*'"}, lambda path: re.fullmatch("/v[0-9]/a.*", path, re.S)),
    ("rest", {}, lambda path: True),
]
TARGETS = ["/admin/exact", "/admin/deep/x", "/admin", "/admin/a", "/v1/a/b", "/other/a"]


def rule_for(path):
    return next(name for name, _, holds in RULES if holds(path))


class PathForms(ProxyCase):
    def tell(self, message, connection):
        """An answer with what was asked for, and by which route."""
        told = [("X-Target", message.head.target), ("X-Route", message.head.get("X-Route", ""))]
        return response(fields=told)

    def start(self, *tables):
        self.backend = self.http_backend(respond=self.tell)
        return self.start_proxy(pool("app", self.backend), *tables)

    def asked(self, client, target, fields=()):
        client.send(request("GET", target.encode().decode("latin-1"), fields=fields))
        answer = client.read_response()
        return answer.status, answer.head.get("X-Target"), answer.head.get("X-Route")

    def test_each_path_has_one_form_or_is_refused(self):
        proxy = self.start(route())
        for sent, wanted in FORMS:
            with self.subTest(sent), proxy.connect() as client:
                status, seen, _ = self.asked(client, sent)
                self.assertEqual((status, seen), (400, None) if wanted is None else (200, wanted))
        self.assertEqual(
            [each.head.target for each in self.backend.requests], [wanted for _, wanted in FORMS if wanted]
        )

    def test_a_form_is_its_own_form(self):
        proxy = self.start(route())
        for form in {wanted for _, wanted in FORMS if wanted}:
            with self.subTest(form):
                self.assertEqual(self.asked(proxy.connect(), form)[:2], (200, form))

    def test_whatever_a_backend_makes_of_a_path_it_is_of_the_route_that_was_taken(self):
        proxy = self.start(
            *[route(name=f'"{name}"', set_headers=f'{{ X-Route = "{name}" }}', **keys) for name, keys,
            _ in RULES]
        )
        forwarded = set()
        for sent in spellings(TARGETS):
            with proxy.connect() as client:
                status, seen, taken = self.asked(client, sent)
            if status == 400:
                continue
            self.assertEqual(status, 200, sent)
            forwarded.add(taken)
            path = seen.split("?")[0]
            for backend, read in BACKENDS.items():
                self.assertEqual(rule_for(read(path)), taken, f"{sent} as {seen} where a backend {backend}")
        self.assertEqual(forwarded, {name for name, _, _ in RULES})

    def test_nothing_below_a_guarded_path_is_had_without_the_password(self):
        with tempfile.NamedTemporaryFile("w") as users:
            users.write(f"ann:{BCRYPT}\n")
            users.flush()
            guard = f'{{ file = "{users.name}" }}'
            proxy = self.start(route(path='"/admin/"', basic_auth=guard), route())
        statuses = {}
        for sent in spellings(["/admin/exact", "/admin", "/other/a"]):
            with proxy.connect() as client:
                status = self.asked(client, sent)[0]
            statuses[status] = statuses.get(status, 0) + 1
        self.assertEqual(statuses.keys(), {200, 400, 401})
        for message in self.backend.requests:
            path = message.head.target.split("?")[0]
            for read in BACKENDS.values():
                self.assertFalse((read(path) + "/").startswith("/admin/"), message.head.target)

    def test_parameters_and_empty_segments_stay_where_the_route_is_the_same_without_them(self):
        proxy = self.start(
            route(name='"page"', path='"/page/"', set_headers='{ X-Route = "page" }'), route(name='"rest"')
        )
        for sent in ("/page/x;jsessionid=1", "/page/heroes;id=15;foo=bar/", "/page//x",
        "/page/http://x.test/y"):
            with self.subTest(sent):
                self.assertEqual(self.asked(proxy.connect(), sent), (200, sent, "page"))
        for sent in ("/page;x/a", "//page/a", "/;x/page/a", "/page%3bx"):
            with self.subTest(sent):
                self.assertEqual(self.asked(proxy.connect(), sent)[0], 400)

    def test_a_route_may_be_spelt_in_any_form_too(self):
        proxy = self.start(
            route(path='"/caf%c3%a9/"', set_headers='{ X-Route = "cafe" }'),
            route(path='"/%7Eann"', set_headers='{ X-Route = "ann" }'),
        )
        for sent, form, name in (
            ("/caf%C3%a9/x", "/caf%C3%A9/x", "cafe"),
            ("/~ann", "/~ann", "ann"),
            ("/%7eann", "/~ann", "ann"),
        ):
            with self.subTest(sent):
                self.assertEqual(self.asked(proxy.connect(), sent), (200, form, name))

    def test_prefixes_are_taken_from_the_form_that_was_matched(self):
        proxy = self.start(
            route(path='"/app/"', strip_prefix='"/app"', add_prefix='"/v2"'),
            route(path='"/bare/"', strip_prefix='"/bare"'),
            route(path_regex="'/(x|y)/.*'", strip_prefix='"/x"'),
        )
        for sent, form in (
            ("/%61pp/x%2dy", "/v2/x-y"),
            ("/app", "/v2/"),
            ("/app//x", "/v2//x"),
            ("/app/x;y", "/v2/x;y"),
            ("/app/app/x", "/v2/app/x"),
            ("/app?/app/x", "/v2/?/app/x"),
            ("/b%61re/%61", "/a"),
            ("/%78/a", "/a"),
            ("/y/x", "/y/x"),
        ):
            with self.subTest(sent):
                self.assertEqual(self.asked(proxy.connect(), sent)[:2], (200, form))

    def test_who_is_asked_for_leave_hears_the_form_that_is_forwarded(self):
        asked = []

        def judge(message, connection):
            asked.append(message.head.get("X-Original-URI"))
            return response("200 OK")

        judge_backend = self.http_backend(respond=judge)
        self.backend = self.http_backend(respond=self.tell)
        proxy = self.start_proxy(
            pool("app", self.backend),
            pool("judge", judge_backend),
            route(auth_request='{ pool = "judge", path = "/verify" }'),
        )
        for sent in ("/%61?%61", "//x", "/a;b", "/caf%c3%a9"):
            self.assertEqual(self.asked(proxy.connect(), sent)[0], 200)
        self.assertEqual(asked, [each.head.target for each in self.backend.requests])
        self.assertEqual(asked, ["/a?%61", "//x", "/a;b", "/caf%C3%A9"])

    def test_explain_says_the_same(self):
        proxy = self.start(route(name='"admin"', path='"/admin/"'), route(name='"rest"'))
        done = proxy.command("explain", f"{proxy.url}/%61dmin/x", "--json")
        self.assertIn('"name":"admin"', done.stdout.replace(" ", ""))
        done = proxy.command("explain", f"{proxy.url}/admin;x/a", "--json")
        self.assertIn("parameters or empty segments lead past another route", done.stdout)
        self.assertEqual(done.returncode, 3)


if __name__ == "__main__":
    unittest.main()
