"""Read main.cf where postconf cannot run: in a copied /etc, and a package's own file.

Only for reading; `wizard.postfix` edits the file, and reads lines and names with what is here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from wizard.host.distribution import major
from wizard.host.facts import Distribution
from wizard.host.logical import SPACE, logical_lines

VERSION_OF_RELEASE = {"9": "3.5", "10": "3.8"}
"""Postfix's version by Enterprise Linux's major release."""

LONGEST_EXPANDED = 65536
"""Characters by which values may lengthen a text; a name or a list of tables needs a hundred."""

ENTRY = re.compile(r"[ \t\n\v\f\r]*([^ \t\n\v\f\r=]*)[ \t\n\v\f\r]*=")
"""The name and the equals sign that begin a parameter."""
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
"""Postfix ends a line only at a line feed; str.splitlines() has ten other ends."""
_SEPARATORS = re.compile(r"[ \t\r\n]+")

_REFERENCE = re.compile(r"\$(?:(\w+)|\{(\w+)\}|\((\w+)\))")

_EL_WITHOUT_DB = 10
NO_BERKELEY_DB = (3, 8)
"""EL10's Postfix, built without Berkeley DB, is 3.8; EL9's, built with it, 3.5."""


def own_parameters(text: bytes) -> dict[str, str]:
    """Return main.cf's parameters as `postconf -n` prints them: unfolded, the last of duplicates."""
    return dict(all_parameters(text))


@lru_cache(maxsize=4)
def all_parameters(text: bytes) -> tuple[tuple[str, str], ...]:
    """Return each `name = value` of main.cf in order, duplicates included.

    A plan asks a dozen times for the live file and the next one.
    """
    lines = [
        one.text
        for one in logical_lines(_LINE.findall(text.decode("utf-8", "surrogateescape")))
        if not one.orphan
    ]
    return tuple(
        (found[1], normalised(line[found.end() :].strip(SPACE)))
        for line in lines
        for found in [ENTRY.match(line)]
        if found
    )


def normalised(value: str) -> str:
    """Return the value as `postconf -n` prints it: with single blanks."""
    return _SEPARATORS.sub(" ", value).strip(" ")


def expanded(text: str, value: Callable[[str], str], most: int = LONGEST_EXPANDED) -> str:
    """Replace `$name`, `${name}` and `$(name)` by values, once.

    A text that would become more than `most` characters longer is returned unchanged.
    """
    parts, size, at = [], 0, 0
    for found in _REFERENCE.finditer(text):
        parts += [text[at : found.start()], value(found[found.lastindex or 0])]
        size += len(parts[-1])
        if size > most:
            return text
        at = found.end()
    return "".join([*parts, text[at:]])


_PART = re.compile(r"([, \t\n\r\0]+)|[{}]|[^{}, \t\n\r\0]+")
"""A vertical tab or a form feed does not separate items, though it may begin a line."""


def spans(text: str, at: int = 0, parts: re.Pattern[str] = _PART) -> Iterator[tuple[int, int]]:
    """Yield the begin and end of each item of a list; braces keep separators in an item.

    The item of an unclosed brace goes to the end, as for Postfix. The first group of `parts`
    matches separators.
    """
    first, depth = None, 0
    for part in parts.finditer(text, at):
        if depth == 0 and part[1]:
            if first is not None:
                yield first, part.start()
            first = None
            continue
        first = part.start() if first is None else first
        depth = max(0, depth + {"{": 1, "}": -1}.get(part[0], 0))
    if first is not None:
        yield first, len(text)


def words(text: str) -> tuple[str, ...]:
    """Return the items of a list, separated by blanks and commas; braces keep blanks in an item."""
    return tuple(text[first:end] for first, end in spans(text))


def likely_version(parameters: dict[str, str], distribution: Distribution) -> str:
    """Return the version that follows from the file or the release, "" if neither tells."""
    level = parameters.get("compatibility_level", "")
    # Before Postfix 3.6 the level was a count (0, 1, 2), which does not show the version.
    if re.fullmatch(r"[0-9]{1,3}\.[0-9]{1,3}(\.[0-9]{1,3})?", level):
        return level
    return VERSION_OF_RELEASE.get(major(distribution.version), "") if distribution.is_el else ""


def likely_table_types(distribution: Distribution) -> tuple[str, ...]:
    """Return the types of indexed tables of a release without Berkeley DB, () if not known."""
    release = major(distribution.version)
    is_without = distribution.is_el and release.isdecimal() and int(release) >= _EL_WITHOUT_DB
    return ("lmdb", "cdb") if is_without else ()


def likely_database_type(parameters: dict[str, str], version: str) -> str:
    """Return main.cf's default_database_type, else that of this version's build."""
    stated = parameters.get("default_database_type", "")
    if stated:
        return stated
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return "lmdb" if numbers >= NO_BERKELEY_DB else "hash"
