"""The files as the last run that stands wrote them, from the journals, newest first.

A run that was taken back left nothing, and what was put back is not what a run wrote: a hand edit
from before it is one still.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional, cast

from wizard.errors import LockedTrouble, Trouble
from wizard.plan.by_hand import Base, Bases, earlier
from wizard.plan.model import Plan
from wizard.run.history import plan_of
from wizard.run.journal import read_journal, set_aside_as
from wizard.run.lock import refuse_if_locked
from wizard.run.paths import Places, known_runs
from wizard.run.progress import Progress, progress
from wizard.run.records import DONE
from wizard.run.states import observe, text_state

_READING = "reading the host"


def bases(places: Places, live: Mapping[str, str]) -> Bases:
    """Return the bases of the files whose states (`wizard.run.states`) are given by path.

    Of what an unreadable run, and those before it, wrote, nothing is known. Raises LockedTrouble
    where a run wrote one of the files after its state was read.
    """
    found: dict[str, Base] = {}
    undone: set[str] = set()
    try:
        for run in reversed(known_runs(places)):
            _add(found, undone, places, run, live)
            if len(found) == len(live):
                break
    except (Trouble, OSError) as trouble:
        return Bases(
            found,
            f"What earlier runs wrote cannot be read ({trouble}), so what was changed by hand"
            " since cannot be told from it.",
        )
    _refuse_a_moving_host(places, found, live)
    return Bases(found)


def _refuse_a_moving_host(
    places: Places, found: Mapping[str, Base], live: Mapping[str, str]
) -> None:
    """Raise LockedTrouble where what looks like a hand edit is older than the run's own text."""
    for path, base in found.items():
        left = text_state(base.text)
        if left != live[path] and _state(path) == left:
            refuse_if_locked(places, _READING)
            raise LockedTrouble(_READING, f"a run wrote {path} meanwhile", "Start anew.")


def _state(path: str) -> str:
    """Return what stands there now, "" for what no run would have written (a hard link ...)."""
    try:
        return observe(path).state
    except Trouble:
        return ""


def _add(
    found: dict[str, Base], undone: set[str], places: Places, run: str, live: Mapping[str, str]
) -> None:
    past = _past(places, run)
    if past is None or not past.intended:
        return
    plan = plan_of(places, run)
    if plan.undoes:
        if past.finished is not None and past.finished.outcome == DONE:
            undone.add(plan.undoes)
    elif run not in undone and not past.returned:
        written = set(_written(past, live)) & live.keys() - found.keys()
        found.update(_bases(plan, run, written))


def _past(places: Places, run: str) -> Optional[Progress]:
    """Return how far a run came, None where it never began. Raises Trouble where it is damaged."""
    journal = places.run(run).journal
    reading = read_journal(journal)
    damage = reading.corrupt if reading else set_aside_as(journal)
    if damage:
        raise Trouble(f"reading the journal of run {run}", f"it is damaged: {damage}", "")
    return progress(reading.records) if reading else None


def _written(past: Progress, live: Mapping[str, str]) -> Iterator[str]:
    """Yield the path of each file that the run wrote; of a step cut off, if it stands so."""
    for step, terms in past.intended.items():
        for entry in cast("list[dict[str, Any]]", terms.get("files", ())):
            if step in past.done or live.get(entry["path"]) == entry["now"]:
                yield str(entry["path"])


def _bases(plan: Plan, run: str, written: set[str]) -> Iterator[tuple[str, Base]]:
    for change in plan.files:
        if change.path in written:
            kept = earlier(one for one in plan.edits if one.path == change.path)
            yield change.path, Base(change.proposed, run, kept)
