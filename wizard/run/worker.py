"""The worker: executes the reviewed plan and no other, and journals before and after.

It runs in a unit of its own (wizard.run.launch), holds the lock, and waits for nobody but a
prompt. A journal that says how far an earlier worker of the same run came is gone on from.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wizard.errors import LockedTrouble, Trouble
from wizard.plan.model import Plan, Step
from wizard.run.actions import execute
from wizard.run.context import Context, Patience
from wizard.run.journal import Journal, open_journal
from wizard.run.lock import locked
from wizard.run.loop import Loop
from wizard.run.output import StepOutput, open_output
from wizard.run.paths import Places, RunPlaces
from wizard.run.progress import Progress, progress
from wizard.run.prompts import Desk, desk
from wizard.run.records import (
    DONE,
    FAILED,
    STOPPED,
    Record,
    RunFinished,
    RunStarted,
    StepFinished,
    StepIntended,
    StepStarted,
)
from wizard.run.request import Request, read_plan, read_request
from wizard.run.save import save_answers
from wizard.run.signals import stop_requests

_SETTLED_NS = 2_000_000_000
"""A main.cf this old makes no Postfix program wait (its limit is about one second)."""


def main(argv: Sequence[str]) -> int:
    """Work on the run that `argv` names, in the usual places; return the exit status."""
    try:
        (run,) = argv
        return work(Places(), run)
    except (Trouble, ValueError) as trouble:
        print(f"postfix-wizard worker: {trouble}", file=sys.stderr)  # noqa: T201 (systemd's log)
        return getattr(trouble, "exit_code", os.EX_USAGE)


def work(places: Places, run_id: str, patience: Patience = Patience()) -> int:  # noqa: B008 (frozen)
    """Execute a run's plan and return 0 when all of it is done, 1 when not.

    Raises Trouble when the run cannot even be journalled; LockedTrouble is journalled where
    this run has no journal of its own yet.
    """
    run = places.run(run_id)
    _leave_terminals()
    try:
        with stop_requests() as stopping, locked(places, run_id):
            return _attempt(places, run, stopping, patience)
    except LockedTrouble as trouble:
        _journal_refusal(run, trouble)
        raise


def _leave_terminals() -> None:
    for fd in (0, 1, 2):
        if os.isatty(fd):
            with open(os.devnull, "r+b") as null:  # noqa: PTH123 (a device)
                os.dup2(null.fileno(), fd)


def _journal_refusal(run: RunPlaces, trouble: Trouble) -> None:
    if run.directory.is_dir() and not run.journal.exists():
        with open_journal(run.journal, run.id) as (journal, _):
            journal.append(RunFinished(FAILED, str(trouble)))


def _attempt(
    places: Places, run: RunPlaces, stopping: Callable[[], bool], patience: Patience
) -> int:
    with open_journal(run.journal, run.id) as (journal, reading):
        past = progress(reading.records)
        if past.finished is not None and past.finished.outcome == DONE:
            raise Trouble(f"starting run {run.id}", "it is done already", "Make a new plan.")
        end = RunFinished(FAILED, "The run ended in an unforeseen way; report this.")
        try:
            request = read_request(run)
            journal.append(RunStarted(run.id, request.plan_sha256, os.getpid()))
            plan = read_plan(run, request.plan_sha256)
            work = _Work(places, run, plan, request, journal, past, stopping, patience)
            end = _take_steps(work)
        except Trouble as trouble:
            end = RunFinished(FAILED, str(trouble))
        finally:
            shutil.rmtree(run.staging, ignore_errors=True)
            journal.append(end)
    return 0 if end.outcome == DONE else 1


@dataclass(frozen=True)
class _Work:
    """What all steps of one attempt share."""

    places: Places
    run: RunPlaces
    plan: Plan
    request: Request
    journal: Journal
    past: Progress
    stopping: Callable[[], bool]
    patience: Patience


def _take_steps(work: _Work) -> RunFinished:
    steps = [step for step in work.plan.pending if step.id not in work.past.done]
    stamp = time.time_ns() - _SETTLED_NS
    with (
        contextlib.closing(Loop()) as loop,
        desk(loop, work.places, work.run.id, work.journal.append) as front,
    ):
        front.number_from(work.past.prompts)
        for number, step in enumerate(steps):
            if work.stopping():
                left = len(steps) - number
                return RunFinished(
                    STOPPED, f"Stopped as asked before {step.title!r}; {left} steps are left."
                )
            message = _take(work, step, loop, front, stamp)
            if message:
                outcome = STOPPED if work.stopping() else FAILED
                return RunFinished(outcome, f"{message}\n{_what_next(step, steps[number + 1 :])}")
    return RunFinished(DONE, save_answers(work.places, work.plan.answers))


def _what_next(step: Step, left: Sequence[Step]) -> str:
    after = f"; not begun: {', '.join(one.title for one in left)}" if left else ""
    return f"It was in step {step.title!r}{after}."


def _take(work: _Work, step: Step, loop: Loop, front: Desk, stamp: int) -> str:
    """Take one step, journal its outcome, and return why it failed, "" when it did not."""
    work.journal.append(StepStarted(step.id))
    began = time.monotonic()
    last: list[dict[str, object]] = [work.past.intended.get(step.id, {})]

    def record(one: Record) -> None:
        work.journal.append(one)
        if isinstance(one, StepIntended):
            last.append(one.undo)

    with open_output(work.run.output(step.id)) as output:
        context = Context(
            places=work.run,
            plan=work.plan,
            step=step.id,
            loop=loop,
            desk=front,
            output=output,
            record=record,
            stopping=work.stopping,
            attended=work.request.attended,
            stamp_ns=stamp,
            earlier=work.past.intended.get(step.id),
            patience=work.patience,
        )
        try:
            undo = execute(step.action, context)
        except Trouble as trouble:
            message = str(trouble)
        except Exception as error:  # noqa: BLE001 (a defect too must be journalled, then reported)
            message = _defect(error, output)
        else:
            message = ""
            last.append(undo)
        if output.failure:
            output_lost = f"The output is not whole: {output.failure}."
            message = f"{message} {output_lost}" if message else ""
    outcome = FAILED if message else DONE
    seconds = time.monotonic() - began
    work.journal.append(StepFinished(step.id, outcome, seconds, message, last[-1]))
    return message


def _defect(error: Exception, output: StepOutput) -> str:
    output.say("".join(traceback.format_exception(type(error), error, error.__traceback__)))
    return (
        f"A defect in postfix-wizard: {type(error).__name__}: {error}. "
        "Please report it with the step's output."
    )
