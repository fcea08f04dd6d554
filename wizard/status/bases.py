"""Read the bases from the journals, newest first: the files as the last run wrote them.

`wizard.run.past_run` has the rule for what a run wrote. A path that was put back since does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Optional

from wizard.errors import LockedTrouble, NewerTrouble, Trouble
from wizard.plan.model import Plan
from wizard.planning.by_hand import Base, Bases, earlier
from wizard.run.history import plan_of
from wizard.run.journal import read_journal, set_aside_as
from wizard.run.lock import refuse_if_locked
from wizard.run.past_run import PastRun
from wizard.run.path_state import state_of, text_state
from wizard.run.paths import Places
from wizard.run.progress import Progress, progress
from wizard.run.pruning import is_gone, newest_pruned
from wizard.run.relevant import concerning
from wizard.run.seals import Seals, read_seals
from wizard.run.touched import path_name

_READING = "reading the host"
_START_AGAIN = "Start postfix-wizard again: then it reads what is there now."


def bases(places: Places, live: Mapping[str, str]) -> Bases:
    """Return the bases of the files in `live`, which has states (`wizard.run.path_state`) by path.

    A damaged run ends the search: there are no bases from it or from earlier runs. Raises
    LockedTrouble if a run wrote one of the files after its state was read. Raises NewerTrouble if a
    newer version of the program made a run that may have written one.
    """
    found: dict[str, Base] = {}
    back: dict[str, frozenset[str]] = {}
    try:
        live = read_seals(places.key).terms(dict(live))
        removed = newest_pruned(places)
        missing = set(live)
        for run in concerning(places, missing):
            _add(found, back, places, run, live)
            missing.difference_update(found)
            if not missing:
                break
    except NewerTrouble:
        raise
    except (Trouble, OSError) as trouble:
        return Bases(
            found,
            f"What earlier runs wrote cannot be read ({trouble}), so what was changed by hand"
            " since cannot be told from it.",
        )
    _refuse_a_moving_host(places, found, live)
    gone = [
        path
        for path in live
        if is_gone(removed, path_name(path), found[path].run if path in found else "")
    ]
    for path in gone:
        found.pop(path, None)
    return Bases(found, _REMOVED.format(", ".join(gone)) if gone else "")


_REMOVED = (
    "The run that wrote {} was removed, so what was changed by hand since cannot be told from it."
)


def _refuse_a_moving_host(
    places: Places, found: Mapping[str, Base], live: Mapping[str, str]
) -> None:
    """Raise LockedTrouble if a run wrote a file after `live` was read, which would look edited."""
    seals = read_seals(places.key)
    for path, base in found.items():
        written = text_state(base.text, seals)
        if written != live[path] and state_of(path, seals) == written:
            refuse_if_locked(places, _READING)
            raise LockedTrouble(_READING, f"a run wrote {path} meanwhile", _START_AGAIN)


def _add(
    found: dict[str, Base],
    back: dict[str, frozenset[str]],
    places: Places,
    run: str,
    live: Mapping[str, str],
) -> None:
    """Add what a run wrote; `back` has by run the paths that later runs put back."""
    seals = read_seals(places.key)
    so_far = _so_far(places, run, seals)
    if so_far is None or not so_far.intended:
        return

    def state(path: str) -> str:
        return live.get(path) or state_of(path, seals)

    past = PastRun(run, plan_of(places, run), so_far, state)
    taken = past.plan.undoes or run
    back[taken] = back.get(taken, frozenset()) | past.put_back()
    wrote = {entry["path"] for _, entry in past.written()}
    found.update(_bases(past.plan, run, wrote & live.keys() - found.keys() - back[taken]))


def _so_far(places: Places, run: str, seals: Seals) -> Optional[Progress]:
    """Return the progress of a run, None if it never began. Raises Trouble if it is damaged."""
    journal = places.run(run).journal
    reading = read_journal(journal)
    damage = reading.corrupt if reading else set_aside_as(journal)
    if damage:
        raise Trouble(f"reading the journal of run {run}", f"it is damaged: {damage}", "")
    return progress(reading.records).keyed(seals) if reading else None


def _bases(plan: Plan, run: str, written: set[str]) -> Iterator[tuple[str, Base]]:
    for change in plan.files:
        if change.path in written:
            before = earlier(one for one in plan.edits if one.path == change.path)
            yield change.path, Base(change.proposed, run, before)
