"""A real terminal for a program: a pty whose other end is a pyte screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from typing import Any, Optional, Sequence

import pyte

SLICE = 0.05
"""Seconds in which a slow line carries its share."""


class Terminal:
    """Runs a program at a size; `text` is what an operator would see."""

    rate = 0
    """Bytes a second of a slow line, 0 for one that is not slow."""

    def __init__(
        self, argv: Sequence[str], size: tuple[int, int] = (80, 24), **environment: str
    ) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.bytes = 0
        self.raw = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment}
            for name in ("TEXTUAL", "COLORTERM"):
                env.pop(name, None)
            os.execvpe(argv[0], list(argv), env)
        self._size(size)
        self.before: Optional[list[Any]] = termios.tcgetattr(self.fd)
        self.code: Optional[int] = None

    def _size(self, size: tuple[int, int]) -> None:
        columns, lines = size
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, size: tuple[int, int]) -> None:
        self.screen.resize(size[1], size[0])
        self._size(size)

    def read(self, seconds: float) -> int:
        """Read for a while; return how many bytes came."""
        until = time.monotonic() + seconds
        before = self.bytes
        while (left := until - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                data = os.read(self.fd, int(self.rate * SLICE) or 65536)
            except OSError:
                break
            if not data:
                break
            if self.rate:
                time.sleep(SLICE)
            self.bytes += len(data)
            self.raw += data
            # pyte knows no kitty keyboard protocol and would print its end.
            self._stream.feed(data.replace(b"\x1b[<u", b"").replace(b"\x1b[>25u", b""))
        return self.bytes - before

    def until(self, words: str, seconds: float = 10) -> float:
        """Read until the words are in sight; return the time it took."""
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            self.read(0.01)
            if words in self.text:
                return time.monotonic() - start
        raise AssertionError(f"{words!r} did not come into sight:\n{self.text}")

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def ended(self, seconds: float = 5) -> float:
        """Wait for the end; return the time it took. The exit status is in `code`."""
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            self.read(0.02)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.code = os.waitstatus_to_exitcode(status)
                return time.monotonic() - start
        raise AssertionError(f"it did not end within {seconds} s:\n{self.text}")

    def attributes(self) -> list[Any]:
        return termios.tcgetattr(self.fd)

    @property
    def left_as_it_was(self) -> bool:
        """Whether the alternate screen is left, the cursor is back and the line is cooked again."""
        left = self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h")
        shown = self.raw.rfind(b"\x1b[?25h") > self.raw.rfind(b"\x1b[?25l")
        return left and shown and self.attributes() == self.before

    def close(self) -> None:
        """End the program where it still runs, and the terminal."""
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
