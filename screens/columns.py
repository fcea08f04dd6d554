"""Rows in columns, for wide terminals: a hunk with its reasons beside it, three values of an entry."""

from __future__ import annotations

from typing import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

from screens.widgets.row import Row
from screens.widgets.wrap import wrapped

WIDE = 100
"""Cells from which on a pane has columns."""

GAP = 2


def reasons_width(width: int) -> int:
    """Return the cells of the column of reasons, 0 for a pane that is too narrow for one."""
    return 0 if width < WIDE else width * 2 // 5


def beside(lines: Sequence[Row], reasons: Sequence[str], room: int, width: int) -> list[Row]:
    """Return the lines with the reasons to the right, from the first line on.

    `width` are the cells of the pane, `room` those of the reasons. If there are more lines of
    reasons than lines, the first column is empty there.
    """
    first = width - room - GAP
    texts = [text for why in reasons for text in wrapped(why, room)]
    rows = list(lines) + [Row("")] * (len(texts) - len(lines))
    return [
        Row(set_cell_size(row.text, first + GAP), row.look, row.key, text, "value") if text else row
        for row, text in zip(rows, texts + [""] * len(rows))
    ]


def fits_beside(lines: Sequence[Row], room: int, width: int) -> bool:
    """True if no line is longer than the first column."""
    return bool(room) and all(cell_len(one.text) <= width - room - GAP for one in lines)


def side_by_side(columns: Sequence[Sequence[str]], width: int, indent: str) -> Iterator[str]:
    """Yield lines with the texts of each column under each other. Each column is equally wide."""
    cells = (width - len(indent)) // len(columns) - GAP
    wraps = [[part for text in column for part in wrapped(text, cells)] for column in columns]
    for at in range(max(map(len, wraps))):
        parts = (set_cell_size(one[at] if at < len(one) else "", cells) for one in wraps)
        yield (indent + (" " * GAP).join(parts)).rstrip()
