"""A name server for tests: UDP and TCP on one port, with answers that a test replaces at any time."""
import ipaddress
import socket
import struct
import threading

A, CNAME, AAAA, SRV = 1, 5, 28, 33
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
SILENCE = "silence"  # instead of a code: no answer at all
_LARGEST_UDP = 1232


def encode_name(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


class DnsServer:
    """`set(name, kind, *values, ttl=...)` gives a name records: addresses as text, of SRV (priority, weight,
    port, target). A name that was given nothing does not exist. `fail(code)` makes it answer nothing else for
    all names until `fail(None)`; `fail_for(kind, code)` for questions of one kind."""

    def __init__(self, host="127.0.0.1", port=0):
        self._lock = threading.Lock()
        self._records = {}
        self._failures = {}
        self.questions = []  # (name, kind, "udp" or "tcp")
        self.mangle = None  # changes the bytes of each answer
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        while True:  # a port that both have free
            self._udp.bind((host, port))
            try:
                self._tcp.bind(self._udp.getsockname())
                break
            except OSError:
                if port:
                    raise
                self._udp.close()
                self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tcp.listen(16)
        self.address = "{}:{}".format(*self._udp.getsockname())
        self.errors = []
        serving = (self._serve_udp, self._serve_tcp)
        self._threads = [threading.Thread(target=run, daemon=True) for run in serving]
        for thread in self._threads:
            thread.start()

    def set(self, name, kind, *values, ttl=1):
        with self._lock:
            self._records[name.rstrip("."), kind] = [(ttl, self._encode(kind, value)) for value in values]

    def forget(self, name):
        with self._lock:
            for key in [key for key in self._records if key[0] == name]:
                del self._records[key]

    def fail(self, code):
        self.fail_for(None, code)

    def fail_for(self, kind, code):
        with self._lock:
            self._failures[kind] = code

    def close(self):
        for sock in (self._udp, self._tcp):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
        for thread in self._threads:
            thread.join(5)

    @staticmethod
    def _encode(kind, value):
        if kind == SRV:
            priority, weight, port, target = value
            return struct.pack(">HHH", priority, weight, port) + encode_name(target)
        if kind == CNAME:
            return encode_name(value)
        return ipaddress.ip_address(value).packed

    def _find(self, name, kind):
        """(code, [(owner, kind, ttl, data)]) with aliases followed."""
        found = []
        while True:
            if not any(key[0] == name for key in self._records):
                return NXDOMAIN, found
            found += [(name, kind, ttl, data) for ttl, data in self._records.get((name, kind), [])]
            alias = self._records.get((name, CNAME))
            if not alias or kind == CNAME:
                return NOERROR, found
            found.append((name, CNAME, *alias[0]))
            labels, data = [], alias[0][1]
            while data[0]:
                labels.append(data[1 : 1 + data[0]].decode())
                data = data[1 + data[0] :]
            name = ".".join(labels)

    def _answer(self, query, over):
        number, _, questions = struct.unpack(">HHH", query[:6])
        assert questions == 1, query
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack(">H", query[at + 1 : at + 3])[0]
        name = ".".join(labels).lower()
        question = query[12 : at + 5]
        with self._lock:
            self.questions.append((name, kind, over))
            failure = self._failures.get(kind) or self._failures.get(None)
            code, found = (failure, []) if failure else self._find(name, kind)
            mangle = self.mangle
        if code == SILENCE:
            return None
        records = b"".join(
            encode_name(owner) + struct.pack(">HHIH", of, 1, ttl, len(data)) + data
            for owner, of, ttl, data in found
        )
        flags, count = 0x8180 | code, len(found)
        if over == "udp" and 12 + len(question) + len(records) > _LARGEST_UDP:
            flags, records, count = flags | 0x0200, b"", 0  # truncated: ask by TCP
        answer = struct.pack(">HHHHHH", number, flags, 1, count, 0, 0) + question + records
        return mangle(answer) if mangle else answer

    def _serve_udp(self):
        while True:
            try:
                query, client = self._udp.recvfrom(65536)
            except OSError:
                return
            if not query:
                return
            try:
                answer = self._answer(query, "udp")
                if answer is not None:
                    self._udp.sendto(answer, client)
            except Exception as error:  # reported when the test ends
                self.errors.append(error)

    def _serve_tcp(self):
        while True:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            try:
                with connection:
                    connection.settimeout(5)
                    stream = connection.makefile("rb")
                    while size := stream.read(2):
                        answer = self._answer(stream.read(struct.unpack(">H", size)[0]), "tcp")
                        if answer is not None:
                            connection.sendall(struct.pack(">H", len(answer)) + answer)
            except (OSError, struct.error):
                pass
            except Exception as error:
                self.errors.append(error)
