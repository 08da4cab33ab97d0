"""A reload touches only what changed, says what that is, and can be asked before; watched files reload."""
import json
import os
import signal
import threading
import unittest

from harness.case import ProxyCase, pool, route
from harness.crowd import Crowd, CrowdBackend
from harness.frames import (
    TEXT,
    echo_frames,
    frame,
    open_tunnel,
    read_frame,
    switching_protocols,
    upgrade_request,
)
from harness.http_message import request
from harness.process_stats import descriptor_count, resident_bytes
from harness.proxy import SANITIZED
from harness.waiting import eventually


class ReloadCase(ProxyCase):
    def crowd(self, proxy, count, **options):
        crowd = Crowd(proxy.address, **options)
        self.addCleanup(lambda: self.assertEqual(crowd.errors, []))
        self._backends.insert(0, crowd)
        return crowd.open(count)

    def generation(self, proxy):
        return proxy.metrics().value("fairlead_config_generation")

    def history(self, proxy):
        return proxy.control("/reload", method="GET")[1]["reloads"]


class Overtaken(ReloadCase):
    """Upgrades that are under way while a reload comes."""

    def setUp(self):
        super().setUp()
        self.may_answer = threading.Event()

        def answer_late(connection):
            head = connection.read_head()
            if "late" in head.target:
                self.may_answer.wait(20)
            connection.send(switching_protocols(head.get("Sec-WebSocket-Key")))
            echo_frames(connection)

        self.app = self.scripted(answer_late)

    def begin_late(self, proxy, target):
        client = proxy.connect()
        self.addCleanup(client.close)
        client.send(upgrade_request(target))
        eventually(lambda: f"GET {target}".encode() in self.app.received)
        return client

    def finish(self, client):
        self.may_answer.set()
        self.assertEqual(client.read_head().status, 101)

    def test_one_whose_route_is_gone_is_led_away_like_those_that_were_open(self):
        other = pool("app", self.app) + route(path='"/b"', name='"b"')
        proxy = self.start_proxy(other + route(path='"/late"', name='"a"'), drain='window = "0s"')
        late = self.begin_late(proxy, "/late")
        proxy.write_config(other)
        self.assertEqual(proxy.control("/reload")[0], 200)
        self.finish(late)
        self.assertEqual(read_frame(late).close_code, 1012)

    def test_one_brings_no_old_limits_back(self):
        limits = lambda most: route(websocket=f'{{ max_message = "{most}" }}')
        proxy = self.start_proxy(pool("app", self.app), limits("1MiB"))
        open_one = proxy.connect()
        self.addCleanup(open_one.close)
        open_tunnel(open_one)
        # Of a service between: it has not seen the open one, and is not in force any more when it answers.
        proxy.write_config(pool("app", self.app) + limits("1MiB") + route(path='"/more"'))
        self.assertEqual(proxy.control("/reload")[0], 200)
        late = self.begin_late(proxy, "/late")
        proxy.write_config(pool("app", self.app) + limits("100"))
        self.assertEqual(proxy.control("/reload")[0], 200)
        self.finish(late)
        for client in (open_one, late):
            client.send(frame(TEXT, b"x" * 101, masked=True))
            self.assertEqual(read_frame(client).close_code, 1009)


class Untouched(ReloadCase):
    def test_a_thousand_tunnels_with_traffic_do_not_notice_two_hundred_reloads(self):
        chat = self._keep(CrowdBackend())
        other = self.http_backend()
        fixed = pool("chat", chat) + route("chat", name='"chat"', path='"/chat/"')
        proxy = self.start_proxy(fixed, workers=2)
        crowd = self.crowd(proxy, 1000, target="/chat/x")
        warm = descriptors = None
        for number in range(200):
            name = f"extra-{number % 5}"
            extra = pool(name, other) + route(name, name=f'"{name}"', path=f'"/{name}/"')
            proxy.write_config(fixed + (extra if number % 2 == 0 else ""))
            status, document = proxy.control("/reload")
            self.assertEqual((status, document["tunnels_leaving"]), (200, 0), document)
            self.assertEqual(len(document["changes"]["routes"]), 1)
            if number % 10 == 0:
                crowd.say(f"message {number}")
            if number == 40:
                eventually(lambda: crowd.echoed == crowd.sent, 20)
                warm, descriptors = resident_bytes(proxy.pid), descriptor_count(proxy.pid)
        eventually(lambda: crowd.echoed == crowd.sent, 20, lambda: (crowd.echoed, crowd.sent))
        self.assertEqual((crowd.ends, crowd.sent, crowd.tunnels), ([], 20_000, 1000))
        self.assertEqual(chat.tunnels, 1000)
        # Connections to the admin listener may still be closing.
        eventually(lambda: descriptor_count(proxy.pid) <= descriptors)
        if not SANITIZED:
            self.assertLess(resident_bytes(proxy.pid) - warm, 2 * 1024 * 1024)

    def test_connections_to_backends_of_a_pool_that_did_not_change_are_kept(self):
        backend = self.http_backend()
        proxy = self.start_proxy(pool("app", backend), route())
        for number in range(3):
            self.assertEqual(proxy.ask(request()).status, 200)
            proxy.write_config(pool("app", backend) + route() + route(path=f'"/{number}"'))
            self.assertEqual(proxy.control("/reload")[0], 200)
        self.assertEqual(len(backend.connections), 1)
        proxy.write_config(pool("app", backend, backoff='"2s"') + route())
        self.assertEqual(proxy.control("/reload")[0], 200)
        self.assertEqual(proxy.ask(request()).status, 200)
        self.assertEqual(len(backend.connections), 2)

    def test_least_connections_still_knows_who_is_full(self):
        one, two = self._keep(CrowdBackend()), self._keep(CrowdBackend())
        balance = {"balance": '"least-connections"'}
        proxy = self.start_proxy(pool("app", one, **balance), route())
        self.crowd(proxy, 20)
        proxy.write_config(pool("app", one, two, **balance) + route())
        self.assertEqual(proxy.control("/reload")[0], 200)
        self.crowd(proxy, 20)
        self.assertEqual((one.tunnels, two.tunnels), (20, 20))


