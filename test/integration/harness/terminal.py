"""A command on a terminal of its own: what it draws, what is typed to it, and how it leaves the terminal."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"


class Terminal:
    """`close` ends whatever still runs."""

    def __init__(self, *command, rows=24, columns=100, **environment):
        self.output = ""
        self._position = 0  # of what was not waited for yet
        self.status = None
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execve(command[0], command, {**os.environ, "TERM": "xterm", **environment})
        self.before = termios.tcgetattr(self._end)

    @property
    def is_as_before(self):
        """Flags of the terminal, and whether the screen that was there is shown."""
        now = termios.tcgetattr(self._end)
        return now[:4] == self.before[:4] and self.output.rfind(LEAVE) > self.output.rfind(ENTER)

    def type(self, text):
        os.write(self._end, text.encode())

    def resize(self, rows, columns):
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def signal(self, number):
        os.kill(self.pid, number)

    def wait_for(self, pattern, timeout_s=15):
        """The first match behind the one before."""
        deadline = time.monotonic() + timeout_s
        while True:
            found = re.compile(pattern).search(self.output, self._position)
            if found:
                self._position = found.end()
                return found
            left = deadline - time.monotonic()
            came = left > 0 and self._read(left)
            assert came, f"no {pattern!r} in {self.output[self._position:][-2000:]!r}"

    def frame(self):
        """The lines of the next whole frame, without colours."""
        drawn = self.wait_for(r"(?s)\x1b\[H(.*?)\x1b\[J")[1]
        return re.split(r"\r+\n", re.sub(r"\x1b\[[0-9;]*[mK]", "", drawn))

    def wait_end(self, timeout_s=15):
        """(exit code, None) or (None, signal)."""
        deadline = time.monotonic() + timeout_s
        while self.status is None:
            self._read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
            assert time.monotonic() < deadline, "it still runs"
        while self._read(0):
            pass
        ended_by = os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else None
        return (None if ended_by else os.WEXITSTATUS(self.status)), ended_by

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._end)

    def _read(self, timeout_s):
        if not select.select([self._end], [], [], timeout_s)[0]:
            return False
        try:
            data = os.read(self._end, 65536)
        except OSError:  # nobody holds the other end any more
            return False
        self.output += data.decode(errors="replace")
        return bool(data)
