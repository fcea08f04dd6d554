"""The runs of the past, each summed up from its journal; a damaged one hinders none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Optional

from wizard.errors import Trouble
from wizard.plan.model import Plan, Step
from wizard.run.journal import Reading, read_journal, set_aside_as
from wizard.run.lock import Holder, holder
from wizard.run.paths import Places, known_runs
from wizard.run.progress import Progress, progress
from wizard.run.records import DIED, DONE, FAILED, STOPPED
from wizard.run.request import read_plan, read_request

RUNNING = "running"
UNREADABLE = "unreadable"
NOT_STARTED = "not started"


@dataclass(frozen=True)
class RunSummary:
    """One run. `started` is in seconds since the epoch, None when it never was.

    `outcome` is done, failed, stopped, died, running, not started or unreadable; `done` of
    `steps` steps ended well (`steps` 0 when the plan cannot be read); `message` is the end's.
    `step` is the title of the step that it was in when it ended otherwise than done. `undoes`
    names the run that it took back; `undone` says that another took this one back, `returned`
    that it did so itself. `gathers` is the source that it gathered from: it changed nothing of
    the host.
    """

    run: str
    started: Optional[float]
    outcome: str
    done: int = 0
    steps: int = 0
    message: str = ""
    step: str = ""
    undoes: str = ""
    undone: bool = False
    returned: bool = False
    gathers: str = ""

    @property
    def told(self) -> str:
        """What became of it, in a sentence."""
        where = f" in the step {self.step!r}" if self.step else ""
        how = _HOW.get(self.outcome, f"is {self.outcome}")
        return f"Run {self.run} {how}{where}, with {self.done} of {self.steps} steps done."

    @property
    def ways_on(self) -> str:
        """What can be done about it while it is not done."""
        return WAYS_TO_LOOK if self.outcome == RUNNING else WAYS_ON

    @property
    def can_undo(self) -> bool:
        """Whether it may be taken back: it ended, goes forward, and was not taken back yet."""
        ended = self.outcome in {DONE, FAILED, STOPPED, DIED}
        never = self.undoes or self.undone or self.returned or self.gathers
        return ended and not never

    @property
    def can_resume(self) -> bool:
        """Whether a worker can go on with it: it ended early, and was not taken back."""
        return self.outcome in {FAILED, STOPPED, DIED} and not (self.undone or self.returned)


_HOW = {DONE: "is done", DIED: "was cut off", FAILED: "failed", STOPPED: "was stopped"}
WAYS_ON = "`postfix-wizard resume` goes on where it ended, `postfix-wizard undo` takes it back."
"""What can be done about a run that ended early."""
WAYS_TO_LOOK = "`postfix-wizard attach` shows it. What it has yet to do still differs."
"""What can be done about a run in progress."""


def runs(places: Places) -> tuple[RunSummary, ...]:
    """Return all runs, oldest first. Never raises for what one of them holds."""
    found = holder(places)
    summaries = [_summary(places, run, found) for run in known_runs(places)]
    undone = {one.undoes for one in summaries if one.outcome == DONE}
    return tuple(replace(one, undone=one.run in undone) for one in summaries)


def newest_unfinished(places: Places) -> Optional[RunSummary]:
    """Return the newest run when it is in progress or ended early, else None.

    The others are not read: every plan asks. What took the newest back would be newer still.
    """
    found = holder(places)
    newest_first = (_summary(places, run, found) for run in reversed(known_runs(places)))
    newest = next((one for one in newest_first if one.started is not None), None)
    if newest is None or not (newest.outcome == RUNNING or newest.can_resume):
        return None
    return newest


def newest_cut_off(places: Places) -> Optional[RunSummary]:
    """Return the newest run when it ended early and can be gone on with, else None."""
    newest = newest_unfinished(places)
    return newest if newest is not None and newest.can_resume else None


def plan_of(places: Places, run: str) -> Plan:
    """Return the plan of a run. Raises Trouble when it cannot be read or is another."""
    at = places.run(run)
    return read_plan(at, read_request(at).plan_sha256)


def _summary(places: Places, run: str, found: Optional[Holder]) -> RunSummary:
    alive = found is not None and found.run == run
    try:
        reading = read_journal(places.run(run).journal)
    except Trouble as trouble:
        return RunSummary(run, None, UNREADABLE, message=str(trouble))
    if reading is None or not reading.entries:
        if reading is not None and reading.corrupt:
            return RunSummary(run, None, UNREADABLE, message=_damaged(reading))
        aside = set_aside_as(places.run(run).journal)
        if aside:
            said = f"Its journal was damaged, and is set aside as {aside}."
            return RunSummary(run, None, UNREADABLE, message=said)
        return RunSummary(run, None, RUNNING if alive else NOT_STARTED)
    return _of_reading(run, reading, _plan(places, run), alive=alive)


def _plan(places: Places, run: str) -> Optional[Plan]:
    try:
        return plan_of(places, run)
    except Trouble:
        return None


def _damaged(reading: Reading) -> str:
    return f"The journal is damaged: {reading.corrupt}"


def _of_reading(run: str, reading: Reading, plan: Optional[Plan], *, alive: bool) -> RunSummary:
    so_far = progress(reading.records)
    outcome, message = (RUNNING if alive else DIED), ""
    if reading.corrupt:
        outcome, message = UNREADABLE, _damaged(reading)
    elif so_far.finished is not None:
        outcome, message = so_far.finished.outcome, so_far.finished.message
    steps = plan.pending if plan else ()
    return RunSummary(
        run,
        started=reading.entries[0].wall,
        outcome=outcome,
        done=sum(step.id in so_far.done for step in steps),
        steps=len(steps),
        message=message,
        step="" if outcome == DONE else _ended_in(steps, so_far),
        undoes=plan.undoes if plan else "",
        returned=so_far.returned,
        gathers=plan.gathers if plan else "",
    )


def _ended_in(steps: Sequence[Step], so_far: Progress) -> str:
    """Return the title of the step that was begun last, "" when none was."""
    begun = [step.title for step in steps if step.id in so_far.begun]
    return begun[-1] if begun else ""
