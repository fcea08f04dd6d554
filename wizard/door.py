"""Read files of a host, and run commands that only read.

All facts of a host come through here. So the same code reads another root directory (a copied
/etc, a mounted disk), and it is easy to see that nothing writes.
"""

from __future__ import annotations

import contextlib
import copy
import errno
import math
import os
import select
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Callable, Optional, TypeVar, cast

from wizard.environment import child_environment
from wizard.errors import Trouble
from wizard.regular_file import nul_trouble, path_trouble, read_regular

LONGEST_LINE = 65536
"""Bytes of a line that is read as one."""

LEAST_SECONDS = 0.5
"""For reading the output of a command whose time was over before its outcome was wanted."""

MOST_LINKS = 40
"""As many links as the kernel follows in one path (path_resolution(7))."""

_ABSENT = (FileNotFoundError, NotADirectoryError)

T = TypeVar("T")

Later = Callable[[], T]
"""Waits for the commands that were started, and returns the fact, so that they run in parallel."""


@dataclass(frozen=True)
class Outcome:
    """A command's exit status (negative: the signal that ended it) and its output."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Standard output as text, with surrogates for bytes that are not UTF-8."""
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def complaints(self) -> tuple[str, ...]:
        """The lines of standard error that are not blank."""
        text = self.stderr.decode("utf-8", "surrogateescape")
        return tuple(line for line in text.splitlines() if line.strip())


