"""A text field of one line without blinking and border. A password is masked in plain ASCII."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widgets import Input

from screens.widgets.moving import focus_beside

MORE_BEFORE = "<"
"""In the first cell of a text whose head is out of sight."""


class Entry(Input):
    """Textual's Input in its compact form. Up and down move between the fields of a form."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "beside(-1)", "Previous field", show=False),
        Binding("down", "beside(1)", "Next field", show=False),
    ]

    def __init__(
        self,
        value: str = "",
        *,
        password: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(
            value, password=password, compact=True, select_on_focus=False, id=id, validate_on=()
        )
        self.cursor_blink = False
        self._drawn = 0
        self._drawn_size = Size(0, 0)

    def action_beside(self, by: int) -> None:
        """Go to the field before or after."""
        focus_beside(self, by)

    @property
    def _value(self) -> Text:
        # Textual's own mask is U+2022, which terminals draw one or two cells wide.
        shown = "*" * len(self.value) if self.password else _visible(self.value)
        return Text(shown, no_wrap=True, overflow="ignore", end="")

    def render_line(self, y: int) -> Strip:
        """Draw the text, and the line below it over the whole width, also without any text."""
        width = self.size.width
        line = super().render_line(y).adjust_cell_length(width, self.rich_style)
        mark = Strip([Segment(MORE_BEFORE, self.rich_style)])
        return Strip.join([mark, line.crop(1, width)]) if self.scroll_offset.x and width else line

    def on_focus(self) -> None:
        """Show the cursor, which may be behind the part in sight."""
        if self.size.width:  # before the first layout the text would scroll out of sight
            # (Private to Textual, whose version is pinned exactly.)
            at = Region(self._cursor_offset, 0, 1, 1)
            self.scroll_to_region(at, force=True, animate=False)

    def on_blur(self) -> None:
        """Show the head of a long text again: where it begins says more than its end."""
        self.scroll_to(0, animate=False, force=True, immediate=True)

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Entry:
        """After a key, send only the cells with old or new text."""
        if self.is_mounted and self.has_focus and repaint and not (regions or recompose):
            # A longer text makes the virtual size grow, which requests a layout. A line of
            # fixed size needs none.
            layout = layout and self.virtual_size == self._drawn_size
            self._drawn_size = self.virtual_size
            cells = self.content_width + 1
            if not layout and not self.scroll_offset.x and cells < self.size.width:
                regions = (Region(0, 0, max(cells, self._drawn), 1),)
            self._drawn = cells
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    def on_resize(self) -> None:
        """Place the cursor: before the first layout, the focus finds no place for it."""
        if self.has_focus:
            self.app.cursor_position = self.cursor_screen_offset
            self.refresh()

    def _on_paste(self, event: events.Paste) -> None:
        # Unchanged: the rules refuse control characters, instead of dropping them silently.
        text = event.text.rstrip("\r\n")
        start, end = sorted(self.selection)
        self.replace(text, start, end)
        event.stop()
        event.prevent_default()


def _visible(text: str) -> str:
    """Return the text with `?` for each character that cannot be drawn."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\u3000" else "?" for c in text)
