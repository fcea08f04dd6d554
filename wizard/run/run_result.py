"""What one run did, from its plan and journal: for the result that `apply --json` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.errors import Trouble
from wizard.finding import Finding
from wizard.plan.model import Plan, Step
from wizard.run.actions import all_kinds, kind_of_action
from wizard.run.history import RunSummary, plan_of, summary_today
from wizard.run.journal import read_journal
from wizard.run.lock import holder
from wizard.run.past_step import RunToUndo
from wizard.run.paths import Places
from wizard.run.progress import Progress, progress
from wizard.run.records import Found, Record, StepFinished, StepStarted

NOT_BEGUN, CUT_OFF = "not begun", "cut off"
"""States of a step besides the outcomes of `StepFinished`. A step that was cut off has no end."""


@dataclass(frozen=True)
class StepResult:
    """One step of a run. `outcome` is done, failed, cut off or not begun.

    `seconds` is None for a step without an end. `is_return` is True for a step of the automatic
    return.
    """

    id: str
    title: str
    outcome: str
    seconds: Optional[float] = None
    message: str = ""
    is_return: bool = False


@dataclass(frozen=True)
class RunResult:
    """One run. `changed` is True if something of the host is not as before the run.

    A step counts that journalled what undo needs of it. After an automatic return only that counts
    what the return does not take away, such as an installed package. A gather run has changed nothing.
    `began` is False if its worker took no step, since another run had the lock, or for another reason.
    """

    summary: RunSummary
    began: bool = True
    changed: bool = False
    steps: tuple[StepResult, ...] = ()
    findings: tuple[Finding, ...] = ()


def run_result(places: Places, run: str) -> RunResult:
    """Return what a run did so far. It never raises: of a damaged run only the summary is known."""
    found = holder(places)
    summary = summary_today(places.run(run), alive=found is not None and found.run == run)
    try:
        plan = plan_of(places, run)
        reading = read_journal(places.run(run).journal)
    except Trouble:
        return RunResult(summary)
    records = reading.records if reading else ()
    past = progress(records)
    found_last = [one.findings for one in records if isinstance(one, Found)][-1:]
    return RunResult(
        summary,
        past.started,
        has_changed(plan, past),
        tuple(_steps(plan, past, records)),
        *found_last,
    )


def has_changed(plan: Plan, past: Progress) -> bool:
    """True if something is not as before the run (`RunResult.changed`)."""
    if plan.gathers:
        return False
    if past.returned:
        run = RunToUndo(plan, past, back=past.returning.steps if past.returning else ())
        return any(True for kind in all_kinds() for _ in kind.stays(run))
    done = (step for step in plan.pending if step.id in past.done)
    return any(past.intended.values()) or any(
        kind_of_action(step.action).changes(step.action) for step in done
    )


def _steps(plan: Plan, past: Progress, records: Sequence[Record]) -> Iterator[StepResult]:
    ends: dict[str, Optional[StepFinished]] = {}
    for one in records:
        if isinstance(one, (StepStarted, StepFinished)):
            ends[one.step] = one if isinstance(one, StepFinished) else None
    back = past.returning.steps if past.returning is not None else ()
    for steps, is_return in ((plan.pending, False), (back, True)):
        for step in steps:
            yield _step(step, ends.get(step.id), past, is_return=is_return)


def _step(
    step: Step, end: Optional[StepFinished], past: Progress, *, is_return: bool
) -> StepResult:
    if end is None:
        outcome = CUT_OFF if step.id in past.begun else NOT_BEGUN
        return StepResult(step.id, step.title, outcome, is_return=is_return)
    seconds = round(end.seconds, 3)
    return StepResult(step.id, step.title, end.outcome, seconds, end.message, is_return)
