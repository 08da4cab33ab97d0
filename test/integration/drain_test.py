"""An operator drains a route, backend or listener of a running proxy, at an even pace, and takes it back."""
import json
import threading
import unittest
from collections import Counter

from harness.case import ProxyCase, pool, route
from harness.connection import connect
from harness.crowd import Crowd, CrowdBackend
from harness.frames import echo_until_close, open_tunnel, read_frame, upgrade_request
from harness.http_message import request, response
from harness.ports import free_port
from harness.waiting import eventually


class DrainCase(ProxyCase):
    def crowd_backend(self):
        return self._keep(CrowdBackend())

    def crowd(self, address, count, **options):
        """Clients that must be gone before the proxy is, so that its drain has nothing to wait for."""
        crowd = Crowd(address, **options)
        self.addCleanup(lambda: self.assertEqual(crowd.errors, []))
        self._backends.insert(0, crowd)
        return crowd.open(count)

    def progress(self, proxy):
        status, document = proxy.control("/drain", method="GET")
        self.assertEqual(status, 200)
        return document["drains"]

    def wait_drained(self, proxy, timeout_s=20):
        eventually(
            lambda: [each["state"] for each in self.progress(proxy)] == ["drained"],
            timeout_s,
            lambda: self.progress(proxy),
        )


class Pace(DrainCase):
    def test_five_thousand_tunnels_of_a_route_leave_evenly_and_nobody_is_cut(self):
        backend = self.crowd_backend()
        proxy = self.start_proxy(
            pool("app", backend),
            route(name='"chat"', path='"/chat/"'),
            route(name='"other"'),
            workers=2,
            drain='window = "30s"\nclose_timeout = "5s"',
        )
        crowd = self.crowd(proxy.address, 5000, target="/chat/x")
        others = self.crowd(proxy.address, 20, target="/other")
        status, document = proxy.control("/drain?route=chat&window=10s")
        self.assertEqual((status, document["drain"]["kind"]), (200, "route"))
        eventually(lambda: self.progress(proxy)[0]["total"] == 5000)

        # Meanwhile: the route refuses what is new, and the other one does not.
        with proxy.connect() as late:
            late.send(upgrade_request("/chat/late"))
            refused = late.read_response()
        self.assertEqual(refused.status, 503)
        self.assertIn(int(refused.head.get("Retry-After")), range(1, 5))
        with proxy.connect() as other:
            open_tunnel(other, "/other")
        halfway = eventually(lambda: (p := self.progress(proxy)[0])["left"] < 2500 and p, 10)
        self.assertEqual(halfway["state"], "draining")
        self.assertGreater(proxy.metrics().value("fairlead_drain_tunnels_left", kind="route"), 0)

        self.wait_drained(proxy)
        self.assertEqual(Counter(code for _, code in crowd.ends), {1012: 5000})
        self.assertEqual(others.ends, [])
        self.assertEqual(backend.close_codes, {1001: 5000})
        begin = min(when for when, _ in crowd.ends)
        by_second = Counter(int(when - begin) for when, _ in crowd.ends)
        middle = [by_second[second] for second in range(1, 9)]
        self.assertLess(max(middle), 600, by_second)
        self.assertGreater(min(middle), 400, by_second)
        metrics = proxy.metrics()
        self.assertEqual(metrics.value("fairlead_drain_tunnels_left"), 0)
        self.assertEqual(
            metrics.value("fairlead_websocket_tunnels_closed_total", route="chat", cause="drained"), 5000
        )

        self.assertEqual(proxy.control("/drain?route=chat&undo=1")[0], 200)
        with proxy.connect() as back:
            open_tunnel(back, "/chat/back")
        self.assertEqual(self.progress(proxy), [])


