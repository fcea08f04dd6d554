"""sender_access: the rows of an access(5) table, as postmap(1) reads them.

The answers own the rows between two comment lines, and any row elsewhere that they name. All
other rows were written by hand and stay.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from wizard.answers.model import Answers
from wizard.postfix.lines import Lines, checked, content
from wizard.postfix.logical import SPACE, insertable, logical_lines
from wizard.postfix.parameters import SENDER_ACCESS_CHANGED
from wizard.postfix.proposal import Proposal
from wizard.postfix.render import render
from wizard.postfix.restrictions import BLOCKLISTS, SENDER_ACCESS

BEGIN = "# Rows from postfix-wizard's answers: change them there."
END = "# Your own rows go below this line."

ALLOW = "OK"
REJECT = "REJECT"

_KEY = re.compile(r'(?!#)[^\s"\\\x00-\x1f\x7f-\x9f\u2028\u2029]+')
_BLANKS = re.compile(r"[ \t\n\v\f\r]+")
_FOLDS = " \t\v\f\r"
_SIMPLE_ROW = re.compile(r'([^ \t\n\v\f\r"\\\0#][^ \t\n\v\f\r"\\\0]*)[ \t]+([A-Za-z][^"\\\0\n]*)')
"""What nearly every row is; the others take the long way round."""
_KEY_AND_BLANKS = re.compile(r"^([^ \t\n\v\f\r]+)([ \t]*)")
_SHOWN = 5
_WHY = {
    ALLOW: "An allowed sender passes the blocklists, never the relay rule.",
    REJECT: "A refused sender.",
}
_GONE = "Here stood a row that the answers do not have, or have once already."


class Row(NamedTuple):
    """A row of the table: its key in lower case, its action, its physical lines."""

    key: str
    action: str
    lines: tuple[int, ...]


def rows(text: bytes) -> tuple[tuple[str, str], ...]:
    """The (key, action) pairs that a table built from this text answers, as `postmap -s` lists.

    Keys are folded to lower case; of duplicates the first counts, as postmap has it.
    """
    found: dict[str, str] = {}
    for row in _rows(Lines.parse(text)):
        found.setdefault(row.key, row.action)
    return tuple(found.items())


def owned_rows(text: bytes) -> tuple[tuple[str, str], ...]:
    """The rows that came from the answers: those between the two comment lines, OK or REJECT."""
    lines = Lines.parse(text)
    begin, end = _part(lines)
    return tuple(
        (row.key, row.action)
        for row in _rows(lines)
        if begin < row.lines[0] < end and row.action in _WHY
    )


def _rows(lines: Lines) -> list[Row]:
    found = []
    if not any(text[0] in _FOLDS for text in lines.texts):
        for index, text in enumerate(lines.texts):
            simple = _SIMPLE_ROW.match(text)
            if simple:
                found.append(Row(simple[1].lower(), simple[2].rstrip(SPACE), (index,)))
            elif text[0] not in "#\n":
                key, action = _split(text.partition("\0")[0].rstrip("\n"))
                if key and action:
                    found.append(Row(key.lower(), action, (index,)))
        return found
    for physical, text, orphan in logical_lines(lines.texts):
        key, action = ("", "") if orphan else _split(text)
        if key and action:
            found.append(Row(key.lower(), action, physical))
    return found


def _split(text: str) -> tuple[str, str]:
    """Key and action of a logical line; a quoted key may hold blanks, unbalanced ones are lost."""
    if '"' not in text and "\\" not in text:
        parts = _BLANKS.split(text, maxsplit=1)
        return (parts[0], parts[1].rstrip(SPACE)) if len(parts) > 1 else (text, "")
    quoted = False
    place = 0
    while place < len(text):
        if text[place] == "\\":
            place += 1
        elif text[place] == '"':
            quoted = not quoted
        elif text[place] in SPACE and not quoted:
            break
        place += 1
    return ("", "") if quoted else (text[:place], text[place:].strip(SPACE))


def _part(lines: Lines) -> tuple[int, int]:
    """The indexes of the two comment lines around the answers' rows; (-1, -1) without them."""
    begin = -1
    for index, text in enumerate(lines.texts):
        if text[0] != "#" or not text.startswith((BEGIN, END)):
            continue
        stripped = content(text).rstrip(SPACE)
        if stripped == BEGIN:
            begin = index
        elif stripped == END and begin >= 0:
            return (begin, index) if insertable(lines.texts, index) else (-1, -1)
    return -1, -1


