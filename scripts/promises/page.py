"""docs/promises.md: each promise, the tests that hold it, and the counts last seen.

A session that was not run this time is not forgotten: the rows of its tests are kept as they
stand on the page. So the page is the only memory, and a rerun that sees the same writes the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from promises.evidence import Evidence, Held

_HEAD = """\
# What a run promises

Written by `scripts/test` from what the tests saw, and not by hand: each promise, the tests that
hold it (marked `@pytest.mark.promise(N)`), how many cases they have, and what they counted. A test
that a run left out keeps the row of the run that last had it.
"""
NO_TEST = "No test holds this yet."
_HEADING = re.compile(r"### Promise (?P<number>[0-9]+)")
_ROW = re.compile(r"- `(?P<test>[^`]+)`: (?P<seen>.+)")


@dataclass(frozen=True)
class Promise:
    """A promise and the part of the page that it stands in."""

    part: str
    number: int
    text: str


@dataclass(frozen=True)
class Row:
    """A test below a promise, and what was seen of it, in words."""

    promise: int
    test: str
    seen: str

    @property
    def text(self) -> str:
        """The row as it stands on the page."""
        return f"- `{self.test}`: {self.seen}"


def promises() -> tuple[Promise, ...]:
    """Return all promises, in order."""
    table = tomlkit.parse(Path(__file__).with_name("promises.toml").read_text(encoding="utf-8"))
    return tuple(
        Promise(part["title"], one["number"], one["text"].strip())
        for part in table.unwrap()["part"]
        for one in part["promise"]
    )


def merged(page: str, sessions: Sequence[Evidence], root: Path) -> tuple[Row, ...]:
    """Return what the sessions saw, and of `page` the rows of tests below none of their paths.

    `root` is the project's: rows of test files that are no longer there are dropped.
    """
    seen = [
        Row(number, held.test, told(held))
        for session in sessions
        for held in session.tests
        for number in held.promises
    ]
    paths = [path for session in sessions for path in session.paths]
    kept = [
        row
        for row in rows(page)
        if not any(_below(row.test, path) for path in paths)
        and (root / row.test.partition("::")[0]).exists()
    ]
    return tuple(sorted({*seen, *kept}, key=lambda row: (row.promise, row.test)))


def _below(test: str, path: str) -> bool:
    return test.partition("::")[0] == path or test.startswith(path.rstrip("/") + "/")


def told(held: Held) -> str:
    """Tell what was seen of a test: `6 cases; 1,240 kill points`."""
    cases = held.passed + held.failed
    parts = [_counted(held.cases or cases, "case")] if cases else []
    parts += [f"one in {held.one_in} by turns"] if held.cases else []
    parts += [f"{number:,} {words}" for words, number in sorted(held.counts.items())]
    if held.failed:
        parts.append(f"{held.failed} FAILED")
    if held.skipped:
        parts.append(f"{_counted(held.skipped, 'case')} skipped: {held.why}")
    return "; ".join(parts)


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def rows(page: str) -> Iterator[Row]:
    """Yield the rows that stand on a page."""
    number = 0
    for line in page.splitlines():
        heading = _HEADING.fullmatch(line)
        row = _ROW.fullmatch(line)
        if heading:
            number = int(heading["number"])
        elif row:
            yield Row(number, row["test"], row["seen"])


def written(table: Iterable[Promise], held: Sequence[Row]) -> str:
    """Return the page."""
    lines = [_HEAD]
    part = ""
    for promise in table:
        if promise.part != part:
            part = promise.part
            lines += [f"## {part}", ""]
        below = [row.text for row in held if row.promise == promise.number]
        lines += [f"### Promise {promise.number}", "", promise.text, ""]
        lines += [*(below or [NO_TEST]), ""]
    return "\n".join(lines).rstrip("\n") + "\n"