class Parts(DrainCase):
    def test_a_backend_gets_nothing_new_and_its_tunnels_leave_for_the_others(self):
        one, two = self.crowd_backend(), self.crowd_backend()
        proxy = self.start_proxy(pool("app", one, two), route())
        crowd = self.crowd(proxy.address, 60, return_after=lambda number: 0)
        eventually(lambda: (one.tunnels, two.tunnels) == (30, 30))
        self.assertEqual(proxy.control(f"/drain?backend=app/{one.address}&window=1s")[0], 200)
        self.wait_drained(proxy)
        eventually(lambda: (one.tunnels, two.tunnels) == (0, 60), what=lambda: (one.tunnels, two.tunnels))
        self.assertEqual((crowd.refused, {code for _, code in crowd.ends}), (0, {1012}))
        self.assertEqual(proxy.control(f"/drain?backend=app/{two.address}&window=0")[0], 200)
        with proxy.connect() as nowhere:
            nowhere.send(upgrade_request())
            refused = nowhere.read_response()
        self.assertEqual((refused.status, "Retry-After" in refused.head), (503, True))
        self.assertEqual(proxy.control(f"/drain?backend=app/{one.address}&undo=1")[0], 200)
        with proxy.connect() as back:
            open_tunnel(back)
            eventually(lambda: one.tunnels == 1)

    def test_kept_connections_to_a_drained_backend_are_dropped(self):
        backend = self.http_backend()
        proxy = self.front(backend)
        self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(proxy.control(f"/drain?backend=app/{backend.address}")[0], 200)
        # Its thread closes it when the proxy has.
        eventually(lambda: backend.connections[0].sock.fileno() == -1)

    def test_a_listener_closes_with_its_tunnels_and_opens_again(self):
        backend = self.crowd_backend()
        port = free_port()
        proxy = self.start_proxy(
            f'[[listen]]\naddress = "127.0.0.1:{port}"\n', pool("app", backend), route(), workers=2
        )
        leaving = self.crowd(("127.0.0.1", port), 40)
        staying = self.crowd(proxy.address, 40)
        with connect(("127.0.0.1", port)) as idle:  # it has asked for nothing
            self.assertEqual(proxy.control(f"/drain?listener=127.0.0.1:{port}&window=1s")[0], 200)
            self.assertEqual(idle.ended_by(), "fin")
        self.wait_drained(proxy)
        self.assertEqual({code for _, code in leaving.ends}, {1012})
        self.assertEqual((len(leaving.ends), len(staying.ends)), (40, 0))
        with self.assertRaises(ConnectionRefusedError):
            connect(("127.0.0.1", port))
        # A reload that keeps the listener keeps the drain.
        self.assertEqual(proxy.control("/reload")[0], 200)
        with self.assertRaises(ConnectionRefusedError):
            connect(("127.0.0.1", port))
        self.assertEqual(proxy.control(f"/drain?listener=127.0.0.1:{port}&undo=1")[0], 200)
        with connect(("127.0.0.1", port)) as back:
            open_tunnel(back)

    def test_an_exchange_under_way_finishes_and_is_counted_until_then(self):
        go_on, reached = threading.Event(), threading.Event()

        def respond(message, connection):
            reached.set()
            go_on.wait(10)
            return response(body=b"finished")

        proxy = self.start_proxy(pool("app", self.http_backend(respond=respond)), route(name='"slow"'))
        with proxy.connect() as client:
            client.send(request())
            self.assertTrue(reached.wait(5))
            self.assertEqual(proxy.control("/drain?route=slow")[0], 200)
            eventually(lambda: self.progress(proxy)[0]["state"] == "closing")
            self.assertEqual(self.progress(proxy)[0]["open"], 1)
            go_on.set()
            self.assertEqual(client.read_response().body, b"finished")
            self.wait_drained(proxy)
            client.send(request())
            self.assertEqual(client.read_response().status, 503)

    def test_what_a_reload_removes_is_no_longer_drained(self):
        one, two = self.http_backend("one"), self.http_backend("two")
        proxy = self.start_proxy(pool("app", one, two), route())
        self.assertEqual(proxy.control(f"/drain?backend=app/{one.address}")[0], 200)
        served = {json.loads(proxy.ask(request()).body)["backend"] for _ in range(6)}
        self.assertEqual(served, {"two"})
        proxy.write_config(pool("app", two) + route())
        self.assertEqual(proxy.control("/reload")[0], 200)
        self.assertEqual(self.progress(proxy), [])
        proxy.write_config(pool("app", one, two) + route())
        self.assertEqual(proxy.control("/reload")[0], 200)
        served = {json.loads(proxy.ask(request()).body)["backend"] for _ in range(6)}
        self.assertEqual(served, {"one", "two"})