class Running:
    """A started command. Callers start several, then wait for the outcome of each."""

    def __init__(
        self,
        argv: Sequence[str],
        process: subprocess.Popen[bytes],
        timeout: float,
        data: Optional[bytes],
    ) -> None:
        self._argv = argv
        self._process = process
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._data = data

    def outcome(self) -> Outcome:
        """Wait for the end. Raises Trouble when the command does not end within its timeout.

        The timeout began with the command. One that has ended, or waits for its output to be read,
        is not late because nobody waited for it earlier: it has `LEAST_SECONDS` from now on.
        """
        remaining = max(0.0, self._deadline - time.monotonic())
        if remaining < LEAST_SECONDS and self._has_output():
            remaining = LEAST_SECONDS
        try:
            stdout, stderr = self._process.communicate(self._data, timeout=remaining)
        except subprocess.TimeoutExpired:
            self._end()
            raise Trouble(
                f"running {' '.join(self._argv)}",
                f"it gave no answer within {self._timeout:g} seconds",
                "See whether it answers when you run it yourself.",
            ) from None
        except BaseException:
            # Ctrl-C, above all: the command must not continue without us.
            self._end()
            raise
        return Outcome(self._process.returncode, stdout, stderr)

    def _has_output(self) -> bool:
        """True if the command has ended, or printed something that nobody has read."""
        if self._process.poll() is not None:
            return True
        poll = select.poll()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                poll.register(pipe, select.POLLIN)
        return bool(poll.poll(0))

    def lines(self, seconds: Optional[float] = None) -> Iterator[bytes]:
        """Yield the lines of standard output until there is no more.

        With `seconds` the command is ended after that time, and the output until then is all.
        """
        output = cast("IO[bytes]", self._process.stdout)
        alarm = None if seconds is None else threading.Timer(seconds, self._process.kill)
        if alarm is not None:
            alarm.start()
        try:
            # Standard error remains unread: these commands print little there, or are ended.
            yield from iter(lambda: output.readline(LONGEST_LINE), b"")
        finally:
            if alarm is not None:
                alarm.cancel()
            self._end()

    def feed(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the lines that it prints while `lines` are its standard input; without a timeout.

        The command must have been started with `data`. Standard error is read and dropped, since
        it may be long.
        """
        pipe, self._process.stdin = self._process.stdin, None
        complaints = self._process.stderr

        def write() -> None:
            with contextlib.suppress(OSError, ValueError), cast("IO[bytes]", pipe) as end:
                end.writelines(lines)

        def drain() -> None:
            with contextlib.suppress(OSError, ValueError):
                for _ in cast("IO[bytes]", complaints):
                    pass

        for body in (write, drain):
            threading.Thread(target=body, name="door-feed", daemon=True).start()
        yield from self.lines()

    def _end(self) -> None:
        self._process.kill()
        self._data = None
        self._process.communicate()

    def __del__(self) -> None:
        # Where one fact fails, nobody waits for the other commands; none may outlive the reading.
        if self._process.returncode is None:
            with contextlib.suppress(OSError, ValueError):
                self._end()


class Door:
    """Reads below one root directory; paths are absolute, as the host itself sees them.

    Commands run only where the root is /, on the live host.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 (resolve() would follow links)
        self.is_live = str(self.root) == "/"
        self.longest = math.inf

    def within(self, seconds: float) -> Door:
        """Return the same reader, whose commands end after `seconds` at the latest."""
        limited = copy.copy(self)
        limited.longest = seconds
        return limited

    def locate(self, path: str, *, follow: bool = True) -> str:
        """Return where this machine has the host's `path`, with every link resolved inside the root.

        With follow=False a link at the very end is not resolved. Raises Trouble on a loop of links.
        """
        if self.is_live:
            return path
        todo = [part for part in path.split("/") if part not in {"", "."}]
        todo.reverse()
        done: list[str] = []
        links = 0
        while todo:
            part = todo.pop()
            if part == "..":
                del done[-1:]
                continue
            here = os.path.join(self.root, *done, part)  # noqa: PTH118 (hot, and strings suffice)
            try:
                target = os.readlink(here) if todo or follow else None  # noqa: PTH115
            except OSError:
                target = None
            if target is None:
                done.append(part)
                continue
            links += 1
            if links > MOST_LINKS:
                raise path_trouble("reading", path, OSError(errno.ELOOP, os.strerror(errno.ELOOP)))
            if target.startswith("/"):
                done.clear()
            todo.extend(part for part in reversed(target.split("/")) if part not in {"", "."})
        return os.path.join(self.root, *done)  # noqa: PTH118

    def read_bytes(self, path: str) -> Optional[bytes]:
        """Return a regular file's bytes, None where there is none.

        Raises Trouble when it cannot be read, is not a regular file, or is larger than LARGEST.
        """
        try:
            return read_regular(self.locate(path), path)
        except _ABSENT:
            return None
        except OSError as error:
            raise path_trouble("reading", path, error) from error
        except ValueError as error:
            raise nul_trouble("reading", path) from error

    def read_text(self, path: str) -> Optional[str]:
        """Return a file's text (surrogates for bytes that are not UTF-8), None without a file."""
        data = self.read_bytes(path)
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def readable_text(self, path: str) -> str:
        """Return a file's text, "" if there is none or it cannot be read."""
        try:
            return self.read_text(path) or ""
        except Trouble:
            return ""

    def list_dir(self, path: str) -> Optional[tuple[str, ...]]:
        """Return the names in a directory, sorted; None where there is none."""
        try:
            return tuple(sorted(os.listdir(self.locate(path))))  # noqa: PTH208 (names suffice)
        except _ABSENT:
            return None
        except OSError as error:
            raise path_trouble("listing", path, error) from error

    def readable_names(self, path: str) -> tuple[str, ...]:
        """Return the names in a directory, sorted; none if it cannot be read."""
        try:
            return self.list_dir(path) or ()
        except Trouble:
            return ()

    def is_there(self, path: str) -> bool:
        """Return True if `path` leads to something, False also if that cannot be known."""
        try:
            return self.stat(path) is not None
        except Trouble:
            return False

    def lstat(self, path: str) -> Optional[os.stat_result]:
        """Return the status of `path` itself (lstat(2)), None where it does not exist."""
        return self._stat(path, follow=False)

    def stat(self, path: str) -> Optional[os.stat_result]:
        """Return the status of what `path` leads to inside the root, None where it leads nowhere."""
        return self._stat(path, follow=True)

    def _stat(self, path: str, *, follow: bool) -> Optional[os.stat_result]:
        try:
            return os.stat(  # noqa: PTH116 (strings suffice)
                self.locate(path, follow=follow), follow_symlinks=follow and self.is_live
            )
        except _ABSENT:
            return None
        except OSError as error:
            raise path_trouble("looking at", path, error) from error
        except ValueError as error:
            raise nul_trouble("looking at", path) from error

    def read_link(self, path: str) -> Optional[str]:
        """Return a symbolic link's target as written, None where `path` is not a link."""
        try:
            return os.readlink(self.locate(path, follow=False))  # noqa: PTH115
        except _ABSENT:
            return None
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise path_trouble("looking at", path, error) from error

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        """Start a command that only reads; `data` is its standard input, else /dev/null.

        None means that it cannot run: no such program, or the root is not /.
        """
        environment = child_environment()
        program = _program(argv[0], environment["PATH"]) if self.is_live else None
        if program is None:
            return None
        try:
            # An absolute path, no cwd and close_fds=False let Python use posix_spawn(3), which
            # takes 0.5 ms where a fork takes 1.5; descriptors of ours are close-on-exec anyway.
            process = subprocess.Popen(
                list(argv),
                executable=program,
                stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                close_fds=False,
            )
        except _ABSENT:
            return None
        except OSError as error:
            raise path_trouble("starting", argv[0], error) from error
        return Running(tuple(argv), process, min(timeout, self.longest), data)

    def has(self, program: str) -> bool:
        """True if the host has that program, and it can run."""
        return self.is_live and _program(program, child_environment()["PATH"]) is not None

    def run(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Outcome]:
        """Run a command that only reads and wait for it; None as in `start`."""
        running = self.start(argv, timeout=timeout, data=data)
        return None if running is None else running.outcome()

    def stream(self, argv: Sequence[str], *, seconds: Optional[float] = None) -> Iterator[bytes]:
        """Yield the lines that a command prints, as they come, in constant memory.

        A line of more than LONGEST_LINE bytes comes in pieces. Yields nothing where the command
        cannot run (see `start`). The command is ended when the caller stops reading, and after
        `seconds`.
        """
        running = self.start(argv)
        if running is not None:
            yield from running.lines(seconds)


def _program(name: str, path: str) -> Optional[str]:
    """Return where the program is, as execvp(3) would find it in `path`."""
    places = (f"{directory}/{name}" for directory in path.split(":"))
    return next((place for place in places if os.access(place, os.X_OK)), None)
