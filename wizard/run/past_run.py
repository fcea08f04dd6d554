"""A past run from its plan and journal: how far it came, what it wrote, and what it put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Optional

from wizard.plan.model import Plan
from wizard.run.history import plan_of
from wizard.run.path_state import state_of
from wizard.run.paths import Places
from wizard.run.progress import Progress, progress_of
from wizard.run.seals import Seals, read_seals
from wizard.run.written_paths import Entry, put_back, written


@dataclass(frozen=True)
class PastRun:
    """A run. `state` returns the state of a path today (`wizard.run.path_state`)."""

    run: str
    plan: Plan
    progress: Progress
    state: Callable[[str], str]

    def written(self) -> Iterator[tuple[str, Entry]]:
        """Yield a step's ID with each entry that the run wrote."""
        return written(self.plan, self.progress, self.state)

    def put_back(self) -> frozenset[str]:
        """Return the paths that the run put back: those of the run that it undoes, or its own."""
        return put_back(self.plan, self.progress, self.state)


def past_run(places: Places, run: str, seals: Optional[Seals] = None) -> PastRun:
    """Read one run's files. Raises Trouble if one is unreadable, NewerTrouble as `plan_of`."""
    seals = seals or read_seals(places.key)
    at = places.run(run)
    return PastRun(
        run, plan_of(places, run), progress_of(at, seals), partial(state_of, seals=seals)
    )
