"""GETs beside the tunnels of a soak, one after another on a kept-alive connection; every body is compared."""
import http.client
import threading

SIZES = (1, 1024, 1024, 16 * 1024, 1024, 300_000)
MAX_TOLD = 20


def body_of(size):
    """What the echo backend answers to GET /SIZE: see bench/load/http_head.cpp."""
    return bytes(97 + (i * 7 + i // 997) % 26 for i in range(size))


class Requests:
    """A thread that asks one backend after another until stop(). A refusal is expected while, at the begin or
    at the end of a request, its backend is away (`is_away`)."""

    def __init__(self, target, backends, per_second, patience_s):
        self._host, self._port = target.rsplit(":", 1)
        self._backends = backends
        self._period_s = 1 / per_second
        self._patience_s = patience_s
        self._bodies = {size: body_of(size) for size in set(SIZES)}
        self._stopping = threading.Event()
        self.counts = {"answered": 0, "bytes": 0, "expected_refusals": 0, "failed": 0, "corrupted": 0}
        self.failures = []
        self._connection = None
        self._thread = threading.Thread(target=self._ask_on, daemon=True)
        self._thread.start()

    def stop(self):
        self._stopping.set()
        self._thread.join(self._patience_s)
        return {**self.counts, "failures": self.failures}

    def _ask_on(self):
        number = 0
        while not self._stopping.wait(self._period_s):
            backend = self._backends[number % len(self._backends)]
            size = SIZES[number // len(self._backends) % len(SIZES)]
            number += 1
            was_away = backend.is_away
            problem = self._problem_of(backend, size)
            if problem is None:
                self.counts["answered"] += 1
                self.counts["bytes"] += size
            elif was_away or backend.is_away:
                self.counts["expected_refusals"] += 1
            else:
                kind = "corrupted" if problem == "another body" else "failed"
                self.counts[kind] += 1
                if len(self.failures) < MAX_TOLD:
                    self.failures.append(f"GET /{size} of backend {backend.index}: {problem}")

    def _problem_of(self, backend, size):
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self._host, int(self._port),
                                                              timeout=self._patience_s)
            host = f"backend-{backend.index}.bench.example"
            self._connection.request("GET", f"/{size}", headers={"Host": host})
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as failure:
            self._connection.close()
            self._connection = None
            return repr(failure)
        if answer.status != 200:
            return f"{answer.status} {body[:80]!r}"
        return None if body == self._bodies[size] else "another body"
