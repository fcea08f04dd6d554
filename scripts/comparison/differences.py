"""Where two programs differ, and which of that is allowed by name."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Iterator, Mapping

import tomlkit

from comparison.masks import masked
from comparison.observed import TRACEBACK

ONE_SIDED = "observed of one program only"


@dataclass
class Allowed:
    """One difference that is wanted: the observations it is in, and the lines that may differ.

    Each line that is only in one program's text must match `lines` as a whole.
    """

    name: str
    why: str
    where: str
    lines: re.Pattern[str]
    met: int = field(default=0)

    def covers(self, observation: str, line: str) -> bool:
        """Return True if the line may differ in this observation."""
        return fnmatchcase(observation, self.where) and bool(self.lines.fullmatch(line))


@dataclass(frozen=True)
class Difference:
    """An observation whose texts differ: the lines, as `diff -u` prints them, and why they may."""

    name: str
    lines: tuple[str, ...]
    allowed_by: tuple[str, ...]


def read_allowed(file: Path) -> list[Allowed]:
    """Read the table of allowed differences: `[[allowed]]` with name, why, where and lines."""
    rows = tomlkit.parse(file.read_text(encoding="utf-8")).unwrap().get("allowed", [])
    return [
        Allowed(row["name"], row["why"], row["where"], re.compile(row["lines"])) for row in rows
    ]


def differences(
    old: Mapping[str, str], new: Mapping[str, str], allowed: list[Allowed]
) -> Iterator[Difference]:
    """Yield each observation that is not equal; `Allowed.met` counts what was used."""
    # A file's name has the ID of its run.
    old, new = ({masked(name): text for name, text in texts.items()} for texts in (old, new))
    for name in sorted({*old, *new}):
        if name not in old or name not in new:
            yield Difference(name, (ONE_SIDED,), ())
            continue
        before, after = (masked(text).splitlines() for text in (old[name], new[name]))
        if before == after:
            continue
        lines = tuple(difflib.unified_diff(before, after, "old", "new", lineterm="", n=1))
        yield Difference(name, lines, _allowing(name, lines, allowed))


def _allowing(name: str, lines: tuple[str, ...], allowed: list[Allowed]) -> tuple[str, ...]:
    """Return the names of the entries that cover every changed line, or nothing."""
    used: list[Allowed] = []
    for line in lines[2:]:
        if line[:1] not in "+-":
            continue
        covering = next((one for one in allowed if one.covers(name, line[1:])), None)
        if covering is None:
            return ()
        used.append(covering)
    for one in used:
        one.met += 1
    return tuple(dict.fromkeys(one.name for one in used))


def tracebacks(observed: Mapping[str, str]) -> list[str]:
    """Return the observations with a traceback."""
    return [name for name, text in observed.items() if TRACEBACK in text]
