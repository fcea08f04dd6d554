"""`python -m tests.faults.page K/N`: add the count of a share of all faults to docs/faults.md.

The shares of one commit are rows of a table, each replaced when it is run again. Once all N are
there, the rows become one, a whole run.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, replace

from tests.faults.counts import ROOT, directory
from tests.turns import commit

PAGE = ROOT / "docs/faults.md"
_HEAD = """\
## Runs of every fault

Written by `scripts/test --all-faults K/N`: every error at every point, on both families of hosts, in N shares. A `+`
says that files differed from the commit.

| commit | share | kills | errors | not met | wrong |
|---|---|---|---|---|---|
"""
_ROW = re.compile(r"\| (\S+) \| (\S+) of (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|")
_WHOLE = "all"


@dataclass(frozen=True)
class Row:
    """What one share came to; `share` is `all` for the sum of all N."""

    commit: str
    share: str
    of: int
    kills: int
    errors: int
    missed: int
    wrong: int

    def __str__(self) -> str:
        counted = (self.kills, self.errors, self.missed, self.wrong)
        words = (self.commit, f"{self.share} of {self.of}", *map(str, counted))
        return f"| {' | '.join(words)} |"


def added(page: str, new: Row) -> str:
    """Return the page with a share's count in its table."""
    text = page.partition(_HEAD.splitlines()[0])[0].rstrip("\n")
    return f"{text}\n\n{_HEAD}" + "".join(f"{row}\n" for row in _merged(_rows(page), new))


def _rows(page: str) -> list[Row]:
    found = map(_ROW.fullmatch, page.splitlines())
    return [Row(match[1], match[2], *map(int, match.groups()[2:])) for match in found if match]


def _merged(rows: list[Row], new: Row) -> list[Row]:
    """Return the rows with the new one in the place of its share's, or the sum once all are there."""
    ours = [one for one in rows if (one.commit, one.of) == (new.commit, new.of)]
    others = [one for one in rows if one not in ours]
    shares = {one.share: one for one in ours if one.share != _WHOLE} | {new.share: new}
    if len(shares) == new.of:
        return [*others, _sum(list(shares.values()))]
    return [*others, *sorted(shares.values(), key=lambda one: int(one.share))]


def _sum(rows: list[Row]) -> Row:
    return replace(
        rows[0],
        share=_WHOLE,
        kills=sum(one.kills for one in rows),
        errors=sum(one.errors for one in rows),
        missed=sum(one.missed for one in rows),
        wrong=sum(one.wrong for one in rows),
    )


def main(share: str) -> None:
    """Add what the last test run counted."""
    number, _, of = share.partition("/")
    whole = json.loads((directory() / "faults.json").read_text(encoding="utf-8"))
    names = ("kill_points", "errno_points", "missed", "wrong")
    row = Row(commit(), number, int(of), *(whole[name] for name in names))
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(added(page, row), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
