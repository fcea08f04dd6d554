"""Handle keys and clicks in the order in which they came, also when many arrive together.

Textual passes each key to the focused widget without waiting. A letter is handled there, while
Backspace, Tab or Enter first go up to the app. If keys arrive in one packet, as after a pause of a
slow line, letters overtake the others: "ab", Backspace, "c" results in "ab". Here a key waits until
the one before it, and all messages that it caused, were handled.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Optional, Type

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.errors import NoWidget
from textual.message_pump import MessagePump

QUEUED = (events.Key, events.Paste, events.MouseEvent)
"""What waits for its turn. A click must not overtake text that is still to be typed."""

HOPS = 3
"""Passes from the focus up to the app: for the key, for its message, and for the answer to that."""

CHECK_SECONDS = 0.5
"""Seconds until a check that the awaited widget still exists. A closed one never answers."""

MAX_WAIT_SECONDS = 10.0
"""Seconds that a key waits at most for the one before it."""


class KeyQueue(App[int], inherit_bindings=False):
    """An app that handles one key, paste or click after the other."""

    def __init__(self, *, ansi_color: bool, driver_class: Optional[Type[Driver]] = None) -> None:
        super().__init__(ansi_color=ansi_color, driver_class=driver_class)
        self._waiting: deque[events.Event] = deque()
        self._sent = 0
        self._busy = False
        self._awaited: Optional[MessagePump] = None

    async def on_event(self, event: events.Event) -> None:
        """Queue a key while the one before it is handled."""
        if not isinstance(event, QUEUED) or event.is_forwarded:
            await super().on_event(event)
            return
        self._waiting.append(event)
        if not self._busy:
            await self._send()

    async def _send(self) -> None:
        """Send the next key, and wait until it and the messages that it caused reached the app."""
        self._busy = bool(self._waiting)
        if not self._waiting:
            return
        self._sent += 1
        number = self._sent
        self._be_patient(number, time.monotonic() + MAX_WAIT_SECONDS)
        event = self._waiting.popleft()
        way = self._way(event)
        await super().on_event(event)
        await self._climb(number, HOPS, way)

    def _be_patient(self, number: int, until: float) -> None:
        self.set_timer(CHECK_SECONDS, partial(self._overdue, number, until))

    async def _overdue(self, number: int, until: float) -> None:
        """Continue if the awaited widget is closed. A slow one gets more time.

        On a busy host a screen takes longer to open than `CHECK_SECONDS`. A key that was sent meanwhile
        would find nothing in focus, and 10.1.2.0/24 would lose its first digit.
        """
        if number != self._sent or not self._busy:
            return
        is_there = self._awaited is not None and self._awaited.call_later(lambda: None)
        if is_there and time.monotonic() < until:
            self._be_patient(number, until)
        else:
            await self._send()

    def _way(self, event: Optional[events.Event] = None) -> list[MessagePump]:
        """Return the widgets from the one that the event goes to up to the app."""
        first = self.focused or self.screen
        if isinstance(event, events.MouseEvent):
            with suppress(NoWidget):
                first = self.get_widget_at(event.x, event.y)[0]
        return list(first.ancestors_with_self)

    async def _climb(self, number: int, hops: int, way: list[MessagePump]) -> None:
        """Wait for the messages in the queue of each widget up to the app."""
        while way:
            # A widget that is closing takes no more calls: continue with the one above.
            self._awaited = way.pop(0)
            if self._awaited.call_later(self._climb, number, hops, way):
                return
        if hops > 1:
            await self._climb(number, hops - 1, self._way())
        elif number == self._sent and self._busy:
            await self._send()
