"""The lines of a tab of Review: to read, to choose from, and with a mark on what was searched."""

from __future__ import annotations

from dataclasses import dataclass

from textual.actions import SkipAction
from textual.message import Message
from textual.strip import Strip

from screens.widgets.row import Row
from screens.widgets.rows import Rows

ABOVE = 3
"""Lines that stay in sight above a line that was gone to."""


class ReviewPane(Rows):
    """Lines that scroll also where some can be chosen. One line can be marked."""

    marked = -1
    """The index of the marked row, -1 for none."""

    @dataclass
    class Scrolled(Message):
        """Another line is the first visible one."""

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Report that other lines are in sight."""
        super().watch_scroll_y(old_value, new_value)
        if int(old_value) != int(new_value):
            self.post_message(self.Scrolled())

    def begin(self) -> None:
        """Go to the first line, without a mark."""
        self.marked = -1
        self.scroll_to(0, 0, animate=False, force=True, immediate=True)
        self.cursor = 0

    def mark(self, row: int) -> None:
        """Mark a row, and scroll it into sight."""
        before, self.marked = self.marked, row
        self.refresh_lines(before)
        self.refresh_lines(row)
        if self.choosing and self.rows[row].key:
            self._set_cursor(row)
        self.scroll_lines(row - ABOVE)

    def is_in_sight(self, row: int) -> bool:
        """True if a row is visible."""
        return 0 <= row - self.scroll_offset.y < self.size.height

    def action_move(self, by: int) -> None:
        """Move the cursor; beyond the last line that can be chosen, scroll."""
        to = self._next(self.cursor + by, by)
        if self.choosing and (to - self.cursor) * by > 0:
            super().action_move(by)
        else:
            self.scroll_lines(self.scroll_offset.y + by)

    def action_choose(self) -> None:
        """Report Enter on a row that can be chosen; elsewhere the screen may use the key."""
        if self.current is None:
            raise SkipAction
        super().action_choose()

    def render_line(self, y: int) -> Strip:
        """Draw one visible line, the marked one like a cursor."""
        x, top = self.scroll_offset
        if y + top != self.marked or self.marked >= len(self.rows):
            return super().render_line(y)
        row: Row = self.rows[self.marked]
        text = row.whole
        return self.strips(((text, "cursor"),), self.size.width, x, self.look("cursor"))
