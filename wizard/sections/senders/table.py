"""Edit sender_login, the table of senders and their logins, without a change of the operator's rows.

The wizard owns the rows between two comment lines. All other rows are the operator's, and count
instead of one of the wizard's with the same key.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, Optional

from wizard.answers.sections.senders import SENDER_LOGIN
from wizard.host.logical import logical_lines
from wizard.postfix.lines import Lines, checked, content
from wizard.postfix.proposal import Proposal
from wizard.postfix.sender_access import rows
from wizard.text import shortened

BEGIN = "# Rows of postfix-wizard, made of the users and aliases of this host."
END = "# Your own rows go below this line."
HEAD = (
    "# Who may write which sender on 587 and 465 (postconf(5), smtpd_sender_login_maps):",
    "# a sender, and the logins that may write it. A name counts in each local domain.",
    "# `postfix-wizard apply --section senders` makes the rows, and the table of your own too.",
)
WHY = "A login may write its own name, and the aliases that lead to it."
GONE = "Here stood a row of a user or alias that is not there any more, or that has a row of yours."

_BETWEEN = re.compile(r"[,\s]+")
_SHOWN = 5


class _Row(NamedTuple):
    key: str
    value: str
    lines: tuple[int, ...]


def propose_table(
    live: Optional[bytes], wanted: Mapping[str, str], protected: Collection[str] = ()
) -> Proposal:
    """Return the next table with the wanted rows; keys in `protected` are not changed.

    Raises ValueError for a row that is not one line.
    """
    lines = Lines.parse(live or b"")
    begin, end = _part(lines)
    found = list(_rows(lines))
    mine = [one for one in found if begin < one.lines[0] < end]
    others = {one.key for one in found if not begin < one.lines[0] < end}
    goal = {
        key: f"{checked(key)} {checked(value)}"
        for key, value in wanted.items()
        if key not in others and key not in protected
    }
    known = {one.key for one in mine}
    missing = [(row, WHY) for key, row in goal.items() if key not in known]
    warnings = tuple(_reported([one for one in wanted if one in others]))
    if begin < 0:
        head = [] if lines.texts else [(one, WHY) for one in HEAD]
        whole = [*head, (BEGIN, WHY), *missing, (END, WHY)]
        begin, end = len(lines), len(lines) - 1
    else:
        fate = _fate(lines, mine, goal, protected)
        whole = [*_written(lines, range(begin, end), fate), *missing]
        whole.append((content(lines.texts[end]), ""))
    edited = lines.replace(begin, end + 1, whole)
    return Proposal(bytes(edited), edited.reasons(), warnings=warnings)


def has_part(text: bytes) -> bool:
    """True if the text has the wizard's comment lines."""
    return _part(Lines.parse(text))[0] >= 0


def own_rows(text: bytes) -> dict[str, str]:
    """Return the wizard's rows by key."""
    lines = Lines.parse(text)
    begin, end = _part(lines)
    return {one.key: one.value for one in _rows(lines) if begin < one.lines[0] < end}


def _rows(lines: Lines) -> Iterator[_Row]:
    for one in logical_lines(lines.texts):
        if not one.orphan:
            text = one.text.encode("utf-8", "surrogateescape")
            yield from (_Row(key, value, one.lines) for key, value in rows(text))


def _part(lines: Lines) -> tuple[int, int]:
    """Return the indexes of the two comment lines, (-1, -1) if no row stays between them."""
    texts = [content(one).rstrip() for one in lines.texts]
    logical = logical_lines(lines.texts)
    for begin in (at for at, one in enumerate(texts) if one == BEGIN):
        end = next((at for at in range(begin, len(texts)) if texts[at] == END), -1)
        # A line below that begins with a blank would continue the last of these rows.
        crossing = (one for one in logical if len({begin < at < end for at in one.lines}) > 1)
        if end > 0 and not any(crossing):
            return begin, end
    return -1, -1


def _fate(
    lines: Lines, mine: Collection[_Row], goal: Mapping[str, str], protected: Collection[str]
) -> dict[int, tuple[str, str]]:
    """Return text and reason of each line of the rows that stay, as they are or changed."""
    fate: dict[int, tuple[str, str]] = {}
    seen: set[str] = set()
    for row in mine:
        is_first = row.key not in seen
        seen.add(row.key)
        if not is_first:
            continue
        if row.key in protected or (row.key in goal and _same(row, goal[row.key])):
            fate.update((at, (content(lines.texts[at]), "")) for at in row.lines)
        elif row.key in goal:
            fate[row.lines[0]] = (goal[row.key], WHY)
    return fate


def _written(
    lines: Lines, part: range, fate: Mapping[int, tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return the part without its last line: comments, and the lines that stay."""
    whole: list[tuple[str, str]] = []
    for at in part:
        text = content(lines.texts[at])
        if at in fate or text[:1] in ("", "#"):
            whole.append(fate.get(at, (text, "")))
        elif not whole[-1][1]:
            whole[-1] = (whole[-1][0], GONE)
    return whole


def _same(row: _Row, text: str) -> bool:
    """True if a row has exactly these logins, with any separators."""
    value = text.partition(" ")[2]
    return set(_BETWEEN.split(row.value.lower())) == set(_BETWEEN.split(value))


def _reported(others: list[str]) -> Iterator[str]:
    if others:
        yield (
            f"{SENDER_LOGIN} has rows of your own for {shortened(others, _SHOWN)}: they count, and "
            "the wizard writes none of these."
        )
