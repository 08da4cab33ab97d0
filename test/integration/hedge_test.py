"""A request that its backend leaves waiting is asked of another one too: who answers, and what that costs."""
import socket
import threading
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import accept_upgrade, echo_until_close, open_tunnel
from harness.http_message import request, response
from harness.waiting import eventually

HEDGES = "fairlead_backend_hedges_total"


class HedgeCase(ProxyCase):
    def setUp(self):
        super().setUp()
        self.gate = threading.Event()  # what slow backends wait for

    def tearDown(self):
        self.gate.set()
        super().tearDown()

    def slow(self, answer=None, gate=None, **options):
        """Answers when the gate is open; by default with its name."""

        def respond(message, connection):
            (gate or self.gate).wait(30)
            return answer or response(body=b"slow")

        return self.http_backend("slow", respond, **options)

    def quick(self, answer=None):
        return self.http_backend("quick", lambda message, connection: answer or response(body=b"quick"))

    def behind(self, first, *others, hedge='{ after = "20ms" }', top="", **keys):
        """Requests go to `first` first: nobody else has fewer connections, and a tie cannot be."""
        entry = f'{{ address = "{first.address}", weight = 1000 }}'
        keys = {"balance": '"least-connections"', "hedge": hedge} | keys
        return self.start_proxy(
            "[log]\nrequests = true\n" + top, pool("app", entry, *others, **keys), route()
        )

    def hedges(self, proxy, backend, how):
        return proxy.metrics().value(HEDGES, backend=backend.address, how=how)

    def exchanges(self, proxy, count=1):
        def lines():
            found = [line for line in proxy.access_log() if line["event"] == "exchange"]
            return found if len(found) >= count else None

        return eventually(lines)

    def ended(self, *backends):
        """Whether the proxy has closed every connection that these had; their scripts wait for the gate."""
        return all(each.ended_by(5) != "open" for backend in backends for each in backend.connections)


class Hedge(HedgeCase):
    def test_the_other_answers_for_one_that_is_silent(self):
        slow, quick = self.slow(), self.quick()
        proxy = self.behind(slow, quick)
        self.assertEqual(proxy.ask(request()).body, b"quick")
        eventually(lambda: self.hedges(proxy, slow, "won") == 1)
        line = self.exchanges(proxy)[0]
        self.assertEqual((line["hedge"], line["attempts"], line["backend"]), ("won", 2, quick.address))
        self.assertEqual((len(slow.requests), len(quick.requests)), (1, 1))
        self.assertEqual(slow.requests[0].head.fields, quick.requests[0].head.fields)

    def test_who_answers_in_time_is_alone(self):
        first, other = self.quick(), self.quick()
        proxy = self.behind(first, other, hedge='{ after = "20s" }')
        client = proxy.connect()
        for _ in range(5):
            client.send(request())
            self.assertEqual(client.read_response().status, 200)
        self.assertEqual((len(first.connections), len(other.connections)), (1, 0))
        self.assertNotIn("hedge", self.exchanges(proxy, 5)[0])

    def test_the_winners_connection_is_kept_and_the_losers_is_not(self):
        slow, quick = self.slow(), self.quick()
        proxy = self.behind(slow, quick)
        client = proxy.connect()
        for _ in range(3):
            client.send(request())
            self.assertEqual(client.read_response().body, b"quick")
        self.assertEqual((len(slow.connections), len(quick.connections)), (3, 1))
        self.assertTrue(self.ended(slow))

    def test_the_first_may_still_be_the_first_to_answer(self):
        slow, slower = self.slow(), self.slow(gate=threading.Event())
        proxy = self.behind(slow, slower, eject="{ failures = 1 }")
        client = proxy.connect()
        client.send(request())
        eventually(lambda: len(slower.requests) == 1)
        self.gate.set()
        self.assertEqual(client.read_response().body, b"slow")
        eventually(lambda: self.hedges(proxy, slow, "lost") == 1)
        self.assertEqual(self.exchanges(proxy)[0]["hedge"], "lost")
        ejections = "fairlead_backend_ejections_total"
        self.assertEqual(proxy.metrics().value(ejections, backend=slower.address), 0)
        for connection in slower.connections:
            self.assertNotEqual(connection.ended_by(5), "open")

    def test_only_what_may_be_asked_twice_is(self):
        put = request(method="PUT", fields=[("Content-Length", "3")], body=b"abc")
        post = request(method="POST", fields=[("Content-Length", "3")], body=b"abc")
        for told, asked, method, is_hedged in (
            ("", post, "POST", False),
            ("", put, "PUT", False),
            (", idempotent = true", post, "POST", False),
            (", idempotent = true", put, "PUT", True),
            ("", request(method="HEAD"), "HEAD", True),
        ):
            with self.subTest(told=told, method=method):
                gate = threading.Event()
                slow, quick = self.slow(gate=gate), self.http_backend("quick")
                proxy = self.behind(slow, quick, hedge=f'{{ after = "1ms"{told} }}')
                client = proxy.connect()
                client.send(asked)
                eventually(lambda: len(slow.requests) == 1)
                if is_hedged:
                    self.assertEqual(client.read_response(method=method).status, 200)
                    self.assertEqual([each.body for each in quick.requests], [slow.requests[0].body])
                    # What follows the body is the next request.
                    client.send(request())
                    self.assertEqual(client.read_response().status, 200)
                else:
                    self.assertTrue(client.is_quiet(0.3))
                    self.assertEqual(len(quick.connections), 0)
                gate.set()

    def test_an_upgrade_is_asked_once(self):
        def serve(connection):
            self.gate.wait(30)
            accept_upgrade(connection)
            echo_until_close(connection)

        slow, quick = self.scripted(serve), self.quick()
        proxy = self.behind(slow, quick, hedge='{ after = "1ms" }')
        threading.Timer(0.3, self.gate.set).start()
        open_tunnel(proxy.connect())
        self.assertEqual(len(quick.connections), 0)

    def test_hedges_stay_within_their_share(self):
        slow, quick = self.slow(), self.quick()
        proxy = self.behind(
            slow, quick, hedge='{ after = "1ms", max_share = "20%" }', response_timeout='"50ms"'
        )
        client = proxy.connect()
        statuses = []
        for _ in range(40):
            client.send(request())
            statuses.append(client.read_response().status)
        # Ten to begin with, and one of five.
        self.assertEqual(statuses.count(200), 10 + 8)
        withheld = "fairlead_backend_hedges_withheld_total"
        eventually(lambda: proxy.metrics().value(withheld, backend=slow.address) == 40 - 18)

    def test_retries_and_hedges_have_one_budget(self):
        slow, bad = self.slow(), self.quick(response("503 No"))
        proxy = self.behind(
            slow,
            bad,
            hedge='{ after = "1ms", max_share = "20%" }',
            retry='{ on = "timeout", try_timeout = "50ms", budget = "20%" }',
        )
        client = proxy.connect()
        for _ in range(40):
            client.send(request())
            client.read_response()
        self.assertLessEqual(len(slow.requests) + len(bad.requests), 40 + 10 + 8)


