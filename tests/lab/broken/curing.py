"""Break a server, apply the cures of what `check` calls wrong, literally, and check again.

`PYTHONPATH=.:scripts python -m tests.lab.broken.curing --suite el9` does so with each row that `check`
names; `--only REGEX` chooses rows by name, `--unnamed` takes those that `check` does not name. Below a
row is how its configuration still differs from the right one. `scripts/build` must have made the program.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass
from subprocess import SubprocessError

from lab import host as lab_host
from lab.host import Options
from lab.shell import LabError
from tests.accord import disagreements
from tests.lab.broken import WAYS
from tests.lab.broken.rig import Found, Rig
from tests.lab.broken.unnamed import UNNAMED
from tests.lab.broken.way import Way
from tests.lab.program import PYZ
from wizard.finding import Cure
from wizard.postfix.settings import Settings

NOT_WRONG = "nothing to cure"
CURED = "cured"
NO_CURE_SAID = "no cure"
UNCURED_SAID = "NOT CURED"
DIFFERS_SAID = "ADVICE AND CURE DIFFER"

_STAYS = frozenset({"log", "dns.aaaa"})
"""What was logged stays in the log after the cause is gone; the lab's zone has an AAAA record."""


@dataclass(frozen=True)
class Outcome:
    """What came of the cures of one broken server."""

    verdict: str
    said: str = ""

    @property
    def counts(self) -> bool:
        """True if something was wrong that a cure could end."""
        return self.verdict != NOT_WRONG


def complaints(found: dict[str, Found]) -> dict[str, Found]:
    """Return the findings that are wrong or warnings, and that a cure can end."""
    return {
        name: one
        for name, one in found.items()
        if one.verdict in {"wrong", "warning"} and name not in _STAYS
    }


def cure_server(rig: Rig, way: Way) -> Outcome:
    """Break the server in one way, apply each cure once in the order of the findings, check again."""
    rig.hit(way)
    before = complaints(rig.check())
    if not before:
        return Outcome(NOT_WRONG)
    differ = [said for one in before.values() for said in disagreements(one, Settings({}))]
    cures: list[Cure] = list(dict.fromkeys(one.cure for one in before.values() if one.cure))
    if not cures:
        return Outcome(
            NO_CURE_SAID, "; ".join(f"{n}: {one.cure.reason}" for n, one in before.items())
        )
    rig.bash("systemctl reset-failed postfix dovecot 2>/dev/null || :")
    failed = [said for said in map(rig.apply, cures) if said]
    after = complaints(rig.check())
    if differ:
        return Outcome(DIFFERS_SAID, "; ".join(differ))
    if not after:
        return Outcome(CURED, ", ".join(before))
    if all(name in before and not before[name].cure for name in after):
        return Outcome(NO_CURE_SAID, "; ".join(f"{n}: {before[n].cure.reason}" for n in after))
    left = "; ".join(f"{name}: {one.seen} -> {one.advice}" for name, one in after.items())
    done = "; ".join(" ".join(argv) for one in cures for argv in one.commands)
    return Outcome(UNCURED_SAID, f"{left} AFTER {done} FAILED {'; '.join(failed) or 'nothing'}")


def main() -> int:
    """Boot a host, cure the rows that the pattern finds, print a line for each and the totals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="el9", choices=("el9", "el10"))
    parser.add_argument("--only", default="", help="a pattern that a row's name must have")
    parser.add_argument(
        "--unnamed", action="store_true", help="the rows that `check` does not name"
    )
    parser.add_argument("--share", default="1/1", help="K/N: the K-th of N shares of the rows")
    asked = parser.parse_args()
    part, parts = map(int, asked.share.split("/"))
    rows = [
        name for name in WAYS if (name in UNNAMED) == asked.unnamed and re.search(asked.only, name)
    ]
    count: Counter[str] = Counter()
    booted = lab_host.boot(f"cure-{os.getpid()}", Options(suite=asked.suite, certbot=True, pyz=PYZ))
    try:
        rig = Rig(booted)
        for name in rows[part - 1 :: parts]:
            try:
                outcome = cure_server(rig, WAYS[name])
                left = rig.left() if outcome.counts else ""
            except (LabError, AssertionError, ValueError, OSError, SubprocessError) as trouble:
                left = ""
                outcome = Outcome("FAILED", str(trouble)[-300:].replace("\n", " "))
            count[outcome.verdict] += 1
            sys.stdout.write(f"{outcome.verdict} | {name} | {outcome.said}\n")
            sys.stdout.writelines(f"    {line[:300]}\n" for line in left.splitlines()[:20])
            sys.stdout.flush()
    finally:
        booted.stop()
    sys.stdout.write(f"{dict(count)}\n")
    return int(any(count[one] for one in (UNCURED_SAID, DIFFERS_SAID, "FAILED")))


if __name__ == "__main__":
    sys.exit(main())
