"""A terminal of 80x24 at the end of a real ssh, looked at by pyte as a person would."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from typing import Callable, Iterator

import pyte

from lab.host import Host

COLUMNS, LINES = 80, 24
READ = 1 << 16
QUIET = 0.25


class Terminal:
    """One login with one program in it.

    `bytes` counts all that came; every wait returns the monotonic time at which the bytes were
    read that made it true, so that drawing them here costs the program nothing.
    """

    def __init__(self, argv: list[str]) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._fd = master
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self.bytes = 0
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        os.close(slave)

    @property
    def text(self) -> str:
        """The screen's lines."""
        return "\n".join(self._screen.display)

    def send(self, keys: str) -> float:
        """Type, and return when."""
        now = time.monotonic()
        os.write(self._fd, keys.encode())
        return now

    def wait(self, holds: Callable[[str], bool], seconds: float = 30) -> float:
        """Wait until the screen's text is so; raises TimeoutError with the screen."""
        deadline = time.monotonic() + seconds
        while True:
            came = self._read(deadline - time.monotonic())
            if came is None:
                raise TimeoutError(
                    f"the screen did not show what was waited for in {seconds} s\n{self.text}"
                )
            if holds(self.text):
                return came

    def settle(self, quiet: float = QUIET, seconds: float = 30) -> None:
        """Read until nothing has come for `quiet` seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._read(quiet) is not None:
            pass

    def drain(self, seconds: float) -> None:
        """Read for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._read(left)

    def _read(self, seconds: float) -> float | None:
        ready, _, _ = select.select([self._fd], [], [], max(0, seconds))
        if not ready:
            return None
        came = time.monotonic()
        try:
            data = os.read(self._fd, READ)
        except OSError as error:
            raise EOFError(f"the program ended; its last screen:\n{self.text}") from error
        self.bytes += len(data)
        self._stream.feed(data)
        return came

    def end(self, keys: str) -> None:
        """Type what ends the program and wait for it."""
        with contextlib.suppress(OSError):
            self.send(keys)
        with contextlib.suppress(EOFError):
            self.settle(5)
        self.close()

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            os.close(self._fd)
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()


@contextlib.contextmanager
def opened(host: Host, command: str) -> Iterator[Terminal]:
    """Log in with a terminal and start `command` there."""
    terminal = Terminal(host.ssh_argv(command))
    try:
        yield terminal
    finally:
        terminal.close()
