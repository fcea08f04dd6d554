"""Queue a run's events for the screen. The queue is bounded and waits for the drawing.

One thread reads, another posts. While the screen or a frozen terminal is busy, output waits here,
and the oldest lines are dropped: all output is on disk. The run itself never waits.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Iterable

from textual.message import Message
from textual.message_pump import MessagePump

from screens.background import post
from screens.messages import Failed
from wizard.errors import Trouble
from wizard.run.records import Event, Output

PAUSE = 0.1
"""Seconds between two batches at least."""

MAX_WAITING_LINES = 5000
"""Lines of output that wait for the screen, as many as a pane shows."""

FAR_BEHIND = 1 << 20
"""Bytes of unread output, four times those of a pane. Of more, only the end is read."""


@dataclass
class Fed(Message):
    """Events wait in the feed for `take`."""


class Feed:
    """Follows a run in threads of its own, which end with the run or the program."""

    def __init__(self, pump: MessagePump, events: Iterable[Event]) -> None:
        self._pump = pump
        self._events = events
        self._waiting: deque[Event] = deque()
        self._lines = 0
        self._ended = False
        self._announced = False
        self._changed = threading.Condition()

    def start(self) -> None:
        """Begin to read and to post."""
        for body in (self._read, self._post):
            threading.Thread(target=body, name="screens-feed", daemon=True).start()

    def take(self) -> list[Event]:
        """Return the waiting events, oldest first, and start the next batch."""
        with self._changed:
            taken = list(self._waiting)
            self._waiting.clear()
            self._lines = 0
            self._announced = False
            self._changed.notify_all()
            return taken

    def _read(self) -> None:
        try:
            for event in self._events:
                self._put(event)
        except Trouble as trouble:
            post(self._pump, Failed(str(trouble)))
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, event: Event) -> None:
        with self._changed:
            if isinstance(event, Output):
                self._lines += len(event.lines)
                if self._lines > MAX_WAITING_LINES:
                    self._drop()
            self._waiting.append(event)
            self._changed.notify_all()

    def _drop(self) -> None:
        """Drop the older half of the waiting output, but no record."""
        remaining: deque[Event] = deque()
        room = MAX_WAITING_LINES // 2
        for event in reversed(self._waiting):
            if isinstance(event, Output):
                if room <= 0:
                    continue
                room -= len(event.lines)
            remaining.appendleft(event)
        self._waiting = remaining
        self._lines = sum(len(one.lines) for one in remaining if isinstance(one, Output))

    def _post(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    return
                self._announced = True
            if not post(self._pump, Fed()):
                return
            with self._changed:
                # Wait for `take`, not for an empty queue: new events may have come since.
                self._changed.wait_for(lambda: not self._announced)
            time.sleep(PAUSE)
