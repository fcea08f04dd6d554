"""Only cells that differ are sent, and the terminal shows the same as if all had been sent."""

from __future__ import annotations

import random
from typing import Any

import pyte
import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from screens.painted import Painted

WIDE, HIGH = 24, 6
STYLES = [
    Style.parse(one)
    for one in (
        *("none", "bold", "dim", "underline", "reverse", "bold reverse", "dim underline"),
        *("red", "bold color(117) on color(236)", "color(247) on color(236)", "on color(24)"),
        *("default on default", "bold dim green", "reverse on color(24)"),
    )
]
TEXTS = ("", " ", "    ", " " * 24, "a", "postfix", "main.cf  ", "日本", "ｱ日b", "e\u0301", "-- -")


def _line(pick: random.Random) -> Strip:
    segments = [Segment(pick.choice(TEXTS), pick.choice(STYLES)) for _ in range(pick.randint(0, 9))]
    return Strip(segments).adjust_cell_length(WIDE, pick.choice(STYLES))


def _shown(screen: pyte.Screen) -> list[list[Any]]:
    return [[screen.buffer[y][x] for x in range(WIDE)] for y in range(HIGH)]


def _as_seen(cell: Any) -> tuple[Any, ...]:
    """A blank without lines shows only its background."""
    if cell.data == " " and not (cell.underscore or cell.reverse):
        return (" ", cell.bg)
    return (cell.data, cell.fg, cell.bg, cell.bold, cell.underscore, cell.reverse)


@pytest.mark.parametrize("erases", [False, True])
def test_the_terminal_shows_the_last_update(erases: bool) -> None:
    pick = random.Random(15)
    painted, screen_of = Painted(erases=erases), object()
    screen = pyte.Screen(WIDE, HIGH)
    stream = pyte.Stream(screen)
    lines = [_line(pick) for _ in range(HIGH)]
    sent = whole = 0
    for _ in range(300):
        for y in pick.sample(range(HIGH), pick.randint(0, 3)):
            lines[y] = _line(pick)
        update = LayoutUpdate([[line] for line in lines], Region(0, 0, WIDE, HIGH))
        text = painted.take(update, screen_of, ColorSystem.EIGHT_BIT)
        stream.feed(text)
        fresh = pyte.Screen(WIDE, HIGH)
        all_of_it = Painted(erases=erases).take(update, screen_of, ColorSystem.EIGHT_BIT)
        pyte.Stream(fresh).feed(all_of_it)
        plain = pyte.Screen(WIDE, HIGH)
        for y, line in enumerate(lines):
            codes = "".join(style.render(text) if style else text for text, style, _ in line)
            pyte.Stream(plain).feed(f"\x1b[{y + 1};1H{codes}")
        for drawn in (screen, fresh):
            assert [[_as_seen(c) for c in row] for row in _shown(drawn)] == [
                [_as_seen(c) for c in row] for row in _shown(plain)
            ]
        sent, whole = sent + len(text), whole + len(all_of_it)
    assert sent < whole / 2


def test_nothing_is_sent_where_nothing_differs() -> None:
    pick = random.Random(15)
    update = LayoutUpdate([[_line(pick)] for _ in range(HIGH)], Region(0, 0, WIDE, HIGH))
    painted, screen = Painted(erases=True), object()
    first = painted.take(update, screen, ColorSystem.EIGHT_BIT)
    assert first
    assert painted.take(update, screen, ColorSystem.EIGHT_BIT) == ""
    assert painted.take(update, object(), ColorSystem.EIGHT_BIT) == first, "another screen"
    painted.forget()
    assert painted.take(update, screen, ColorSystem.EIGHT_BIT) == first
