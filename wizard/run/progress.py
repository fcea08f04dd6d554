"""How far a run came, as its journal tells: what a resumed worker and the history need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Optional

from wizard.run.records import (
    DONE,
    Prompted,
    Record,
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
    `begun` tells it from one that was not. `prompts` counts the prompts so far. `finished` is
    the end, None while there is none.
    """

    started: bool = False
    done: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    intended: dict[str, dict[str, object]] = field(default_factory=dict)
    prompts: int = 0
    finished: Optional[RunFinished] = None


def progress(records: Iterable[Record]) -> Progress:
    """Return how far the records of one journal come; a resumed run's last attempt counts."""
    started = False
    done: dict[str, None] = {}
    begun: dict[str, None] = {}
    intended: dict[str, dict[str, object]] = {}
    prompts = 0
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
        elif isinstance(record, RunFinished):
            finished = record
    return Progress(started, tuple(done), tuple(begun), intended, prompts, finished)
