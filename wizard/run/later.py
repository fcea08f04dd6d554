"""Find later runs that wrote the same paths as a run. They are undone first, the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wizard.errors import Trouble
from wizard.run.changed import FILE, LINK, kind_of
from wizard.run.history import RunSummary
from wizard.run.past_run import past_run
from wizard.run.paths import Places


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
