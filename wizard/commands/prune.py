"""`postfix-wizard runs --prune`: list old runs and remove them."""

from __future__ import annotations

import time

from wizard.commands.console import Console
from wizard.commands.planning import Options, need_an_answer, need_root
from wizard.errors import UsageTrouble
from wizard.run.pruning import DAY_SECONDS, Limit, Pruning
from wizard.session import Session

_DOING = "removing old runs"
_LOST = (
    "Their output and the files that they replaced are lost. What they changed on this host stays."
)


def prune_runs(session: Session, options: Options, console: Console) -> int:
    """List the runs to remove and those that stay. Remove them after a yes and return 0, else 1."""
    limit = _limit(options)
    need_root(_DOING)
    pruning = session.pruning(limit)
    _say(pruning, console)
    if not pruning.removed:
        # Delete what a prune that was killed did not delete.
        session.prune(pruning)
        console.say("No run is to be removed.")
        return 0
    need_an_answer(_DOING, options, console, "postfix-wizard runs")
    if not options.yes and not console.agrees(f"Remove {_counted(len(pruning.removed))}?"):
        console.say("No run was removed.")
        return 1
    session.prune(pruning)
    console.say(f"{_counted(len(pruning.removed))} removed.")
    return 0


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
        console.say(f"{_counted(len(undoable))} of these can still be undone.")


def _counted(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"
