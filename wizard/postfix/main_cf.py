"""Parse main.cf exactly as postconf(5) says, and edit it without other changes.

`bytes(MainCf.parse(data)) == data` for any bytes. Each edit is a function from one MainCf to the
next. If the value is already there, the bytes are the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Optional

from wizard.host.logical import (
    SPACE,
    Logical,
    insertable,
    insertable_places,
    logical_lines,
    silent,
)
from wizard.host.main_cf import ENTRY, normalised
from wizard.postfix.lines import Lines, checked, content

_EXAMPLE = re.compile(r"#([a-zA-Z0-9_]+)[ \t]*=(.*)")
_SPACED_COMMENT = re.compile(r"#[ \t]+\S")
_INDENTED_COMMENT = re.compile(r"#(?:\t|  )[ \t]*\S")


@dataclass(frozen=True)
class Entry:
    """An active `name = value`; `value` is as Postfix reads it, trimmed, with folded lines joined.

    `lines` are the indexes of its physical lines. The value begins after `column` of the line
    `equals`, which is nearly always the first one.
    """

    name: str
    value: str
    lines: tuple[int, ...]
    equals: int
    column: int

    @property
    def end(self) -> int:
        """The index after its last physical line."""
        return self.lines[-1] + 1


@dataclass(frozen=True)
class Example:
    """A commented-out `#NAME = VALUE` that can be uncommented at its place."""

    name: str
    value: str
    line: int


@dataclass(frozen=True)
class MainCf:
    """A main.cf. `entries` are its active parameters in order, without malformed lines."""

    lines: Lines

    @classmethod
    def parse(cls, data: bytes) -> MainCf:
        """Parse any bytes. Nothing is an error here; Postfix's own programs report errors."""
        return _parsed(data)

    def __bytes__(self) -> bytes:
        return bytes(self.lines)

    @cached_property
    def _logical(self) -> tuple[Logical, ...]:
        return logical_lines(self.lines.texts)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All active parameters in the order of the file, duplicates included."""
        texts = self.lines.texts
        found = [_entry(texts, one) for one in self._logical if not one.orphan]
        return tuple(entry for entry in found if entry)

    @property
    def malformed(self) -> tuple[int, ...]:
        """The line numbers (from 1) of lines without a name and an equals sign; Postfix refuses the file."""
        found = ((one, ENTRY.match(one.text)) for one in self._logical if not one.orphan)
        return tuple(one.first + 1 for one, match in found if not (match and match[1]))

    @cached_property
    def _last(self) -> dict[str, Entry]:
        return {entry.name: entry for entry in self.entries}

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """Examples outside any folded value and without a folded line of their own."""
        texts = self.lines.texts
        places = insertable_places(texts)
        taken = {index for logical in self._logical for index in range(logical.first, logical.end)}
        return tuple(
            Example(match.group(1), normalised(match.group(2)), index)
            for index, text in enumerate(texts)
            if text[0] == "#" and index not in taken
            for match in [_EXAMPLE.match(content(text))]
            if match and not _folds(texts, index, places)
        )

    def entry(self, name: str) -> Optional[Entry]:
        """Return the active entry that Postfix uses, the last of that name; None if there is none."""
        return self._last.get(name)

    def twins(self, name: str) -> tuple[Entry, ...]:
        """Return the last entry of a name, and those directly before with the same value, last first.

        Postfix warns of an overridden entry only if the values differ. So twins are edited
        together, to avoid new warnings.
        """
        found: list[Entry] = []
        for entry in reversed([one for one in self.entries if one.name == name]):
            if found and entry.value != found[0].value:
                break
            found.append(entry)
        return tuple(found)

    def value(self, name: str) -> Optional[str]:
        """Return the active value as `postconf -n` prints it, None when the parameter is not set."""
        entry = self.entry(name)
        return None if entry is None else normalised(entry.value)

    def duplicates(self, name: str) -> tuple[int, ...]:
        """Return the line numbers (from 1) of all active entries of a name that is set repeatedly."""
        numbers = tuple(entry.lines[0] + 1 for entry in self.entries if entry.name == name)
        return numbers if len(numbers) > 1 else ()

    def insertable(self, at: int) -> bool:
        """True if a new parameter can be inserted before line `at`, outside a folded value."""
        return insertable(self.lines.texts, at)


@lru_cache(maxsize=4)
def _parsed(data: bytes) -> MainCf:
    """Parse a text; cached, since a plan parses the same few texts often."""
    return MainCf(Lines.parse(data))


def _entry(texts: Sequence[str], logical: Logical) -> Optional[Entry]:
    match = ENTRY.match(logical.text)
    if not match:
        return None
    column = match.end()
    for index in logical.lines:
        length = len(texts[index].rstrip("\n"))
        if column <= length:
            break
        column -= length
    value = logical.text[match.end() :].strip(SPACE)
    return Entry(match.group(1), value, logical.lines, index, column)


def _folds(texts: Sequence[str], index: int, places: Sequence[bool]) -> bool:
    """True if the lines after an example are, or would become, a part of its value."""
    if index + 1 == len(texts):
        return False
    unfinished = content(texts[index]).rstrip(SPACE)[-1] in ",="
    following = _INDENTED_COMMENT if not unfinished else _SPACED_COMMENT
    return bool(following.match(texts[index + 1])) or not places[index + 1]


def set_value(cf: MainCf, name: str, value: str, why: str) -> MainCf:
    """Replace the value of an active parameter at its place; of duplicates, that of the last.

    Duplicates with the same value are changed too (`MainCf.twins`). Folded lines of the old value
    are removed, comments between them are not. Raises ValueError for control characters and
    KeyError when the parameter is not active.
    """
    twins = cf.twins(name)
    if not twins:
        raise KeyError(name)
    value = checked(value).strip(" ")
    if normalised(twins[0].value) == normalised(value):
        return cf
    for entry in twins:
        cf = _set_entry(cf, entry, value, why)
    return cf


def _set_entry(cf: MainCf, entry: Entry, value: str, why: str) -> MainCf:
    texts = cf.lines.texts
    new = []
    for index in range(entry.lines[0], entry.end):
        text = content(texts[index])
        if index < entry.equals or silent(texts[index]):
            new.append((text, ""))
        elif index == entry.equals:
            new.append((_with_value(text, entry.column, value), why))
    return MainCf(cf.lines.replace(entry.lines[0], entry.end, new))


def _with_value(text: str, column: int, value: str) -> str:
    head, old = text[:column], text[column:].partition("\0")[0]
    bare = old.strip(SPACE)
    if not value:
        return head
    if not bare:
        return f"{head} {value}"
    start = old.index(bare)
    return head + old[:start] + value + old[start + len(bare) :]


def write_lines(cf: MainCf, at: int, texts: Sequence[str], why: str) -> MainCf:
    """Insert physical lines before line `at`. Raises ValueError for control characters."""
    return MainCf(cf.lines.insert(at, [checked(text) for text in texts], why))


def uncomment(cf: MainCf, example: Example, why: str) -> MainCf:
    """Remove the `#` of an example, and nothing else."""
    text = content(cf.lines.texts[example.line])
    return MainCf(cf.lines.replace(example.line, example.line + 1, [(text[1:], why)]))


def replace_example(cf: MainCf, example: Example, text: str, why: str) -> MainCf:
    """Replace an example by an active line."""
    return MainCf(cf.lines.replace(example.line, example.line + 1, [(checked(text), why)]))


def comment_out(cf: MainCf, name: str, why: str) -> MainCf:
    """Comment out each line of all active entries of that name, so that it is not set.

    The operator's text remains, as an example that `uncomment` accepts.
    """
    lines = cf.lines
    chosen = {index for entry in cf.entries if entry.name == name for index in entry.lines}
    if not chosen:
        return cf
    # In one pass: a folded value may have thousands of lines.
    start, stop = min(chosen), max(chosen) + 1
    texts = ((index, content(lines.texts[index])) for index in range(start, stop))
    new = [("#" + text, why) if index in chosen else (text, "") for index, text in texts]
    return MainCf(lines.replace(start, stop, new))


def remove(cf: MainCf, name: str, why: str) -> MainCf:
    """Remove each line of all active entries of that name; the line before gets `why`."""
    lines = cf.lines
    gone = {index for entry in cf.entries if entry.name == name for index in entry.lines}
    if not gone:
        return cf
    # In one pass, from the line above the first removed one, which gets the reason.
    start, stop = max(0, min(gone) - 1), max(gone) + 1
    new: list[tuple[str, str]] = []
    for index in range(start, stop):
        if index not in gone:
            new.append((content(lines.texts[index]), ""))
        elif new:
            new[-1] = (new[-1][0], lines.whys[index - 1] or why)
    return MainCf(lines.replace(start, stop, new))


def is_blank(cf: MainCf, at: int) -> bool:
    """True if line `at` is empty."""
    texts = cf.lines.texts
    return 0 <= at < len(texts) and not texts[at].strip(SPACE)
