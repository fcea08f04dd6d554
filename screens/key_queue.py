"""Keys in the order of the fingers, however many come at once.

Textual hands each key to the widget in focus without waiting: a letter is taken there, while
Backspace, Tab or Enter travel up to the app first. Of keys that come in one packet, as after
a pause of a slow line, letters would thus overtake the others: "ab", Backspace, "c" became
"ab". Here a key waits until the one before it, and what followed from that, was handled.
"""

from __future__ import annotations

import time
from collections import deque
from functools import partial
from typing import Optional

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

HOPS = 3
"""Ways up from the focus to the app: the key's own, its message's, and that of the answer."""

PATIENCE = 0.5
"""Seconds until a check whether the awaited widget is still there: one that went never answers."""

LONGEST = 10.0
"""Seconds that a key waits at most for one that a busy widget has not handled."""


class KeyQueue(App[int], inherit_bindings=False):
    """An app that handles one key or paste after another."""

    def __init__(self, *, ansi_color: bool) -> None:
        super().__init__(ansi_color=ansi_color)
        self._waiting: deque[events.Event] = deque()
        self._sent = 0
        self._busy = False
        self._awaited: Optional[MessagePump] = None

    async def on_event(self, event: events.Event) -> None:
        """Hold a key while the one before it is under way."""
        if not isinstance(event, (events.Key, events.Paste)) or event.is_forwarded:
            await super().on_event(event)
            return
        self._waiting.append(event)
        if not self._busy:
            await self._send()

    async def _send(self) -> None:
        """Let the next key go, and follow it up to the app, behind whatever it brings about."""
        self._busy = bool(self._waiting)
        if not self._waiting:
            return
        self._sent += 1
        number = self._sent
        self._be_patient(number, time.monotonic() + LONGEST)
        way = self._way()
        await super().on_event(self._waiting.popleft())
        await self._climb(number, HOPS, way)

    def _be_patient(self, number: int, until: float) -> None:
        self.set_timer(PATIENCE, partial(self._overdue, number, until))

    async def _overdue(self, number: int, until: float) -> None:
        """Go on where the awaited widget went; one that is only slow gets its time.

        A screen on a busy host takes longer to open than `PATIENCE`. A key that went on meanwhile
        would find nothing in focus, and 10.1.2.0/24 would become 0.1.2.0/24.
        """
        if number != self._sent or not self._busy:
            return
        is_there = self._awaited is not None and self._awaited.call_later(_nothing)
        if is_there and time.monotonic() < until:
            self._be_patient(number, until)
        else:
            await self._send()

    def _way(self) -> list[MessagePump]:
        return list((self.focused or self.screen).ancestors_with_self)

    async def _climb(self, number: int, hops: int, way: list[MessagePump]) -> None:
        """Wait behind what stands in the queue of each widget on the way, then of the app."""
        while way:
            # A widget that is closing takes no more calls: on to the one above.
            self._awaited = way.pop(0)
            if self._awaited.call_later(self._climb, number, hops, way):
                return
        if hops > 1:
            await self._climb(number, hops - 1, self._way())
        else:
            await self._handled(number)

    async def _handled(self, number: int) -> None:
        if number == self._sent and self._busy:
            await self._send()


def _nothing() -> None:
    pass
