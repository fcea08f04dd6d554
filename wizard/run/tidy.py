"""Remove what no later command needs, so that no secret remains after its use (docs/journal.md).

    staging/ of every run            staged files; only a live worker needs them
    replaced/ of some runs           undone, returned by itself, or an undo: nothing reads it again
    runs/.pruned-ID                  runs that a killed prune has renamed
    gathered/.SOURCE-RANDOM          a copy that was cut off
    gathered/SOURCE                  once it is too old to be used

The worker calls these while it has the lock, so no other worker writes there.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from wizard.errors import Trouble
from wizard.host.gathered import NOTE, is_fresh, note_from_bytes
from wizard.plan.actions import Forget, ReplaceFile
from wizard.plan.certificate_actions import Fetch, Lay, Obtain
from wizard.plan.model import Plan
from wizard.run.files import MARK, read
from wizard.run.history import runs
from wizard.run.paths import Places, RunPlaces, known_runs
from wizard.run.progress import Progress
from wizard.run.pruning import sweep

_TEMPORARY = re.compile(rf"\..+{re.escape(MARK)}[0-9a-f]{{16}}")
_TYPING_SECONDS = 60.0
"""A younger temporary file of a password may be in use right now."""


def tidy(places: Places, plan: Plan, now: float) -> None:
    """Remove what dead workers and past runs no longer need. `plan` is the next to run.

    `now` is in seconds since the epoch. Never raises, since this must not stop a run.
    """
    with contextlib.suppress(Trouble, OSError):
        for run in known_runs(places):
            empty(places.run(run).staging)
    with contextlib.suppress(Trouble):
        sweep(places)
    for tree in _unused_trees(places, plan, now):
        shutil.rmtree(tree, ignore_errors=True)
    for directory in _secret_directories(places, plan):
        _sweep_typed(directory, now)
    with contextlib.suppress(Trouble, OSError):
        for one in runs(places):
            if one.undone or one.returned or one.undoes or one.gathers:
                empty(places.run(one.run).replaced)


def forget_copies(places: Places, run: RunPlaces, plan: Plan, *, returned: bool) -> None:
    """Remove what only an undo or a return needed: the copies, and the gathered tree.

    The worker calls it before it journals the end, so that after a kill in between it is called
    again.
    """
    if returned:
        empty(run.replaced)
        for tree in _trees(plan, run):
            shutil.rmtree(tree, ignore_errors=True)
    elif plan.undoes:
        empty(places.run(plan.undoes).replaced)


def remains(plan: Plan, past: Progress, run: RunPlaces) -> Iterator[str]:
    """Yield the wizard's own directories that remain of a run and that an undo removes."""
    forgotten = {step.id for step in plan.pending if isinstance(step.action, Forget)}
    # If the run removed its tree, the present one was gathered by a later run.
    for tree in () if forgotten & {*past.done} else _trees(plan, run):
        place, source = os.path.split(tree)
        yield from (str(part) for part in Path(place).glob(f".{source}-*"))
        if os.path.lexists(tree):
            yield tree
    if _entries(run.staging):
        yield str(run.staging)


def _trees(plan: Plan, run: RunPlaces) -> tuple[str, ...]:
    """Return the paths of the gathered trees that a plan brings or uses, each once."""
    found: dict[str, None] = {}
    for step in plan.pending:
        if isinstance(step.action, (Fetch, Obtain)):
            found[str(run.gathered / step.action.into)] = None
        elif isinstance(step.action, Forget):
            found[step.action.directory] = None
    return tuple(found)


def empty(directory: Path) -> None:
    """Remove all that is in a directory, but not the directory. Never raises."""
    for entry in _entries(directory):
        with contextlib.suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                Path(entry.path).unlink()


def remove(directory: Path) -> None:
    """Remove a directory with all that is in it. Never raises."""
    empty(directory)
    with contextlib.suppress(OSError):
        directory.rmdir()


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    """Return what is in a directory; nothing if it is a link, or something else."""
    with contextlib.suppress(OSError):
        if directory.is_dir() and not directory.is_symlink():
            with os.scandir(directory) as found:
                return list(found)
    return []


def _unused_trees(places: Places, plan: Plan, now: float) -> Iterator[str]:
    """Yield the gathered trees that no plan uses any more. `plan` may need an old one."""
    needed = {one.action.tree for one in plan.pending if isinstance(one.action, Lay)}
    for entry in _entries(places.gathered):
        if entry.name.startswith(".") or not (entry.path in needed or _is_usable(entry.path, now)):
            yield entry.path


def _is_usable(tree: str, now: float) -> bool:
    try:
        file = read(f"{tree}/{NOTE}")
        return file is not None and is_fresh(note_from_bytes(file.text).at, now)
    except (Trouble, ValueError):
        return False


def _sweep_typed(directory: str, now: float) -> None:
    """Remove the temporary names of processes that were killed while they wrote a secret."""
    for entry in _entries(Path(directory)):
        with contextlib.suppress(OSError):
            age = abs(now - entry.stat(follow_symlinks=False).st_mtime)
            if _TEMPORARY.fullmatch(entry.name) and age > _TYPING_SECONDS:
                Path(entry.path).unlink()


def _secret_directories(places: Places, plan: Plan) -> set[str]:
    """Return the directories of files that have only a secret: our own, and those of the plan."""
    keys = (
        key
        for step in plan.steps
        if isinstance(step.action, ReplaceFile)
        for key in step.action.file.keys
    )
    return {
        str(places.state),
        str(places.answers.parent),
        *(str(Path(key.path).parent) for key in keys),
    }
