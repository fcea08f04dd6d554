"""`postfix-wizard runs --prune`: list old runs and remove them."""

from __future__ import annotations

import time

from wizard.commands.console import Console
from wizard.commands.planning import Options, need_an_answer, need_root
from wizard.errors import UsageTrouble
from wizard.run.history import runs
from wizard.run.lock import refuse_if_locked
from wizard.run.paths import Places
from wizard.run.pruning import DAY_SECONDS, Limit, Pruning, choose, old_runs, prune
from wizard.session import Session
from wizard.status.expected import expected_with_history
from wizard.status.history import needed_by_sections
from wizard.text import counted

_DOING = "removing old runs"
_LOST = (
    "Their output and the files that they replaced are lost. What they changed on this host stays."
)


def prune_runs(session: Session, options: Options, console: Console) -> int:
    """List the runs to remove and those that stay. Remove them after a yes and return 0, else 1."""
    limit = _limit(options)
    need_root(_DOING)
    places = session.places
    refuse_if_locked(places, _DOING)
    pruning = _pruning(places, limit)
    _say(pruning, console)
    if not pruning.removed:
        # Delete what a prune that was killed did not delete.
        prune(places, pruning)
        console.say("No run is to be removed.")
        return 0
    need_an_answer(_DOING, options, console, "postfix-wizard runs")
    if not options.yes and not console.agrees(f"Remove {counted(len(pruning.removed), 'run')}?"):
        console.say("No run was removed.")
        return 1
    prune(places, pruning)
    console.say(f"{counted(len(pruning.removed), 'run')} removed.")
    return 0


def _pruning(places: Places, limit: Limit) -> Pruning:
    """Return which old runs can be removed. Raises NewerTrouble."""
    known = runs(places)
    old = old_runs(known, limit)
    written = expected_with_history(places).written if old else []
    return choose(known, limit, needed_by_sections(written, old))


def _limit(options: Options) -> Limit:
    if options.json or not options.prune or (options.keep is None) == (options.older_than is None):
        raise UsageTrouble(
            _DOING,
            "--prune takes either --keep or --older-than, and no --json",
            "Example: postfix-wizard runs --prune --keep 50",
        )
    if options.keep is not None:
        return Limit(keep=options.keep)
    return Limit(before=time.time() - (options.older_than or 0) * DAY_SECONDS)


def _say(pruning: Pruning, console: Console) -> None:
    for one, why in pruning.staying:
        console.say(f"{one.run}  stays: {why}")
    undoable = {one.run for one in pruning.undoable}
    for one in pruning.removed:
        can = "; it can still be undone, and not once it is removed" if one.run in undoable else ""
        console.say(f"{one.run}  is removed: {one.outcome}{can}")
    if pruning.removed:
        console.say(_LOST)
    if undoable:
        console.say(f"{counted(len(undoable), 'run')} of these can still be undone.")
