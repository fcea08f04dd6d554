"""The output of a step: its last lines, drawn line by line."""

from __future__ import annotations

from typing import Sequence

from textual.geometry import Size
from textual.strip import Strip

from screens.widgets.rows import Scrolling


class Pane(Scrolling):
    """Lines of plain text. It follows the end until the operator scrolls up."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.lines: Sequence[str] = ()
        self._follows = True

    @property
    def total(self) -> int:
        """The number of lines."""
        return len(self.lines)

    def show(self, lines: Sequence[str], *, fresh: bool = False) -> None:
        """Show these lines. `fresh` is True if they are another step's."""
        self.lines = lines
        widest = max(map(len, lines), default=0)
        self.virtual_size = Size(widest, len(lines) + self.is_marked)
        if fresh:
            self._follows = True
            self.scroll_to(x=0, animate=False, force=True, immediate=True)
        if self._follows:
            self.scroll_lines(self.virtual_size.height)
        self.refresh()

    def on_resize(self) -> None:
        """Scroll to the end, unless the operator scrolled up."""
        self.virtual_size = Size(self.virtual_size.width, len(self.lines) + self.is_marked)
        if self._follows:
            self.scroll_lines(self.virtual_size.height)

    def action_move(self, by: int) -> None:
        """Scroll. At the end the pane follows again."""
        lowest = max(0, self.virtual_size.height - self.size.height)
        self._follows = self.scroll_offset.y + by >= lowest
        self.scroll_lines(self.scroll_offset.y + by)

    def action_page(self, by: int) -> None:
        """Scroll by one page, minus one line."""
        self.action_move(by * max(1, self.size.height - 1 - self.is_marked))

    def action_end(self, last: int) -> None:
        """Go to the oldest line, or follow the end."""
        self.action_move(len(self.lines) if last else -len(self.lines))

    def render_line(self, y: int) -> Strip:
        """Draw one visible line."""
        if self.is_marked and y == self.size.height - 1:
            return self.mark_line()
        x, top = self.scroll_offset
        at = y + top
        text = self.lines[at] if at < len(self.lines) else ""
        return self.strips(((text, ""),), self.size.width, x)
