"""Lines that scroll by keys and by the wheel, with a line that says which ones are in sight."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.widgets.looks import Drawn


def position(top: int, height: int, total: int) -> str:
    """Return which of `total` lines are in sight, `height` of them from the line `top` on."""
    above, below = top > 0, top + height < total
    arrows = f"{'^' if above else ' '}{'v' if below else ' '}"
    return f" {arrows} line {top + 1}-{min(top + height, total)} of {total}"


LOWEST = 3
"""Lines of a widget that has room for a line with its position."""

WHEEL_LINES = 3
"""Lines that one step of the mouse wheel scrolls."""


class Scrolling(Drawn, ScrollView, can_focus=True):
    """Lines that the keys scroll. A subclass has the actions `move`, `page` and `end`.

    Where not all lines fit, the last one in sight says which ones these are.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "end(0)", "First", show=False),
        Binding("end", "end(1)", "Last", show=False),
        Binding("left", "sideways(-8)", "Left", show=False),
        Binding("right", "sideways(8)", "Right", show=False),
    ]

    @property
    @abstractmethod
    def total(self) -> int:
        """The number of lines."""

    @property
    def is_marked(self) -> bool:
        """True if the last line in sight is the position."""
        return self.total > self.size.height >= LOWEST

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines, for `height: auto`."""
        del container, viewport, width
        return self.total

    @property
    def position_text(self) -> str:
        """The position: which lines are in sight."""
        return position(int(self.scroll_offset.y), self.size.height - 1, self.total)

    def mark_line(self) -> Strip:
        """Draw the line with the position."""
        return self.strips(((self.position_text, "quiet"),), self.size.width)

    def scroll_lines(self, y: int) -> None:
        """Scroll so that line `y` is the first visible one, but not beyond the last page."""
        y = max(0, min(y, self.virtual_size.height - self.size.height))
        self.scroll_to(y=y, animate=False, force=True, immediate=True)

    def scroll_by_wheel(self, by: int) -> None:
        """Scroll without moving the cursor."""
        self.scroll_lines(int(self.scroll_offset.y) + by)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down."""
        self._turn(event, WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up."""
        self._turn(event, -WHEEL_LINES)

    def _turn(self, event: events.MouseEvent, by: int) -> None:
        """Scroll. At its end, the widget around scrolls instead."""
        event.prevent_default()
        before = self.scroll_offset.y
        self.scroll_by_wheel(by)
        if self.scroll_offset.y != before:
            event.stop()

    def action_sideways(self, by: int) -> None:
        """Scroll sideways in long lines."""
        widest = max(0, self.virtual_size.width - self.size.width)
        x = max(0, min(self.scroll_offset.x + by, widest))
        self.scroll_to(x=x, animate=False, force=True, immediate=True)
