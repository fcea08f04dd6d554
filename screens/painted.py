"""What the terminal shows, cell by cell, so that only cells that differ are sent.

Textual sends each region that was drawn again, also where its cells are the same as before. A
screen then goes over the line several times until its contents, its layout and its focus are final.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Iterator, Optional, Sequence

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

Look = tuple[int, str, str]
"""Bits of rich's style attributes, and the SGR parameters (ECMA-48) of both colours, "" for default."""

Cell = tuple[str, Look]
"""A character and its look. The second cell of a wide character has no text of its own."""

PLAIN: Look = (0, "", "")
BLANK: Cell = (" ", PLAIN)

SHORTEST_ERASE_TO_EDGE, SHORTEST_ERASE = 4, 10
"""Blank cells for which erasing them takes fewer bytes: by EL, and by ECH and a move."""

LONGEST_BRIDGE = 4
"""Equal cells between two that differ for which sending them takes no more bytes than a move."""

_BOLD, _DIM, _ITALIC, _UNDERLINE, _BLINK, _REVERSE = (1 << bit for bit in (0, 1, 2, 3, 4, 6))
_ON = {_BOLD: "1", _DIM: "2", _ITALIC: "3", _UNDERLINE: "4", _BLINK: "5", _REVERSE: "7"}
_OFF = {_BOLD: "22", _DIM: "22", _ITALIC: "23", _UNDERLINE: "24", _BLINK: "25", _REVERSE: "27"}
_NAMES = dict(zip(_ON, ("bold", "dim", "italic", "underline", "blink", "reverse")))
_SEEN_ON_BLANKS = _UNDERLINE | _REVERSE


class Painted:
    """The cells of the terminal. It is cleared at first, at another size and for another screen.

    So a new screen is sent whole, and what others wrote on the terminal (wall, the kernel) goes.
    `erases` is True for a terminal that erases cells (ECH), and in the background that is set.
    """

    def __init__(self, *, erases: bool) -> None:
        self._erases = erases
        self._rows: list[list[Cell]] = []
        self._screen: object = None

    def forget(self) -> None:
        """Send all cells the next time."""
        self._rows = []

    def difference(self, update: CompositorUpdate, screen: object) -> CompositorUpdate:
        """Return an update that sends those cells of `update` that the terminal does not show."""
        return _Difference(self, update, screen)

    def take(self, update: CompositorUpdate, screen: object, colours: ColorSystem) -> str:
        """Store the cells of an update of a screen; return what shows them on the terminal."""
        size = _size(update)
        rows, pen = self._rows, _Pen(erases=self._erases)
        if screen is not self._screen or (len(rows), len(rows[0]) if rows else 0) != size[::-1]:
            rows = self._rows = [[BLANK] * size.width for _ in range(size.height)]
            self._screen = screen
            pen.clear()
        for y, x, strip in _strips(update):
            cells, row = _cells(strip, colours), rows[y]
            end = x + len(cells)
            shown = row[x:end]
            if cells != shown:
                row[x:end] = cells
                pen.draw(y, x, cells, shown, is_last=end == size.width)
        return pen.end()


class _Difference(CompositorUpdate):
    """Stores the cells when they are sent, and not before: Textual may drop an update."""

    def __init__(self, painted: Painted, update: CompositorUpdate, screen: object) -> None:
        self._painted, self._update, self._screen = painted, update, screen

    def render_segments(self, console: Console) -> str:
        colours = COLOR_SYSTEMS.get(console.color_system or "", ColorSystem.TRUECOLOR)
        return self._painted.take(self._update, self._screen, colours)


def _size(update: CompositorUpdate) -> Size:
    """Return the size of the whole screen."""
    if isinstance(update, ChopsUpdate):
        return Size(update.chop_ends[0][-1], len(update.chops))
    return update.region.size if isinstance(update, LayoutUpdate) else Size()


def _strips(update: CompositorUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Return line, column and strip of all that an update draws."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            yield y, update.region.x, Strip.join(list(line))
    elif isinstance(update, ChopsUpdate):
        for y, first, last in update.spans:
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items()):
                if strip is not None and x < last and end > first:
                    yield y, x, strip.crop(0, min(end, last) - x)


def _cells(strip: Strip, colours: ColorSystem) -> list[Cell]:
    cells: list[Cell] = []
    for text, style, _ in strip:
        look, of_blank = _looks(style or Style.null(), colours)
        for one in text:
            width = 1 if one.isascii() else cell_len(one)
            if width:
                cells.append((" ", of_blank) if one == " " else (one, look))
                cells += [("", look)] * (width - 1)
            elif cells:  # it combines with the character before
                at = -1 if cells[-1][0] else -2
                cells[at] = (cells[at][0] + one, cells[at][1])
    return cells


