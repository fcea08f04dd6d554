"""Choose the runs that matter for a question, so that not all are read.

An undo asks for later runs that wrote the same paths: they are undone first, the newest first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from wizard.errors import Trouble
from wizard.run.changed import FILE, LINK, kind_of
from wizard.run.history import RunSummary, summary_today
from wizard.run.journal import Parser, read_regular
from wizard.run.lock import holder
from wizard.run.past_run import past_run
from wizard.run.paths import Places, RunPlaces, known_runs
from wizard.run.records import DONE
from wizard.run.touched import path_name


def concerning(places: Places, paths: Collection[str]) -> Iterator[str]:
    """Yield, newest first, each run that may have written or put back one of these paths.

    `paths` may change meanwhile. An unreadable run is among them. Raises NewerTrouble if a newer
    version of the program wrote one.
    """
    found = holder(places)
    for run in reversed(known_runs(places)):
        at = places.run(run)
        if _shows_no(at, paths):
            continue
        one = summary_today(at, alive=found is not None and found.run == run)
        one.require_known("reading what earlier runs wrote")
        if one.touched is None or not one.touched.isdisjoint(map(path_name, paths)):
            yield run


def still_count(summaries: Sequence[RunSummary]) -> tuple[RunSummary, ...]:
    """Return the runs, oldest first, without those whose things later runs all wrote again.

    A later run that was undone does not count here.
    """
    covered: set[str] = set()
    touched_by_undo: set[str] = set()
    counting = []
    for one in reversed(summaries):
        names = one.touched
        if names is None or not names <= covered:
            counting.append(one)
        if one.undoes:
            touched_by_undo.add(one.undoes)
        elif names is not None and one.outcome == DONE and one.run not in touched_by_undo:
            covered |= names
    return tuple(reversed(counting))


_READING = "searching a run for paths"
_FORWARD = b'"undoes":""'
"""These bytes are in each plan.json that is no undo. No text in JSON can contain them."""


def _shows_no(at: RunPlaces, paths: Iterable[str]) -> bool:
    """True if a run has no run.json and its bytes name none of the paths.

    The journal names what a run changed. Only the plan names what an undo found unchanged.
    """
    try:
        if os.path.lexists(at.header):
            return False
        plan, journal = (read_regular(path, _READING) or b"" for path in (at.plan, at.journal))
        Parser().line(journal.partition(b"\n")[0])
    except (Trouble, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    named = journal if _FORWARD in plan else journal + plan
    return not any(json.dumps(path).encode("ascii") in named for path in paths)


@dataclass(frozen=True)
class Later:
    """A later run, and the paths for which it must be undone first."""

    run: str
    paths: tuple[str, ...]


def later_runs(
    places: Places, known: Sequence[RunSummary], run: str, paths: Iterable[str]
) -> tuple[Later, ...]:
    """Return the runs after `run` that must be undone before `paths`, newest first.

    They include runs that wrote the same paths as one of these.
    """
    barred = set(paths)
    found: list[Later] = []
    after = [one for one in known if not (one.undoes or one.undone or one.returned)]
    for one in after[_place(after, run) :]:
        wrote = _wrote(places, one.run)
        shared = sorted(wrote & barred)
        if shared:
            found.append(Later(one.run, tuple(shared)))
            barred |= wrote
    return tuple(reversed(found))


def _place(known: Sequence[RunSummary], run: str) -> int:
    return next((at + 1 for at, one in enumerate(known) if one.run == run), len(known))


def _wrote(places: Places, run: str) -> frozenset[str]:
    """Return the paths of a run that still count as written by it; none if it is unreadable."""
    try:
        past = past_run(places, run)
    except Trouble:
        return frozenset()
    paths = {entry["path"] for _, entry in past.written()}
    compared = {path for path in paths if kind_of(path) in (FILE, LINK)}
    return frozenset(compared - past.put_back())


def first_take_back(run: str, later: Sequence[Later]) -> str:
    """Return the message that names these later runs and the commands in their order."""
    which = ", ".join(f"{one.run} ({', '.join(one.paths)})" for one in later)
    commands = ", ".join(f"`postfix-wizard undo {one.run}`" for one in later)
    are = "a later run" if len(later) == 1 else "later runs"
    return (
        f"{are} changed the same files: {which}. `postfix-wizard undo {run} --with-later` takes back "
        f"this run and all later ones. To take back only these, run in this order: {commands}, "
        f"`postfix-wizard undo {run}`."
    )
