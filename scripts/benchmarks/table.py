"""The table of figures, for a terminal and for docs/performance.md."""

from __future__ import annotations

from typing import Sequence

from benchmarks.figures import RATIO, Figure, quantity, spread

HEADS = ("row", "what", "ours", "against", "", "ratio", "reach", "within", "pairs")


def cells(figure: Figure, *, spreads: bool) -> tuple[str, ...]:
    """Return one line's cells, in the order of HEADS; the spread stands behind each value."""
    ours = quantity(figure.our_value, figure.unit)
    against = figure.against_value
    theirs = "" if against is None else quantity(against, figure.unit)
    if spreads:
        ours = f"{ours} ({spread(figure.ours, figure.unit)})"
        theirs = f"{theirs} ({spread(figure.against, figure.unit)})" if theirs else ""
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    return (
        figure.row,
        figure.what,
        ours,
        figure.against_what,
        theirs,
        ratio,
        _reach(figure),
        {None: "-", True: "yes", False: "NO"}[figure.within],
        str(figure.pairs),
    )


def _reach(figure: Figure) -> str:
    if figure.reach is None:
        return "-"
    return f"{figure.reach:g}x" if figure.per == RATIO else quantity(figure.reach, figure.unit)


def plain(figures: Sequence[Figure]) -> str:
    """Return an aligned table with least and most of each."""
    rows = [HEADS, *(cells(figure, spreads=True) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths)).rstrip() for row in rows]
    return "\n".join(lines)


def markdown(figures: Sequence[Figure]) -> str:
    """Return the table in Markdown."""
    heads = ("what", "ours", "against", "", "ratio", "reach", "within", "pairs")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    lines += [f"| {' | '.join(cells(figure, spreads=True)[1:])} |" for figure in figures]
    return "\n".join(lines)
