"""A proxy of which nearly every metric has something to tell, and clients that go on doing all of it."""
import base64
import json
import os
import socket
import ssl
import threading

from harness.case import pool, route
from harness.certificates import Authority
from harness.frames import TEXT, close_frame, frame, open_tunnel, read_frame
from harness.health import check
from harness.http_message import request, response
from harness.ports import free_port
from harness.tls_backend import TlsBackend

BCRYPT = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"  # of "secret"
TEXT_BODY = b"what is worth to be compressed\n" * 200
GZIP = ("Accept-Encoding", "gzip")


class BusyProxy:
    """`case` is a ProxyCase, which stops all of it. `round()` does everything once."""

    def __init__(self, case, folder, admin_port):
        self._case = case
        self._folder = folder
        self._ca = Authority(folder)
        self._gate = threading.Event()
        self._flaky = 0
        self._tunnels = []
        self.chat = case.websocket_backend()
        self.found = case.http_backend("found")
        self.api = [case.http_backend("api", self._answer) for _ in range(2)]
        self.secure = case._keep(TlsBackend(*self._ca.issue("localhost", "IP:127.0.0.1")))
        self.tls_port, self.proxied_port = free_port(), free_port()
        case.addCleanup(self._gate.set)
        self.proxy = case.start_proxy(self._configuration(), admin_port=admin_port)

    def _path(self, name, text=None):
        path = os.path.join(self._folder, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def _configuration(self):
        chain, key = self._ca.issue("a.example")
        nobody = f"127.0.0.1:{free_port()}"
        users = self._path("users", f"ann:{BCRYPT}\n")
        members = self._path("members.json", json.dumps([{"targets": [self.found.address, nobody]}]))
        policy = '{ ping_every = "100ms", message_rate = "100/s", rate_patience = "10s" }'
        hurried = {"max_connections": 1, "queue": '{ length = 1, timeout = "50ms" }'}
        return "\n".join([
            "[[listen]]", f'address = "127.0.0.1:{self.tls_port}"',
            f'tls.certificates = [{{ chain = "{chain}", key = "{key}" }}]',
            "[[listen]]", f'address = "127.0.0.1:{self.proxied_port}"', 'proxy_protocol_from = "127.0.0.1"',
            pool("chat", self.chat, nobody, source='["127.0.1.1", "127.0.1.2"]',
                 health=check(kind='"websocket"')),
            pool("api", *self.api, retry='{ on = ["502"], budget = "100%" }',
                 hedge='{ after = "20ms", max_share = "100%" }'),
            pool("narrow", self.api[0], **hurried),
            pool("secure", self.secure, tls=f'{{ ca = "{self._ca.pem}" }}'),
            "[pool.found]", f'discover = {{ file = "{members}" }}',
            route("chat", name='"chat"', path='"/chat"', websocket=policy, max_connections=1000),
            route("api", name='"api"', path='"/api/"', compression="true"),
            route("narrow", name='"narrow"', path='"/narrow"'),
            route("secure", name='"secure"', path='"/secure"'),
            route("found", name='"found"', path='"/found"'),
            route("found", name='"locked"', path='"/locked"', basic_auth=f'{{ file = "{users}" }}'),
        ])  # fmt: skip

    def _answer(self, asked, connection):
        target = asked.head.target
        if target == "/api/flaky":
            self._flaky += 1
            if self._flaky % 2:
                return response("502 Bad Gateway")
        if target in ("/api/slow", "/narrow"):
            self._gate.wait(0.15)
        return response(fields=[("Content-Type", "text/plain")], body=TEXT_BODY)

    # -- clients

    def round(self):
        """The tunnels that a round leaves open are more than those it closes."""
        self._tunnels += [self._tunnel() for _ in range(3)]
        for client in self._tunnels:
            client.send(frame(TEXT, "hello", masked=True))
        self._tunnel().send(close_frame(1000, masked=True))
        self._tunnel().send(close_frame(4000, masked=True))
        self._tunnel().close()
        self._burst(self._tunnel())
        key = base64.b64encode(b"ann:secret").decode()
        for target, *fields in (
            ("/api/text", GZIP), ("/api/text",), ("/api/flaky",), ("/api/slow",), ("/secure",), ("/found",),
            ("/locked", ("Authorization", f"Basic {key}")), ("/locked",), ("/nowhere",),
        ):  # fmt: skip
            self.proxy.ask(request(target=target, fields=fields))
        crowd = [self.proxy.connect() for _ in range(3)]
        for client in crowd:
            client.send(request(target="/narrow"))
        for client in crowd:
            client.read_response()
        self.proxy.control("/drain", **{"X-Fairlead-Control": "0"})  # is refused
        self._tls("a.example")
        self._say(self.tls_port, request())
        self._say(self.proxied_port, b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n" + self._last("/found"))
        self._say(self.proxied_port, self._last("/found"))

    def _tunnel(self):
        client = self.proxy.connect()
        client.forget_received()
        open_tunnel(client, "/chat")
        return client

    def _burst(self, client):
        """More messages than the route's rate allows at once."""
        client.send(frame(TEXT, "x", masked=True) * 150)
        while read_frame(client).opcode != TEXT:
            pass
        self._tunnels.append(client)

    def _tls(self, name):
        context = ssl.create_default_context(cafile=self._ca.pem)
        with socket.create_connection(("127.0.0.1", self.tls_port), 10) as sock:
            with context.wrap_socket(sock, server_hostname=name) as secured:
                secured.sendall(self._last("/found"))
                while secured.recv(65536):
                    pass

    @staticmethod
    def _last(target):
        return request(target=target, fields=[("Connection", "close")])

    @staticmethod
    def _say(port, data):
        """To one of the listeners, up to the end of whatever it answers."""
        with socket.create_connection(("127.0.0.1", port), 10) as sock:
            sock.sendall(data)
            try:
                while sock.recv(65536):
                    pass
            except ConnectionResetError:
                pass
