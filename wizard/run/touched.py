"""Name what a run changed, so that a reader can skip runs that do not matter.

The names are those of the things that `wizard.status.expected` follows from run to run.
"""

from __future__ import annotations

from typing import Optional

from wizard.plan.model import Plan
from wizard.run.actions import kind_of_action
from wizard.run.past_step import ANSWERS, files_of
from wizard.run.progress import Progress


def path_name(path: str) -> str:
    """Return the name of a file or link."""
    return f"path {path}"


def touched(plan: Plan, past: Progress) -> Optional[frozenset[str]]:
    """Return the names of all things that a run changed or put back.

    None if a step was cut off, since its effect is known only from the host.
    """
    done = set(past.done)
    if past.is_done:
        done.add(ANSWERS)
    if not past.intended.keys() <= done:
        return None
    names: set[str] = set()
    for terms in past.intended.values():
        names.update(path_name(entry["path"]) for entry in files_of(terms))
    back = past.returning.steps if past.returning is not None else ()
    for step in (*plan.steps, *back):
        # A path that an undo found as before counts as put back by it.
        if step.id in done or (step.done and plan.undoes):
            names.update(map(" ".join, kind_of_action(step.action).changes(step.action)))
    return frozenset(names)
