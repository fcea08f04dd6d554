"""Diffs of configuration files, in the shape of diff(1)'s unified format, keys masked.

difflib alone takes seconds on ten thousand changed lines. So lines that are unique in both texts
are matched first (the patience algorithm). difflib then compares only the gaps between them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Callable, Iterable, Iterator, NamedTuple, Sequence

from wizard.postfix.proposal import Reason
from wizard.secrets import masked, may_have_key

SAME, GONE, NEW = " ", "-", "+"
"""The first column of a unified diff."""

NO_NEWLINE = "\\ No newline at end of file"

MAX_GAP = 4_000_000
"""Old lines times new lines of all gaps together. A gap beyond it is shown as one replacement."""


_Part = tuple[str, Sequence[bytes], int, int]
"""A sign, the lines of a text, and the first line and the end of the part."""


class Line(NamedTuple):
    """One line of a hunk: its sign (SAME, GONE, NEW) and its text without the line end."""

    sign: str
    text: str


class HunkLines:
    """The lines of a hunk, made during the iteration: a million of them would fill the memory."""

    def __init__(self, hide: Callable[[str], str], parts: Sequence[_Part]) -> None:
        self._hide = hide
        self._parts = parts

    def __iter__(self) -> Iterator[Line]:
        for sign, lines, first, end in self._parts:
            for line in lines[first:end]:
                text = line.decode("utf-8", "backslashreplace")
                if text[-1] == "\n":
                    yield Line(sign, self._hide(text[:-1]))
                else:
                    yield Line(sign, self._hide(text))
                    yield Line(sign, NO_NEWLINE)


@dataclass(frozen=True)
class Hunk:
    """Neighbouring changes with context. Starts count from 1; `why` are the reasons."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: Iterable[Line]
    why: tuple[str, ...] = ()

    @property
    def header(self) -> str:
        """The @@ line."""
        old = _range(self.old_start, self.old_count)
        return f"@@ -{old} +{_range(self.new_start, self.new_count)} @@"


def _range(start: int, count: int) -> str:
    """Write a range as diff(1) does: an empty one names the line before it."""
    if count == 1:
        return str(start)
    return f"{start if count else start - 1},{count}"


def hunks(
    old: bytes, new: bytes, reasons: Sequence[Reason] = (), context: int = 3
) -> tuple[Hunk, ...]:
    """Return the hunks that turn `old` into `new`, each with the reasons that touch its lines."""
    if old == new:
        return ()
    old_part, new_part, above = _differing(old, new, context)
    before = _lines(old_part)
    after = _lines(new_part)
    found = []
    touching = _Touching(reasons)
    hide = masked if may_have_key(old) or may_have_key(new) else str
    for group in _grouped(_changes(before, after), len(before), len(after), context):
        parts: list[_Part] = []
        at_old, at_new = group[0][0], group[0][2]
        first_old, first_new = at_old, at_new
        for old_from, old_to, new_from, new_to in group[1:-1]:
            parts.append((SAME, before, at_old, old_from))
            if old_from < old_to:
                parts.append((GONE, before, old_from, old_to))
            if new_from < new_to:
                parts.append((NEW, after, new_from, new_to))
            at_old, at_new = old_to, new_to
        parts.append((SAME, before, at_old, group[-1][0]))
        why = touching.why(
            (above + new_from + 1, above + max(new_to, new_from + 1))
            for _, _, new_from, new_to in group[1:-1]
        )
        found.append(
            Hunk(
                above + first_old + 1,
                group[-1][0] - first_old,
                above + first_new + 1,
                at_new + (group[-1][0] - at_old) - first_new,
                HunkLines(hide, parts),
                why,
            )
        )
    return tuple(found)


class _Touching:
    """Finds the reasons that touch ranges of lines, where the ranges come in ascending order.

    Each reason is compared with its neighbours only, since a zone of 50,000 names has as many
    reasons as hunks.
    """

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self._reasons = reasons
        self._waiting = sorted(
            range(len(reasons)), key=[one.first_line for one in reasons].__getitem__, reverse=True
        )
        self._open: list[int] = []

    def why(self, ranges: Iterable[tuple[int, int]]) -> tuple[str, ...]:
        """Return in order the reasons that touch these ranges, each a first and a last line."""
        found: set[int] = set()
        for first, last in ranges:
            while self._waiting and self._reasons[self._waiting[-1]].first_line <= last:
                self._open.append(self._waiting.pop())
            self._open = [one for one in self._open if self._reasons[one].last_line >= first]
            found.update(self._open)
        return tuple(dict.fromkeys([self._reasons[one].why for one in sorted(found)]))


def unified(
    old_name: str,
    new_name: str,
    shown: Sequence[Hunk],
    header: Callable[[Hunk], str] = lambda hunk: hunk.header,
) -> Iterator[str]:
    """Yield the lines of a unified diff, without line ends; nothing if there is no hunk.

    `header` returns the line above a hunk.
    """
    if not shown:
        return
    yield f"--- {old_name}"
    yield f"+++ {new_name}"
    for hunk in shown:
        yield header(hunk)
        for sign, text in hunk.lines:
            yield text if text == NO_NEWLINE else sign + text


_Change = tuple[int, int, int, int]