class Answers(DrainCase):
    def test_only_a_post_with_the_control_field_and_no_origin_changes_anything(self):
        proxy = self.start_proxy(pool("app", self.http_backend()), route(name='"chat"'))
        url = "/drain?route=chat"
        self.assertEqual(proxy.control(url, **{"X-Other": "1"})[0], 403)
        self.assertEqual(proxy.control(url, **{"X-Fairlead-Control": "1", "Origin": "http://a"})[0], 403)
        self.assertEqual(proxy.control(url, method="PUT")[0], 405)
        self.assertEqual(proxy.control(url, method="GET")[0], 200)
        self.assertEqual(self.progress(proxy), [])
        with connect(("127.0.0.1", proxy.admin_port)) as admin:
            field = ("X-Fairlead-Control", "1")
            admin.send(request("POST", url, host="localhost", fields=[field], body=b"x"))
            self.assertEqual(admin.read_response().status, 400)
            admin.send(request("POST", url, host="localhost", fields=[field], body=b"x" * 5000))
            self.assertEqual(admin.read_response().status, 413)
            self.assertIn(admin.ended_by(), ("fin", "reset"))

    def test_what_cannot_be_done_is_refused_with_what_is_near(self):
        backend = self.http_backend()
        proxy = self.start_proxy(pool("app", backend), route(name='"chat"'))
        status, document = proxy.control("/drain?route=caht")
        self.assertEqual((status, document["nearest"][0]), (404, "chat"))
        status, document = proxy.control("/drain?backend=app/127.0.0.1:1")
        self.assertEqual((status, document["nearest"]), (404, [f"app/{backend.address}"]))
        self.assertEqual(proxy.control("/drain?listener=0.0.0.0:1")[0], 404)
        self.assertEqual(proxy.control("/drain?route=chat&undo=1")[0], 409)
        for wrong in (
            "/drain",
            "/drain?route=chat&listener=x",
            "/drain?rout=chat",
            "/drain?backend=app",
            "/drain?route=chat&window=soon",
            "/drain?route=chat&undo=yes",
            "/drain?route=chat&route=chat",
        ):
            with self.subTest(wrong):
                self.assertEqual(proxy.control(wrong)[0], 400)


class Command(DrainCase):
    def test_it_waits_with_a_line_a_second_and_tells_what_stands(self):
        proxy = self.start_proxy(pool("app", self.crowd_backend()), route(name='"chat"'))
        crowd = self.crowd(proxy.address, 200)
        self.assertEqual(proxy.command("drain").stdout, "nothing is being drained\n")
        done = proxy.command("drain", "--route", "chat", "--window", "2s", "--wait")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"^route chat: \d+ of 200 tunnels left, 2 s, 200 open$")
        self.assertEqual(lines[-1], "route chat: drained")
        self.assertEqual(len(crowd.ends), 200)
        self.assertEqual(proxy.command("drain").stdout, "route chat: drained\n")
        self.assertEqual(proxy.command("drain", "--route", "chat", "--undo").returncode, 0)

    def test_a_wait_for_what_a_reload_removes_says_that_it_is_gone(self):
        chat = pool("app", self.scripted(echo_until_close))
        proxy = self.start_proxy(chat, route(name='"chat"'))
        with proxy.connect() as client:
            open_tunnel(client)
            told = []
            arguments = ("drain", "--route", "chat", "--window", "1h", "--wait")
            waiting = threading.Thread(target=lambda: told.append(proxy.command(*arguments, timeout_s=30)))
            waiting.start()
            eventually(lambda: proxy.control("/drain", method="GET")[1]["drains"])
            proxy.write_config(chat + route(name='"other"'))
            self.assertEqual(proxy.control("/reload")[0], 200)
            waiting.join(30)
        self.assertEqual(told[0].returncode, 1)
        self.assertIn("route 'chat' is no longer configured, or its drain was taken back", told[0].stderr)

    def test_json_refusals_and_a_wait_that_is_over(self):
        proxy = self.start_proxy(
            pool("app", self.scripted(echo_until_close)), route(name='"chat"'), drain='window = "0s"'
        )
        with proxy.connect() as client:
            open_tunnel(client)
            arguments = ("drain", "--route", "chat", "--window", "1h", "--wait", "--timeout", "100ms")
            late = proxy.command(*arguments, "--json")
            self.assertEqual(late.returncode, 3)
            self.assertEqual(json.loads(late.stdout.splitlines()[-1])["left"], 1)
            unknown = proxy.command("drain", "--route", "caht")
            self.assertEqual(unknown.returncode, 1)
            self.assertIn("there is no route 'caht'", unknown.stderr)
            self.assertIn("chat", unknown.stderr)
            two = proxy.command("drain", "--route", "chat", "--listener", "x")
            self.assertEqual(two.returncode, 2)
            again = proxy.command("drain", "--route", "chat", "--window", "0")
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertEqual(read_frame(client).close_code, 1012)


if __name__ == "__main__":
    unittest.main()
