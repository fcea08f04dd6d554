"""The looks of a line of text: sixteen colours at most. A colour is never the only sign."""

from __future__ import annotations

from typing import Optional

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from screens.widgets.wrap import plain

LOOKS = (
    *("strong", "quiet", "head", "title", "key", "value", "right", "wrong", "caution"),
    *("new", "gone", "cursor"),
)
"""Names of looks. `wizard.tcss` defines them, once for the terminal's ground and once for a panel's."""

LOOK_CLASSES = {f"{where}--{look}" for where in ("look", "panel") for look in LOOKS}
"""Component classes of each screen. A style is computed again at each change of focus, and of so
many at each widget that would take more memory and time than all else on the screen."""


class Drawn(Widget):
    """A widget that draws its own lines in the looks of its screen."""

    def look(self, name: str) -> Style:
        """Return the style of a look on this widget's ground; "" is the widget's own."""
        own = self.rich_style
        if not name:
            return own
        where = "look" if own.bgcolor is None or own.bgcolor.is_default else "panel"
        return own + self.screen.get_component_rich_style(f"{where}--{name}", partial=True)

    def strips(
        self,
        parts: tuple[tuple[str, str], ...],
        width: int,
        start: int = 0,
        rest: Optional[Style] = None,
    ) -> Strip:
        """Return one line of `width` cells with each (text, look), from the cell `start` on.

        The rest of the line has the style `rest`.
        """
        line = Strip([Segment(plain(text), self.look(look)) for text, look in parts])
        return line.crop_extend(start, start + width, rest or self.rich_style)
