"""The looks of a line of text: sixteen colours at most. A colour is never the only sign."""

from __future__ import annotations

from typing import ClassVar, Optional

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from screens.widgets.wrap import plain

LOOKS = (
    *("strong", "quiet", "head", "title", "key", "value", "right", "wrong", "caution"),
    *("new", "gone", "cursor"),
)
"""Names of looks. `wizard.tcss` defines them."""


class Drawn(Widget):
    """A widget that draws its own lines in these looks."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"look--{look}" for look in LOOKS}

    def look(self, name: str) -> Style:
        """Return the style of a look; "" is the widget's own."""
        return self.get_component_rich_style(f"look--{name}") if name else self.rich_style

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
