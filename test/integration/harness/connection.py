"""A TCP or Unix connection driven byte by byte from a test."""
import socket
import struct

from harness.http_message import Head, read_message

IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h; not in Python's socket module


class PeerClosed(Exception):
    """The other side ended the stream in the middle of what was being read."""


class Connection:
    """Wraps a connected socket; every wait is bounded by `timeout_s` (TimeoutError)."""

    def __init__(self, sock, timeout_s=10.0, peer=None):
        self.sock = sock
        self.sock.settimeout(timeout_s)
        self.peer = peer
        self.received = bytearray()  # every byte since the connection began, unless forget_received()
        self._keep_received = True
        self._buffer = bytearray()
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # -- sending

    def send(self, data):
        self.sock.sendall(data)

    def send_bytewise(self, data):
        """One segment per byte: TCP_NODELAY is on."""
        for index in range(len(data)):
            self.sock.sendall(data[index : index + 1])

    def end_sending(self):
        self.sock.shutdown(socket.SHUT_WR)

    def close(self):
        self.sock.close()

    def reset(self):
        """Closes with a RST (SO_LINGER 0)."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    # -- receiving

    def forget_received(self):
        self._keep_received = False

    def _fill(self):
        data = self.sock.recv(65536)
        if not data:
            return False
        if self._keep_received:
            self.received += data
        self._buffer += data
        return True

    def read_until(self, marker):
        start = 0
        while (found := self._buffer.find(marker, start)) < 0:
            start = max(0, len(self._buffer) - len(marker) + 1)
            if not self._fill():
                raise PeerClosed(f"before {marker!r}; had {bytes(self._buffer[-200:])!r}")
        return self._take(found + len(marker))

    def read_exactly(self, count):
        while len(self._buffer) < count:
            if not self._fill():
                raise PeerClosed(f"after {len(self._buffer)} of {count} bytes")
        return self._take(count)

    def read_some(self):
        """What is there, at least one byte; b"" at the end of the stream."""
        if not self._buffer:
            self._fill()
        return self._take(len(self._buffer))

    def read_to_end(self):
        while self._fill():
            pass
        return self._take(len(self._buffer))

    def skip(self, count):
        """Reads and drops `count` bytes without holding them."""
        while count > 0:
            piece = self.read_some()
            if not piece:
                raise PeerClosed(f"{count} bytes early")
            if len(piece) > count:
                self._buffer[:0] = piece[count:]
                piece = piece[:count]
            count -= len(piece)

    def _take(self, count):
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def read_head(self):
        return Head(self.read_until(b"\r\n\r\n"))

    def read_request(self):
        return read_message(self)

    def read_response(self, method="GET"):
        """The next final response; interim ones stay in `interim`."""
        self.interim = []
        while True:
            message = read_message(self, response_to=method)
            if message.status >= 200 or message.status == 101:
                return message
            self.interim.append(message)

    def read_to_end_or_quiet(self, quiet_s=0.5):
        """What still arrives until the end, however it comes, or until nothing has come for a while."""
        self.sock.settimeout(quiet_s)
        try:
            return self.read_to_end()
        except (TimeoutError, ConnectionError):
            return self._take(len(self._buffer))

    def ended_by(self, timeout_s=5.0):
        """How the peer ends the stream: "fin", "reset", or "open" if not in time. Drops what arrives."""
        self.sock.settimeout(timeout_s)
        try:
            while self.sock.recv(65536):
                pass
            return "fin"
        except (ConnectionResetError, BrokenPipeError):
            return "reset"
        except TimeoutError:
            return "open"

    def is_quiet(self, seconds=0.2):
        """True when nothing arrives and the stream stays open for this long."""
        if self._buffer:
            return False
        before = self.sock.gettimeout()
        self.sock.settimeout(seconds)
        try:
            data = self.sock.recv(65536)
            self._buffer += data
            return False
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(before)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def connect(address, timeout_s=10.0, receive_buffer=None, source=None):
    """To ("127.0.0.1", 80) and the like; from `source`, an address or (address, port)."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(timeout_s)
    if isinstance(source, tuple):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(source)
    elif source is not None:
        # The port is chosen by connect(): a port that bind() took is nobody else's, from any address.
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind((source, 0))
    sock.connect(address)
    return Connection(sock, timeout_s, peer=address)
