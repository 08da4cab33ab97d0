"""Backends that keep every byte they get and let the strict reader judge it."""
import hashlib

from harness.backends import ScriptedBackend
from harness.shapes import DATE, lines
from harness.strict_reader import Fault, read_request


def own_answer(message):
    """An answer that says which request it is to."""
    body = f"{message.target} {hashlib.sha256(message.body).hexdigest()}".encode()
    head = lines("HTTP/1.1 200 OK", DATE, f"Content-Length: {len(body)}")
    return head if message.head.startswith(b"HEAD ") else head + body


class RecordingBackend(ScriptedBackend):
    """Reads requests one after the other. `messages` has (connection's number, message); `faults` what no
    reader should get; `begun` what a connection had of a message when it ended. `answer(message)` returns
    the bytes to send and whether the connection ends behind them."""

    def __init__(self, answer=None, **options):
        self.messages = []
        self.faults = []
        self.begun = []
        self._answer = answer or (lambda message: (own_answer(message), False))
        super().__init__(self._serve, **options)

    def _serve(self, connection):
        number = self.connections.index(connection)
        rest = b""
        try:
            while data := connection.sock.recv(65536):
                connection.received += data
                rest += data
                while (found := read_request(rest)) is not None:
                    rest = rest[found[1] :]
                    self.messages.append((number, found[0]))
                    answer, ends = self._answer(found[0])
                    connection.send(answer)
                    if ends:
                        return
        except Fault as fault:
            self.faults.append(fault)
        except OSError:
            pass
        if rest:
            self.begun.append(rest)
