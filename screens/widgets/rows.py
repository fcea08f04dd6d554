"""A list of lines with a cursor, drawn line by line: ten thousand cost no more than ten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional, Sequence

from rich.cells import cell_len
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.strip import Strip

from screens.widgets.moving import focus_beside
from screens.widgets.row import Row
from screens.widgets.scrolling import Scrolling


class Rows(Scrolling):
    """Lines to read or choose from. With `choosing` False the keys scroll.

    If not all rows fit, the last `fixed` ones stay in sight, and a line above them counts the rest.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", show=False),
        Binding("space", "pick", "Choose", show=False),
    ]
    CLICKS: ClassVar[tuple[str, str]] = ("", "choose")
    """The actions of the first and of the second click on a row. Each click moves the cursor, too."""

    @dataclass
    class Moved(Message):
        """The cursor is on another row."""

        rows: Rows
        row: Optional[Row]

    @dataclass
    class Chosen(Message):
        """Enter or the space bar (`toggled`) was pressed on a row."""

        rows: Rows
        row: Row
        toggled: bool

    def __init__(
        self,
        rows: Sequence[Row] = (),
        *,
        choosing: bool = True,
        fixed: int = 0,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(id=id)
        self.choosing, self.fixed = choosing, fixed
        self.rows: Sequence[Row] = rows
        self.cursor = self._next(0, 1)
        self._clicked = ""
        """The key of the row that was clicked last."""

    @property
    def current(self) -> Optional[Row]:
        """The row under the cursor, None if no row can be chosen."""
        if not self.choosing or not 0 <= self.cursor < len(self.rows):
            return None
        row = self.rows[self.cursor]
        return row if row.key else None

    def show(self, rows: Sequence[Row]) -> None:
        """Show other lines. The cursor stays on the row with its key, if that still exists."""
        before, was = self.rows, self.current
        self.rows = rows
        self.cursor = min(self.cursor, max(0, len(rows) - 1))
        if was is not None:
            same = (i for i, row in enumerate(rows) if row.key == was.key)
            self.cursor = next(same, self.cursor)
        self.cursor = self._next(self.cursor, 1)
        self._measure()
        if len(before) != len(rows):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, rows)):
            if old != new:
                self.refresh_lines(y)

    def go_to(self, key: str) -> None:
        """Set the cursor on the row with that key."""
        found = next((i for i, row in enumerate(self.rows) if row.key == key), None)
        if found is not None:
            self._set_cursor(found)

    def _measure(self) -> None:
        wide = max((cell_len(row.whole) for row in self.rows), default=0)
        self.virtual_size = Size(wide, len(self.rows) + (self._is_parted or self.is_marked))

    @property
    def total(self) -> int:
        """The number of rows."""
        return len(self.rows)

    @property
    def _is_parted(self) -> bool:
        return bool(self.fixed) and len(self.rows) > self.size.height > 2 * self.fixed + 1

    @property
    def _height(self) -> int:
        """The lines that scroll."""
        return self.size.height - (self.fixed + 1 if self._is_parted else int(self.is_marked))

    def _line_of(self, row: int) -> int:
        """Return the line on which a row is, if it is in sight."""
        from_end = len(self.rows) - row
        if self._is_parted and from_end <= self.fixed:
            return self.size.height - from_end
        return row - self.scroll_offset.y

    def _row_on(self, line: int) -> Optional[int]:
        """Return the index of the row on a line in sight, None for the line with the position."""
        if self._is_parted and line >= self._height:
            return None if line == self._height else len(self.rows) - self.size.height + line
        is_mark = self.is_marked and line == self.size.height - 1
        return None if is_mark else int(self.scroll_offset.y) + line

    def _next(self, start: int, step: int) -> int:
        """Return the nearest row with a key, first in the direction of `step`."""
        size = len(self.rows)
        for way in (step, -step):
            at = start
            while 0 <= at < size:
                if self.rows[at].key:
                    return at
                at += way
        return start

    def on_mount(self) -> None:
        """Compute the size of the lines."""
        self._measure()

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor visible."""
        del event
        self._measure()
        self._show_cursor()
        if self.has_focus:
            self.refresh_lines(self.cursor)  # the terminal gets the cursor's place with it

    def _set_cursor(self, to: int) -> None:
        if not self.rows:
            return
        was, self.cursor = self.cursor, max(0, min(to, len(self.rows) - 1))
        if was != self.cursor:
            self.refresh_lines(was)
            self.refresh_lines(self.cursor)
            self.post_message(self.Moved(self, self.current))
        self._show_cursor()

    def _show_cursor(self) -> None:
        height = self._height
        if self.choosing and height:
            top = self.scroll_offset.y
            # The first row that can be chosen is shown with the heading above it.
            wanted = 0 if self.cursor == self._next(0, 1) and self.cursor < height else self.cursor
            if wanted < top:
                self.scroll_lines(wanted)
            elif self.cursor >= top + height:
                self.scroll_lines(self.cursor - height + 1)
        if self.has_focus:
            self._place_cursor()

    def _place_cursor(self) -> None:
        """Set the position for screen readers and braille displays (the cursor itself is hidden)."""
        x, y, _, _ = self.content_region
        row = self._line_of(self.cursor) if self.choosing else 0
        self.app.cursor_position = Offset(x, y + row)

    def clicks(self, row: Row) -> tuple[str, str]:
        """Return the actions of the first and of the second click on this row."""
        del row
        return self.CLICKS

    async def on_click(self, event: events.Click) -> None:
        """Move the cursor to the row, and do what the click does there."""
        offset = event.get_content_offset(self)
        at = None if offset is None else self._row_on(offset.y)
        if not self.choosing or at is None or at >= len(self.rows) or not self.rows[at].key:
            return
        row = self.rows[at]
        is_second = self._clicked == row.key and self.cursor == at
        self._clicked = row.key
        self._set_cursor(at)
        clicks = self.clicks(row)
        # A double click is one where the first click does something already.
        if clicks[is_second] and not (clicks[0] and event.chain > 1):
            await self.run_action(clicks[is_second])

    def on_focus(self) -> None:
        """Draw the cursor."""
        self.refresh_lines(self.cursor)
        self._show_cursor()
        self._place_cursor()  # Textual sets `has_focus` after this
        self.post_message(self.Moved(self, self.current))

    def on_blur(self) -> None:
        """Remove the cursor."""
        self.refresh_lines(self.cursor)

    def action_move(self, by: int) -> None:
        """Move the cursor, or scroll if there is nothing to choose."""
        if not self.choosing:
            self.scroll_lines(self.scroll_offset.y + by)
            return
        to = self._next(self.cursor + by, by)
        if 0 <= to < len(self.rows) and (to - self.cursor) * by > 0:
            self._set_cursor(to)
        else:
            self.leave(by)

    def leave(self, by: int) -> None:
        """Handle Up on the first row that can be chosen (`by` -1), or Down on the last one (1)."""
        if by < 0:
            self.scroll_lines(0)

    def action_page(self, by: int) -> None:
        """Move by one page, minus one line."""
        step = by * max(1, self._height - 1)
        if not self.choosing:
            self.scroll_lines(self.scroll_offset.y + step)
            return
        self._set_cursor(self._next(max(0, min(self.cursor + step, len(self.rows) - 1)), by))

    def action_end(self, last: int) -> None:
        """Go to the first or the last line."""
        to = len(self.rows) - 1 if last else 0
        if self.choosing:
            self._set_cursor(self._next(to, -1 if last else 1))
        else:
            self.scroll_lines(to)

    def action_choose(self) -> None:
        """Report Enter on the row."""
        if self.current:
            self.post_message(self.Chosen(self, self.current, toggled=False))

    def action_pick(self) -> None:
        """Report the space bar on the row."""
        if self.current:
            self.post_message(self.Chosen(self, self.current, toggled=True))

    def refresh_lines(self, y_start: int, line_count: int = 1) -> None:
        """Draw some lines again, if they are visible."""
        line = self._line_of(y_start)
        if -line_count < line < self.size.height:
            self.refresh(Region(0, line, self.size.width, line_count))

    def render_line(self, y: int) -> Strip:
        """Draw one visible line."""
        x, top = self.scroll_offset
        width = self.size.width
        at = self._row_on(y)
        if at is None and self._is_parted:
            rest = (top, "above"), (len(self.rows) - self.fixed - top - y, "below")
            text = ", ".join(f"{count} more {where}" for count, where in rest if count)
            return self.strips(((text, "quiet"),), width)
        if at is None:
            return self.mark_line()
        if at >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        row = self.rows[at]
        bar = 0
        if self.has_focus and self.choosing and at == self.cursor:
            # Not the whole line: each move sends the bar twice, and below it the looks are lost.
            bar = row.bar or len(row.text)
        parts = (
            (row.text[:bar], "cursor"),
            (row.text[bar:], row.look),
            (row.tail, row.tail_look),
            (row.end, row.end_look),
        )
        return self.strips(parts, width, x)


class FieldRows(Rows):
    """Rows of a form. Up on the first one and Down on the last go to the fields beside."""

    def leave(self, by: int) -> None:
        """Focus the field before or after."""
        if not focus_beside(self, by):
            super().leave(by)

    def action_page(self, by: int) -> None:
        """Move by a page in the list; at its end let the form do so."""
        before = self.cursor
        super().action_page(by)
        if self.cursor == before:
            raise SkipAction


class Lines(Rows):
    """Lines to read. The keys scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Scroll", key_display="Up/Down", tooltip="Scroll the lines."),
        Binding(
            "right",
            "sideways(8)",
            "Long lines",
            key_display="Left/Right",
            tooltip="Move lines that are cut at the right.",
        ),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Offer to move sideways only where a line is cut."""
        del parameters
        return action != "sideways" or self.virtual_size.width > self.size.width

    def _measure(self) -> None:
        super()._measure()
        self.screen.refresh_bindings()
