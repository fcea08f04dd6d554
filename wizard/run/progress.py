"""Read from a journal how far a run came, for a resumed worker and the list of runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Optional

from wizard.run.journal import read_journal
from wizard.run.paths import RunPlaces
from wizard.run.records import (
    DONE,
    Before,
    Prompted,
    Record,
    Returning,
    RunFinished,
    RunStarted,
    StepFinished,
    StepIntended,
    StepStarted,
)
from wizard.run.seals import Seals, read_seals


@dataclass(frozen=True)
class Progress:
    """How far a run came.

    `done` are the steps that succeeded. `intended` has, by step, what undo needs. A step that is
    only in `begun` was cut off before it changed anything. `prompts` counts the prompts so far.
    `returning` is the automatic return, `finished` the end, each None without one. `before` is
    what was wrong before the first step, None without that check.
    """

    started: bool = False
    done: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    intended: dict[str, dict[str, object]] = field(default_factory=dict)
    prompts: int = 0
    returning: Optional[Returning] = None
    finished: Optional[RunFinished] = None
    before: Optional[Before] = None

    @property
    def is_done(self) -> bool:
        """True if the run has ended and all is done."""
        return self.finished is not None and self.finished.outcome == DONE

    @property
    def over(self) -> bool:
        """True if nothing remains to do: all is done, or all was put back.

        It is False until the end is recorded, since copies of secrets are removed before that.
        """
        return self.is_done or (self.finished is not None and self.is_back)

    @property
    def returned(self) -> bool:
        """True if the run has ended and put back all that it changed."""
        return self.over and self.is_back

    @property
    def is_back(self) -> bool:
        """True if the run put back all that it changed."""
        back = self.returning
        return back is not None and all(step.id in self.done for step in back.steps)

    def keyed(self, seals: Seals) -> Progress:
        """Return it with the states in the keyed form. Older programs stored bare ones.

        Raises Trouble if the key of this host is not that of the run.
        """
        back = self.returning
        if back is not None:
            back = Returning(back.cause, seals.within(back.steps))
        return replace(self, intended=seals.terms(self.intended), returning=back)


def progress_of(at: RunPlaces, seals: Optional[Seals] = None) -> Progress:
    """Return how far a run came by its journal. Without one it never began. Raises Trouble."""
    reading = read_journal(at.journal)
    return progress(reading.records if reading else ()).keyed(seals or read_seals(at.key))


def progress(records: Iterable[Record]) -> Progress:
    """Return how far a run came by these records. The last attempt of a resumed run counts."""
    started = False
    done: dict[str, None] = {}
    begun: dict[str, None] = {}
    intended: dict[str, dict[str, object]] = {}
    prompts = 0
    last: dict[type[Record], Any] = {}
    for record in records:
        if isinstance(record, RunStarted):
            started = True
            last.pop(RunFinished, None)
        elif isinstance(record, StepStarted):
            begun[record.step] = None
        elif isinstance(record, StepIntended):
            intended[record.step] = record.undo
        elif isinstance(record, StepFinished) and record.outcome == DONE:
            done[record.step] = None
            intended[record.step] = record.undo
        elif isinstance(record, StepFinished):
            done.pop(record.step, None)
        elif isinstance(record, Prompted):
            prompts = record.prompt
        elif isinstance(record, (Before, Returning, RunFinished)):
            last[type(record)] = record
    ended = (last.get(one) for one in (Returning, RunFinished, Before))
    return Progress(started, tuple(done), tuple(begun), intended, prompts, *ended)
