"""certbot's settings read line by line, so that a line can be taken out and no other byte changes.

cli.ini is read by ConfigArgParse, renewal/NAME.conf by configobj. Both are followed closely where
they decide what an option is. A text that they may read in another way is not read here at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Optional

BOM = b"\xef\xbb\xbf"
"""The mark of UTF-8, which is no part of the first line."""
_QUOTES = ("'''", '"""')

MAX_LINES, MAX_CHARACTERS, MAX_OPTIONS = 5000, 4000, 500
"""Lines of a file, characters of a line, options of a file. certbot writes some twenty lines."""

# Patterns are strings: `re` compiles them once they are used.
_OF_CLI = r"(?P<key>[^:=;#\s]+)(?:\s*[:=\s]\s*(?P<value>.*))?"
_SECTION = r"(?P<open>\[+)(?P<name>[^][\"'#]+)(?P<close>\]+)\s*(?:#.*)?"


@dataclass(frozen=True)
class Option:
    """One option of a settings file: its lines are `first` to `last`, counted from 1.

    `name` is spelled as in the file. `section` has the names of the sections around it, outermost
    first.
    """

    name: str
    value: str
    first: int
    last: int
    section: tuple[str, ...] = ()


def options(path: str, text: bytes) -> Optional[tuple[Option, ...]]:
    """Return the options of cli.ini or of a renewal file, None for a text that is not clear."""
    is_renewal = "/renewal/" in path
    lines = _lines(text.removeprefix(BOM) if is_renewal else text)
    if lines is None:
        return None
    found = _renewal(lines) if is_renewal else _cli(lines)
    try:
        first = tuple(islice(found, MAX_OPTIONS + 1))
    except ValueError:
        return None
    return first if len(first) <= MAX_OPTIONS else None


def _lines(text: bytes) -> Optional[list[str]]:
    """Return the lines of a text in which nobody can see another end of a line than we do."""
    try:
        lines = text.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        return None
    is_clear = len(lines) <= MAX_LINES and all(map(_is_clear, lines))
    return lines if is_clear else None


def _is_clear(line: str) -> bool:
    return len(line) <= MAX_CHARACTERS and line.replace("\t", "").isprintable()


def _cli(lines: list[str]) -> Iterator[Option]:
    for number, whole in enumerate(lines, 1):
        line = whole.strip()
        if not line or line[0] in "#;[" or line.startswith("---"):
            continue
        pair = re.match(_OF_CLI, line)
        if pair is None:
            raise ValueError(line)
        # A name alone is a switch that is on.
        value = "true" if pair["value"] is None else pair["value"]
        yield Option(pair["key"], value, number, number)


def _renewal(lines: list[str]) -> Iterator[Option]:
    section: list[str] = []
    at = 0
    while at < len(lines):
        first, line = at + 1, lines[at].strip()
        at += 1
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = _section(line, section)
            continue
        name, value = _pair(line)
        if value[:3] in _QUOTES:
            at = _after_quotes(lines, at, value)
        yield Option(name, "\n".join([value, *lines[first:at]]), first, at, tuple(section))


def _section(line: str, above: list[str]) -> list[str]:
    """Return the names of the sections that are open after a header, outermost first."""
    header = re.fullmatch(_SECTION, line)
    depth = len(header["open"]) if header else 0
    if header is None or depth != len(header["close"]) or depth > len(above) + 1:
        raise ValueError(line)
    return [*above[: depth - 1], header["name"].strip()]


def _pair(line: str) -> tuple[str, str]:
    """Return an option's name, without quotes, and its value."""
    if line[0] in "\"'":
        name, quote, rest = line[1:].partition(line[0])
        before, equals, value = rest.partition("=")
        is_clear = bool(quote and equals) and not before.strip()
    else:
        name, equals, value = line.partition("=")
        is_clear = bool(equals and name.strip())
    if not is_clear:
        raise ValueError(line)
    return name.strip(), value.strip()


def _after_quotes(lines: list[str], at: int, value: str) -> int:
    """Return the index after the line that ends a value in three quotes."""
    quotes = value[:3]
    if quotes in value[3:]:
        return at
    for end in range(at, len(lines)):
        if quotes in lines[end]:
            return end + 1
    raise ValueError(value)


def without(text: bytes, ranges: tuple[tuple[int, int], ...]) -> bytes:
    """Return the text without these lines, each range counted from 1 and both ends included."""
    gone = {number for first, last in ranges for number in range(first, last + 1)}
    rest = [
        line for number, line in enumerate(text.splitlines(keepends=True), 1) if number not in gone
    ]
    if 1 in gone and text.startswith(BOM):
        rest.insert(0, BOM)
    return b"".join(rest)
