"""A configuration file as physical lines, each with the reason for its change.

Text is UTF-8 with surrogate escapes, so that any bytes can be decoded and encoded without loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from wizard.postfix.proposal import Proposal, Reason

_PHYSICAL_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def checked(value: str) -> str:
    """Return the value, if it can be written on one line.

    Raises ValueError for CR, LF, NUL, ESC and all other control characters and line separators, so
    that no value can add a second parameter, service or option.
    """
    found = _CONTROL.search(value)
    if found:
        raise ValueError(f"control character {found.group()!r} in {value!r}")
    return value


@dataclass(frozen=True)
class Lines:
    """Physical lines with their terminators; `whys` has a reason for each, "" if unchanged."""

    texts: tuple[str, ...]
    whys: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> Lines:
        """Split at LF only, as Postfix does; `bytes(Lines.parse(data)) == data` for any data."""
        texts = tuple(_PHYSICAL_LINE.findall(data.decode("utf-8", "surrogateescape")))
        return cls(texts, ("",) * len(texts))

    @classmethod
    def of(cls, proposal: Proposal) -> Lines:
        """Return the lines of a proposal with the reasons of those that it changes."""
        lines = cls.parse(proposal.text)
        whys = list(lines.whys)
        for one in proposal.reasons:
            for at in range(one.first_line - 1, min(one.last_line, len(whys))):
                whys[at] = one.why
        return cls(lines.texts, tuple(whys))

    def __bytes__(self) -> bytes:
        return "".join(self.texts).encode("utf-8", "surrogateescape")

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def newline(self) -> str:
        """The line terminator of this file: CR LF if the first line has it, else LF."""
        return "\r\n" if self.texts and self.texts[0].endswith("\r\n") else "\n"

    def insert(self, at: int, new: Iterable[str], why: str) -> Lines:
        """Insert lines (without terminators) before line `at`, or at the end as lines of their own."""
        return self.replace(at, at, [(text, why) for text in new])

    def replace(self, start: int, stop: int, new: Sequence[tuple[str, str]]) -> Lines:
        """Replace lines start..stop-1 by (line without terminator, reason) pairs.

        The new lines have the terminators of the old ones in order, also a missing one at the end
        of the file. With the reason "" a line keeps its old reason, also at another position.
        """
        newline = self.newline
        old = [terminator(text) for text in self.texts[start:stop]]
        ends = [old[i] if i < len(old) and old[i] else newline for i in range(len(new))]
        if new and old and not old[-1]:
            ends[-1] = ""
        before, before_whys = self.texts[:start], self.whys[:start]
        if new and before and not before[-1].endswith("\n"):
            before = (*before[:-1], before[-1] + newline)
            before_whys = (*before_whys[:-1], before_whys[-1] or new[0][1])
        old_whys = self.whys[start:stop]
        if any(old_whys):
            had = dict(zip(map(content, self.texts[start:stop]), old_whys))
            whys = [
                why or had.get(text, old_whys[i] if i < len(old_whys) else "")
                for i, (text, why) in enumerate(new)
            ]
        else:
            whys = [why for _, why in new]
        if old and not old[-1]:
            # The last line gets a terminator because of the lines after it, so also their reason.
            for index, (text, _) in enumerate(new[:-1]):
                if text == self.texts[stop - 1]:
                    whys[index] = whys[index] or next(filter(None, whys[index + 1 :]), "")
        texts = [text + end for (text, _), end in zip(new, ends)]
        return Lines(
            (*before, *texts, *self.texts[stop:]), (*before_whys, *whys, *self.whys[stop:])
        )

    def mark(self, at: int, why: str) -> Lines:
        """Give line `at` a reason unless it has one, since the line after it was removed."""
        if not 0 <= at < len(self.whys) or self.whys[at]:
            return self
        return Lines(self.texts, (*self.whys[:at], why, *self.whys[at + 1 :]))

    def reasons(self) -> tuple[Reason, ...]:
        """Return the reasons in order; adjacent lines with the same reason are one."""
        marked = [(number, why) for number, why in enumerate(self.whys, 1) if why]
        found = []
        # For adjacent lines, the difference of number and position in `marked` is constant.
        for (why, _), run in groupby(
            enumerate(marked), lambda one: (one[1][1], one[1][0] - one[0])
        ):
            numbers = [number for _, (number, _) in run]
            found.append(Reason(numbers[0], numbers[-1], why))
        return tuple(found)


def terminator(text: str) -> str:
    r"""Return the end of a physical line: "\r\n", "\n" or, at the end of a file, ""."""
    return "\r\n" if text.endswith("\r\n") else "\n" if text.endswith("\n") else ""


def content(text: str) -> str:
    """Return a physical line without its terminator."""
    return text[: len(text) - len(terminator(text))]
