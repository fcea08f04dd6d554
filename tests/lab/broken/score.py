"""How many rows `check` names: `PYTHONPATH=.:scripts python -m tests.lab.broken.score --suite el9`.

`--only REGEX` chooses rows by name, `--rig signed` the server with each further section and its rows.
`scripts/build` must have made the program.
One host, each row hit and checked, a line written after each, so that a run that was ended early
has said what it saw. Raises what the laboratory raises when no host boots.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Callable

from lab import host as lab_host
from lab.host import Options
from lab.shell import LabError
from tests.lab.broken import UNUSUAL, WAYS, signed
from tests.lab.broken.rig import Found, Rig, has_cause
from tests.lab.broken.way import Way
from tests.lab.program import PYZ

Judge = Callable[[Rig, Way], Iterator[str]]


def _complaints(found: dict[str, Found]) -> set[str]:
    return {name for name, one in found.items() if one.verdict in {"wrong", "warning"}}


def _names(way: Way, found: dict[str, Found]) -> bool:
    """True if every finding that the row wants is there, and one has the words of its cause."""
    for verdict, wanted in (("wrong", way.wrong), ("warning", way.warning)):
        for name, word in wanted.items():
            one = found.get(name)
            if one is None or one.verdict != verdict or word not in one.advice:
                return False
    return not way.cause or has_cause(way, found)


def broken(rig: Rig, way: Way) -> Iterator[str]:
    """Yield the verdict on one broken server, and what `check` complained of."""
    rig.hit(way)
    if not rig.content():
        yield "NOT SILENT"
        return
    found = rig.check()
    named = _names(way, found)
    yield "named" if named else "UNNAMED"
    if way.stops is not None and rig.exit_status != int(way.stops):
        yield f"wrong exit {rig.exit_status}"
    yield ", ".join(sorted(_complaints(found) - {"dns.aaaa"})) or "nothing"


def unusual(rig: Rig, way: Way) -> Iterator[str]:
    """Yield the verdict on one unusual server, and what `check` called wrong."""
    rig.hit(way)
    if not rig.content():
        yield "NOT SILENT"
        return
    for found in (rig.check(), rig.check_without_answers()):
        blamed = sorted(name for name, one in found.items() if one.verdict == "wrong")
        yield f"BLAMED {', '.join(blamed)}" if blamed else "not blamed"


def _lines(rig: Rig, rows: dict[str, Way], judge: Judge, count: Counter[str]) -> None:
    """Judge each row and print its line at once."""
    for name, way in rows.items():
        try:
            said = list(judge(rig, way))
        except (LabError, AssertionError, ValueError, OSError) as trouble:
            said = ["FAILED", str(trouble)[-300:].replace("\n", " ")]
        count.update({word.partition(" ")[0] for word in said[:2]} & _COUNTED)
        sys.stdout.write(" | ".join([*said, name]) + "\n")
        sys.stdout.flush()


_COUNTED = {"named", "UNNAMED", "wrong", "BLAMED", "not", "FAILED", "NOT"}


_RIGS: dict[str, tuple[type[Rig], dict[str, dict[str, Way]]]] = {
    "usual": (Rig, {"ways": WAYS, "unusual": UNUSUAL}),
    "signed": (signed.SignedRig, {"ways": signed.WAYS, "unusual": signed.UNUSUAL}),
}


def main() -> int:
    """Boot a host, judge the rows that the pattern finds, print the totals; 0 when all are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="el9", choices=("el9", "el10"))
    parser.add_argument("--rig", default="usual", choices=_RIGS)
    parser.add_argument("--only", default="", help="a pattern that a row's name must have")
    parser.add_argument("--rows", nargs="+", default=["ways", "unusual"])
    asked = parser.parse_args()
    count: Counter[str] = Counter()
    options = Options(suite=asked.suite, certbot=True, epel=asked.rig == "signed", pyz=PYZ)
    made, tables = _RIGS[asked.rig]
    booted = lab_host.boot(f"score-{os.getpid()}", options)
    try:
        rig = made(booted)
        for kind, judge in (("ways", broken), ("unusual", unusual)):
            rows = tables[kind] if kind in asked.rows else {}
            chosen = {name: way for name, way in rows.items() if re.search(asked.only, name)}
            _lines(rig, chosen, judge, count)
    finally:
        booted.stop()
    sys.stdout.write(f"{dict(count)}\n")
    return int(any(count[word] for word in _COUNTED - {"named", "not"}))


if __name__ == "__main__":
    sys.exit(main())