@lru_cache(maxsize=512)
def _looks(style: Style, colours: ColorSystem) -> tuple[Look, Look]:
    """Return the look of a character, and that of a blank: it shows no foreground."""
    attributes = sum(bit for bit, name in _NAMES.items() if getattr(style, name))
    fore, back = (
        ";".join(color.downgrade(colours).get_ansi_codes(foreground))
        if color is not None and not color.is_default
        else ""
        for color, foreground in ((style.color, True), (style.bgcolor, False))
    )
    look = (attributes, fore, back)
    return look, look if attributes & _SEEN_ON_BLANKS else (0, "", back)


@lru_cache(maxsize=512)
def _sgr(before: Look, after: Look) -> str:
    """Return the shorter way from one look to another: by what differs, or from the default."""
    whole = ["0", *(code for bit, code in _ON.items() if after[0] & bit), *filter(None, after[1:])]
    if after == PLAIN:
        return "\x1b[m"
    off = dict.fromkeys(_OFF[bit] for bit in _ON if before[0] & bit and not after[0] & bit)
    added = after[0] & ~before[0]
    if "22" in off:  # it ends both bold and dim
        added |= after[0] & (_BOLD | _DIM)
    steps = [*off, *(code for bit, code in _ON.items() if added & bit)]
    for default, was, now in (("39", before[1], after[1]), ("49", before[2], after[2])):
        if was != now:
            steps.append(now or default)
    return f"\x1b[{min(';'.join(steps), ';'.join(whole), key=len)}m"


def _blanks(cells: Sequence[Cell], start: int) -> int:
    """Return the number of equal blanks from `start` on that can be erased."""
    first, end = cells[start], start
    if first[0] == " " and not first[1][0]:
        while end < len(cells) and cells[end] == first:
            end += 1
    return end - start


class _Pen:
    """Writes cells with few bytes: it knows where the cursor is and which look is set."""

    def __init__(self, *, erases: bool) -> None:
        self._erases = erases
        self._out: list[str] = []
        self._look = PLAIN

    def clear(self) -> None:
        """Erase the terminal."""
        self._out.append("\x1b[m\x1b[2J")

    def draw(
        self, y: int, x: int, cells: Sequence[Cell], shown: Sequence[Cell], *, is_last: bool
    ) -> None:
        """Write those cells of a line that differ. `is_last` is True up to the edge."""
        cursor: Optional[int] = None
        number = 0
        while number < len(cells):
            if cells[number] == shown[number] or not cells[number][0]:
                number += 1
                continue
            if cursor is not None and 0 <= number - cursor <= LONGEST_BRIDGE:
                self._write(cells[cursor:number])
            else:
                self._move(y, x, cursor, number)
            cursor = number
            blanks = _blanks(cells, number)
            to_edge = is_last and number + blanks == len(cells)
            if self._can_erase(cells[number], blanks, to_edge=to_edge):
                self._set_for_blank(cells[number][1])
                self._out.append("\x1b[K" if to_edge else f"\x1b[{blanks}X")
                number += blanks
                continue
            self._write(cells[number : number + 1])
            number += 1
            while number < len(cells) and not cells[number][0]:
                number += 1
            cursor = number

    def _can_erase(self, blank: Cell, count: int, *, to_edge: bool) -> bool:
        if count < (SHORTEST_ERASE_TO_EDGE if to_edge else SHORTEST_ERASE):
            return False
        # Every terminal erases to the edge in its default background.
        return self._erases or (to_edge and not blank[1][2])

    def _move(self, y: int, x: int, at: Optional[int], to: int) -> None:
        self._out.append(f"\x1b[{y + 1};{x + to + 1}H" if at is None else f"\x1b[{to - at}C")

    def _write(self, cells: Sequence[Cell]) -> None:
        for text, look in cells:
            if text == " ":
                self._set_for_blank(look)
            else:
                self._set(look)
            self._out.append(text)

    def _set_for_blank(self, look: Look) -> None:
        """Set what can be seen on a blank, if it is not set already."""
        before = self._look
        if look[2] != before[2] or (look[0] | before[0]) & _SEEN_ON_BLANKS:
            self._set(look)

    def _set(self, look: Look) -> None:
        if look != self._look:
            self._out.append(_sgr(self._look, look))
            self._look = look

    def end(self) -> str:
        """Return all that is to be sent, and set the default look."""
        self._set(PLAIN)
        return "".join(self._out)
