"""Ports to listen on, without two test processes choosing the same one.

Each process locks one block of ports below the kernel's ephemeral range for as long as it lives, so tests may
run in parallel and no outgoing connection can take a port between its choice and its use.
"""
import fcntl
import os
import random
import socket
import tempfile

FIRST_PORT = 10_000
BLOCK_SIZE = 100
BLOCK_COUNT = 200

_lock_file = None
_next_port = 0
_end_port = 0


def free_port(family=socket.AF_INET):
    """A port nobody listens on, reserved for this process."""
    global _next_port
    if _lock_file is None:
        _lock_block()
    while _next_port < _end_port:
        port = _next_port
        _next_port += 1
        if _can_bind(family, port):
            return port
    raise RuntimeError("this test process used up its block of ports")


def _lock_block():
    global _lock_file, _next_port, _end_port
    folder = os.path.join(tempfile.gettempdir(), f"fairlead-test-ports-{os.getuid()}")
    os.makedirs(folder, exist_ok=True)
    for block in random.sample(range(BLOCK_COUNT), BLOCK_COUNT):
        candidate = open(os.path.join(folder, str(block)), "w")
        try:
            fcntl.flock(candidate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            candidate.close()
            continue
        _lock_file = candidate
        _next_port = FIRST_PORT + block * BLOCK_SIZE
        _end_port = _next_port + BLOCK_SIZE
        return
    raise RuntimeError("every block of test ports is in use")


def _can_bind(family, port):
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
