"""Validate each certificate lineage of a gathered tree."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from wizard.certificates.chains import Verify, chain_problem, is_trusted
from wizard.certificates.dates import day
from wizard.certificates.lineage import name_problem, read_lineages
from wizard.certificates.model import Lineage
from wizard.door import Door
from wizard.host.gathered import Note, walk
from wizard.paths import LETSENCRYPT
from wizard.run.context import Context


def judge(origin: str, directory: Path, said: Iterable[str], context: Context) -> Note:
    """Validate each lineage of a tree, report it in the step's output, and return the note.

    `origin` names the source. `said` are remarks that the note gets first.
    """
    tree = Door(directory)
    aside = context.staging() / "above.pem"
    chains: dict[str, str] = {}
    remarks = list(said)
    for lineage in read_lineages(tree):
        pem = _fullchain(tree, lineage)
        wrong = lineage.problem
        if pem and not wrong:
            wrong = chain_problem(pem, _verifier(context), aside)
            if wrong:
                chains[lineage.name] = wrong
            elif not is_trusted(pem, _verifier(context), aside):
                remarks.append(
                    f"lineage {lineage.name} of {origin} comes from an authority that this host "
                    "does not trust"
                )
        context.say(f"{lineage.name}: {_words(lineage, wrong)}")
    for one in (*remarks, *walk(tree)[1]):
        context.say(one)
    return Note(origin, int(time.time()), chains, tuple(remarks))


def _fullchain(tree: Door, lineage: Lineage) -> bytes:
    if lineage.number is None or name_problem(lineage.name):
        return b""
    path = f"{LETSENCRYPT}/archive/{lineage.name}/fullchain{lineage.number}.pem"
    return tree.read_bytes(path) or b""


def _words(lineage: Lineage, wrong: str) -> str:
    if wrong:
        return f"CANNOT BE USED: {wrong}"
    now = time.time()
    date = day(lineage.not_after)
    if lineage.not_after <= now:
        return f"CANNOT BE USED: it expired on {date}"
    return f"whole, number {lineage.number}, until {date}, for {', '.join(lineage.names[:5])}"


def _verifier(context: Context) -> Verify:
    def verify(argv: Sequence[str], data: bytes) -> str:
        done = context.query(*argv, stdin=data)
        if done.status == 0:
            return ""
        return " ".join(done.said) or done.ended

    return verify