class Diff(ReloadCase):
    def setUp(self):
        super().setUp()
        self.one, self.two = self._keep(CrowdBackend()), self._keep(CrowdBackend())

    def before(self):
        return pool("app", self.one, self.two) + route(name='"a"', path='"/a/"') + route(name='"b"')

    def test_a_dry_run_says_what_would_change_and_for_how_many_and_changes_nothing(self):
        proxy = self.start_proxy(self.before(), drain='window = "1s"')
        crowd = self.crowd(proxy, 40)  # half on each backend, by route b
        proxy.write_config(
            '[limits]\nheader_bytes = "16KiB"\n[socket]\nbacklog = 77\n'
            + pool("app", self.one)
            + route(name='"b"', websocket='{ idle_timeout = "1h" }')
            + route(name='"c"', path='"/c/"')
        )
        status, told = proxy.control("/reload?dry_run=1")
        self.assertEqual((status, told["ok"], told["dry_run"], told["generation"]), (200, True, True, 1))
        changes = told["changes"]
        self.assertEqual(
            changes["backends"],
            [{"change": "removed", "name": self.two.address, "pool": "app", "tunnels_leaving": 20}],
        )
        routes = {each["name"]: each for each in changes["routes"]}
        self.assertEqual({name: each["change"] for name, each in routes.items()},
                         {"a": "removed", "b": "changed", "c": "added"})
        self.assertEqual((routes["b"]["tunnels_leaving"], routes["b"]["tunnels_adjusted"]), (20, 20))
        idle = {"key": "websocket.idle_timeout", "before": "0", "after": "1h"}
        self.assertEqual(routes["b"]["keys"], [idle])
        self.assertEqual((told["tunnels_leaving"], told["tunnels_adjusted"]), (20, 20))
        self.assertEqual([each["key"] for each in told["needs_restart"]], ["socket.backlog"])
        settings = {each["key"]: each.get("after") for each in changes["settings"]}
        self.assertEqual(settings, {"limits.header_bytes": "16KiB", "socket.backlog": "77"})
        self.assertEqual((self.generation(proxy), crowd.ends, self.history(proxy)), (1, [], []))

        text = proxy.command("reload", "--dry-run").stdout
        self.assertIn(f"- backend app/{self.two.address}   (20 tunnels leave)\n", text)
        self.assertIn("~ limits.header_bytes: 32KiB -> 16KiB\n", text)
        self.assertIn("20 tunnels would leave, 20 would be adjusted\n", text)
        done = proxy.command("reload", "--json")
        self.assertEqual(json.loads(done.stdout)["changes"], changes)
        eventually(lambda: [code for _, code in crowd.ends] == [1012] * 20)
        self.assertEqual(self.generation(proxy), 2)
        # What waits for a restart is said until it is done, and nothing else is left to change.
        again = proxy.command("reload").stdout
        self.assertIn("nothing changed\n", again)
        self.assertIn("in force after a restart only: socket.backlog\n", again)

    def test_a_refusal_says_why_in_the_answer_the_log_and_the_history(self):
        proxy = self.start_proxy(self.before())
        proxy.write_config(self.before() + "[[route]]\npool = \"gone\"\nhots = 1\n")
        for path in ("/reload?dry_run=1", "/reload"):
            status, told = proxy.control(path)
            self.assertEqual((status, told["ok"], told["generation"]), (422, False, 1))
            self.assertIn("unknown key 'hots'", " ".join(each["message"] for each in told["errors"]))
            self.assertGreater(told["errors"][0]["line"], 0)
        proxy.wait_said("unknown key 'hots'")
        failed = proxy.command("reload")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("fairlead.toml:", failed.stderr)
        self.assertEqual([each["ok"] for each in self.history(proxy)], [False, False])
        self.assertEqual(proxy.metrics().value("fairlead_config_last_reload_successful"), 0)

    def test_the_last_sixteen_are_remembered_with_who_asked(self):
        proxy = self.start_proxy(self.before())
        proxy.signal(signal.SIGHUP)
        eventually(lambda: [each["by"] for each in self.history(proxy)] == ["signal"])
        for _ in range(17):
            self.assertEqual(proxy.control("/reload")[0], 200)
        history = self.history(proxy)
        self.assertEqual(({each["by"] for each in history}, len(history)), ({"admin"}, 16))
        self.assertEqual([each["generation"] for each in history], list(range(19, 3, -1)))


