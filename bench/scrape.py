#!/usr/bin/python3
"""What a scrape costs, and whom: its time with many routes and tunnels, and what a message waits meanwhile.

Every route has a pool and a backend of its own and a tunnel at least, so that it has all its series. One more
tunnel echoes without pause: first with nobody scraping, then during scrapes back to back. Prints JSON and a
table. Exit code: 0 measured; 1 something failed; 2 wrong arguments; 4 --check and a scrape took longer.
"""
import argparse
import base64
import gzip
import hashlib
import http.client
import json
import multiprocessing
import os
import pathlib
import re
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPEN = "application/openmetrics-text; version=1.0.0"
FRAME = bytes((0x82, 0x80 | 64, 0, 0, 0, 0)) + bytes(64)  # binary, 64 bytes, masked with zeros
MAX_SCRAPE_MS = 50


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--routes", type=int, default=1000)
    parser.add_argument("--tunnels", type=int, default=9000, help="idle ones, spread over the routes")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--scrapes", type=int, default=40, help="of each kind")
    parser.add_argument("--check", action="store_true", help=f"fail above {MAX_SCRAPE_MS} ms a scrape")
    return parser.parse_args()


def echo_for_ever(listening):
    """Answers every upgrade, then sends each message back unmasked; on one thread."""
    poll = select.epoll()
    poll.register(listening, select.EPOLLIN)
    open_ones = {}
    while True:
        for number, _ in poll.poll():
            if number == listening.fileno():
                client, _ = listening.accept()
                open_ones[client.fileno()] = client
                poll.register(client, select.EPOLLIN)
                continue
            try:
                is_open = answer(open_ones[number])
            except OSError:
                is_open = False  # it was cut
            if not is_open:
                poll.unregister(number)
                open_ones.pop(number).close()


def answer(client):
    data = client.recv(65536)
    if data.startswith(b"GET"):
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", data).group(1)
        client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Accept: " + accept_of(key) + b"\r\n\r\n")
    elif data:
        client.sendall(bytes((0x82, 64)) + data[6:])
    return bool(data)


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


