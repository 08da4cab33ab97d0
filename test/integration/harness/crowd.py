"""Thousands of WebSockets in one thread for each side: clients that note how each of them ends, and a backend
that echoes. Frames are small and whole: 125 bytes of payload at most."""
import heapq
import selectors
import socket
import struct
import threading
import time

from harness.frames import CLOSE, SAMPLE_KEY, TEXT, apply_mask, frame, switching_protocols, upgrade_request


def split_frames(data):
    """The whole frames at the beginning of `data` as (opcode, payload), and what is behind them."""
    frames = []
    while len(data) >= 2:
        length = data[1] & 0x7F
        assert length < 126, "a frame that is not small"
        masked = data[1] & 0x80
        begin = 6 if masked else 2
        if len(data) < begin + length:
            break
        payload = data[begin : begin + length]
        frames.append((data[0] & 0x0F, apply_mask(payload, data[2:6]) if masked else payload))
        data = data[begin + length :]
    return frames, data


class _Loop:
    """A thread with a selector; subclasses serve sockets by `on_readable(sock)`."""

    def __init__(self):
        self.errors = []
        self._selector = selectors.DefaultSelector()
        self._timers = []  # (due, number, function)
        self._number = 0
        self._ends = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def call_later(self, seconds, function):
        self._number += 1
        heapq.heappush(self._timers, (time.monotonic() + seconds, self._number, function))

    def _run(self):
        try:
            while not self._ends:
                while self._timers and self._timers[0][0] <= time.monotonic():
                    heapq.heappop(self._timers)[2]()
                for key, _ in self._selector.select(0.02):
                    self.on_readable(key.fileobj)
        except Exception as error:  # reported when the test ends
            self.errors.append(error)

    def _watch(self, sock):
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ)

    def _forget(self, sock):
        self._selector.unregister(sock)
        sock.close()

    def _receive(self, sock):
        """What came; b"" at the end however it came; None when nothing did."""
        try:
            return sock.recv(65536)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def end(self):
        self._ends = True
        if self._thread.ident is not None:
            self._thread.join(20)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()


class CrowdBackend(_Loop):
    """Accepts upgrades, echoes text, answers a Close with its code and ends."""

    def __init__(self, host="127.0.0.1", port=0):
        super().__init__()
        self._listener = socket.create_server((host, port), backlog=4096)
        self.address = f"{host}:{self._listener.getsockname()[1]}"
        self._open = {}  # socket -> [is it a tunnel, bytes not used yet, target]
        self.close_codes = {}
        self.upgrades = 0  # that were accepted, ended ones too
        self._watch(self._listener)
        self._thread.start()

    @property
    def tunnels(self):
        return len(self.targets)

    @property
    def targets(self):
        """The request target of each tunnel."""
        return [target for is_tunnel, _, target in list(self._open.values()) if is_tunnel]

    def on_readable(self, sock):
        if sock is self._listener:
            self._accept()
            return
        data = self._receive(sock)
        if data is None:
            return
        if not data:
            del self._open[sock]
            self._forget(sock)
            return
        state = self._open[sock]
        state[1] += data
        if not state[0] and b"\r\n\r\n" in state[1]:
            head, _, state[1] = state[1].partition(b"\r\n\r\n")
            lines = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:])
            fields = {name.lower(): value for name, value in lines.items()}
            state[2] = head.split(b" ", 2)[1].decode()
            sock.send(switching_protocols(fields["sec-websocket-key"]))
            state[0] = True
            self.upgrades += 1
        if state[0]:
            frames, state[1] = split_frames(state[1])
            answer = b"".join(frame(opcode, payload) for opcode, payload in frames)
            for opcode, payload in frames:
                if opcode == CLOSE:
                    code = struct.unpack("!H", payload[:2])[0]
                    self.close_codes[code] = self.close_codes.get(code, 0) + 1
            if answer:
                try:
                    sock.send(answer)
                except OSError:
                    pass  # its end comes as such

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except BlockingIOError:
                return
            self._open[sock] = [False, b"", ""]
            self._watch(sock)

    def close(self):
        self.end()


class Crowd(_Loop):
    """Clients of one proxy. `ends` has (when, code) of each tunnel that ended, 1006 for one without a Close;
    with `return_after` (seconds, by the number of the return) such a client comes back, to its own target,
    which is `target` or, when that is callable, what it says for the client's number. With `insists` one that
    was refused tries again, 0.2 s later."""

    def __init__(self, address, target="/", return_after=None, insists=False):
        super().__init__()
        self.address = address
        self.target = target
        self.ends = []
        self.refused = 0  # upgrades that were not answered 101
        self.echoed = 0  # text messages that came back
        self.sent = 0
        self._insists = insists
        self._return_after = return_after
        self._returns = 0
        self._clients = 0
        self._open = {}  # socket -> [is it a tunnel, bytes, close code, target]

    @property
    def tunnels(self):
        return sum(1 for is_tunnel, _, code, _ in list(self._open.values()) if is_tunnel and code is None)

    def open(self, count):
        """Opens so many tunnels, then begins to serve them."""
        for begin in range(0, count, 200):
            targets = [self._next_target() for _ in range(min(200, count - begin))]
            for sock, target in [(self._connect(target), target) for target in targets]:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += sock.recv(1)
                assert head.startswith(b"HTTP/1.1 101"), head
                self._open[sock] = [True, b"", None, target]
                self._watch(sock)
        self._thread.start()
        return self

    def _next_target(self):
        self._clients += 1
        return self.target(self._clients - 1) if callable(self.target) else self.target

    def _connect(self, target):
        sock = socket.create_connection(self.address, 10)
        sock.sendall(upgrade_request(target, key=SAMPLE_KEY))
        return sock

    def say(self, text):
        """Sends a message on every tunnel that is open."""
        for sock, (is_tunnel, _, code, _) in list(self._open.items()):
            if is_tunnel and code is None:
                sock.send(frame(TEXT, text, masked=True))
                self.sent += 1

    def come_back(self, target=None):
        target = target or self._next_target()
        try:
            sock = self._connect(target)
        except OSError:
            self._refused(target)
            return
        self._open[sock] = [False, b"", None, target]
        self._watch(sock)

    def on_readable(self, sock):
        data = self._receive(sock)
        if data is None:
            return
        state = self._open[sock]
        if not data:
            self._ended(sock)
            return
        state[1] += data
        if not state[0]:
            head, end, rest = state[1].partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                del self._open[sock]
                self._forget(sock)
                self._refused(state[3])
                return
            state[0], state[1] = True, rest
        frames, state[1] = split_frames(state[1])
        for opcode, payload in frames:
            if opcode == TEXT:
                self.echoed += 1
            elif opcode == CLOSE and state[2] is None:
                state[2] = struct.unpack("!H", payload[:2])[0]
                self.ends.append((time.monotonic(), state[2]))
                sock.send(frame(CLOSE, payload[:2], masked=True))

    def _refused(self, target):
        self.refused += 1
        if self._insists:
            self.call_later(0.2, lambda: self.come_back(target))

    def _ended(self, sock):
        is_tunnel, _, code, target = self._open.pop(sock)
        self._forget(sock)
        if not is_tunnel:
            self._refused(target)
            return
        if code is None:
            self.ends.append((time.monotonic(), 1006))
        if self._return_after is not None:
            self.call_later(self._return_after(self._returns), lambda: self.come_back(target))
            self._returns += 1

    def close(self):
        self.end()