def changed_lines(old: bytes, new: bytes) -> Iterator[tuple[int, int]]:
    """Yield the first and last line (from 1) of each range of `new` that differs from `old`.

    For removed lines it is the line after them.
    """
    old_part, new_part, above = _differing(old, new, 0)
    for _, _, first, last in _changes(_lines(old_part), _lines(new_part)):
        yield above + first + 1, above + max(last, first + 1)


def _differing(old: bytes, new: bytes, context: int) -> tuple[bytes, bytes, int]:
    """Cut off the common head and tail, without `context` lines of each.

    Return both rests and the number of lines in the head. Most of a large file is unchanged, so it
    need not be split into lines.
    """
    head = old.rfind(b"\n", 0, _common_bytes(old, new)) + 1
    after = _common_bytes(old[head:][::-1], new[head:][::-1])
    if not (_begins_line(old, len(old) - after) and _begins_line(new, len(new) - after)):
        after = _after_line(old, len(old) - after)
    for _ in range(context):
        head = old.rfind(b"\n", 0, max(0, head - 1)) + 1
        after = _after_line(old, len(old) - after)
    return old[head : len(old) - after], new[head : len(new) - after], old.count(b"\n", 0, head)


def _begins_line(text: bytes, at: int) -> bool:
    return at == 0 or text[at - 1 : at] == b"\n"


def _after_line(text: bytes, at: int) -> int:
    """Count the bytes after the line that contains the offset `at`."""
    end = text.find(b"\n", at)
    return 0 if end < 0 else len(text) - end - 1


def _common_bytes(one: bytes, other: bytes) -> int:
    """Count the bytes of the common head."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        half = (least + most + 1) // 2
        if one[least:half] == other[least:half]:
            least = half
        else:
            most = half - 1
    return least


def _lines(data: bytes) -> list[bytes]:
    """Split after each LF alone: form feeds and lone CRs are part of a line, as for diff(1)."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _changes(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[_Change]:
    """Yield the ranges that differ, in order: old_from, old_to, new_from, new_to."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    end = len(old) - tail - head, len(new) - tail - head
    at_old = at_new = head
    budget = MAX_GAP
    for anchor in [*_anchors(old[head : head + end[0]], new[head : head + end[1]]), end]:
        anchor_old, anchor_new = head + anchor[0], head + anchor[1]
        size = (anchor_old - at_old) * (anchor_new - at_new)
        yield from _gap(old, new, (at_old, anchor_old, at_new, anchor_new), fine=size <= budget)
        budget -= size if size <= budget else 0
        at_old, at_new = anchor_old + 1, anchor_new + 1


def _common(old: Sequence[bytes], new: Sequence[bytes]) -> int:
    """Count the lines of the common head."""
    pairs = enumerate(zip(old, new))
    return next((at for at, (a, b) in pairs if a != b), min(len(old), len(new)))


def _anchors(old: Sequence[bytes], new: Sequence[bytes]) -> list[tuple[int, int]]:
    """Match the lines that are unique in both: the longest series of pairs in the same order."""
    once_old = {line for line, count in Counter(old).items() if count == 1}
    places = {line: i for i, line in enumerate(new)}
    counts = Counter(new)
    pairs = [
        (i, places[line])
        for i, line in enumerate(old)
        if line in once_old and counts.get(line) == 1
    ]
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, (_, j) in enumerate(pairs):
        at = bisect_left(tails, j)
        previous.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [j]
        ends[at : at + 1] = [index]
    chain: list[tuple[int, int]] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(pairs[index])
        index = previous[index]
    return chain[::-1]


def _gap(
    old: Sequence[bytes], new: Sequence[bytes], gap: _Change, *, fine: bool
) -> Iterator[_Change]:
    """Yield what differs between two anchors, as one replacement if `fine` is False."""
    old_from, old_to, new_from, new_to = gap
    if old_from == old_to and new_from == new_to:
        return
    if not fine or old_from == old_to or new_from == new_to:
        yield gap
        return
    matcher = SequenceMatcher(None, old[old_from:old_to], new[new_from:new_to], autojunk=False)
    for tag, i, j, k, l in matcher.get_opcodes():  # noqa: E741 - difflib's own order
        if tag != "equal":
            yield old_from + i, old_from + j, new_from + k, new_from + l


def _grouped(
    changes: Iterator[_Change], old_length: int, new_length: int, context: int
) -> Iterator[list[_Change]]:
    """Yield groups of changes whose contexts touch, each between two empty ranges."""
    group: list[_Change] = []
    for change in changes:
        if group and change[0] - group[-1][1] > 2 * context:
            yield _framed(group, old_length, new_length, context)
            group = []
        group.append(change)
    if group:
        yield _framed(group, old_length, new_length, context)


def _framed(group: list[_Change], old_length: int, new_length: int, context: int) -> list[_Change]:
    before = min(context, group[0][0], group[0][2])
    after = min(context, old_length - group[-1][1], new_length - group[-1][3])
    first_old, first_new = group[0][0] - before, group[0][2] - before
    last_old, last_new = group[-1][1] + after, group[-1][3] + after
    return [
        (first_old, first_old, first_new, first_new),
        *group,
        (last_old, last_old, last_new, last_new),
    ]
