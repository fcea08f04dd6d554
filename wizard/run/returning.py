"""The order and the limits of an automatic return: all that can goes back, and the unit is turned.

Without its own main.cf or master.cf the old files fit nothing, so only these two stop the other
files. Everything else that cannot go back is reported.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from wizard.paths import PARTED
from wizard.plan.model import PutBack, ReloadZone, ReturnUnit, Step, TurnBeside
from wizard.run.undo import is_table, texts_first

TURNS = (ReturnUnit, TurnBeside, ReloadZone)
"""After a file went back late, these have their program read the files once more."""


def steps_to_return(steps: Sequence[Step], done: Collection[str]) -> tuple[Step, ...]:
    """Return the steps that are not done, and again each table and turn of a unit behind one."""
    remaining: list[Step] = []
    for step in texts_first(steps):
        if step.id not in done or (remaining and _reads_files(step)):
            remaining.append(step)
    return tuple(remaining)


def _reads_files(step: Step) -> bool:
    return isinstance(step.action, TURNS) or is_table(step)


def is_skipped(step: Step, failed: Sequence[Step]) -> bool:
    """True if a step puts files back that do not fit the main.cf or master.cf that is there."""
    return isinstance(step.action, PutBack) and any(map(_has_postfix_files, failed))


def _has_postfix_files(step: Step) -> bool:
    files = step.action.files if isinstance(step.action, PutBack) else ()
    return any(one.path in PARTED for one in files)
