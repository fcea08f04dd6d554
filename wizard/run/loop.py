"""The worker's one place to wait: a single-threaded loop over descriptors (select(2)).

Children's pipes, a terminal and the prompt socket are all watched here, so that a child that
talks and an operator who answers never wait for each other, and no thread is needed (a fork
in a threaded process is what Python 3.12 warns of).
"""

from __future__ import annotations

import contextlib
import os
import selectors
from collections.abc import Callable, Iterator


class Loop:
    """Descriptors and what to call when one is ready."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, fd: int, ready: Callable[[], None]) -> None:
        """Call `ready` whenever `fd` is readable (or at its end)."""
        self._selector.register(fd, selectors.EVENT_READ, ready)

    def watch_room(self, fd: int, ready: Callable[[], None]) -> None:
        """Call `ready` whenever `fd` takes more, or nobody reads it any more."""
        self._selector.register(fd, selectors.EVENT_WRITE, ready)

    def forget(self, fd: int) -> None:
        """Watch `fd` no more; harmless when it is not watched."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(fd)

    def turn(self, timeout: float) -> None:
        """Wait up to `timeout` seconds for anything, and handle what is ready."""
        for key, _ in self._selector.select(max(0.0, timeout)):
            # An earlier callback of this turn may have closed this one.
            if key.fd in self._selector.get_map():
                key.data()

    def close(self) -> None:
        """Give the kernel's side back."""
        self._selector.close()


@contextlib.contextmanager
def watched(loop: Loop, fd: int, ready: Callable[[], None]) -> Iterator[None]:
    """Watch `fd` for the time of a with statement."""
    loop.watch(fd, ready)
    try:
        yield
    finally:
        loop.forget(fd)


class Exit:
    """Becomes true when a child has ended; it is not reaped (pidfd_open(2))."""

    def __init__(self, loop: Loop, pid: int) -> None:
        self._loop = loop
        self._fd = os.pidfd_open(pid)
        self.seen = False
        loop.watch(self._fd, self._ended)

    def _ended(self) -> None:
        self.seen = True
        self._loop.forget(self._fd)

    def close(self) -> None:
        """Close the descriptor."""
        self._loop.forget(self._fd)
        os.close(self._fd)
