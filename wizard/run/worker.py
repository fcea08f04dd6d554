"""The worker: execute the reviewed plan and no other, and journal before and after each step.

It runs in a unit of its own (wizard.run.launch), has the lock, and waits for the operator only at
a prompt. If an earlier worker of the same run has a journal, it continues from there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from wizard.errors import LockedTrouble, Trouble
from wizard.plan.model import Plan, Step
from wizard.plan.undo_actions import ReturnUnit
from wizard.run import labels
from wizard.run.actions import kind_of_action
from wizard.run.actions.proof import is_comparable, wrong_before
from wizard.run.concluding import begin, conclude
from wizard.run.context import Context, Patience
from wizard.run.history import refuse_newer
from wizard.run.journal import Journal, open_journal
from wizard.run.lock import locked
from wizard.run.loop import Loop, stop_requests
from wizard.run.mail_queue import on_hold_lines
from wizard.run.output import StepOutput, open_output
from wizard.run.packages_meanwhile import Wait, package_news
from wizard.run.path_state import Stale
from wizard.run.paths import Places, RunPlaces
from wizard.run.progress import Progress, progress, progress_of
from wizard.run.prompts import PromptServer, prompt_server
from wizard.run.records import (
    DONE,
    FAILED,
    STOPPED,
    Before,
    Record,
    Returning,
    RunFinished,
    RunStarted,
    StepFinished,
    StepIntended,
    StepStarted,
)
from wizard.run.request import Request, read_plan, read_request, starter
from wizard.run.save import save_answers
from wizard.run.seals import Seals, make_seals
from wizard.run.steady import ConnectionLost
from wizard.run.tidy import forget_copies, remove, tidy
from wizard.run.undo import is_skipped, steps_back, steps_to_return, texts_first
from wizard.run.ways_on import ANEW, RESUMES, RESUMES_REPAIRED, remaining

_EXHAUSTED = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EIO,
        errno.ENOMEM,
        errno.EAGAIN,
        errno.EMFILE,
        errno.ENFILE,
    }
)
"""Errors that stop the wizard itself and say nothing about Postfix. Such a run can be resumed."""
_GATHERED = "It is kept for the plan that uses it: `postfix-wizard apply` makes that one."
_RETURN_LOCK_SECONDS = 10.0
_SETTLED_NS = 2_000_000_000
"""Age of a new main.cf. Postfix's programs wait for one that is younger than about a second."""


def main(argv: Sequence[str]) -> int:
    """Work on the run that `argv` names, in the usual directories; return the exit status."""
    try:
        (run,) = argv
        return work(Places(), run)
    except (Trouble, ValueError) as trouble:
        print(f"postfix-wizard worker: {trouble}", file=sys.stderr)  # noqa: T201 (systemd's log)
        return getattr(trouble, "exit_code", os.EX_USAGE)


def work(places: Places, run_id: str, patience: Patience = Patience()) -> int:  # noqa: B008 (frozen)
    """Execute a run's plan and return 0 if all of it is done, else 1.

    Raises Trouble if the run cannot be journalled. LockedTrouble is journalled, if this run has no
    journal yet, and raised.
    """
    run = places.run(run_id)
    _leave_terminals()
    try:
        with stop_requests() as stopping, locked(places, run_id):
            code = _attempt(places, run, stopping, patience)
    except LockedTrouble as trouble:
        _journal_refusal(run, trouble)
        raise
    conclude(run)
    return code


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
    refuse_newer(run, f"starting run {run.id}")
    with open_journal(run.journal, run.id, starter(run)) as (journal, reading):
        past = progress(reading.records)
        if past.over:
            raise Trouble(f"starting run {run.id}", "it is over already", "Make a new plan.")
        begin(run)
        end = RunFinished(FAILED, "The run ended in an unforeseen way; report this.")
        try:
            request = read_request(run)
            journal.append(_started(run, request))
            # Before the plan is read, so that hashes of an older program get the keyed form, too.
            seals = make_seals(run.key)
            plan = read_plan(run, request.plan_sha256)
            tidy(places, plan, time.time())
            journalled = SealedJournal(journal, seals)
            past = past.keyed(seals)
            work = _Work(places, run, plan, request, journalled, past, stopping, patience, seals)
            end = _with_mail_on_hold(_take_steps(work), work)
            _forget_copies(work, end)
        except Trouble as trouble:
            end = RunFinished(FAILED, str(trouble))
        finally:
            remove(run.staging)
            journal.append(end)
    return 0 if end.outcome == DONE else 1


