"""Make foreign text safe to draw, and wrap text by terminal cells. A full-width one takes two."""

from __future__ import annotations

import textwrap
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from wizard.secrets import masked

MORE = "..."


def plain(text: str) -> str:
    """Return one line of text without control sequences and with masked keys."""
    text = masked(text)
    if text.isprintable():
        return text
    from wizard.run.sanitize import clean_line  # noqa: PLC0415 - almost no text needs it

    return clean_line(text.replace("\n", " "))


@lru_cache(maxsize=256)
def wrapped(text: str, width: int, most: int = 0) -> tuple[str, ...]:
    """Break a text at blanks. After `most` lines (0: all) the rest is cut, with `...` at the end."""
    if width <= 0:
        return ()
    if most and len(text) > width * (most + 1):
        # The rest can never be visible, so ten thousand names need no wrapping.
        text = text[: width * (most + 1)]
    lines = [row for line in text.split("\n") for row in _broken(line, width)]
    if most and len(lines) > most:
        rest = " ".join(lines[most - 1 :])
        lines = [*lines[: most - 1], cut(rest, width)]
    return tuple(lines)


def cut(text: str, width: int) -> str:
    """Cut a line to the width, with `...` at its end."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - len(MORE))).rstrip(" ") + MORE


def cut_middle(text: str, width: int) -> str:
    """Cut a line in its middle, since titles often differ at their ends."""
    if cell_len(text) <= width or width < len(MORE) * 3:
        return cut(text, width)
    tail = text[-((width - len(MORE)) // 2) :].lstrip(" ")
    head = set_cell_size(text, width - len(MORE) - cell_len(tail)).rstrip(" ")
    return head + MORE + tail


def split_at(line: str, words: str) -> tuple[str, str, str]:
    """Return what is before these words, the words, and what is after them; all before without them.

    With "" as the words, the whole line is the words.
    """
    return line.partition(words) if words else ("", line, "")


def _broken(line: str, width: int) -> list[str]:
    if cell_len(line) <= width:
        return [line]
    if line.isascii():
        return textwrap.wrap(line, width, break_on_hyphens=False) or [""]
    rows: list[str] = []
    row = ""
    for word in line.split(" "):
        joined = f"{row} {word}" if row else word
        if cell_len(joined) <= width:
            row = joined
            continue
        if row:
            rows.append(row)
        while cell_len(word) > width:
            head = set_cell_size(word, width).rstrip(" ")
            rows.append(head)
            word = word[len(head) :]  # noqa: PLW2901 - its rest
        row = word
    return [*rows, row]
