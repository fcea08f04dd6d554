"""Read from a journal what a run wrote, and which paths were put back since.

`status`, the list of sections, `plan`, Review and undo all use this. Paths that an undo or an
automatic return put back do not count as written. So a hand edit from before that run is still one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from wizard.plan.model import Plan
from wizard.plan.undo_actions import PutBack
from wizard.run.past_step import ANSWERS, files_of
from wizard.run.progress import Progress
from wizard.run.records import DONE

Entry = dict[str, Any]
"""A journal's data of one path (docs/journal.md, `files`)."""
State = Callable[[str], str]


def written(plan: Plan, past: Progress, state: State) -> Iterator[tuple[str, Entry]]:
    """Yield a step's ID with each entry that the run wrote.

    In a step that was cut off, an entry counts if its path has the state that the step gives it.
    """
    if plan.undoes:
        return
    own = {step.id for step in plan.steps} | {ANSWERS}
    done = {*past.done, *([ANSWERS] if _is_over(past) else [])}
    for step, terms in past.intended.items():
        if step in own:
            for entry in files_of(terms):
                if step in done or state(entry["path"]) == entry["now"]:
                    yield step, entry


def put_back(plan: Plan, past: Progress, state: State) -> frozenset[str]:
    """Return the paths that the run put back: those of the run that it undoes, or its own."""
    steps = plan.steps if plan.undoes else past.returning.steps if past.returning else ()
    whole = is_undone(plan, past)
    found: set[str] = set()
    for step in steps:
        if not isinstance(step.action, PutBack):
            continue
        if whole or step.done or step.id in past.done:
            found.update(one.path for one in step.action.files)
            continue
        for entry in files_of(past.intended.get(step.id, {})):
            if state(entry["path"]) == entry["now"]:
                found.add(entry["path"])
    return frozenset(found)


def is_undone(plan: Plan, past: Progress) -> bool:
    """True if this run has undone another one completely."""
    return bool(plan.undoes) and _is_over(past)


def _is_over(past: Progress) -> bool:
    return past.finished is not None and past.finished.outcome == DONE
