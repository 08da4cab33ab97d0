"""What floods and the tunnels beside them talk to, in a process of its own.

    /usr/bin/python3 -B -m harness.flood_backend HOST PORT

One thread: /sink takes everything and says nothing, /source sends without end, /echo gives back what came, in
frames of up to 125 bytes, /http and the rest get a short answer.
"""
import selectors
import socket
import sys

from harness.frames import BINARY, apply_mask, frame, switching_protocols

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PIECE = frame(BINARY, b"x" * 16_000)
HEAD, SINK, SOURCE, ECHO = range(4)
WAYS = {b"/sink": SINK, b"/source": SOURCE, b"/echo": ECHO}


class _Peer:
    def __init__(self, sock):
        self.sock = sock
        self.way = HEAD
        self.read = b""
        self.unsent = b""


class FloodBackend:
    def __init__(self, host, port):
        self._listener = socket.create_server((host, port), backlog=4096)
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self.address = self._listener.getsockname()

    def run(self):
        while True:
            for key, events in self._selector.select():
                if key.data is None:
                    self._accept()
                    continue
                try:
                    self._serve(key.data, events)
                except BlockingIOError:
                    pass
                except OSError:
                    self._end(key.data)

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(sock, selectors.EVENT_READ, _Peer(sock))

    def _serve(self, peer, events):
        if events & selectors.EVENT_WRITE:
            self._flush(peer)
        if not events & selectors.EVENT_READ:
            return
        data = peer.sock.recv(262_144)
        if not data:
            self._end(peer)
        elif peer.way == HEAD:
            peer.read += data
            self._answer_heads(peer)
        elif peer.way == ECHO:
            self._echo(peer, data)

    def _answer_heads(self, peer):
        while peer.way == HEAD and b"\r\n\r\n" in peer.read:
            head, _, peer.read = peer.read.partition(b"\r\n\r\n")
            lines = [line.partition(b": ") for line in head.split(b"\r\n")]
            fields = {name.lower(): value for name, _, value in lines}
            peer.way = WAYS.get(head.split(b" ", 2)[1], HEAD)
            if peer.way == HEAD and (b"content-length" in fields or b"transfer-encoding" in fields):
                peer.way = SINK  # there is no end to the bodies of floods, and so no answer
            elif peer.way == HEAD:
                peer.unsent += OK
            else:
                peer.unsent += switching_protocols(fields[b"sec-websocket-key"].decode())
        data, peer.read = peer.read, b""
        self._flush(peer)
        if peer.way == ECHO:
            self._echo(peer, data)
        elif peer.way == HEAD:
            peer.read = data

    def _echo(self, peer, data):
        """Frames of up to 125 bytes."""
        peer.read += data
        while len(peer.read) >= 6 and len(peer.read) >= 6 + (peer.read[1] & 0x7F):
            size = peer.read[1] & 0x7F
            key, masked = peer.read[2:6], peer.read[6 : 6 + size]
            peer.unsent += bytes((peer.read[0], size)) + apply_mask(masked, key)
            peer.read = peer.read[6 + size :]
        self._flush(peer)

    def _flush(self, peer):
        if peer.way == SOURCE and not peer.unsent:
            peer.unsent = PIECE
        try:
            while peer.unsent:
                sent = peer.sock.send(peer.unsent)
                peer.unsent = peer.unsent[sent:] or (PIECE if peer.way == SOURCE else b"")
        except BlockingIOError:
            pass
        writing = selectors.EVENT_WRITE if peer.unsent else 0
        self._selector.modify(peer.sock, selectors.EVENT_READ | writing, peer)

    def _end(self, peer):
        self._selector.unregister(peer.sock)
        peer.sock.close()


def main():
    backend = FloodBackend(sys.argv[1], int(sys.argv[2]))
    print("%s:%d" % backend.address, flush=True)
    backend.run()


if __name__ == "__main__":
    main()
