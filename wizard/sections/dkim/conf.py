"""Edit opendkim.conf (opendkim.conf(5)) without a change of anything else.

A line is a name and a value with blanks between them. A name counts in any case, and of several
lines with one name the last counts. `#` begins a comment, also after a value. There are no folded
lines. `Include` reads another file at its place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Optional

from wizard.postfix.lines import Lines, checked, content
from wizard.postfix.proposal import Proposal

INCLUDE = "include"
"""The name, in lower case, of a line that reads another file."""

_LINE = re.compile(r"([ \t]*)([^ \t#\r]+)([ \t]*)([^#\r]*)")
"""A line without its terminator: blanks, name, blanks, and the value with the blanks after it."""
_EXAMPLE = re.compile(r"#([A-Za-z]+)[ \t]+([^#\r]*)")


@dataclass(frozen=True)
class Setting:
    """A setting that the file must have. Other values of `also` are accepted as they are.

    With `only_if_unset` any value of the operator's is accepted.
    """

    name: str
    value: str
    why: str
    also: tuple[str, ...] = ()
    only_if_unset: bool = False

    def accepts(self, value: str) -> bool:
        """True if a live value needs no edit."""
        return self.only_if_unset or value in {self.value, *self.also}


class _Entry(NamedTuple):
    name: str
    value: str
    at: int


def settings(text: bytes) -> dict[str, str]:
    """Return the values in force by name in lower case; one without a value is ""."""
    return {one.name: one.value for one in _entries(Lines.parse(text))}


def propose_conf(
    live: Optional[bytes], wanted: Sequence[Setting], protected: Collection[str] = ()
) -> Proposal:
    """Return the next file with the wanted settings; names in `protected` (lower case) stay.

    A setting that is missing is put below the last example of it (`#NAME VALUE`), else at the end.
    Raises ValueError for a value that is not on one line.
    """
    lines = Lines.parse(live or b"")
    for one in wanted:
        if one.name.lower() not in protected:
            lines = _with(lines, one)
    return Proposal(bytes(lines), lines.reasons())


def _entries(lines: Lines) -> Iterator[_Entry]:
    for at, text in enumerate(lines.texts):
        # opendkim reads a line as a C string.
        match = _LINE.match(content(text).partition("\0")[0])
        if match:
            yield _Entry(match[2].lower(), match[4].strip(" \t"), at)


def _with(lines: Lines, one: Setting) -> Lines:
    value = checked(one.value)
    live = [entry for entry in _entries(lines) if entry.name == one.name.lower()]
    if not live:
        return _added(lines, one.name, value, one.why)
    if one.accepts(live[-1].value):
        return lines
    at = live[-1].at
    return lines.replace(at, at + 1, [(_changed(content(lines.texts[at]), value), one.why)])


def _changed(text: str, value: str) -> str:
    """Return the line with another value; blanks, a comment and what follows a NUL stay."""
    read, nul, unread = text.partition("\0")
    match = _LINE.match(read)
    if match is None:
        raise ValueError(f"{text!r} has no setting")
    rest = read[match.start(4) + len(match[4].rstrip(" \t")) :]
    # A comment must not become a part of the value, whatever opendkim takes for one.
    gap = " " if rest.startswith("#") else ""
    return f"{match[1]}{match[2]}{match[3] or ' '}{value}{gap}{rest}{nul}{unread}"


def _added(lines: Lines, name: str, value: str, why: str) -> Lines:
    new = f"{name} {value}"
    at = len(lines)
    for index, text in enumerate(lines.texts):
        match = _EXAMPLE.match(content(text))
        if match and match[1].lower() == name.lower():
            at = index + 1
            if match[2].strip(" \t") == value:
                return lines.replace(index, at, [(content(text)[1:], why)])
    return lines.insert(at, [new], why)