def goal(answers: Answers) -> dict[str, str]:
    """What the answers say of senders: key to action, in order.

    Raises ValueError on a sender that is no single word, or both allowed and refused.
    """
    allowed = {key.lower(): ALLOW for key in answers.blocklists.allow_senders}
    refused = {key.lower(): REJECT for key in answers.blocklists.reject_senders}
    both = allowed.keys() & refused.keys()
    if both:
        raise ValueError(f"both allowed and refused: {', '.join(sorted(both))}")
    named = {**allowed, **refused}
    for key in named:
        if not _KEY.fullmatch(key) or key[-1] == ":":
            raise ValueError(f"not a sender for an access table: {checked(key)!r}")
    return named


def propose_sender_access(
    live: bytes | None,
    answers: Answers,
    sections: Collection[str] = (),
    today: Answers | None = None,
    *,
    kept: Collection[str] = (),
) -> Proposal:
    """The next sender_access; it belongs to the section blocklists.

    Where that section is not asked for, or wants what it says `today`, `text` is the live file's, b"" where there is none.
    Rows that are `kept`, by key, stay as they are, or absent.
    `changed` is `sender_access` when a row comes, goes or differs.
    """
    if sections and BLOCKLISTS not in sections:
        return Proposal(live or b"")
    if today is not None and today.blocklists == answers.blocklists:
        return Proposal(live or b"")
    named = {key: action for key, action in goal(answers).items() if key not in kept}
    if live is None:
        texts = render(
            "sender_access.j2",
            path=SENDER_ACCESS,
            begin=BEGIN,
            end=END,
            rows=list(named.items()),
        )
        why = "Your own exceptions for senders, and how to write them."
        lines = Lines((), ()).insert(0, texts, why)
        return Proposal(bytes(lines), lines.reasons(), changed=(SENDER_ACCESS_CHANGED,))
    lines, warnings = _edited(Lines.parse(live), named, kept)
    if sum(content(text) == BEGIN for text in lines.texts) > 1:
        # A folded row had swallowed the end of the old part, which is one again now.
        lines, warnings = _edited(lines, named, kept)
    text = bytes(lines)
    changed = () if text == live else (SENDER_ACCESS_CHANGED,)
    return Proposal(text, lines.reasons(), changed=changed, warnings=tuple(warnings))


def _edited(
    lines: Lines, named: Mapping[str, str], kept: Collection[str]
) -> tuple[Lines, list[str]]:
    begin, end = _part(lines)
    seen: set[str] = set()
    twice: list[str] = []
    strange: list[str] = []
    new: dict[int, tuple[str, str] | None] = {}
    for row in _rows(lines):
        first = row.lines[0]
        within = begin < first < end
        if row.key in kept:
            continue
        if row.key in seen:
            if within or row.key in named:
                new.update(dict.fromkeys(row.lines))
            else:
                twice.append(row.key)
            continue
        action = named.get(row.key)
        if action is None and within:
            new.update(dict.fromkeys(row.lines))
            continue
        seen.add(row.key)
        if action is None:
            strange.append(row.key)
        elif action != _BLANKS.split(row.action)[0].upper():
            key, *blanks = _KEY_AND_BLANKS.findall(lines.texts[first])[0]
            new[first] = (f"{key}{blanks[0] or ' '}{action}", _WHY[action])
            new.update(dict.fromkeys(row.lines[1:]))
    missing = [
        (f"{checked(key)} {action}", _WHY[action])
        for key, action in named.items()
        if key not in seen
    ]
    return _written(lines, new, missing, end), _reported(strange, twice)


def _written(
    lines: Lines,
    new: Mapping[int, tuple[str, str] | None],
    missing: list[tuple[str, str]],
    end: int,
) -> Lines:
    """All changes in one pass: None takes a line out, `missing` comes before line `end`."""
    if missing and end < 0:
        end = len(lines)
        missing = [(BEGIN, missing[0][1]), *missing, (END, missing[-1][1])]
    places = [*new, *([end] if missing else [])]
    if not places:
        return lines
    # From the line above the first change, which bears the reason of what went below it.
    start, stop = max(0, min(places) - 1), min(len(lines), max(places) + 1)
    whole: list[tuple[str, str]] = []
    for index in range(start, stop):
        if index == end:
            whole.extend(missing)
        change = new.get(index, (content(lines.texts[index]), ""))
        if change is not None:
            whole.append(change)
        elif whole and not whole[-1][1]:
            whole[-1] = (whole[-1][0], _GONE)
    if end == len(lines):
        whole.extend(missing)
    return lines.replace(start, stop, whole)


def _reported(strange: list[str], twice: list[str]) -> list[str]:
    found = []
    if strange:
        found.append(
            f"sender_access has rows of your own that the answers do not name: {_shown(strange)}."
            " They stay."
        )
    if twice:
        found.append(
            f"sender_access names {_shown(twice)} more than once: postmap takes the first row and"
            " warns of the others."
        )
    return found


def _shown(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
