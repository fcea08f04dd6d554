"""A widget whose own work at its mount needs its children."""

from __future__ import annotations

from textual import events
from textual.widget import Widget


class Whole(Widget):
    """The base of screens, windows and fields: they hear of their mount only with their children.

    If the program ends or the screen is closed while its widgets are being made, Textual mounts
    none of the missing ones, and sends Mount all the same. Then a query for one of them fails.

    A screen has it as its second base: the stylesheet's types are those of the first base alone.
    """

    async def on_event(self, event: events.Event) -> None:
        """Handle an event, but not the mount of what is closed already."""
        # (Private to Textual, whose version is pinned exactly.)
        is_closing = self.app._exit or self._pruning or self._closing  # noqa: SLF001
        if not (is_closing and isinstance(event, events.Mount)):
            await super().on_event(event)
