"""A step's output on disk: all that its children said, as they said it, less a blocklist's key.

Written straight through, in the pieces that were read, so that any number of viewers can
follow; only what may be the beginning of a name with a key in it waits for its end. A disk that is full must not stop dnf inside a transaction: what cannot be written is
dropped, and `failure` says so at the step's end.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from wizard.run.clean import clean
from wizard.run.directories import explained, open_plain, place
from wizard.secrets import masked_bytes, unfinished

_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND

_TAIL = 4096
_MUCH = 1 << 20


class StepOutput:
    """An open output file."""

    def __init__(self, fd: int, path: Path) -> None:
        self._fd = fd
        self._path = path
        self._waiting = b""
        self.failure = ""

    def write(self, data: bytes) -> None:
        """Append bytes; never raises OSError."""
        data = self._waiting + data
        end = len(data) - unfinished(data)
        self._waiting = data[end:]
        self._append(masked_bytes(data[:end]))

    def flush(self) -> None:
        """Append what waited."""
        rest, self._waiting = self._waiting, b""
        self._append(masked_bytes(rest))

    def _append(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest and not self.failure:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            self.failure = f"{self._path}: {error.strerror}; some of the output is lost"

    def say(self, line: str) -> None:
        """Append one line of the wizard's own."""
        self.write(line.encode("utf-8", "surrogateescape") + b"\n")

    def mark(self) -> int:
        """Return the place where what is written next will stand, for `since`."""
        self.flush()
        return os.fstat(self._fd).st_size

    def since(self, mark: int) -> bytes:
        """Return what was written from a `mark` on, its last part where it is much."""
        self.flush()
        try:
            with self._path.open("rb") as file:
                file.seek(max(mark, file.seek(0, os.SEEK_END) - _MUCH))
                return file.read()
        except OSError:
            return b""

    def tail(self, lines: int = 3) -> str:
        """Return the last lines that are not blank, joined, as plain text."""
        self.flush()
        try:
            with self._path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
                said = [line.strip() for line in clean(file.read()) if line.strip()]
        except OSError:
            return ""
        return "; ".join(said[-lines:])


@contextlib.contextmanager
def open_output(path: Path) -> Iterator[StepOutput]:
    """Open a step's output for appending (0600). Raises Trouble."""
    doing = f"opening {path}"
    with place(str(path), doing) as at, explained(doing, path):
        fd = open_plain(at, _APPEND, 0o600, doing)
    output = StepOutput(fd, path)
    try:
        yield output
    finally:
        output.flush()
        os.close(fd)
