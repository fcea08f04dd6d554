"""The head line: first program and screen, then host, user and run at the right edge."""

from __future__ import annotations

from rich.cells import cell_len
from textual.strip import Strip

from screens.widgets.looks import Drawn
from screens.widgets.seat import GAP, Seat
from screens.widgets.wrap import cut, plain

PROGRAM = "postfix-wizard"


class Head(Drawn):
    """One line over the whole width. A change sends it again, and nothing else."""

    def __init__(self, title: str, seat: Seat) -> None:
        super().__init__(id="title")
        self.title, self.seat = title, seat

    def say(self, title: str, seat: Seat) -> None:
        """Show another title or seat."""
        if (title, seat) != (self.title, self.seat):
            self.title, self.seat = title, seat
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line. The right part ends one cell before the edge."""
        del y
        width = self.size.width
        program = f" {PROGRAM}{GAP}"
        title = cut(plain(self.title), max(0, width - len(program) - 1))
        used = cell_len(program + title)
        right = self.seat.text(max(0, width - used - len(GAP) - 1))
        gap = " " * max(0, width - used - cell_len(right) - 1)
        return self.strips(
            ((program, "head"), (title, "title"), (gap + right, "head")),
            width,
            rest=self.look("head"),
        )
