"""Logical lines of Postfix's files: postconf(5), master(5), postmap(1).

A line that begins with white space continues the logical line before it, also after comments and
blank lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

SPACE = " \t\n\v\f\r"
"""C's isspace() in the C locale, Postfix's white space."""


class Logical(NamedTuple):
    """One logical line: `lines` are the indexes of its physical lines.

    `text` is the text that Postfix reads: joined without line feeds, cut at a NUL. `orphan` is True
    if it begins with white space: Postfix warns and skips it.
    """

    lines: tuple[int, ...]
    text: str
    orphan: bool

    @property
    def first(self) -> int:
        """The index of its first physical line."""
        return self.lines[0]

    @property
    def end(self) -> int:
        """The index after its last physical line."""
        return self.lines[-1] + 1


def silent(text: str) -> bool:
    """True if a physical line is blank or a comment, so that no logical line contains it."""
    stripped = text.lstrip(SPACE)
    return not stripped or stripped[0] == "#"


def logical_lines(texts: Sequence[str]) -> tuple[Logical, ...]:
    """Return all logical lines in order, orphans included."""
    found: list[list[int]] = []
    for index, text in enumerate(texts):
        first = text[0]
        if first == "#":
            continue
        if first in SPACE:
            if silent(text):
                continue
            if found:
                found[-1].append(index)
                continue
        found.append([index])
    return tuple(_logical(texts, lines) for lines in found)


def _logical(texts: Sequence[str], lines: list[int]) -> Logical:
    first = texts[lines[0]]
    joined = first if len(lines) == 1 else "".join([texts[at].rstrip("\n") for at in lines])
    if "\0" in joined:
        joined = joined[: joined.index("\0")]
    return Logical(tuple(lines), joined.rstrip("\n"), first[0] in SPACE)


def insertable(texts: Sequence[str], at: int) -> bool:
    """True if line `at` and its successors do not continue a new logical line before it."""
    # By index, since islice() would pass all lines before.
    lines = (texts[index] for index in range(at, len(texts)))
    following = next((text for text in lines if not silent(text)), "")
    return following[:1] not in SPACE or not following


def insertable_places(texts: Sequence[str]) -> list[bool]:
    """Return the results of `insertable` for each line and the end, in one pass."""
    places = [True] * (len(texts) + 1)
    for at in range(len(texts) - 1, -1, -1):
        places[at] = places[at + 1] if silent(texts[at]) else texts[at][0] not in SPACE
    return places
