"""Read the zones of named.conf(5): name, type and file of each, and whether named writes it.

The parser knows blocks, words and quotes only, not the meaning of all statements.
named-checkconf(8) validates them when named starts.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Callable, Optional, Union

Read = Callable[[str], Optional[str]]
"""Returns a file's text, None where there is none."""

DIRECTORY = "/var/named"
"""named's directory on EL; relative file names start there."""

DEEPEST = 5
"""Levels of files that include one another."""

MAX_STATEMENTS = 100_000
"""Statements that are read in total: a file may include another one very often."""

MOST_NESTED = 20
"""Levels of nested blocks; named.conf(5) has at most five."""

_PARTS = re.compile(
    r"""\s+|//[^\n]*|\#[^\n]*|/\*.*?(?:\*/|\Z)"""
    r"""|(?P<quoted>"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z))|(?P<mark>[{};])|(?P<word>[^\s{};"]+)""",
    re.DOTALL,
)
"""An unclosed comment or quoted text ends with the file, so that it is read only once."""

Block = list["Statement"]
Statement = list[Union[str, "Block"]]

DYNAMIC = ("allow-update", "update-policy", "dnssec-policy", "auto-dnssec", "inline-signing")
"""Statements that let named itself write or sign a zone."""

_OFF = frozenset({"no", "off", "none", "none;"})


@dataclass(frozen=True)
class ZoneStatement:
    """One zone: `kind` is its type (master and primary are the same), `file` its absolute path.

    `view` is the zone's view, "" for none. `managed` is the statement that lets named itself write
    or sign the zone, "" for none.
    """

    name: str
    kind: str
    file: str
    view: str = ""
    managed: str = ""

    @property
    def is_primary(self) -> bool:
        """True if this server is the zone's primary, so that the file is the original."""
        return self.kind in {"master", "primary"}


def read_zones(path: str, read: Read) -> tuple[ZoneStatement, ...]:
    """Return the zones of named.conf at `path` and of included files; none if it is absent."""
    block = _Includes(read).block(path)
    options = [one for options in _named(block, "options") for one in _block(options)]
    directory = next(
        (_text(one[1]) for one in options if len(one) > 1 and one[0] == "directory"), DIRECTORY
    )
    managed = _managed(options, "")
    found = list(_zones(block, directory, "", managed))
    for view in _named(block, "view"):
        inner, name = _block(view), _text(view[1]) if len(view) > 1 else ""
        found += _zones(inner, directory, name, _managed(inner, managed))
    return tuple(found)


class _Includes:
    """Follows include statements. A file that includes itself is skipped, as named refuses it."""

    def __init__(self, read: Read) -> None:
        self._parsed = functools.lru_cache(maxsize=None)(lambda path: _parse(read(path) or ""))
        self._remaining = MAX_STATEMENTS

    def block(self, path: str, above: tuple[str, ...] = ()) -> Block:
        """Return a file's statements, with each include replaced by the included statements."""
        if path in above or len(above) >= DEEPEST:
            return []
        return self._expanded(self._parsed(path), (*above, path))

    def _expanded(self, block: Block, above: tuple[str, ...]) -> Block:
        statements: Block = []
        for one in block[: self._remaining]:
            self._remaining -= 1
            if len(one) > 1 and one[0] == "include":
                statements += self.block(_absolute(_text(one[1]), DIRECTORY), above)
            else:
                statements.append(
                    [
                        self._expanded(part, above) if isinstance(part, list) else part
                        for part in one
                    ]
                )
        return statements


@dataclass
class _Open:
    """A block that is being read, and its current statement."""

    block: Block = field(default_factory=list)
    statement: Statement = field(default_factory=list)


def _parse(text: str) -> Block:
    stack = [_Open()]
    for match in _PARTS.finditer(text):
        here = stack[-1]
        mark = match["mark"]
        if mark == "{" and len(stack) <= MOST_NESTED:
            stack.append(_Open())
        elif mark == "}":
            if len(stack) > 1:
                stack.pop()
                stack[-1].statement.append(_closed(here))
        elif mark == ";":
            _end(here)
        elif match["quoted"] or match["word"]:
            here.statement.append(match["quoted"] or match["word"])
    while len(stack) > 1:
        inner = stack.pop()
        stack[-1].statement.append(_closed(inner))
    return _closed(stack[0])


def _closed(one: _Open) -> Block:
    _end(one)
    return one.block


def _end(one: _Open) -> None:
    if one.statement:
        one.block.append(one.statement)
        one.statement = []


def _zones(block: Block, directory: str, view: str, managed: str) -> Iterator[ZoneStatement]:
    for zone in _named(block, "zone"):
        inner = _block(zone)
        rows = {_text(one[0]): one for one in inner if one}
        if len(zone) < 2 or "file" not in rows or "type" not in rows:  # noqa: PLR2004 (zone NAME)
            continue
        name = _text(zone[1]).rstrip(".").lower()
        file = _absolute(_text((rows["file"] + [""])[1]), directory)
        yield ZoneStatement(
            name or ".", _text((rows["type"] + [""])[1]), file, view, _managed(inner, managed)
        )


def _managed(block: Block, outer: str) -> str:
    """Return the statement that lets named write or sign zones; the inner block overrides `outer`."""
    said = {_text(one[0]): _is_on(one) for one in block if one}
    inner = next((word for word in DYNAMIC if said.get(word)), "")
    return inner or ("" if said.get(outer) is False else outer)


def _named(block: Block, word: str) -> Iterator[Statement]:
    return (one for one in block if one and one[0] == word)


def _block(statement: Statement) -> Block:
    return next((part for part in statement if isinstance(part, list)), [])


def _is_on(statement: Statement) -> bool:
    rest: Sequence[Union[str, Block]] = statement[1:]
    if len(rest) == 1 and isinstance(rest[0], list):
        return any(_text(one[0]) not in _OFF for one in rest[0] if one)
    return bool(rest) and _text(rest[0]) not in _OFF


def _text(part: Union[str, Block]) -> str:
    if isinstance(part, list):
        return ""
    return part[1:].rstrip('"') if part.startswith('"') else part


def _absolute(path: str, directory: str) -> str:
    return path if path.startswith("/") else f"{directory.rstrip('/')}/{path}"
