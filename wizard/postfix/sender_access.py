"""Parse and edit sender_access, an access(5) table, as postmap(1) reads it, and compare its index.

The answers own the rows between two comment lines, and other rows with a key of theirs. All other
rows are the operator's.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, Optional

from wizard.answers.model import Answers
from wizard.host.logical import SPACE, silent
from wizard.host.postfix import BEGIN, END
from wizard.paths import SENDER_ACCESS
from wizard.postfix.lines import Lines, checked, content
from wizard.postfix.parameters import SENDER_ACCESS_CHANGED
from wizard.postfix.proposal import Proposal
from wizard.postfix.render import render
from wizard.postfix.restrictions import BLOCKLISTS
from wizard.text import counted, printable, shortened

ALLOW = "OK"
REJECT = "REJECT"

_KEY = re.compile(r'(?!#)[^\s"\\\x00-\x1f\x7f-\x9f\u2028\u2029]+')
_BLANKS = re.compile(r"[ \t\n\v\f\r]+")
_SIMPLE_ROW = re.compile(
    r'([^ \t\n\v\f\r"\\\0#][^ \t\n\v\f\r"\\\0]*)[ \t]+([A-Za-z][^"\\\0\n]*)\n?'
)
"""Matches nearly every row; the others are parsed by the slower general code."""
_WORD = re.compile(r'(?:[^ \t\n\v\f\r"\\]|\\(?:.|\Z)|"(?:[^"\\]|\\.)*")*', re.DOTALL)
"""A key; a blank ends it unless quotes or a backslash protect it."""
_MARKS = re.compile(
    rf"(?:{re.escape(BEGIN)}|{re.escape(END)})[ \t\v\f\r]*(?=\n|\Z)".encode("ascii")
)
_KEY_AND_BLANKS = re.compile(r"^([^ \t\n\v\f\r]+)([ \t]*)")
_SHOWN = 5
_WHY = {
    ALLOW: "An allowed sender passes the blocklists, never the relay rule.",
    REJECT: "A refused sender.",
}
_GONE = "Here stood a row that the answers do not have, or have once already."


class Row(NamedTuple):
    """A row: its key in lower case, its action, its physical lines, the text of the first."""

    key: str
    action: str
    lines: tuple[int, ...]
    text: str


class _Part(NamedTuple):
    """The answers' part: the indexes of its two comment lines, and the bytes between them."""

    begin: int = -1
    end: int = -1
    text: slice = slice(0, 0)


def rows(text: bytes) -> tuple[tuple[str, str], ...]:
    """Return the (key, action) pairs of a table built from this text, as `postmap -s` prints them.

    Keys are in lower case; of duplicates the first counts, as in postmap.
    """
    found: dict[str, str] = {}
    same: dict[str, str] = {}
    for row in _rows(text):
        if row.key not in found:
            # A million rows have few different actions, so they share the texts.
            found[row.key] = same.setdefault(row.action, row.action)
    return tuple(found.items())


def rows_by_key(text: bytes) -> dict[str, str]:
    """Return the same rows by key."""
    return dict(rows(text))


def owned_rows(text: bytes) -> tuple[tuple[str, str], ...]:
    """Return the answers' rows: those between the two comment lines with OK or REJECT."""
    # No row of the part continues after it. A row that continues into the part has no key there.
    return tuple(
        (row.key, row.action) for row in _rows(text[_part(text).text]) if row.action in _WHY
    )


def table_in_use(restrictions: str) -> str:
    """Return TYPE:PATH of the sender_access in smtpd_recipient_restrictions, "" if there is none."""
    match = re.search(rf"check_sender_access\s+(\w+:{re.escape(SENDER_ACCESS)})\b", restrictions)
    return match[1] if match else ""


_OF_PATTERNS = re.compile(
    rf"^[^#\n]*\b(pcre|regexp|cidr):{re.escape(SENDER_ACCESS)}(?![\w./-])".encode("ascii"),
    re.MULTILINE,
)


