"""A terminal's screen as an SVG that needs nothing from elsewhere: no font, no style, no script."""

from __future__ import annotations

import re
from html import escape
from itertools import groupby
from typing import Iterable, NamedTuple

import pyte
from pyte.screens import Char

WIDTH, HEIGHT = 12, 24
"""Of a cell."""
BASE = 18
"""From the top of a cell down to the line that letters are on."""
MARGIN = 14

FONT = '"DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace'
"""Each word has its own place, so that the columns stay in line in any other font."""

GROUND, TEXT, DIM = "#181a1f", "#d8dade", "#8b8e95"
SIXTEEN = {
    "black": "#3c4048",
    "red": "#e06c75",
    "green": "#86be70",
    "brown": "#d6b06a",
    "blue": "#61a0e0",
    "magenta": "#c682d2",
    "cyan": "#56b6c2",
    "white": "#d8dade",
}
"""pyte's names; its brown is the third colour of old screens."""

_LOOK = re.compile(rb"\x1b\[([0-9;]*)m")
_OF_A_COLOUR = {b"2": 4, b"5": 2}
"""Numbers after 38 or 48 that belong to the colour: three of red, green and blue, or an index."""


def dim_as_blink(raw: bytes) -> bytes:
    """Return the bytes for pyte, which knows neither dim nor the kitty keyboard protocol.

    Nothing of ours blinks.
    """
    return _LOOK.sub(_blinking, raw.replace(b"\x1b[<u", b"").replace(b"\x1b[>25u", b""))


def _blinking(look: re.Match[bytes]) -> bytes:
    parts, at = look[1].split(b";"), 0
    while at < len(parts):
        if parts[at] in {b"38", b"48"}:
            at += _OF_A_COLOUR.get(b"".join(parts[at + 1 : at + 2]), 0)
        elif parts[at] == b"2":
            parts[at] = b"5"
        at += 1
    return b"\x1b[" + b";".join(parts) + b"m"


def replayed(raw: bytes, size: tuple[int, int]) -> pyte.Screen:
    """Return the screen after these bytes, with dim text as blinking."""
    screen = pyte.Screen(*size)
    pyte.ByteStream(screen).feed(dim_as_blink(raw))
    return screen


class Style(NamedTuple):
    """The colours of a cell; `ground` is "" for that of the terminal."""

    text: str
    ground: str
    is_bold: bool
    is_underlined: bool


class Cells(NamedTuple):
    """Cells of one style next to each other, from the column `start` on."""

    start: int
    text: str
    style: Style


Line = tuple[Cells, ...]


def _style(cell: Char) -> Style:
    text = _colour(cell.fg, DIM if cell.blink else TEXT)
    ground = _colour(cell.bg, "")
    if cell.reverse:
        text, ground = ground or GROUND, text
    return Style(text, ground, cell.bold, cell.underscore)


def _colour(name: str, default: str) -> str:
    return default if name == "default" else SIXTEEN.get(name, f"#{name}")


def lines_of(screen: pyte.Screen) -> tuple[Line, ...]:
    """Return what is to be drawn of each line."""
    return tuple(_line(screen, y) for y in range(screen.lines))


def _line(screen: pyte.Screen, y: int) -> Line:
    cells = ((x, screen.buffer[y][x]) for x in range(screen.columns))
    found = []
    for style, run in groupby(cells, lambda one: _style(one[1])):
        piece = list(run)
        text = "".join(cell.data for _, cell in piece)
        if text.strip() or style.ground or style.is_underlined:
            found.append(Cells(piece[0][0], text, style))
    return tuple(found)


class Picture:
    """What all lines of one picture share: the names of their styles."""

    def __init__(self, size: tuple[int, int], title: str) -> None:
        self.wide, self.high = size[0] * WIDTH, size[1] * HEIGHT
        self._title = title
        self._names: dict[str, str] = {}

    def line(self, line: Line, top: int) -> str:
        """Draw one line."""
        boxes, words = [], []
        for start, text, style in line:
            x, width = start * WIDTH, len(text) * WIDTH
            if style.ground:
                name = self._name(f"fill:{style.ground}")
                boxes.append(
                    f'<rect class="{name}" x="{x}" y="{top}" width="{width}" height="{HEIGHT}"/>'
                )
            if style.is_underlined:
                # No box: a scaled one of a point's height may vanish, as its edges are not blurred.
                name = self._name(f"fill:{style.text}")
                boxes.append(
                    f'<path class="{name}" d="M{x} {top + BASE + 3}h{width}v1h-{width}z"/>'
                )
            bold = ";font-weight:bold" if style.is_bold else ""
            name = self._name(f"fill:{style.text}{bold}")
            words += [
                f'<tspan class="{name}" x="{x + word.start() * WIDTH}">{escape(word[0])}</tspan>'
                for word in re.finditer(r"\S+", text)
            ]
        drawn = f'<text y="{top + BASE}">{"".join(words)}</text>' if words else ""
        return "".join(boxes) + drawn

    def _name(self, rule: str) -> str:
        return self._names.setdefault(rule, f"s{len(self._names)}")

    def framed(self, drawn: Iterable[str], rules: str = "") -> str:
        """Return the whole picture, with the lines that were drawn and further rules of style."""
        styles = "".join(f".{name}{{{rule}}}" for rule, name in self._names.items())
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {self.wide + 2 * MARGIN} {self.high + 2 * MARGIN}">\n'
            f"<title>{escape(self._title)}</title>\n"
            f"<style>text{{font:{HEIGHT - 4}px {FONT}}}rect{{shape-rendering:crispEdges}}{styles}{rules}</style>\n"
            f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>\n'
            f'<svg x="{MARGIN}" y="{MARGIN}" width="{self.wide}" height="{self.high}">\n'
            + "\n".join(filter(None, drawn))
            + "\n</svg>\n</svg>\n"
        )


def svg(screen: pyte.Screen, title: str) -> str:
    """Draw a screen."""
    picture = Picture((screen.columns, screen.lines), title)
    return picture.framed(
        [picture.line(line, y * HEIGHT) for y, line in enumerate(lines_of(screen))]
    )
