"""A past run from its plan and journal: how far it came, what it wrote, and what it put back.

`status`, the list of sections, `plan`, Review and undo all use this. Paths that an undo or an
automatic return put back do not count as written. So a hand edit from before that run is still one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Optional

from wizard.plan.model import Plan
from wizard.plan.undo_actions import PutBack
from wizard.run.history import plan_of
from wizard.run.past_step import ANSWERS, files_of
from wizard.run.path_state import state_of
from wizard.run.paths import Places
from wizard.run.progress import Progress, progress_of
from wizard.run.seals import Seals, read_seals

Entry = dict[str, Any]
"""A journal's data of one path (docs/journal.md, `files`)."""


@dataclass(frozen=True)
class PastRun:
    """A run. `state` returns the state of a path today (`wizard.run.path_state`)."""

    run: str
    plan: Plan
    progress: Progress
    state: Callable[[str], str]

    def written(self) -> Iterator[tuple[str, Entry]]:
        """Yield a step's ID with each entry that the run wrote.

        In a step that was cut off, an entry counts if its path has the state that the step gives it.
        """
        plan, past = self.plan, self.progress
        if plan.undoes:
            return
        own = {step.id for step in plan.steps} | {ANSWERS}
        done = {*past.done, *([ANSWERS] if past.is_done else [])}
        for step, terms in past.intended.items():
            if step in own:
                for entry in files_of(terms):
                    if step in done or self.state(entry["path"]) == entry["now"]:
                        yield step, entry

    def put_back(self) -> frozenset[str]:
        """Return the paths that the run put back: those of the run that it undoes, or its own."""
        plan, past = self.plan, self.progress
        steps = plan.steps if plan.undoes else past.returning.steps if past.returning else ()
        has_undone = bool(plan.undoes) and past.is_done
        found: set[str] = set()
        for step in steps:
            if not isinstance(step.action, PutBack):
                continue
            if has_undone or step.done or step.id in past.done:
                found.update(one.path for one in step.action.files)
                continue
            for entry in files_of(past.intended.get(step.id, {})):
                if self.state(entry["path"]) == entry["now"]:
                    found.add(entry["path"])
        return frozenset(found)


def past_run(places: Places, run: str, seals: Optional[Seals] = None) -> PastRun:
    """Read one run's files. Raises Trouble if one is unreadable, NewerTrouble as `plan_of`."""
    seals = seals or read_seals(places.key)
    at = places.run(run)
    return PastRun(
        run, plan_of(places, run), progress_of(at, seals), partial(state_of, seals=seals)
    )
