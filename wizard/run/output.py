"""A step's output on disk: all lines of its children, without keys and control characters.

People read these files with `cat`, so nothing in them may control a terminal. Each line is written
once it is complete, and any number of viewers can follow. A full disk must not stop dnf inside a
transaction. So output that cannot be written is dropped, and `failure` reports it at the step's end.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from wizard.run.directories import explained, open_plain, place
from wizard.run.sanitize import Cleaner
from wizard.secrets import masked, masked_bytes, unfinished

_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND

_TAIL = 4096
_MUCH = 1 << 20


class StepOutput:
    """An open output file."""

    def __init__(self, fd: int, path: Path) -> None:
        self._fd = fd
        self._path = path
        self._waiting = b""
        self._cleaner = Cleaner()
        self.failure = ""

    def write(self, data: bytes) -> None:
        """Append the lines that these bytes complete. Never raises OSError."""
        data = self._waiting + data
        # The possible beginning of a key waits for its end.
        end = len(data) - unfinished(data)
        self._waiting = data[end:]
        self._append(self._cleaner.feed(masked_bytes(data[:end])))

    def flush(self) -> None:
        """Append the unfinished line."""
        rest, self._waiting = self._waiting, b""
        self._append((*self._cleaner.feed(masked_bytes(rest)), *self._cleaner.flush()))

    def _append(self, lines: Sequence[str]) -> None:
        # Masked once more: a control sequence inside a key hides it from the first time.
        text = "".join(f"{line}\n" for line in lines)
        rest = memoryview(masked(text).encode("utf-8", "replace"))
        try:
            while rest and not self.failure:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            self.failure = f"{self._path}: {error.strerror}; some of the output is lost"

    def say(self, line: str) -> None:
        """Append one line of the wizard's own."""
        self.write(line.encode("utf-8", "surrogateescape") + b"\n")

    def mark(self) -> int:
        """Return the offset of the next output, for `since`."""
        self.flush()
        return os.fstat(self._fd).st_size

    def since(self, mark: int, most: int = _MUCH) -> bytes:
        """Return the output from a `mark` on, at most the last `most` bytes."""
        self.flush()
        try:
            with self._path.open("rb") as file:
                file.seek(max(mark, file.seek(0, os.SEEK_END) - most))
                return file.read()
        except OSError:
            return b""

    def tail(self) -> str:
        """Return the last three lines that are not blank, joined, as plain text."""
        lines = self.since(0, _TAIL).decode("utf-8", "replace").split("\n")
        return "; ".join([line.strip() for line in lines if line.strip()][-3:])


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