class Watch(ReloadCase):
    def setUp(self):
        super().setUp()
        self.backend = self.http_backend()

    def config(self, *paths, watch="true"):
        routes = "".join(route(name=f'"{path}"', path=f'"/{path}"') for path in paths)
        return f"[reload]\nwatch = {watch}\n" + pool("app", self.backend) + routes

    def serves(self, proxy, *paths):
        def routes():
            return {labels["route"] for labels, _ in proxy.metrics().series("fairlead_route_connections")}

        eventually(lambda: routes() == set(paths), 10, routes)

    def test_a_file_that_is_replaced_reloads_and_a_broken_one_says_why(self):
        proxy = self.start_proxy(self.config("a"))
        proxy.write_config(self.config("a", "b"))
        self.serves(proxy, "a", "b")
        self.assertEqual(self.history(proxy)[0]["by"], "watch")
        proxy.write_config("broken")
        eventually(lambda: proxy.metrics().value("fairlead_config_last_reload_successful") == 0)
        proxy.wait_said("fairlead.toml:")
        with open(proxy.config_path, "a") as file:  # an editor that writes in place
            file.write("still")
        eventually(lambda: [each["ok"] for each in self.history(proxy)].count(False) == 2)
        proxy.write_config(self.config("c"))
        self.serves(proxy, "c")

    def test_a_broken_file_that_is_taken_back_is_told_to_be_good_again(self):
        proxy = self.start_proxy(self.config("a"))
        successful = lambda: proxy.metrics().value("fairlead_config_last_reload_successful")
        proxy.write_config("broken")
        eventually(lambda: successful() == 0)
        proxy.write_config(self.config("a"))
        eventually(lambda: successful() == 1, 10, lambda: proxy.stderr())
        self.assertEqual(self.generation(proxy), 1)
        history = [(each["by"], each["ok"], each["generation"]) for each in self.history(proxy)]
        self.assertEqual(history, [("watch", True, 1), ("watch", False, 1)])

    def test_what_means_the_same_changes_nothing_and_a_switched_off_watch_sees_nothing(self):
        proxy = self.start_proxy(self.config("a"))
        proxy.write_config(self.config("a") + "# a remark\n")
        proxy.write_config(self.config("a", "b", watch="false"))
        self.serves(proxy, "a", "b")
        self.assertEqual(self.generation(proxy), 2)
        proxy.write_config(self.config("c"))
        self.assertEqual(proxy.control("/reload")[0], 200)
        self.serves(proxy, "c")
        self.assertEqual([each["by"] for each in self.history(proxy)], ["admin", "watch"])

    def test_a_new_file_in_an_included_folder_reloads(self):
        proxy = self.start_proxy(self.config("a"), top='include = ["routes.d/*.toml"]')
        folder = os.path.join(os.path.dirname(proxy.config_path), "routes.d")
        os.mkdir(folder)
        with open(os.path.join(folder, "b.toml"), "w") as file:
            file.write(route(name='"b"', path='"/b"'))
        self.serves(proxy, "a", "b")
        os.unlink(os.path.join(folder, "b.toml"))
        self.serves(proxy, "a")

    def test_a_volume_of_kubernetes_whose_link_is_exchanged_reloads(self):
        proxy = self.start_proxy(self.config("a"))
        folder = os.path.dirname(proxy.config_path)

        def publish(name):
            """As the kubelet's atomic writer does it: a new folder, and a rename of the link to it."""
            os.mkdir(os.path.join(folder, name))
            os.rename(proxy.config_path, os.path.join(folder, name, "fairlead.toml"))
            os.symlink(name, os.path.join(folder, "..data_tmp"))
            os.rename(os.path.join(folder, "..data_tmp"), os.path.join(folder, "..data"))

        publish("..2026_01")
        os.symlink("..data/fairlead.toml", proxy.config_path)
        for number in range(2, 5):
            name = f"..2026_0{number}"
            os.mkdir(os.path.join(folder, name))
            with open(os.path.join(folder, "..data", "fairlead.toml")) as file:
                text = file.read()
            text = text.replace('"a"', f'"a{number}"').replace(f'"a{number - 1}"', f'"a{number}"')
            with open(os.path.join(folder, name, "fairlead.toml"), "w") as file:
                file.write(text)
            os.symlink(name, os.path.join(folder, "..data_tmp"))
            os.rename(os.path.join(folder, "..data_tmp"), os.path.join(folder, "..data"))
            self.serves(proxy, f"a{number}")


if __name__ == "__main__":
    unittest.main()
