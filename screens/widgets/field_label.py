"""The label of a field: one line of parts with looks of their own."""

from __future__ import annotations

from rich.cells import cell_len
from textual.strip import Strip

from screens.widgets.looks import Drawn
from screens.widgets.wrap import cut

Parts = tuple[tuple[str, str], ...]


class FieldLabel(Drawn):
    """One line. A change sends it again. Beyond the width it is cut with `...`."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(id="label")
        self._parts = parts

    def say(self, parts: Parts) -> None:
        """Show other parts."""
        if parts != self._parts:
            self._parts = parts
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width = self.size.width
        if y:
            return Strip.blank(width, self.rich_style)
        room = width
        shown: list[tuple[str, str]] = []
        for text, look in self._parts:
            if room > 0:
                shown.append((cut(text, room), look))
                room -= cell_len(text)
        return self.strips(tuple(shown), width)
