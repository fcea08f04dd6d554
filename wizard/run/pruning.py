"""Remove old runs on request, and note what they wrote last.

A run is first renamed to a name that no list shows, then deleted. So after a kill the list has only
complete runs. The oldest are removed first: an undo is never removed before the run that it undid.
The newest run always stays, since the next run gets the number after it.
"""

from __future__ import annotations

import calendar
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from wizard.errors import NewerTrouble, Trouble
from wizard.plan.wire import INSTALL_NEWER, NewerForm, require_known
from wizard.run.directories import explained, place
from wizard.run.files import read, replace
from wizard.run.history import RunSummary, runs
from wizard.run.lock import locked
from wizard.run.paths import Places, order
from wizard.run.records import RUNNING, UNREADABLE
from wizard.run.relevant import still_count

_DOING = "removing old runs"
_ASIDE = ".pruned-"
_VERSION = 2
DAY_SECONDS = 86400


@dataclass(frozen=True)
class Limit:
    """Which runs are old: all but the newest `keep`, or those made before `before` (epoch)."""

    keep: Optional[int] = None
    before: Optional[float] = None

    def is_old(self, run: str, newer: int) -> bool:
        """True if a run is old; `newer` is the number of runs after it."""
        if self.keep is not None:
            return newer >= self.keep
        made = _made(run)
        return self.before is not None and made is not None and made < self.before


@dataclass(frozen=True)
class Pruning:
    """The runs to remove, oldest first, and each old run that stays, with the reason."""

    removed: tuple[RunSummary, ...]
    staying: tuple[tuple[RunSummary, str], ...]

    @property
    def undoable(self) -> tuple[RunSummary, ...]:
        """The runs to remove that could still be undone."""
        return tuple(one for one in self.removed if one.can_undo and one.touched)


def choose(summaries: Sequence[RunSummary], limit: Limit, needed: Mapping[str, str]) -> Pruning:
    """Return the runs to remove. `needed` has, by run, why one is needed elsewhere.

    Raises NewerTrouble if a newer version of the program made one, since it may need other runs.
    """
    for one in summaries:
        one.require_known(_DOING)
    reasons = {**needed, **dict(_reasons(summaries))}
    old = old_runs(summaries, limit)
    removed, staying = [], []
    stays: set[str] = set()
    for one in summaries:
        # A run that stays would count as not undone without its undo.
        reason = reasons.get(one.run) or (f"it undid {one.undoes}" if one.undoes in stays else "")
        if one.run in old and not reason:
            removed.append(one)
            continue
        stays.add(one.run)
        if one.run in old:
            staying.append((one, reason))
    return Pruning(tuple(removed), tuple(staying))


def old_runs(summaries: Sequence[RunSummary], limit: Limit) -> frozenset[str]:
    """Return all runs that are old by the limit, also those that stay."""
    newest_first = reversed(summaries)
    return frozenset(
        one.run for newer, one in enumerate(newest_first) if limit.is_old(one.run, newer)
    )


def _reasons(summaries: Sequence[RunSummary]) -> Iterator[tuple[str, str]]:
    """Yield the runs that stay, and why. The last reason for a run is the best one."""
    begun = [one for one in summaries if one.started is not None]
    counting = still_count(begun)
    half_undone = [one for one in summaries if one.undoes and not one.is_settled]
    set_up = [one for one in begun if one.can_undo and one.touched][:1]
    yield from ((one.run, "it says how a file or a service is now") for one in counting)
    yield from ((one.undoes, f"{one.run} has not undone it to the end") for one in half_undone)
    yield from ((one.run, "it is the first set-up") for one in set_up)
    yield from ((one.run, "it can be resumed") for one in begun[-1:] if one.can_resume)
    yield from (
        (one.run, _BY_OUTCOME[one.outcome]) for one in summaries if one.outcome in _BY_OUTCOME
    )
    yield from ((one.run, "it is the newest") for one in summaries[-1:])


_BY_OUTCOME = {UNREADABLE: "it cannot be read", RUNNING: "it is in progress"}


def prune(places: Places, pruning: Pruning) -> None:
    """Remove the runs. Raises LockedTrouble while a run is in progress, Trouble if it fails.

    Raises Trouble, too, and removes nothing, if a run was made or undone since the choice.
    """
    with locked(places, ""):
        now = {one.run: one for one in runs(places)}
        if any(now.get(one.run) != one for one in pruning.removed):
            raise Trouble(
                _DOING, "the runs changed meanwhile", "No run was removed. Run the command again."
            )
        sweep(places)
        if pruning.removed:
            _remember(places, pruning.removed)
        for one in pruning.removed:
            directory = places.run(one.run).directory
            _delete(_set_aside(directory))


def _set_aside(directory: Path) -> Path:
    aside = f"{_ASIDE}{directory.name}"
    with place(str(directory), _DOING) as at, explained(_DOING, directory):
        os.rename(at.name, aside, src_dir_fd=at.fd, dst_dir_fd=at.fd)
        os.fsync(at.fd)
    return directory.with_name(aside)


def _delete(aside: Path) -> None:
    with explained(_DOING, aside):
        shutil.rmtree(aside)


def sweep(places: Places) -> None:
    """Delete what a killed prune has renamed. The caller has the lock. Raises Trouble."""
    with explained(_DOING, places.runs):
        for aside in sorted(places.runs.glob(f"{_ASIDE}*")):
            _delete(aside)


def _remember(places: Places, removed: Iterable[RunSummary]) -> None:
    """Store which things the removed runs wrote last, unless they were undone."""
    newest = dict(newest_pruned(places))
    for one in removed:
        if one.undoes or one.undone or one.returned:
            continue
        for name in one.touched or ():
            newest[name] = max(newest.get(name, ""), one.run, key=order)
    text = json.dumps({"version": _VERSION, "newest": newest}, sort_keys=True).encode("ascii")
    replace(str(places.pruned), text + b"\n", read(str(places.pruned)), mode=0o600)


def newest_pruned(places: Places) -> Mapping[str, str]:
    """Return, by the name of a thing (`wizard.run.touched`), the newest removed run that wrote it.

    Raises NewerTrouble if a newer version of the program wrote the file, Trouble if it is damaged.
    """
    doing = f"reading {places.pruned}"
    if not os.path.lexists(places.pruned):
        return {}
    file = read(str(places.pruned))
    try:
        said = json.loads(file.text if file else b"")
        require_known(said["version"])
        newest = said["newest"]
        if not all(isinstance(part, str) for item in newest.items() for part in item):
            raise TypeError("text expected")  # noqa: TRY301 (one way out for all faults)
    except NewerForm as newer:
        raise NewerTrouble(doing, str(newer), INSTALL_NEWER) from newer
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Trouble(
            doing, f"it is damaged ({error})", f"Move it away: {places.pruned}"
        ) from error
    return dict(newest)


def is_gone(newest: Mapping[str, str], name: str, run: str) -> bool:
    """True if a removed run after `run` wrote a thing. Then `run` no longer counts for it."""
    return order(newest.get(name, "")) > order(run)


def _made(run: str) -> Optional[float]:
    """Return the time in a run's ID, in seconds since the epoch; None for another name."""
    try:
        return calendar.timegm(time.strptime(run[:15], "%Y%m%d-%H%M%S"))
    except ValueError:
        return None
