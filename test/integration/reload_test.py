"""SIGHUP: a good file takes effect and no connection is lost; a broken one changes nothing and is named."""
import json
import os
import signal
import socket
import threading
import unittest

from harness.case import ProxyCase, pool, route
from harness.frames import TEXT, echo_until_close, frame, open_tunnel, read_frame
from harness.http_message import request, response
from harness.waiting import eventually


class Reload(ProxyCase):
    def reload(self, proxy, *parts):
        generation = proxy.metrics().value("fairlead_config_generation")
        proxy.write_config("\n".join(parts))
        proxy.signal(signal.SIGHUP)
        eventually(lambda: proxy.metrics().value("fairlead_config_generation") > generation)

    def test_an_added_route_is_served_and_a_removed_one_is_not(self):
        backend = self.http_backend()
        proxy = self.start_proxy(pool("app", backend), route(path='"/old"'))
        self.assertEqual(proxy.ask(request(target="/new")).status, 404)
        self.reload(proxy, pool("app", backend), route(path='"/new"'))
        eventually(lambda: proxy.ask(request(target="/new")).status == 200)
        self.assertEqual(proxy.ask(request(target="/old")).status, 404)
        self.assertEqual(proxy.metrics().value("fairlead_config_last_reload_successful"), 1)

    def test_pools_and_backends_change_for_new_requests(self):
        old, new = self.http_backend("old"), self.http_backend("new")
        proxy = self.start_proxy(pool("app", old), route())
        self.assertEqual(json.loads(proxy.ask(request()).body)["backend"], "old")
        self.reload(proxy, pool("app", new), route())
        eventually(lambda: json.loads(proxy.ask(request()).body)["backend"] == "new")

    def test_a_reload_that_fails_to_listen_changes_nothing_not_even_weights(self):
        one, two = self.http_backend("one"), self.http_backend("two")

        def weighted(weight):
            first = f'{{address = "{one.address}", weight = 1}}'
            second = f'{{address = "{two.address}", weight = {weight}}}'
            return f"[pool.app]\nbackends = [{first}, {second}]\n{route()}"

        proxy = self.start_proxy(weighted(1))
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            proxy.write_config(weighted(1000) + f'[[listen]]\naddress = "{address}"\n')
            proxy.signal(signal.SIGHUP)
            eventually(lambda: proxy.metrics().value("fairlead_config_last_reload_successful") == 0)
        proxy.wait_said(address)
        served = [json.loads(proxy.ask(request()).body)["backend"] for _ in range(40)]
        self.assertEqual(served.count("one"), 20)

    def test_a_tunnel_lives_on_even_when_its_route_and_backend_are_gone(self):
        chat, other = self.scripted(echo_until_close), self.http_backend()
        proxy = self.start_proxy(
            pool("chat", chat), pool("app", other), route("chat", path='"/chat/"'), route(),
            drain='window = "60s"\nclose_timeout = "1s"',
        )
        with proxy.connect() as client:
            open_tunnel(client, "/chat/room")
            for parts in (
                (pool("chat", chat), route("chat", path='"/chat/"'), route("chat", path='"/more/"')),
                (pool("app", other), route()),
            ):
                self.reload(proxy, *parts)
                client.send(frame(TEXT, "still here", masked=True))
                self.assertEqual(read_frame(client).payload, b"still here")

    def test_a_running_exchange_and_a_kept_connection_live_on(self):
        go_on, reached = threading.Event(), threading.Event()

        def respond(message, connection):
            if message.head.target == "/slow":
                reached.set()
                go_on.wait(10)
            return response(body=message.head.target.encode())

        backend = self.http_backend(respond=respond)
        proxy = self.start_proxy(pool("app", backend), route())
        with proxy.connect() as client:
            client.send(request(target="/slow"))
            self.assertTrue(reached.wait(5))
            self.reload(proxy, pool("app", backend), route(), route(path='"/new/"'))
            go_on.set()
            self.assertEqual(client.read_response().body, b"/slow")
            client.send(request(target="/new/x"))
            self.assertEqual(client.read_response().body, b"/new/x")

    def test_a_broken_file_changes_nothing_and_the_log_names_the_place(self):
        backend = self.http_backend()
        proxy = self.start_proxy(pool("app", backend), route())
        for broken in (
            "this is not TOML",
            '[[route]]\npool = "missing"',
            pool("app", backend) + route(hots='"x"'),
        ):
            with self.subTest(broken):
                before = len(proxy.stderr())
                proxy.write_config(broken)
                proxy.signal(signal.SIGHUP)
                eventually(lambda: "fairlead.toml:" in proxy.output()[before:])
                eventually(lambda: proxy.metrics().value("fairlead_config_last_reload_successful") == 0)
                self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(proxy.admin("/readyz")[0], 200)
        self.reload(proxy, pool("app", backend), route())
        self.assertEqual(proxy.metrics().value("fairlead_config_last_reload_successful"), 1)

    def test_a_missing_file_changes_nothing(self):
        proxy = self.start_proxy(pool("app", self.http_backend()), route())
        os.unlink(proxy.config_path)
        proxy.signal(signal.SIGHUP)
        eventually(lambda: proxy.metrics().value("fairlead_config_last_reload_successful") == 0)
        self.assertEqual(proxy.ask(request()).status, 200)

    def test_requests_during_twenty_reloads_are_all_served(self):
        backend = self.http_backend()
        proxy = self.start_proxy(pool("app", backend), route(), workers=2)
        statuses, stop = [], threading.Event()

        def ask_on():
            while not stop.is_set():
                statuses.append(proxy.ask(request()).status)

        asker = threading.Thread(target=ask_on)
        asker.start()
        for number in range(20):
            self.reload(proxy, pool("app", backend), route(), route(path=f'"/{number}/"'))
        stop.set()
        asker.join(10)
        self.assertEqual(set(statuses), {200})


if __name__ == "__main__":
    unittest.main()