class Failures(HedgeCase):
    def test_the_other_answers_for_one_that_breaks_while_both_are_asked(self):
        def serve(connection):
            connection.read_request()
            self.gate.wait(30)

        breaking, late = self.scripted(serve), threading.Event()
        other = self.slow(gate=late)
        proxy = self.behind(breaking, other)
        client = proxy.connect()
        client.send(request())
        eventually(lambda: len(other.requests) == 1)
        self.gate.set()
        self.assertTrue(client.is_quiet(0.2))
        late.set()
        self.assertEqual(client.read_response().body, b"slow")
        eventually(lambda: self.hedges(proxy, breaking, "won") == 1)

    def test_another_that_cannot_be_reached_ends_nothing(self):
        slow, gone = self.slow(), self.quick()
        gone.stop_listening()
        proxy = self.behind(slow, gone)
        client = proxy.connect()
        client.send(request())
        failures = "fairlead_backend_dial_failures_total"
        eventually(lambda: proxy.metrics().value(failures, backend=gone.address) >= 1)
        self.gate.set()
        self.assertEqual(client.read_response().body, b"slow")
        eventually(lambda: self.hedges(proxy, slow, "failed") == 1)

    def test_another_that_breaks_ends_nothing(self):
        slow, breaking = self.slow(), self.scripted(lambda connection: connection.read_request())
        proxy = self.behind(slow, breaking)
        client = proxy.connect()
        client.send(request())
        eventually(lambda: len(breaking.connections) == 1)
        self.assertTrue(client.is_quiet(0.2))
        self.gate.set()
        self.assertEqual(client.read_response().body, b"slow")

    def test_the_other_answers_for_one_that_accepts_nothing(self):
        full = socket.socket()
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        self.addCleanup(full.close)
        queued = []
        for _ in range(3):  # what follows is dropped, and connect() waits
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(full.getsockname())
            queued.append(one)
            self.addCleanup(one.close)
        quick = self.quick()
        entry = f'{{ address = "127.0.0.1:{full.getsockname()[1]}", weight = 1000 }}'
        proxy = self.start_proxy(
            pool("app", entry, quick, balance='"least-connections"', hedge='{ after = "20ms" }',
                 connect_timeout='"20s"'),
            route(),
        )
        self.assertEqual(proxy.ask(request()).body, b"quick")
        address = f"127.0.0.1:{full.getsockname()[1]}"
        eventually(lambda: proxy.metrics().value(HEDGES, backend=address, how="won") == 1)
        # That nobody waited for it any longer is no failure of it.
        self.assertEqual(proxy.metrics().value("fairlead_backend_dial_failures_total", backend=address), 0)

    def test_an_error_does_not_win_while_the_first_may_do_better(self):
        slow, bad = self.slow(), self.quick(response("503 No", body=b"quick"))
        proxy = self.behind(slow, bad)
        client = proxy.connect()
        client.send(request())
        eventually(lambda: len(bad.requests) == 1)
        self.assertTrue(client.is_quiet(0.2))
        self.gate.set()
        self.assertEqual(client.read_response().body, b"slow")

    def test_an_error_of_the_other_is_better_than_none(self):
        slow, bad = self.slow(), self.quick(response("503 No", body=b"quick"))
        proxy = self.behind(slow, bad, response_timeout='"300ms"')
        answer = proxy.ask(request())
        self.assertEqual((answer.status, answer.body), (503, b"quick"))

    def test_an_error_of_the_first_waits_for_the_other_that_was_asked(self):
        bad, late = self.slow(response("500 No", body=b"bad")), threading.Event()
        good = self.slow(gate=late)
        proxy = self.behind(bad, good)
        client = proxy.connect()
        client.send(request())
        eventually(lambda: len(good.requests) == 1)
        self.gate.set()
        self.assertTrue(client.is_quiet(0.2))
        late.set()
        self.assertEqual(client.read_response().body, b"slow")

    def test_an_error_of_both_is_the_firsts(self):
        bad = self.slow(response("500 No", body=b"first"))
        worse = self.quick(response("503 No", body=b"other"))
        proxy = self.behind(bad, worse)
        client = proxy.connect()
        client.send(request())
        eventually(lambda: len(worse.requests) == 1)
        self.gate.set()
        self.assertEqual(client.read_response().body, b"first")

    def test_the_time_of_one_attempt_is_each_ones_own(self):
        slow, late = self.slow(), threading.Event()
        other = self.slow(gate=late)
        proxy = self.behind(
            slow, other, hedge='{ after = "250ms" }', retry='{ on = "timeout", try_timeout = "400ms" }'
        )
        client = proxy.connect()
        client.send(request())
        eventually(lambda: len(other.requests) == 1)
        # The first's time may be over by then; the other has some left.
        self.assertTrue(client.is_quiet(0.2))
        late.set()
        self.assertEqual(client.read_response().body, b"slow")


