"""End the screens on SIGHUP and SIGTERM, quickly and with the terminal restored.

By default these signals kill Textual without `finally` and with a raw terminal. If they are
ignored, Textual spins once the terminal is gone. asyncio's own handlers hang if a stalled terminal
vanishes. So a plain handler asks the app to exit, and a watchdog ends the process if it does not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
import threading
from types import FrameType
from typing import TYPE_CHECKING, Any, Callable, Optional

if TYPE_CHECKING:
    from textual.app import App

PATIENCE = 2.0
"""Seconds within which the app must end by itself."""

SIGNALS = (signal.SIGHUP, signal.SIGTERM)


def exit_on_signals(app: App[int], before: Optional[list[Any]], keep: Callable[[], None]) -> None:
    """Install the handlers, once the app is mounted. `before` are termios attributes.

    `keep` has the answers written in a thread: it returns at once, and a stalled terminal does not
    stop it.
    """
    import asyncio  # noqa: PLC0415 - Textual has it already, and the command line needs none

    loop = asyncio.get_running_loop()

    def handler(number: int, _frame: Optional[FrameType]) -> None:
        watchdog = threading.Timer(PATIENCE, _end, (number, before))
        watchdog.daemon = True
        watchdog.start()
        keep()
        with contextlib.suppress(RuntimeError):  # the loop is closed: we are nearly out
            loop.call_soon_threadsafe(app.exit, 128 + number)

    for number in SIGNALS:
        signal.signal(number, handler)


def terminal_attributes() -> Optional[list[Any]]:
    """Return the terminal's present settings, None without a terminal."""
    try:
        return termios.tcgetattr(sys.__stdin__.fileno()) if sys.__stdin__ else None
    except (termios.error, ValueError, OSError):
        return None


def restore(before: Optional[list[Any]]) -> None:
    """Restore the terminal's settings, without waiting for it."""
    if before is not None and sys.__stdin__:
        with contextlib.suppress(termios.error, ValueError, OSError):
            termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, before)


def _end(number: int, before: Optional[list[Any]]) -> None:
    restore(before)
    os._exit(128 + number)
