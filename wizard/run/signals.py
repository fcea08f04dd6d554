"""Requests to stop: SIGTERM or SIGINT set a flag that is checked between steps (signal(7))."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Optional

_STOP = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Yield a function that returns True after SIGTERM or SIGINT. SIGHUP is ignored.

    Nothing is interrupted: a child in its own session does not get the signal.
    """
    seen: list[int] = []

    def note(number: int, _frame: Optional[FrameType]) -> None:
        seen.append(number)

    before = {number: signal.signal(number, note) for number in _STOP}
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