def _with_mail_on_hold(end: RunFinished, work: _Work) -> RunFinished:
    """Return the end with the messages that are still on hold, and how to release them."""
    lines = tuple(on_hold_lines(_so_far(work), work.run))
    return replace(end, message="\n".join(filter(None, (end.message, *lines))))


def _started(run: RunPlaces, request: Request) -> RunStarted:
    return RunStarted(run.id, request.plan_sha256, os.getpid(), request.by, request.accepted)


@dataclass(frozen=True)
class SealedJournal:
    """The journal without bare hashes: those in `undo` and in the steps of a return are keyed."""

    journal: Journal
    seals: Seals

    def append(self, record: Record) -> None:
        """Write one record in one write(2) and sync it. Raises Trouble."""
        if isinstance(record, (StepIntended, StepFinished)):
            record = replace(record, undo=self.seals.terms(record.undo))
        elif isinstance(record, Returning):
            record = replace(record, steps=self.seals.within(record.steps))
        self.journal.append(record)


@dataclass(frozen=True)
class _Work:
    """What all steps of one attempt use."""

    places: Places
    run: RunPlaces
    plan: Plan
    request: Request
    journal: SealedJournal
    past: Progress
    stopping: Callable[[], bool]
    patience: Patience
    seals: Seals


@dataclass(frozen=True)
class _Hands:
    """What is open while steps run: the event loop, the prompts, the new files' time."""

    loop: Loop
    prompt_server: PromptServer
    stamp_ns: int
    wait: Wait


@dataclass(frozen=True)
class _Failure:
    """The step that failed or at which the run ended, and why.

    `of_ours` is True if the wizard itself could not continue, as on a full disk. `stopped` is True
    on the operator's request, and `stale` if the host is not as the plan found it.
    """

    step: Step
    said: str
    of_ours: bool = False
    stopped: bool = False
    stale: bool = False


def _take_steps(work: _Work) -> RunFinished:
    with (
        contextlib.closing(Loop()) as loop,
        prompt_server(loop, work.places, work.run.id, work.journal.append) as front,
    ):
        front.number_from(work.past.prompts)
        wait = Wait(work.patience.lock)
        hands = _Hands(loop, front, time.time_ns() - _SETTLED_NS, wait)
        back = work.past.returning
        if back is None:
            work = _with_faults_before(work)
            failure = _take_all(work, work.plan.pending, hands)
            if failure is None:
                if work.plan.gathers:
                    return RunFinished(DONE, _GATHERED)
                return RunFinished(DONE, _saved(work))
            refused = kind_of_action(failure.step.action).returns and not failure.of_ours
            if failure.stopped or not refused:
                if failure.stopped:
                    return RunFinished(STOPPED, f"{failure.said}\n{RESUMES}")
                # The message of a stale step says what to do: mostly another plan.
                on = "" if failure.stale else f"\n{RESUMES_REPAIRED}"
                return RunFinished(FAILED, failure.said + on)
            back = Returning(failure.said, steps_back(work.plan, _so_far(work), work.run))
            work.journal.append(back)
        return _go_back(work, back, hands)


def _with_faults_before(work: _Work) -> _Work:
    """Find and journal what is wrong on the host before the first step, and return the work with it."""
    # An attempt that began no step checks again: others may have changed the host since.
    if work.past.begun or not is_comparable(work.plan):
        return work
    try:
        before = Before(wrong_before(work.plan))
    except Trouble:
        return work
    work.journal.append(before)
    return replace(work, past=replace(work.past, before=before))


def _saved(work: _Work) -> str:
    """Save the answers of a run that is done, and return the message about problems, "" for none."""
    with labels.complaints() as unlabelled:
        saved = save_answers(work.places, work.run, work.plan, work.journal.append, work.seals)
    return "\n".join(filter(None, (saved, *unlabelled)))


def _forget_copies(work: _Work, end: RunFinished) -> None:
    is_back = _so_far(work).is_back
    if is_back or end.outcome == DONE:
        forget_copies(work.places, work.run, work.plan, returned=is_back)


def _so_far(work: _Work) -> Progress:
    return progress_of(work.run, work.seals)


