"""Choose the runs that matter for a question, so that not all are read."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence

from wizard.errors import Trouble
from wizard.run.history import RunSummary, summary_today
from wizard.run.journal import Parser, read_regular
from wizard.run.lock import holder
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
