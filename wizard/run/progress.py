"""How far a run came, as its journal tells: what a resumed worker and the history need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Optional

from wizard.run.records import (
    DONE,
    Prompted,
    Record,
    Returning,
    RunFinished,
    RunStarted,
    StepFinished,
    StepIntended,
    StepStarted,
)


@dataclass(frozen=True)
class Progress:
    """`done` are the steps that ended well; `intended` is by step what undo needs of it.

    A step that was begun and is neither was cut off before it touched anything; its entry in
    `begun` tells it from one that was not. `prompts` counts the prompts so far. `returning` is
    the way back where the run took one. `finished` is the end, None while there is none.
    """

    started: bool = False
    done: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    intended: dict[str, dict[str, object]] = field(default_factory=dict)
    prompts: int = 0
    returning: Optional[Returning] = None
    finished: Optional[RunFinished] = None

    @property
    def over(self) -> bool:
        """Whether nothing is left to go on with: all is done, or all was taken back."""
        return self.returned or (self.finished is not None and self.finished.outcome == DONE)

    @property
    def returned(self) -> bool:
        """Whether the run has taken back all that it changed."""
        back = self.returning
        return back is not None and all(step.id in self.done for step in back.steps)


def progress(records: Iterable[Record]) -> Progress:
    """Return how far the records of one journal come; a resumed run's last attempt counts."""
    started = False
    done: dict[str, None] = {}
    begun: dict[str, None] = {}
    intended: dict[str, dict[str, object]] = {}
    prompts = 0
    returning: Optional[Returning] = None
    finished: Optional[RunFinished] = None
    for record in records:
        if isinstance(record, RunStarted):
            started, finished = True, None
        elif isinstance(record, StepStarted):
            begun[record.step] = None
        elif isinstance(record, StepIntended):
            intended[record.step] = record.undo
        elif isinstance(record, StepFinished) and record.outcome == DONE:
            done[record.step] = None
            intended[record.step] = record.undo
        elif isinstance(record, Prompted):
            prompts = record.prompt
        elif isinstance(record, Returning):
            returning = record
        elif isinstance(record, RunFinished):
            finished = record
    return Progress(started, tuple(done), tuple(begun), intended, prompts, returning, finished)
