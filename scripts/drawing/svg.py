"""A terminal's screen as an SVG that needs nothing from elsewhere: no font, no style, no script."""

from __future__ import annotations

import io
import re
from itertools import groupby

import pyte
from pyte.screens import Char
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

THEME = TerminalTheme(
    (24, 26, 31),
    (216, 218, 222),
    [
        (60, 64, 72),
        (224, 108, 117),
        (134, 190, 112),
        (214, 176, 106),
        (97, 160, 224),
        (198, 130, 210),
        (86, 182, 194),
        (216, 218, 222),
    ],
)

# What stands in single braces is filled in by rich; monospace is whatever the reader's own is,
# and textLength, which rich writes on every run of text, keeps the columns in line.
TEMPLATE = """\
<svg xmlns="http://www.w3.org/2000/svg" class="{unique_id}" viewBox="0 0 @width @height">
<style>
.{unique_id}-matrix {{
    font-family: "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace;
    font-size: {char_height}px;
    line-height: {line_height}px;
    white-space: pre;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
<rect width="@width" height="@height" rx="8" fill="#181a1f"/>
<g transform="translate(@margin, @margin)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


CELL = (12.2, 24.4)
"""Width and height of a cell in rich's picture."""
MARGIN = 14

_LOOK = re.compile(rb"\x1b\[([0-9;]*)m")


def replayed(raw: bytes, size: tuple[int, int]) -> pyte.Screen:
    """Return the screen that these bytes leave, dim text marked as blinking.

    pyte does not know dim, and nothing of ours blinks.
    """
    screen = pyte.Screen(*size)
    stream = pyte.ByteStream(screen)
    # pyte knows no kitty keyboard protocol and would print its end.
    raw = raw.replace(b"\x1b[<u", b"").replace(b"\x1b[>25u", b"")
    stream.feed(_LOOK.sub(_dim_as_blink, raw))
    return screen


def _dim_as_blink(look: re.Match[bytes]) -> bytes:
    parts = [b"5" if part == b"2" else part for part in look[1].split(b";")]
    return b"\x1b[" + b";".join(parts) + b"m"


def svg(screen: pyte.Screen, name: str) -> str:
    """Draw the screen; `name` begins the classes' names, so that two pictures fit on one page."""
    console = Console(
        record=True, width=screen.columns, file=io.StringIO(), legacy_windows=False, emoji=False
    )
    for y in range(screen.lines):
        line = Text(no_wrap=True, end="\n")
        cells = [screen.buffer[y][x] for x in range(screen.columns)]
        # A word a piece: some readers drop the blanks that a piece begins with.
        for (style, _), run in groupby(cells, lambda cell: (_style(cell), cell.data == " ")):
            line.append("".join(cell.data for cell in run), style)
        console.print(line, soft_wrap=True, highlight=False)
    drawn = console.export_svg(theme=THEME, code_format=TEMPLATE, unique_id=name)
    width, height = screen.columns * CELL[0], screen.lines * CELL[1]
    for word, length in (("width", width), ("height", height), ("margin", -MARGIN)):
        drawn = drawn.replace(f"@{word}", f"{length + 2 * MARGIN:.0f}")
    return drawn


def _style(cell: Char) -> Style:
    return Style(
        color=_colour(cell.fg),
        bgcolor=_colour(cell.bg),
        bold=cell.bold or None,
        dim=cell.blink or None,
        underline=cell.underscore or None,
        reverse=cell.reverse or None,
    )


def _colour(name: str) -> str:
    # pyte calls the third of the eight by what it is on an old screen.
    return {"brown": "yellow"}.get(name, name)