def _go_back(work: _Work, back: Returning, hands: _Hands) -> RunFinished:
    """Put back what the run changed. A stop is ignored, and the unit is turned in any case."""
    unstopped = replace(work, stopping=lambda: False)
    # Postfix is down meanwhile, so the wait for a package transaction is shorter.
    hands = replace(hands, wait=Wait(min(work.patience.lock, _RETURN_LOCK_SECONDS)))
    failed: list[Step] = []
    skipped: list[Step] = []
    said: list[str] = []
    for step in steps_to_return(back.steps, work.past.done):
        if is_skipped(step, failed):
            skipped.append(step)
            continue
        wrong = _take(unstopped, step, hands)
        if wrong is not None:
            failed.append(step)
            said.append(f"{step.title}: {wrong.said}")
    works = _works([step for step in back.steps if step not in failed])
    if failed:
        without = f"Not begun without it: {_titles(skipped)}." if skipped else ""
        head = f"Putting back what the run had changed FAILED in part{works}."
        lines = (head, *said, without)
        after = "\n".join((*filter(None, lines), RESUMES_REPAIRED))
    elif back.steps:
        after = f"What the run had changed was put back{works}{' as before' if works else ''}."
    else:
        after = "Nothing had been replaced yet, so there was nothing to put back."
    # A run that has put everything back cannot be resumed.
    return RunFinished(FAILED, "\n".join((back.cause, after, *([] if failed else [ANEW]))))


def _works(steps: Sequence[Step]) -> str:
    """Return a phrase that the unit answers, if one of these steps got its greeting, else ""."""
    turns = [step.action for step in steps if isinstance(step.action, ReturnUnit)]
    return "".join(f", and {one.unit} answers" for one in turns if one.verb != "stop")


def _titles(steps: Sequence[Step]) -> str:
    return ", ".join(step.title for step in steps)


def _take_all(work: _Work, steps: Sequence[Step], hands: _Hands) -> Optional[_Failure]:
    """Run the steps that are not done yet; return where that ended, None if all are done."""
    todo = [step for step in texts_first(steps) if step.id not in work.past.done]
    for number, step in enumerate(todo):
        if work.stopping():
            said = f"Stopped as asked before {step.title!r}. {remaining(len(todo) - number)}"
            return _Failure(step, said, stopped=True)
        wrong = _take(work, step, hands)
        if wrong is not None:
            said = (
                f"{wrong.said}\nIt was in step {step.title!r}. {remaining(len(todo) - number - 1)}"
            )
            return replace(wrong, said=said, stopped=work.stopping())
    return None


def _take(work: _Work, step: Step, hands: _Hands) -> Optional[_Failure]:
    """Run one step, journal its outcome, and return why it failed, None if it did not."""
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
            loop=hands.loop,
            prompt_server=hands.prompt_server,
            output=output,
            record=record,
            stopping=work.stopping,
            attended=work.request.attended,
            stamp_ns=hands.stamp_ns,
            seals=work.seals,
            earlier=work.past.intended.get(step.id),
            before=work.past.before,
            patience=work.patience,
        )
        kind = kind_of_action(step.action)
        wrong = None
        with labels.complaints() as unlabelled:
            try:
                if not kind.waits_itself:
                    hands.wait.for_transaction(context)
                last.append(kind.execute(step.action, context))
            except Stale as trouble:
                said = " ".join(filter(None, (str(trouble), package_news(context))))
                wrong = _Failure(step, said, stale=True)
            except Trouble as trouble:
                wrong = _Failure(step, str(trouble), of_ours=_is_ours(trouble))
            except Exception as error:  # noqa: BLE001 (a defect too must be journalled, then reported)
                wrong = _Failure(step, _defect(error, output))
        lost = f"The output is not whole: {output.failure}." if output.failure else ""
        if wrong is not None and lost:
            wrong = replace(wrong, said=f"{wrong.said} {lost}")
    outcome = FAILED if wrong else DONE
    seconds = time.monotonic() - began
    said = wrong.said if wrong else "\n".join(filter(None, (lost, *unlabelled)))
    work.journal.append(StepFinished(step.id, outcome, seconds, said, last[-1]))
    return wrong


def _is_ours(trouble: Trouble) -> bool:
    cause = trouble.__cause__
    full = isinstance(cause, OSError) and cause.errno in _EXHAUSTED
    return full or isinstance(trouble, ConnectionLost)


def _defect(error: Exception, output: StepOutput) -> str:
    output.say("".join(traceback.format_exception(type(error), error, error.__traceback__)))
    return (
        f"A defect in postfix-wizard: {type(error).__name__}: {error}. "
        "Please report it with the step's output."
    )
