"""The order and the limits of an automatic return.

All files that can be put back are put back, and the unit is turned. The old files fit only the old
main.cf and master.cf, so only these two stop the others. All other failures are reported.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from wizard.paths import PARTED
from wizard.plan.model import Step
from wizard.plan.undo_actions import PutBack
from wizard.run.actions import kind_of_action
from wizard.run.past_step import is_table
from wizard.run.undo import texts_first


def steps_to_return(steps: Sequence[Step], done: Collection[str]) -> tuple[Step, ...]:
    """Return the steps that are not done, and each table and turn of a unit after the first such."""
    remaining: list[Step] = []
    for step in texts_first(steps):
        if step.id not in done or (remaining and _reads_files(step)):
            remaining.append(step)
    return tuple(remaining)


def _reads_files(step: Step) -> bool:
    return kind_of_action(step.action).reads_files or is_table(step.action)


def is_skipped(step: Step, failed: Sequence[Step]) -> bool:
    """True if a step puts files back that do not fit the present main.cf or master.cf.

    `failed` are the steps that failed before it.
    """
    return isinstance(step.action, PutBack) and any(map(_has_postfix_files, failed))


def _has_postfix_files(step: Step) -> bool:
    files = step.action.files if isinstance(step.action, PutBack) else ()
    return any(one.path in PARTED for one in files)
