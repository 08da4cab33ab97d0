"""What is sent again: by reason, by method and budget, and what the client gets when nothing helps."""
import threading
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import accept_upgrade, echo_until_close, open_tunnel
from harness.http_message import request, response
from harness.waiting import eventually


def ended_unanswered(connection):
    connection.read_request()


def status_of(text):
    return lambda message, connection: response(text, body=b"from the one that fails")


class Retry(ProxyCase):
    def behind(self, bad, *others, retry, **keys):
        """Requests go to `bad` first: nobody else has fewer connections, and a tie cannot be."""
        keys.setdefault("balance", '"least-connections"')
        backends = [f'{{ address = "{bad.address}", weight = 1000 }}']
        backends += [f'"{each.address}"' for each in others]
        lines = [f"{key} = {value}" for key, value in keys.items()]
        lines += [f"retry = {retry}"] if retry else []
        text = "\n".join(["[pool.app]", f"backends = [{', '.join(backends)}]"] + lines) + "\n"
        return self.start_proxy("[log]\nrequests = true\n", text, route())

    def retries(self, proxy, backend, reason):
        name = "fairlead_backend_retries_total"
        return proxy.metrics().value(name, backend=backend.address, reason=reason)

    def test_a_reset_before_a_byte_goes_to_another(self):
        bad, good = self.scripted(ended_unanswered), self.http_backend("good")
        proxy = self.behind(bad, good, retry="{}")
        for _ in range(5):
            self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(len(bad.connections), 5)
        self.assertEqual(len(good.requests), 5)
        eventually(lambda: self.retries(proxy, bad, "reset") == 5)
        lines = eventually(lambda: [line for line in proxy.access_log() if line["event"] == "exchange"])
        self.assertEqual((lines[0]["attempts"], lines[0]["backend"]), (2, good.address))

    def test_without_retry_it_is_the_clients(self):
        bad, good = self.scripted(ended_unanswered), self.http_backend("good")
        proxy = self.behind(bad, good, retry="")
        self.assertEqual(proxy.ask(request()).status, 502)
        self.assertEqual(len(good.requests), 0)

    def test_a_post_is_not_sent_again_unless_told(self):
        post = request(method="POST", fields=[("Content-Length", "3")], body=b"abc")
        for told, status in (("", 502), (", non_idempotent = true", 200)):
            with self.subTest(told):
                bad, good = self.scripted(ended_unanswered), self.http_backend("good")
                proxy = self.behind(bad, good, retry=f'{{ on = "reset"{told} }}')
                self.assertEqual(proxy.ask(post, method="POST").status, status)
                self.assertEqual([each.body for each in good.requests], [b"abc"] if status == 200 else [])

    def test_an_answer_that_has_begun_is_not_replaced(self):
        def serve(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Le")

        bad, good = self.scripted(serve), self.http_backend("good")
        proxy = self.behind(bad, good, retry='{ on = ["reset", "502"] }')
        self.assertEqual(proxy.ask(request()).status, 502)
        self.assertEqual(len(good.requests), 0)

    def test_a_body_that_is_still_coming_is_not_sent_again(self):
        def serve(connection):
            connection.read_head()

        bad, good = self.scripted(serve), self.http_backend("good")
        proxy = self.behind(bad, good, retry="{ non_idempotent = true }")
        client = proxy.connect()
        client.send(request(method="PUT", fields=[("Content-Length", "6")]) + b"abc")
        self.assertEqual(client.read_response().status, 502)
        self.assertEqual(len(good.requests), 0)

    def test_statuses_go_to_another(self):
        bad, good = self.http_backend("bad", status_of("503 No")), self.http_backend("good")
        proxy = self.behind(bad, good, retry='{ on = "502-504" }')
        self.assertEqual([proxy.ask(request()).status for _ in range(3)], [200] * 3)
        eventually(lambda: self.retries(proxy, bad, "status") == 3)

    def test_other_statuses_are_the_clients(self):
        bad, good = self.http_backend("bad", status_of("500 No")), self.http_backend("good")
        proxy = self.behind(bad, good, retry='{ on = "502-504" }')
        self.assertEqual(proxy.ask(request()).status, 500)

    def test_the_last_answer_stands_when_attempts_are_used(self):
        first, second = (self.http_backend(name, status_of("503 No")) for name in "ab")
        third = self.http_backend("c")
        proxy = self.behind(first, second, retry='{ on = "503" }')
        answer = proxy.ask(request())
        self.assertEqual((answer.status, answer.body), (503, b"from the one that fails"))
        self.assertEqual((len(first.requests), len(second.requests)), (1, 1))
        proxy = self.behind(first, second, third, retry='{ on = "503", attempts = 2 }')
        self.assertEqual(proxy.ask(request()).status, 200)

    def test_what_the_only_one_said_stands_when_no_other_can_be_had(self):
        bad = self.http_backend("bad", status_of("503 No"))
        gone = self.http_backend("gone")
        gone.stop_listening()
        proxy = self.behind(bad, gone, retry='{ on = "503" }')
        answer = proxy.ask(request())
        self.assertEqual((answer.status, answer.body), (503, b"from the one that fails"))
        self.assertEqual(self.retries(proxy, bad, "status"), 0)

    def test_the_only_backend_is_asked_again(self):
        turns = iter(["503 No", "200 OK"])
        backend = self.http_backend("one", lambda message, connection: response(next(turns), body=b"x"))
        proxy = self.front(backend, "")
        proxy = self.behind(backend, retry='{ on = "503" }')
        self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(len(backend.requests), 2)

    def test_who_answers_nothing_in_time_is_left_for_another(self):
        done = threading.Event()

        def serve(connection):
            connection.read_request()
            done.wait(20)

        silent, good = self.scripted(serve), self.http_backend("good")
        try:
            proxy = self.behind(silent, good, retry='{ on = "timeout", try_timeout = "200ms" }')
            self.assertEqual(proxy.ask(request()).status, 200)
            eventually(lambda: self.retries(proxy, silent, "timeout") == 1)
        finally:
            done.set()

    def test_an_attempts_time_does_not_cut_what_may_not_be_sent_again(self):
        def slowly(message, connection):
            threading.Event().wait(0.5)
            return response(body=b"late")

        slow, good = self.http_backend("slow", slowly), self.http_backend("good")
        proxy = self.behind(slow, good, retry='{ on = "timeout", try_timeout = "100ms" }')
        post = request(method="POST", fields=[("Content-Length", "3")], body=b"abc")
        self.assertEqual(proxy.ask(post, method="POST").body, b"late")

    def test_retries_stay_within_their_budget(self):
        bad = self.http_backend("bad", status_of("503 No"))
        proxy = self.behind(bad, retry='{ on = "503", budget = "20%" }')
        client = proxy.connect()
        for _ in range(100):
            client.send(request())
            self.assertEqual(client.read_response().status, 503)
        self.assertEqual(len(bad.requests), 100 + 10 + 20)
        withheld = "fairlead_backend_retries_withheld_total"
        eventually(lambda: proxy.metrics().value(withheld, backend=bad.address) == 70)

    def test_an_upgrade_that_one_backend_refuses_goes_to_another(self):
        def serve(connection):
            accept_upgrade(connection)
            echo_until_close(connection)

        full, good = self.http_backend("full", status_of("503 No")), self.scripted(serve)
        proxy = self.behind(full, good, retry='{ on = "503" }')
        open_tunnel(proxy.connect())
        self.assertEqual(len(full.requests), 1)

    def test_each_connection_begins_with_one_proxy_header(self):
        def fail(connection):
            connection.read_until(b"\r\n")
            connection.read_request()

        def serve(connection):
            self.assertTrue(connection.read_until(b"\r\n").startswith(b"PROXY TCP4 "))
            connection.read_request()
            connection.send(response(body=b"well"))

        proxy = self.behind(
            self.scripted(fail), self.scripted(serve), retry="{}", proxy_protocol='"v1"'
        )
        self.assertEqual(proxy.ask(request()).body, b"well")

    def test_a_reload_changes_what_is_sent_again(self):
        bad, good = self.scripted(ended_unanswered), self.http_backend("good")
        proxy = self.behind(bad, good, retry="")
        self.assertEqual(proxy.ask(request()).status, 502)
        proxy.write_config(
            f'[pool.app]\nbackends = [{{ address = "{bad.address}", weight = 1000 }}, "{good.address}"]\n'
            'balance = "least-connections"\nretry = {}\n' + route()
        )
        self.assertEqual(proxy.control("/reload")[0], 200)
        self.assertEqual(proxy.ask(request()).status, 200)


if __name__ == "__main__":
    unittest.main()
