"""Backends that are checked: what answers as a test says, and what asks the proxy about it."""
import collections
import json
import signal
import time

from harness.backends import HttpBackend
from harness.case import ProxyCase
from harness.frames import CLOSE, frame, read_frame, switching_protocols
from harness.http_message import request, response
from harness.waiting import eventually

FAST = 'every = "100ms", timeout = "100ms", rise = 2, fall = 2'


def check(**keys):
    """A `health` table that is asked often; `keys` are written as TOML text."""
    return "{ " + ", ".join([FAST, *(f"{key} = {value}" for key, value in keys.items())]) + " }"


class CheckedBackend(HttpBackend):
    """Answers /healthz as told, other requests with its name (or `status`), and echoes WebSockets.

    It takes `answer_time` seconds for a request that is not a check.
    """

    def __init__(self, name="backend", **options):
        self.health = response(body=b"all is fine")
        self.status = "200 OK"
        self.hangs = False
        self.answer_time = 0
        super().__init__(name, self._answer, **options)

    def _answer(self, message, connection):
        head = message.head
        if head.target == "/healthz":
            if self.hangs:
                connection.ended_by(10)
                return None
            return self.health
        if (head.get("Upgrade") or "").lower() == "websocket":
            connection.send(switching_protocols(head.get("Sec-WebSocket-Key")))
            return self._echo(connection)
        time.sleep(self.answer_time)
        return response(self.status, body=self.name.encode())

    @staticmethod
    def _echo(connection):
        while True:
            got = read_frame(connection)
            connection.send(frame(got.opcode, got.payload))
            if got.opcode == CLOSE:
                connection.ended_by(5)
                return None

    def served(self):
        return [each for each in self.requests if each.head.target != "/healthz"]


class HealthCase(ProxyCase):
    def checked_backend(self, name="backend", **options):
        return self._keep(CheckedBackend(name, **options))

    def page(self, proxy):
        """The rows of /backends by address."""
        status, text = proxy.admin("/backends")
        self.assertEqual(status, 200)
        return {row["backend"]: row for row in json.loads(text)["backends"]}

    def wait_state(self, proxy, address, state):
        """The row of the backend once it has that state."""
        address = getattr(address, "address", address)
        seen = lambda: self.page(proxy)[address]
        eventually(lambda: seen()["state"] == state, 10, lambda: f"{state}: {seen()}\n{proxy.stderr()}")
        return seen()

    def pools(self, proxy):
        """The row of the pool in /backends."""
        return json.loads(proxy.admin("/backends")[1])["pools"][0]

    def reload(self, proxy, *parts):
        generation = proxy.metrics().value("fairlead_config_generation")
        proxy.write_config("\n".join(parts))
        proxy.signal(signal.SIGHUP)
        eventually(lambda: proxy.metrics().value("fairlead_config_generation") > generation)

    def tally(self, proxy, count):
        return collections.Counter(proxy.ask(request()).body.decode() for _ in range(count))
