"""Run commands: an argv, never a shell, in a clean environment, with all output read.

A child's output goes to the step's output as it arrives. The wait ends with the child, also if a
daemon inherited its pipes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.environment import child_environment
from wizard.errors import Trouble
from wizard.run.loop import Exit, Loop, watched
from wizard.run.output import StepOutput

READ = 1 << 16
MAX_CAPTURED_BYTES = 1 << 20
"""Bytes of each stream that the caller gets. The output file has all."""
PATIENCE = 300.0
"""Seconds that a command may take."""


@dataclass(frozen=True)
class Completed:
    """A command that ended: `status` is its exit status, or minus the signal that killed it.

    `out` and `err` are the last MAX_CAPTURED_BYTES of each stream, with `whole` all of them.
    `again` is True if the command ran twice and the first call may have had its effect.
    """

    argv: tuple[str, ...]
    status: int
    out: bytes
    err: bytes
    again: bool = False

    @property
    def said(self) -> tuple[str, ...]:
        """All lines of both streams that are not blank, standard error last."""
        text = (self.out + b"\n" + self.err).decode("utf-8", "surrogateescape")
        return tuple(line for line in text.splitlines() if line.strip())

    @property
    def ended(self) -> str:
        """How it ended, in words."""
        return ended(self.status)


def ended(status: int) -> str:
    """Return in words how a command with this status ended."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def spelled(argv: Sequence[str]) -> str:
    """Return an argv as an operator would type it."""
    return " ".join(shlex.quote(word) for word in argv)


class _Stream:
    """One pipe: all bytes go to `sink`, and the last ones to `tail`."""

    def __init__(self, loop: Loop, fd: int, sink: Callable[[bytes], None], *, whole: bool) -> None:
        os.set_blocking(fd, False)
        self._loop = loop
        self._fd = fd
        self._sink = sink
        self._whole = whole
        self.tail = bytearray()
        self.open = True

    def read(self) -> bool:
        """Read once; return False if there is nothing now, or never again."""
        try:
            data = os.read(self._fd, READ)
        except BlockingIOError:
            return False
        except OSError as error:
            # A terminal reports so that nobody has its other end open any more (pty(7)).
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            self.open = False
            self._loop.forget(self._fd)
            return False
        self._sink(data)
        self.tail += data
        if not self._whole and len(self.tail) > 2 * MAX_CAPTURED_BYTES:
            del self.tail[:-MAX_CAPTURED_BYTES]
        return True


class _Inlet:
    """A child's standard input, written as the child reads it.

    It is a pipe, since SELinux denies Postfix's domains a memory file or another file of ours. A
    child that ends before it has read all of it does not block us. Where it cannot be written,
    `failure` says why, and the child sees its end: without that it would wait for ever.
    """

    def __init__(self, loop: Loop, fd: int, data: bytes) -> None:
        self._loop = loop
        self._fd: Optional[int] = fd
        self._rest = memoryview(data)
        self.failure: Optional[OSError] = None
        os.set_blocking(fd, False)
        if data:
            loop.watch_room(fd, self.ready)
        else:
            self.close()

    def ready(self) -> None:
        if self._fd is None:
            return
        try:
            self._rest = self._rest[os.write(self._fd, self._rest) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._rest = self._rest[:0]
        except OSError as error:
            self.failure, self._rest = error, self._rest[:0]
        if not self._rest:
            self.close()

    def close(self) -> None:
        if self._fd is not None:
            self._loop.forget(self._fd)
            os.close(self._fd)
            self._fd = None


def run(
    argv: Sequence[str],
    loop: Loop,
    output: Optional[StepOutput],
    *,
    stdin: Optional[bytes] = None,
    whole: bool = False,
    patience: float = PATIENCE,
    umask: int = 0o022,
    terminal: bool = False,
) -> Completed:
    """Run a command to its end and return its result, with any status.

    With `output` None nothing goes to the step's output. With `terminal` the command writes to a
    terminal (pty(7)), and `out` has all of it. Raises Trouble if it cannot be started, if its
    input cannot be written, or if it has not ended after `patience` seconds. Then its process
    group is killed.
    """
    sink = output.write if output is not None else lambda _: None
    if output is not None:
        output.say(f"$ {spelled(argv)}")
    with _started(argv, loop, stdin, umask, terminal=terminal) as (child, fds, inlet):
        streams = [_Stream(loop, fd, sink, whole=whole) for fd in fds]
        with contextlib.ExitStack() as watching:
            for fd, stream in zip(fds, streams):
                watching.enter_context(watched(loop, fd, stream.read))
            _await_exit(child.pid, loop, argv, patience)
            # The child has ended. Output that a grandchild may still write is not waited for.
            for stream in streams:
                while stream.open and stream.read():
                    pass
        status = child.wait()
    if inlet is not None and inlet.failure is not None:
        raise Trouble(
            f"writing the standard input of {spelled(argv)}",
            inlet.failure.strerror or str(inlet.failure),
            "The program was given a part of it alone: try again once this is repaired.",
        )
    out, err = (*(bytes(stream.tail) for stream in streams), b"")[:2]
    done = Completed(tuple(argv), status, out, err)
    if output is not None and status != 0:
        output.say(f"({done.ended})")
    return done


@contextlib.contextmanager
def _started(
    argv: Sequence[str], loop: Loop, stdin: Optional[bytes], umask: int, *, terminal: bool
) -> Iterator[tuple[subprocess.Popen[bytes], tuple[int, ...], Optional[_Inlet]]]:
    """Start a child and yield it with the descriptors of its output, and its input if it has one."""
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as childs:
        heard = []
        inlet = None
        try:
            pairs = [os.openpty()] if terminal else [os.pipe(), os.pipe()]
            for near, far in pairs:
                ours.callback(os.close, near)
                childs.callback(os.close, far)
                heard.append(near)
            source = subprocess.DEVNULL
            if stdin is not None:
                source, near = os.pipe()
                childs.callback(os.close, source)
                inlet = _Inlet(loop, near, stdin)
                ours.callback(inlet.close)
            child = subprocess.Popen(
                list(argv),
                stdin=source,
                stdout=pairs[0][1],
                stderr=pairs[-1][1],
                env=child_environment(),
                cwd="/",
                start_new_session=True,
                umask=umask,
            )
        except OSError as error:
            raise Trouble(
                f"starting {argv[0]}",
                error.strerror or str(error),
                f"See that {argv[0]} is installed and can be run.",
            ) from error
        childs.close()
        with child:
            try:
                yield child, tuple(heard), inlet
            finally:
                # Whatever went wrong here, a child that is waited for has no more to wait for.
                if inlet is not None:
                    inlet.close()


def _await_exit(pid: int, loop: Loop, argv: Sequence[str], patience: float) -> None:
    deadline = time.monotonic() + patience
    gone = Exit(loop, pid)
    try:
        while not gone.seen:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                os.killpg(pid, signal.SIGKILL)
                raise Trouble(
                    f"running {spelled(argv)}",
                    f"it had not ended after {patience:g} seconds and was killed",
                    "Run it yourself to see what it waits for.",
                )
            loop.turn(remaining)
    finally:
        gone.close()
