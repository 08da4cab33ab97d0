"""A backend of thousands of tunnels in one thread: it answers upgrades and closes when its peer has ended."""
import selectors
import socket
import threading

from harness.frames import switching_protocols


class TunnelBackend:
    def __init__(self, host="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=4096)
        self._listener.setblocking(False)
        self.host, self.port = self._listener.getsockname()[:2]
        self.errors = []
        self.open = {}  # socket -> (peer, bytes of its head so far; None when it is a tunnel)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._ends = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def address(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def peers(self):
        return [peer for peer, _ in list(self.open.values())]

    def close(self):
        self._ends = True
        self._thread.join(10)
        for sock in [*self.open, self._listener]:
            sock.close()
        self._selector.close()

    def _run(self):
        while not self._ends:
            for key, _ in self._selector.select(0.1):
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._serve(key.fileobj)

    def _accept(self):
        while True:
            try:
                sock, peer = self._listener.accept()
            except BlockingIOError:
                return
            sock.setblocking(False)
            self.open[sock] = (peer, b"")
            self._selector.register(sock, selectors.EVENT_READ)

    def _serve(self, sock):
        peer, head = self.open[sock]
        try:
            data = sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(sock)
            del self.open[sock]
            sock.close()
        elif head is not None:
            head += data
            if head.endswith(b"\r\n\r\n"):
                sock.send(_answer(head))
                head = None
            self.open[sock] = (peer, head)


def _answer(head):
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
    key = {name.lower(): value for name, value in fields.items()}["sec-websocket-key"]
    return switching_protocols(key)
