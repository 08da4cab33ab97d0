"""Backends whose every byte is the test's to choose: a thread per connection on a socket of their own."""
import json
import os
import socket
import threading

from harness.connection import Connection, PeerClosed
from harness.http_message import response


class ScriptedBackend:
    """Calls `serve(connection)` for each connection, then closes it.

    A peer that goes away ends the script quietly; any other exception is kept in `errors` for the test.
    """

    def __init__(self, serve, host="127.0.0.1", port=0, unix_path=None, backlog=512, receive_buffer=None):
        self.connections = []
        self.errors = []
        self.serve = serve
        self._unix_path = unix_path
        if unix_path:
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(unix_path)
        else:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.socket(family, socket.SOCK_STREAM)
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if receive_buffer is not None:
                self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self._listener.bind((host, port))
        self._listener.listen(backlog)
        self.host = host
        self.port = None if unix_path else self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def address(self):
        """As the configuration spells it."""
        if self._unix_path:
            return f"unix:{self._unix_path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def received(self):
        """Every byte that any connection brought."""
        return b"".join(bytes(connection.received) for connection in self.connections)

    def _accept(self):
        while True:
            try:
                sock, peer = self._listener.accept()
            except OSError:
                return
            connection = Connection(sock, peer=peer)
            self.connections.append(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            self.serve(connection)
        except (PeerClosed, OSError):
            pass
        except Exception as error:  # reported by the test's clean-up
            self.errors.append(error)
        finally:
            connection.close()

    def stop_listening(self):
        """New connections are refused; those that exist go on."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        except OSError:
            pass
        self._listener.close()

    def close(self):
        self.stop_listening()
        for connection in self.connections:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        if self._unix_path and os.path.exists(self._unix_path):
            os.unlink(self._unix_path)


class HttpBackend(ScriptedBackend):
    """A keep-alive HTTP/1.1 backend.

    `respond(request, connection)` returns the bytes to send, or None when it sent them itself; by default a
    JSON document tells the backend's name and the request as it arrived.
    """

    def __init__(self, name="backend", respond=None, **options):
        self.name = name
        self.requests = []
        self._respond = respond or self.describe
        super().__init__(self._serve, **options)

    def describe(self, request, connection):
        document = {
            "backend": self.name,
            "method": request.head.method,
            "target": request.head.target,
            "fields": request.head.fields,
            "body_length": len(request.body),
        }
        return response(fields=[("Content-Type", "application/json")], body=json.dumps(document).encode())

    def _serve(self, connection):
        while True:
            message = connection.read_request()
            self.requests.append(message)
            answer = self._respond(message, connection)
            if answer is not None:
                connection.send(answer)
            if (message.head.get("Connection") or "").lower() == "close":
                return
