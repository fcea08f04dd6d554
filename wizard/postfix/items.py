"""Edit the items of a list value without changing anything else.

Commas and white space separate items (postconf(5), address lists and restriction lists). All other
items, comments, blanks and line breaks are unchanged. All edits of one list are one pass, linear
in the number of items.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wizard.host.logical import SPACE, silent
from wizard.host.main_cf import spans
from wizard.postfix.lines import checked, content
from wizard.postfix.main_cf import Entry, MainCf

WIDTH = 72
"""Columns of a folded line of names, with its comma."""
INDENT = "    "

_NOT_IN_ITEM = re.compile(r"[\s,{}]")


@dataclass(frozen=True)
class ListEdit:
    """Changes of the words of a value, by their position (0 is the first).

    `insert` maps the position of a word to the new items after it, -1 for the beginning. `whys` has
    the reasons of new items by their text; `why` is for all other changes. Items in `fold` at the
    end are written on folded lines, up to WIDTH columns.
    """

    why: str
    remove: frozenset[int] = frozenset()
    replace: Mapping[int, str] = field(default_factory=dict)
    insert: Mapping[int, Sequence[str]] = field(default_factory=dict)
    whys: Mapping[str, str] = field(default_factory=dict)
    fold: frozenset[str] = frozenset()


def item(text: str) -> str:
    """Return the text, if it is one item of a list.

    Raises ValueError if Postfix would read two items, a comment or a group, and for blanks of
    other scripts (U+3000), with which an item silently matches nothing.
    """
    if checked(text)[:1] == "#" or _NOT_IN_ITEM.search(text) or not text:
        raise ValueError(f"not one item of a list: {text!r}")
    return text


def words(cf: MainCf, entry: Entry) -> tuple[str, ...]:
    """Return the words of the entry's value in order; braces on one line are one word."""
    return tuple(cell.text for row in _rows(cf, entry) for cell in row.cells)


