"""The output of a step: its last lines, drawn line by line."""

from __future__ import annotations

from typing import ClassVar, Sequence

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.widgets.looks import Drawn


class Pane(Drawn, ScrollView, can_focus=True):
    """Lines of plain text. It follows the end until the operator scrolls up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "by(-1)", "Up", show=False),
        Binding("down", "by(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "top", "First", show=False),
        Binding("end", "bottom", "Last", show=False),
        Binding("left", "sideways(-8)", "Left", show=False),
        Binding("right", "sideways(8)", "Right", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.lines: Sequence[str] = ()
        self._follows = True

    def show(self, lines: Sequence[str], *, fresh: bool = False) -> None:
        """Show these lines. `fresh` is True if they are another step's."""
        self.lines = lines
        widest = max(map(len, lines), default=0)
        self.virtual_size = Size(widest, len(lines))
        if fresh:
            self._follows = True
            self.scroll_to(x=0, animate=False, force=True, immediate=True)
        if self._follows:
            self._to(len(lines))
        self.refresh()

    def on_resize(self) -> None:
        """Scroll to the end, unless the operator scrolled up."""
        if self._follows:
            self._to(len(self.lines))

    def _to(self, y: int) -> None:
        lowest = max(0, len(self.lines) - self.size.height)
        y = max(0, min(y, lowest))
        self.scroll_to(y=y, animate=False, force=True, immediate=True)

    def action_by(self, by: int) -> None:
        """Scroll. At the end the pane follows again."""
        lowest = max(0, len(self.lines) - self.size.height)
        self._follows = self.scroll_offset.y + by >= lowest
        self._to(self.scroll_offset.y + by)

    def action_page(self, by: int) -> None:
        """Scroll by one page, minus one line."""
        self.action_by(by * max(1, self.size.height - 1))

    def action_top(self) -> None:
        """Go to the oldest line."""
        self.action_by(-len(self.lines))

    def action_bottom(self) -> None:
        """Follow the end."""
        self.action_by(len(self.lines))

    def action_sideways(self, by: int) -> None:
        """Scroll sideways in long lines."""
        widest = max(0, self.virtual_size.width - self.size.width)
        x = max(0, min(self.scroll_offset.x + by, widest))
        self.scroll_to(x=x, animate=False, force=True, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Draw one visible line."""
        x, top = self.scroll_offset
        at = y + top
        text = self.lines[at] if at < len(self.lines) else ""
        return self.strip(text, "", self.size.width, x)