def pattern_type(*texts: bytes) -> str:
    """Return the type by which these files of Postfix look sender_access up as patterns, "" for none."""
    found = next(filter(None, map(_OF_PATTERNS.search, texts)), None)
    return found[1].decode("ascii") if found else ""


def compare_rows(indexed: Mapping[str, str], planned: Mapping[str, str]) -> tuple[str, bool]:
    """Return in words if a lookup finds the planned rows and no others, and True if it does."""
    names = sorted(
        name for name in planned.keys() | indexed.keys() if planned.get(name) != indexed.get(name)
    )
    if not names:
        return f"{counted(len(planned), 'row')} alike", True
    first = names[0]
    more = f", and {len(names) - 1} more" if len(names) > 1 else ""
    seen = f"{indexed.get(first, 'no row')} instead of {planned.get(first, 'no row')}"
    return printable(f"{first}: {seen}{more}"), False


def _rows(text: bytes) -> Iterator[Row]:
    """Yield the rows one at a time, since a million of them need much memory."""
    waiting: list[str] = []
    numbers: list[int] = []
    for index, line in enumerate(_physical(text)):
        if line[0] in "#\n":
            continue
        if line[0] in SPACE:
            if waiting and not silent(line):
                waiting.append(line)
                numbers.append(index)
            continue
        if waiting:
            yield from _row(waiting, numbers)
        waiting, numbers = [line], [index]
    if waiting:
        yield from _row(waiting, numbers)


def _physical(text: bytes, start: int = 0) -> Iterator[str]:
    """Yield the physical lines from a byte offset on, with their terminators, as in `Lines`."""
    lines = io.BytesIO(text)
    lines.seek(start)
    for line in lines:
        yield line.decode("utf-8", "surrogateescape")


def _row(texts: list[str], numbers: list[int]) -> Iterator[Row]:
    """Yield the row of a logical line, none if it has no key or no action."""
    text = texts[0] if len(texts) == 1 else "".join([one.rstrip("\n") for one in texts])
    simple = _SIMPLE_ROW.fullmatch(text)
    if simple:
        key, action = simple[1], simple[2].rstrip(SPACE)
    else:
        key, action = _split(text.partition("\0")[0].rstrip("\n"))
    if key and action:
        yield Row(key.lower(), action, tuple(numbers), texts[0])


def _split(text: str) -> tuple[str, str]:
    """Return key and action of a logical line. A quoted key may contain blanks."""
    word = _WORD.match(text)
    end = word.end() if word else 0
    return (text[:end], text[end:].strip(SPACE)) if text[end : end + 1] in SPACE else ("", "")


def _part(text: bytes) -> _Part:
    """Find the two comment lines around the answers' rows."""
    begin: Optional[re.Match[bytes]] = None
    for mark in _MARKS.finditer(text):
        if mark.start() and text[mark.start() - 1 : mark.start()] != b"\n":
            continue
        if mark[0].startswith(BEGIN.encode("ascii")):
            begin = mark
        elif begin is not None:
            if _goes_on(text, mark.end()):
                break
            first = text.count(b"\n", 0, begin.start())
            last = first + text.count(b"\n", begin.start(), mark.start())
            return _Part(first, last, slice(begin.end() + 1, mark.start()))
    return _Part()


def _goes_on(text: bytes, at: int) -> bool:
    """True if the text after the line that ends `at` continues the row before that line."""
    following = next((line for line in _physical(text, at + 1) if not silent(line)), "#")
    return following[0] in SPACE