class Waits(HedgeCase):
    def test_a_quantile_is_learned(self):
        asked = []
        slow_from = 300

        def respond(message, connection):
            asked.append(message)
            if len(asked) > slow_from:
                self.gate.wait(30)
            return response(body=b"slow")

        first, quick = self.http_backend("slow", respond), self.quick()
        proxy = self.behind(first, quick, hedge='{ after = "p95", at_least = "200ms" }')
        client = proxy.connect()
        for _ in range(slow_from):
            client.send(request())
            self.assertEqual(client.read_response().status, 200)
        self.assertEqual(len(quick.connections), 0)
        client.send(request())
        self.assertEqual(client.read_response().body, b"quick")

    def test_before_anything_is_known_nobody_is_asked_twice(self):
        slow, quick = self.slow(), self.quick()
        proxy = self.behind(slow, quick, hedge='{ after = "p50", at_least = "1ms" }')
        client = proxy.connect()
        client.send(request())
        self.assertTrue(client.is_quiet(0.3))
        self.gate.set()
        self.assertEqual(client.read_response().body, b"slow")
        self.assertEqual(len(quick.connections), 0)

    def test_one_that_is_spare_is_not_asked(self):
        slow, spare = self.slow(), self.quick()
        entry = f'{{ address = "{spare.address}", priority = 1 }}'
        proxy = self.behind(slow, entry, hedge='{ after = "1ms" }')
        client = proxy.connect()
        client.send(request())
        self.assertTrue(client.is_quiet(0.3))
        self.gate.set()
        self.assertEqual(client.read_response().body, b"slow")
        self.assertEqual(len(spare.connections), 0)

    def test_one_that_has_no_room_is_not_waited_for(self):
        slow, busy = self.slow(), self.slow()
        proxy = self.behind(slow, busy, max_connections=1, queue='{ length = 10, timeout = "20s" }')
        first, second = proxy.connect(), proxy.connect()
        first.send(request(target="/1"))
        eventually(lambda: len(busy.requests) + len(slow.requests) == 2)  # and its hedge has the other
        second.send(request(target="/2"))
        eventually(lambda: proxy.metrics().value("fairlead_pool_queue_waiting", pool="app") == 1)
        self.gate.set()
        self.assertEqual(first.read_response().body, b"slow")
        self.assertEqual(second.read_response().body, b"slow")

    def test_each_connection_begins_with_one_proxy_header(self):
        def fail(connection):
            connection.read_until(b"\r\n")
            connection.read_request()
            self.gate.wait(30)

        def serve(connection):
            self.assertTrue(connection.read_until(b"\r\n").startswith(b"PROXY TCP4 "))
            connection.read_request()
            connection.send(response(body=b"well"))

        proxy = self.behind(self.scripted(fail), self.scripted(serve), proxy_protocol='"v1"')
        self.assertEqual(proxy.ask(request()).body, b"well")


if __name__ == "__main__":
    unittest.main()
