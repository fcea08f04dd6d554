"""The output of a step: its last lines, drawn line by line."""

from __future__ import annotations

from typing import Sequence

from rich.cells import cell_len
from textual.geometry import Region, Size
from textual.strip import Strip

from screens.widgets.scrolling import Scrolling


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
        before = self._in_sight()
        self.lines = lines
        self._measure()
        if fresh:
            self._follows = True
            self.scroll_to(x=0, animate=False, force=True, immediate=True)
        if self._follows:
            self.scroll_lines(self.virtual_size.height)
        for y, (old, new) in enumerate(zip(before, self._in_sight())):
            if old != new:
                self.refresh(Region(0, y, max(cell_len(old), cell_len(new)), 1))

    def _in_sight(self) -> list[str]:
        """Return the lines in sight, from the first cell in sight on."""
        x, top = self.scroll_offset
        height = self.size.height - self.is_marked
        shown = [one[x:] for one in self.lines[top : top + height]]
        shown += [""] * (height - len(shown))
        return [*shown, self.position_text] if self.is_marked else shown

    def _measure(self) -> None:
        # Another virtual size draws all lines again, so it is that of the pane while all fit.
        widest = max(map(cell_len, self.lines), default=0)
        wide, high = self.size
        self.virtual_size = Size(max(widest, wide), max(len(self.lines) + self.is_marked, high))

    def on_resize(self) -> None:
        """Scroll to the end, unless the operator scrolled up."""
        self._measure()
        if self._follows:
            self.scroll_lines(self.virtual_size.height)

    def scroll_by_wheel(self, by: int) -> None:
        """Scroll as the keys do."""
        self.action_move(by)

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