def goal(answers: Answers) -> dict[str, str]:
    """Return the answers' actions by sender, in order.

    Raises ValueError for a sender that is not one word, or is both allowed and refused.
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
    protected: Collection[str] = (),
) -> Proposal:
    """Return the next sender_access; it belongs to the section blocklists.

    If that section is not planned, or equals `today`, the live text is returned, b"" without a
    file. Rows with a key in `protected` are not changed. `changed` has `sender_access` if a row is
    added, removed or changed.
    """
    if sections and BLOCKLISTS not in sections:
        return Proposal(live or b"")
    if today is not None and today.blocklists == answers.blocklists:
        return Proposal(live or b"")
    named = {key: action for key, action in goal(answers).items() if key not in protected}
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
    edits, warnings = _edits(live, named, protected)
    if not edits.needed:
        return Proposal(live, warnings=warnings)
    lines = _written(Lines.parse(live), edits)
    if sum(content(text) == BEGIN for text in lines.texts) > 1:
        # The end of the old part was inside a folded row, and is now a comment line again.
        edits, warnings = _edits(bytes(lines), named, protected)
        lines = _written(lines, edits)
    text = bytes(lines)
    changed = () if text == live else (SENDER_ACCESS_CHANGED,)
    return Proposal(text, lines.reasons(), changed=changed, warnings=warnings)


class _Edits(NamedTuple):
    """The changes: `new` has text and reason by line; `gone` has a 1 for each removed line.

    The `missing` rows are inserted before line `end`; -1 means after the last line.
    """

    new: Mapping[int, tuple[str, str]]
    gone: bytearray
    missing: list[tuple[str, str]]
    end: int

    @property
    def needed(self) -> bool:
        """True if anything changes."""
        return bool(self.new or self.missing) or 1 in self.gone


def _edits(
    live: bytes, named: Mapping[str, str], protected: Collection[str]
) -> tuple[_Edits, tuple[str, ...]]:
    begin, end, _ = _part(live)
    seen: set[str] = set()
    twice: list[str] = []
    strange: list[str] = []
    new: dict[int, tuple[str, str]] = {}
    # A byte a line, since a million lines may be removed.
    gone = bytearray(live.count(b"\n") + 1)
    for row in _rows(live):
        first = row.lines[0]
        within = begin < first < end
        if row.key in protected:
            continue
        if row.key in seen:
            if within or row.key in named:
                _mark(gone, row.lines)
            else:
                twice.append(row.key)
            continue
        action = named.get(row.key)
        if action is None and within:
            _mark(gone, row.lines)
            continue
        seen.add(row.key)
        if action is None:
            strange.append(row.key)
        elif action != _BLANKS.split(row.action)[0].upper():
            key, *blanks = _KEY_AND_BLANKS.findall(row.text)[0]
            new[first] = (f"{key}{blanks[0] or ' '}{action}", _WHY[action])
            _mark(gone, row.lines[1:])
    missing = [
        (f"{checked(key)} {action}", _WHY[action])
        for key, action in named.items()
        if key not in seen
    ]
    return _Edits(new, gone, missing, end), tuple(_reported(strange, twice))


def _mark(gone: bytearray, lines: Collection[int]) -> None:
    for line in lines:
        gone[line] = 1


def _written(lines: Lines, edits: _Edits) -> Lines:
    """Make all changes in one pass."""
    new, gone, missing, end = edits
    if missing and end < 0:
        end = len(lines)
        missing = [(BEGIN, missing[0][1]), *missing, (END, missing[-1][1])]
    places = [*new, *([end] if missing else [])]
    if 1 in gone:
        places += [gone.find(1), gone.rfind(1)]
    if not places:
        return lines
    # From the line above the first change, which gets the reason of removed lines.
    start, stop = max(0, min(places) - 1), min(len(lines), max(places) + 1)
    whole: list[tuple[str, str]] = []
    for index in range(start, stop):
        if index == end:
            whole.extend(missing)
        if not gone[index]:
            whole.append(new.get(index) or (content(lines.texts[index]), ""))
        elif whole and not whole[-1][1]:
            whole[-1] = (whole[-1][0], _GONE)
    if end == len(lines):
        whole.extend(missing)
    return lines.replace(start, stop, whole)


def _reported(strange: list[str], twice: list[str]) -> Iterator[str]:
    if strange:
        yield (
            f"sender_access has rows of your own that the answers do not name: {shortened(strange, _SHOWN)}."
            " They stay."
        )
    if twice:
        yield (
            f"sender_access names {shortened(twice, _SHOWN)} more than once: postmap takes the first row and"
            " warns of the others."
        )