def open_tunnel(port, route):
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(f"GET / HTTP/1.1\r\nHost: r{route}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    if not head.startswith(b"HTTP/1.1 101"):
        raise RuntimeError(head.decode())
    return client


def probe(port, told, asked):
    """Echoes, and tells when asked what it has seen since the last time: latencies in milliseconds."""
    client = open_tunnel(port, 0)
    seen = []
    while True:
        begin = time.perf_counter()
        client.sendall(FRAME)
        left = 66
        while left:
            left -= len(client.recv(left))
        seen.append((time.perf_counter() - begin) * 1e3)
        if asked.poll():
            asked.recv()
            told.send(seen)
            seen = []


class Bench:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.backend = multiprocessing.Process(target=echo_for_ever, args=(listening,), daemon=True)
        self.backend.start()
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
            self.port, self.admin = one.getsockname()[1], two.getsockname()[1]
        config = folder / "fairlead.toml"
        config.write_text(self.config(listening.getsockname()[1]), encoding="utf-8")
        self.output = open(folder / "output", "w+", encoding="utf-8")
        command = [arguments.build_dir / "fairlead", "run", "--config", config]
        self.proxy = subprocess.Popen(command, stdout=self.output, stderr=self.output)
        self.clients = []

    def config(self, backend):
        parts = [f'workers = {self.arguments.workers}\n[[listen]]\naddress = "127.0.0.1:{self.port}"\n'
                 f'[admin]\naddress = "127.0.0.1:{self.admin}"\n'
                 '[drain]\nwindow = "0s"\n[log]\naccess = "off"\n']
        for route in range(self.arguments.routes):
            pool = f"tenant-pool-{route}"
            parts.append(f'[pool.{pool}]\nbackends = ["127.0.0.1:{backend}"]\n'
                         f'[[route]]\nname = "tenant-{route}"\nhost = "r{route}"\npool = "{pool}"\n')
        return "".join(parts)

    def wait_ready(self):
        for _ in range(600):
            if self.proxy.poll() is not None:
                self.output.seek(0)
                raise RuntimeError(self.output.read()[-800:])
            try:
                if self.ask("/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError("the proxy is not ready")

    def ask(self, path, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=30)
        headers = {name.replace("_", "-"): text for name, text in fields.items()}
        connection.request("GET", path, headers=headers)
        got = connection.getresponse()
        body = got.read()
        connection.close()
        return got.status, body

    def scrape(self, path, **fields):
        """Milliseconds of each, and the last body."""
        times = []
        for _ in range(self.arguments.scrapes):
            begin = time.perf_counter()
            status, body = self.ask(path, **fields)
            times.append((time.perf_counter() - begin) * 1e3)
            if status != 200:
                raise RuntimeError(f"{path}: {status} {body[:200]}")
        return times, body

    def late_ticks(self):
        """How many ticks of the workers came more than a millisecond late."""
        text = self.ask("/metrics")[1].decode()
        lags = [line.rsplit(" ", 1) for line in text.splitlines()
                if line.startswith("fairlead_worker_loop_lag_seconds")]
        ticks = sum(float(value) for name, value in lags if "_count" in name)
        return ticks - sum(float(value) for name, value in lags if 'le="0.001"' in name)

    def stop(self):
        self.proxy.terminate()
        try:
            self.proxy.wait(10)
        except subprocess.TimeoutExpired:
            self.proxy.kill()
        self.backend.terminate()


def spread(values):
    values = sorted(values)
    at = lambda share: values[min(len(values) - 1, int(len(values) * share))]
    return {"median": statistics.median(values), "p99": at(0.99), "worst": values[-1], "count": len(values)}


def measure(bench):
    bench.wait_ready()
    bench.clients = [open_tunnel(bench.port, number % bench.arguments.routes)
                     for number in range(max(bench.arguments.tunnels, bench.arguments.routes))]
    told, tell = multiprocessing.Pipe(False)
    asked, ask = multiprocessing.Pipe(False)
    prober = multiprocessing.Process(target=probe, args=(bench.port, tell, asked), daemon=True)
    prober.start()

    def seen():
        ask.send(None)
        return told.recv()

    time.sleep(1)
    seen()
    time.sleep(3)
    out = {"routes": bench.arguments.routes, "tunnels": len(bench.clients), "quiet_ms": spread(seen())}
    kinds = {"text": ("/metrics", {}), "openmetrics": ("/metrics", {"Accept": OPEN}),
             "gzip": ("/metrics", {"Accept": OPEN, "Accept_Encoding": "gzip"}),
             "connections": ("/metrics/connections?top=10000", {})}
    for name, (path, fields) in kinds.items():
        late = bench.late_ticks()
        bench.scrape("/healthz")
        seen()
        times, body = bench.scrape(path, **fields)
        during = seen()
        text = gzip.decompress(body) if name == "gzip" else body
        lines = sum(not line.startswith(b"#") for line in text.splitlines())
        out[name] = {"scrape_ms": spread(times), "echo_ms": spread(during), "bytes": len(body),
                     "series": lines, "late_ticks": bench.late_ticks() - late}
    prober.terminate()
    return out


def show(out):
    print(f"{out['routes']} routes, {out['tunnels']} tunnels; milliseconds; echoes go on meanwhile")
    print(f"{'':12}{'series':>9}{'bytes':>11}{'scrape':>9}{'worst':>8}{'echo p50':>10}{'p99':>8}{'worst':>8}")
    quiet = out["quiet_ms"]
    print(f"{'quiet':12}{'':37}{quiet['median']:10.3f}{quiet['p99']:8.3f}{quiet['worst']:8.2f}")
    for name in ("text", "openmetrics", "gzip", "connections"):
        each = out[name]
        took, echo = each["scrape_ms"], each["echo_ms"]
        print(f"{name:12}{each['series']:9}{each['bytes']:11}{took['median']:9.1f}{took['worst']:8.1f}"
              f"{echo['median']:10.3f}{echo['p99']:8.3f}{echo['worst']:8.2f}")


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="fairlead-scrape-") as folder:
        bench = Bench(arguments, pathlib.Path(folder))
        try:
            out = measure(bench)
        except (RuntimeError, OSError) as failure:
            print(failure, file=sys.stderr)
            return 1
        finally:
            bench.stop()
    print(json.dumps(out))
    show(out)
    is_slow = any(out[name]["scrape_ms"]["median"] > MAX_SCRAPE_MS for name in ("text", "openmetrics"))
    return 4 if arguments.check and is_slow else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    sys.exit(main())
