"""A few lines of wrapped text. A change sends few bytes."""

from __future__ import annotations

from rich.cells import cell_len
from textual.geometry import Region, Size
from textual.strip import Strip

from screens.widgets.looks import Drawn
from screens.widgets.wrap import split_at, wrapped

MAX_LINES = 50
MAX_CELLS = 500
"""The largest height and width that a text requests."""
ERROR = "ERROR"
"""The word in front of an error, which alone has the look."""


class Line(Drawn):
    """Text wrapped to the width. Beyond the height it is cut with `...`.

    The whole text has the look, or only some words of it.
    """

    def __init__(self, text: str = "", look: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.text = text
        self._look = look
        self._words = ""
        self._lines: tuple[str, ...] = ()
        self._wrapped_at = (-1, -1)

    def say_error(self, text: str) -> None:
        """Show an error. Its sentences are not in red: that is hard to read."""
        self.say(f"{ERROR}: {text}", "wrong", ERROR)

    def say(self, text: str, look: str = "", words: str = "") -> None:
        """Show another text. Only cells with old or new text are sent again.

        `words` are those of the text that have the look, "" for all.
        """
        if (text, look, words) == (self.text, self._look, self._words):
            return
        before = self._rows()
        self.text, self._look, self._words, self._wrapped_at = text, look, words, (-1, -1)
        if not self.is_mounted or self.styles.auto_dimensions:
            self.refresh(layout=True)
            return
        if not self.size.width:
            # Not in sight. It has old lines in Textual's store when it comes back at the same size.
            self.refresh()
            return
        after = self._rows()
        for y in range(max(len(before), len(after))):
            cells = max(cell_len(rows[y]) if y < len(rows) else 0 for rows in (before, after))
            self.refresh(Region(0, y, cells, 1))

    def _rows(self) -> tuple[str, ...]:
        width, height = self.size
        if (width, height) != self._wrapped_at:
            self._wrapped_at = (width, height)
            self._lines = wrapped(self.text, width, max(height, 1)) if width else ()
        return self._lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines for the text, for `height: auto`."""
        del container, viewport
        return len(wrapped(self.text, width, MAX_LINES))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the cells of the text in one line, for `width: auto`."""
        del container, viewport
        return cell_len(self.text[:MAX_CELLS])

    def render_line(self, y: int) -> Strip:
        """Draw one of its lines."""
        rows = self._rows()
        text = rows[y] if y < len(rows) else ""
        rest = self.look("head") if self._look == "head" else None
        before, words, after = split_at(text, self._words)
        parts = ((before, ""), (words, self._look), (after, ""))
        return self.strips(parts, self.size.width, rest=rest)
