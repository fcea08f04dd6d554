"""The worker's event loop: the only place where it waits, with one thread (select(2)).

It watches the children's pipes, a terminal and the prompt socket. So neither a child's output nor
an operator's answer has to wait for the other. Threads are avoided, since Python 3.12 warns of a
fork in a process with threads. Requests to stop set a flag that is checked between steps
(signal(7)).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
from collections.abc import Callable, Iterator

_STOP = (signal.SIGTERM, signal.SIGINT)


class Loop:
    """Descriptors with the function to call when one is ready."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, fd: int, ready: Callable[[], object]) -> None:
        """Call `ready` whenever `fd` is readable (or at its end)."""
        self._selector.register(fd, selectors.EVENT_READ, ready)

    def watch_room(self, fd: int, ready: Callable[[], None]) -> None:
        """Call `ready` whenever `fd` can be written, or nobody reads it any more."""
        self._selector.register(fd, selectors.EVENT_WRITE, ready)

    def forget(self, fd: int) -> None:
        """Stop watching `fd`. Do nothing if it is not watched."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(fd)

    def turn(self, timeout: float) -> None:
        """Wait up to `timeout` seconds for anything, and handle what is ready."""
        for key, _ in self._selector.select(max(0.0, timeout)):
            # An earlier callback of this turn may have closed this one.
            if key.fd in self._selector.get_map():
                key.data()

    def close(self) -> None:
        """Close the selector."""
        self._selector.close()


@contextlib.contextmanager
def watched(loop: Loop, fd: int, ready: Callable[[], object]) -> Iterator[None]:
    """Watch `fd` for the time of a with statement."""
    loop.watch(fd, ready)
    try:
        yield
    finally:
        loop.forget(fd)


class Exit:
    """`seen` is True once a child has ended. The child is not reaped (pidfd_open(2))."""

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


@contextlib.contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Yield a function that returns True after SIGTERM or SIGINT. SIGHUP is ignored.

    Nothing is interrupted: a child in its own session does not get the signal.
    """
    seen: list[int] = []
    before = {one: signal.signal(one, lambda number, _: seen.append(number)) for one in _STOP}
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