def folded(head: str, items: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return `head` with `items` on one line, and the names on folded lines of at most WIDTH."""
    lines = [f"{head} {', '.join(items)}"]
    for name in names:
        if len(lines) > 1 and _fits(lines[-1], name):
            lines[-1] += f", {name}"
        else:
            lines[-1] += ","
            lines.append(INDENT + name)
    return tuple(lines)


def _fits(line: str, name: str) -> bool:
    return len(line.expandtabs()) + len(", ") + len(name) + len(",") <= WIDTH


@dataclass
class _Cell:
    """A word, and the text between it and the next one or the end of its line."""

    text: str
    after: str

    @property
    def comma(self) -> bool:
        return "," in self.after


@dataclass
class _Row:
    """A physical line of the value; without cells, it is a comment, blank, or only `NAME =`."""

    before: str
    cells: list[_Cell]
    why: str = ""

    def text(self) -> str:
        return self.before + "".join(cell.text + cell.after for cell in self.cells)


def _rows(cf: MainCf, entry: Entry, why: str = "") -> list[_Row]:
    rows = []
    nul, is_first = "", True
    for index in range(entry.lines[0], entry.end):
        raw = content(cf.lines.texts[index])
        if index < entry.equals or silent(raw):
            rows.append(_Row(raw, []))
            continue
        if nul:
            continue
        text, nul, _ = raw.partition("\0")
        first, end = entry.column if index == entry.equals else 0, len(text)
        # All white space around the value is trimmed, also what does not separate items.
        if is_first:
            first = end - len(text[first:].lstrip(SPACE))
        if nul or index == entry.lines[-1]:
            end = len(text.rstrip(SPACE))
        is_first = is_first and first >= end
        found = list(spans(text[:end], first))
        stops = [*(first for first, _ in found[1:]), len(text)]
        cells = [_Cell(text[first:end], text[end:stop]) for (first, end), stop in zip(found, stops)]
        # Postfix ignores the text after a NUL, so the edit removes it, without comments.
        cut = why if nul else ""
        rows.append(_Row(text[: found[0][0]] if found else text, cells, cut))
    return rows


def edit(cf: MainCf, entry: Entry, change: ListEdit) -> MainCf:
    """Make all changes of one list in one pass over its lines.

    Raises ValueError when a new item contains a control character.
    """
    if not (change.remove or change.replace or change.insert):
        return cf
    rows = _Pass(_rows(cf, entry, change.why), entry.equals - entry.lines[0], change).rows()
    new = [(row.text(), row.why) for row in rows]
    return MainCf(cf.lines.replace(entry.lines[0], entry.end, new))


class _Pass:
    """One pass over the rows of a list; `head` is the index of the row with the name."""

    def __init__(self, rows: list[_Row], head: int, change: ListEdit) -> None:
        self._old = rows
        self._head = head
        self._change = change
        cells = [cell for row in rows for cell in row.cells]
        self._count = len(cells)
        self._commas = len(cells) <= 1 or any(cell.comma for cell in cells)
        self._closed = bool(cells) and cells[-1].comma
        sizes = [len(row.cells) for row in rows[head + 1 :] if row.cells]
        self._folded = bool(sizes)
        self._one_a_line = len(sizes) > 1 and max(sizes) == 1
        indents = (row.before for row in rows[head + 1 :] if row.cells)
        # Of Postfix's white space, a vertical tab or form feed within a list does not separate items.
        self._indent = next((one for one in indents if not one.strip(" \t")), INDENT)
        self._new: list[_Row] = []

    def rows(self) -> list[_Row]:
        """Return the rows after all changes, each changed one with its reason."""
        change, place = self._change, -1
        for index, old in enumerate(self._old):
            row, start = _Row(old.before, [], old.why), len(self._new)
            self._new.append(row)
            if index == self._head and -1 in change.insert:
                self._begin(row, bool(old.cells))
            for cell in old.cells:
                place += 1
                if place in change.remove:
                    self._take_out(row, cell, cell is old.cells[-1])
                else:
                    text = cell.text
                    if place in change.replace:
                        text = checked(change.replace[place])
                        row.why = change.whys.get(text, change.why)
                    self._new[-1].cells.append(_Cell(text, cell.after))
                if place in change.insert:
                    self._insert(change.insert[place], cell is old.cells[-1], place)
            if old.cells and not row.cells and index != self._head:
                del self._new[start]
                before = self._new[start - 1]
                before.why = before.why or change.why
        self._close()
        return self._new

    def _take_out(self, row: _Row, cell: _Cell, ends_line: bool) -> None:
        row.why = row.why or self._change.why
        if ends_line and self._new[-1].cells:
            self._new[-1].cells[-1].after = cell.after
        elif ends_line:
            row.before = row.before.rstrip(" \t")

    def _begin(self, row: _Row, goes_on: bool) -> None:
        """Insert items before all others, on the line of the name."""
        given = self._change.insert[-1]
        items = [text for text in given if text not in self._change.fold or goes_on] or given[:1]
        row.before = row.before if row.before[-1:] in (" ", "\t") else row.before + " "
        separator = ", " if self._commas else " "
        more = goes_on or self._count > 0
        for number, text in enumerate(items, 1):
            ends = number == len(items)
            after = separator if not ends or goes_on else separator.strip() if more else ""
            row.cells.append(_Cell(checked(text), after))
        row.why = self._change.whys.get(items[0], self._change.why)
        if len(items) < len(given):
            self._insert(given[len(items) :], ends_line=True, place=self._count - 1)

    def _insert(self, items: Sequence[str], ends_line: bool, place: int) -> None:
        for text in items:
            last = self._new[-1]
            why = self._change.whys.get(text, self._change.why)
            comma = last.cells[-1].comma or (self._commas and place == self._count - 1)
            if self._new_line(last, text, ends_line):
                before = self._indent
                previous = last.cells[-1]
                new = _Cell(checked(text), "," if previous.comma else "")
                if comma and not previous.comma:
                    previous.after = "," + previous.after
                    last.why = last.why or why
                self._new.append(_Row(before, [new], why))
            else:
                previous = last.cells[-1]
                last.cells.append(_Cell(checked(text), previous.after))
                previous.after = ", " if comma else " "
                last.why = last.why or why

    def _new_line(self, last: _Row, text: str, ends_line: bool) -> bool:
        if not ends_line:
            return False
        if text in self._change.fold:
            on_head = last is self._new[self._head]
            return on_head or self._one_a_line or not _fits(last.text().rstrip(", \t"), text)
        return self._folded

    def _close(self) -> None:
        """Remove the comma after the last item, unless the operator had one there."""
        for row in reversed(self._new):
            if row.cells:
                cell = row.cells[-1]
                if cell.comma and not self._closed:
                    cell.after = cell.after.replace(",", "").rstrip(" \t")
                    row.why = row.why or self._change.why
                return
