"""Edit a table of opendkim: KeyTable, SigningTable and TrustedHosts (opendkim.conf(5), DATA SETS).

A row is one line: a key, blanks and a value. TrustedHosts has keys only. `#` begins a comment. The
wizard's rows are between two comment lines, in an order that counts. All other rows are the
operator's and never change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, Optional

from wizard.postfix.lines import Lines, checked, content
from wizard.postfix.proposal import Proposal

BEGIN = "# Rows of postfix-wizard."
END = "# Your own rows go below this line."
GONE = "Here stood a row that is not needed any more."

MAX_BYTES = 1023
"""opendkim reads a line into a buffer of this size, and takes the rest for another row."""


class Row(NamedTuple):
    """A row: its key, its value ("" for none), and the index of its line."""

    key: str
    value: str
    at: int


def rows(text: bytes) -> dict[str, str]:
    """Return all rows by key. Of several rows with one key the first counts, as in opendkim."""
    found: dict[str, str] = {}
    for one in _rows(Lines.parse(text)):
        found.setdefault(one.key, one.value)
    return found


def own_rows(text: bytes) -> tuple[Row, ...]:
    """Return the wizard's rows in their order."""
    lines = Lines.parse(text)
    begin, end = _part(lines)
    return tuple(one for one in _rows(lines) if begin < one.at < end)


def rows_before(text: bytes) -> tuple[Row, ...]:
    """Return the operator's rows that opendkim reads before the wizard's; all without such a part."""
    lines = Lines.parse(text)
    begin, _ = _part(lines)
    return tuple(one for one in _rows(lines) if begin < 0 or one.at < begin)


def has_part(text: bytes) -> bool:
    """True if the text has the wizard's comment lines."""
    return _part(Lines.parse(text))[0] >= 0


def propose_rows(
    live: Optional[bytes],
    wanted: Sequence[tuple[str, str]],
    why: str,
    protected: Collection[str] = (),
) -> Proposal:
    """Return the next table with the wanted (key, value) rows in their order.

    A key for which the operator has a row is not written, and one in `protected` stays as it is.
    Raises ValueError for a row that opendkim would not read as one.
    """
    lines = Lines.parse(live or b"")
    begin, end = _part(lines)
    mine = [one for one in _rows(lines) if begin < one.at < end]
    others = {one.key for one in _rows(lines) if not begin < one.at < end}
    goal = [
        (key, _row(key, value))
        for key, value in wanted
        if key not in others and key not in protected
    ]
    stay = [(one.key, content(lines.texts[one.at]).strip()) for one in mine if one.key in protected]
    texts = [text for _, text in (*stay, *goal)]
    if begin < 0:
        new = [(text, why) for text in (BEGIN, *texts, END)]
        return _proposal(lines.replace(len(lines), len(lines), new))
    now = [content(lines.texts[at]) for at in range(begin + 1, end)]
    if [" ".join(one.split()) for one in now] == [" ".join(one.split()) for one in texts]:
        return _proposal(lines)
    had = set(now)
    new = [(text, "" if text in had else why) for text in texts]
    removed = not set(now) <= set(texts)
    first = (content(lines.texts[begin]), GONE if removed else "")
    return _proposal(lines.replace(begin, end, [first, *new]))


def _proposal(lines: Lines) -> Proposal:
    return Proposal(bytes(lines), lines.reasons())


def _row(key: str, value: str) -> str:
    text = checked(f"{key} {value}".rstrip())
    if len(text.encode("utf-8", "surrogateescape")) > MAX_BYTES or "#" in text:
        raise ValueError(f"{text[:80]!r} cannot be one row: it is too long, or has a #")
    if key.split() != [key]:
        raise ValueError(f"{key!r} cannot be a key: it has a blank")
    return text


def _rows(lines: Lines) -> Iterator[Row]:
    for at, text in enumerate(lines.texts):
        words = content(text).partition("\0")[0].partition("#")[0].split(None, 1)
        if words:
            yield Row(words[0], words[1].strip() if len(words) > 1 else "", at)


def _part(lines: Lines) -> tuple[int, int]:
    """Return the indexes of the two comment lines, (-1, -1) if there are none."""
    begin = -1
    for at, text in enumerate(lines.texts):
        line = content(text).strip()
        if line == BEGIN:
            begin = at
        elif line == END and begin >= 0:
            return begin, at
    return -1, -1
