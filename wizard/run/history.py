"""Summaries of all runs. A damaged run does not hide the others.

run.json is enough if its sizes and times are those of the run's files. In any other case the
journal and the plan are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional

from wizard.errors import NewerTrouble, Trouble
from wizard.plan.model import Plan, Step
from wizard.run.caller import NOBODY, Caller
from wizard.run.header import (
    Header,
    NewerRun,
    explain_newer,
    newer_run,
    read_header,
    stamps,
)
from wizard.run.journal import Reading, peek, set_aside_as
from wizard.run.lock import holder
from wizard.run.paths import Places, RunPlaces, known_runs
from wizard.run.progress import Progress, progress
from wizard.run.records import (
    DIED,
    DONE,
    FAILED,
    NOT_STARTED,
    RUNNING,
    STOPPED,
    UNREADABLE,
    RunStarted,
)
from wizard.run.request import read_plan, read_request
from wizard.run.touched import touched
from wizard.text import counted

NEWER = "newer"


@dataclass(frozen=True)
class RunSummary:
    """One run. `started` and `ended` are seconds since the epoch, None if it did not.

    `outcome` is done, failed, stopped, died, running, not started, unreadable or newer (a newer
    version of the program wrote it). `done` of `steps` steps succeeded; `steps` is 0 if the plan
    is unreadable. `message` is that of its end. `step` is the title of the step in which a run
    ended that is not done. `undoes` names the run that it undid. `undone` is True if another run
    undid this one, `returned` if it did so itself. `gathers` is the source that it gathered from;
    such a run changed nothing of the host. `by` started it, and each of `resumed_by` resumed it.
    `version` and `commit` are those of the program that wrote it, "" if unknown. `touched` names
    what it changed (`wizard.run.touched`), None if only its journal can tell. `concluded` is the
    outcome that was written at its end, also if the rest is unreadable. `newer` has what can be
    read of a run in a newer form.
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
    sections: tuple[str, ...] = ()
    version: str = ""
    commit: str = ""
    ended: Optional[float] = None
    touched: Optional[frozenset[str]] = None
    concluded: str = ""
    newer: Optional[NewerRun] = None
    by: Caller = NOBODY
    resumed_by: tuple[Caller, ...] = ()

    @property
    def summary(self) -> str:
        """A sentence with its outcome and its progress."""
        if self.newer is not None:
            return f"Run {self.run} {self.newer.made_by}."
        where = f" in the step {self.step!r}" if self.step else ""
        how = _HOW.get(self.outcome, f"is {self.outcome}")
        return (
            f"Run {self.run} {how}{where}, with {self.done} of {counted(self.steps, 'step')} done."
        )

    @property
    def ways_on(self) -> str:
        """What the operator can do about it while it is not done."""
        if self.outcome == RUNNING:
            return WAYS_TO_LOOK
        return WAY_OF_AN_UNDO if self.undoes else WAYS_ON

    @property
    def can_undo(self) -> bool:
        """True if it ended, changed the host, is not an undo itself, and is not undone yet."""
        ended = self.outcome in {DONE, FAILED, STOPPED, DIED}
        never = self.undoes or self.undone or self.returned or self.gathers
        return ended and not never

    @property
    def can_resume(self) -> bool:
        """True if it ended early and was not undone."""
        return self.outcome in {FAILED, STOPPED, DIED} and not (self.undone or self.returned)

    @property
    def is_settled(self) -> bool:
        """True if it was undone, or if it undid another run to the end. Then it no longer counts.

        run.json alone has this, also that of a newer form.
        """
        return self.undone or bool(self.undoes and self.concluded == DONE)

    def require_known(self, doing: str) -> None:
        """Raise NewerTrouble if a newer version of the program wrote the run."""
        if self.newer is not None:
            raise explain_newer(self.run, self.newer, doing)


_HOW = {DONE: "is done", DIED: "was cut off", FAILED: "failed", STOPPED: "was stopped"}
WAYS_ON = "`postfix-wizard resume` goes on where it ended, `postfix-wizard undo` takes it back."
"""What can be done about a run that ended early."""
WAY_OF_AN_UNDO = "`postfix-wizard resume` goes on where it ended; nothing takes back an undo."
"""The same, about a run that takes another one back."""
WAYS_TO_LOOK = "`postfix-wizard attach` shows it. What it has yet to do still differs."
"""What can be done about a run in progress."""


def runs(places: Places) -> tuple[RunSummary, ...]:
    """Return all runs, oldest first. Never raises because of a damaged run."""
    return tuple(newest_first(places))[::-1]


def newest_first(places: Places) -> Iterator[RunSummary]:
    """Yield all runs, the newest first. Each is read only when it is yielded."""
    found = holder(places)
    undone: set[str] = set()
    for run in reversed(known_runs(places)):
        # An undo is newer than the run that it undid.
        one = summary_today(places.run(run), alive=found is not None and found.run == run)
        one = replace(one, undone=run in undone)
        if one.undoes and one.is_settled:
            undone.add(one.undoes)
        yield one


def newest_unfinished(places: Places) -> Optional[RunSummary]:
    """Return the newest run if it is in progress or ended early, else None.

    The others are not read, since every plan calls this. An undo of the newest run would be newer
    still. Raises NewerTrouble if a newer version of the program wrote it.
    """
    begun = (one for one in newest_first(places) if one.started is not None or one.newer)
    newest = next(begun, None)
    if newest is None:
        return None
    newest.require_known("reading the newest run")
    return newest if newest.outcome == RUNNING or newest.can_resume else None


def newest_cut_off(places: Places) -> Optional[RunSummary]:
    """Return the newest run if it ended early and can be resumed, else None.

    Raises NewerTrouble if a newer version of the program wrote it.
    """
    newest = newest_unfinished(places)
    return newest if newest is not None and newest.can_resume else None


def plan_of(places: Places, run: str) -> Plan:
    """Return the plan of a run.

    Raises NewerTrouble if a newer version wrote it, Trouble if it is unreadable or another plan.
    """
    at = places.run(run)
    return read_plan(at, read_request(at).plan_sha256)


def summary_of(at: RunPlaces) -> RunSummary:
    """Return a run that ended, from its journal and plan alone, without run.json."""
    return _of_files(at, None, alive=False)


def refuse_newer(at: RunPlaces, doing: str) -> None:
    """Raise NewerTrouble if a newer version of the program wrote a part of the run."""
    summary_today(at, alive=False).require_known(doing)


def refuse_newer_since(places: Places, run: str, doing: str) -> None:
    """Raise NewerTrouble if a newer version wrote `run`, or a later run that is not settled.

    `run` "" is the newest run.
    """
    for one in newest_first(places):
        if one.run == run or not one.is_settled:
            one.require_known(doing)
        if one.run == run or not run:
            return


def summary_today(at: RunPlaces, *, alive: bool) -> RunSummary:
    """Return one run, from run.json if that is enough. `alive` is True if a worker is on it."""
    damage = ""
    header = None
    if at.directory.is_symlink():
        wrong = f"{at.directory} is a symbolic link. Put the directory itself there."
        return RunSummary(at.id, None, UNREADABLE, message=wrong)
    try:
        header = read_header(at)
    except NewerTrouble as newer:
        return _of_newer(at.id, newer_run(at, newer.why))
    except Trouble as trouble:
        damage = str(trouble)
    if header is not None and header.run != at.id:
        damage, header = f"{at.header} is of run {header.run!r}.", None
    if header is not None and header.outcome and not alive and header.stamps == stamps(at):
        return _of_header(header)
    one = _of_files(at, header, alive=alive)
    return replace(one, message=f"{damage} {one.message}".rstrip()) if damage else one


def _of_newer(run: str, newer: NewerRun) -> RunSummary:
    came = f" How far it came: {newer.progress}." if newer.progress else ""
    return RunSummary(
        run,
        None,
        NEWER,
        newer.done,
        newer.steps,
        f"It {newer.made_by}.{came}",
        undoes=newer.undoes,
        version=newer.version,
        commit=newer.commit,
        concluded=newer.outcome,
        newer=newer,
    )


def _of_header(header: Header) -> RunSummary:
    return RunSummary(
        header.run,
        header.started,
        header.outcome,
        header.done,
        header.steps,
        header.message,
        header.step,
        undoes=header.undoes,
        returned=header.returned,
        gathers=header.gathers,
        sections=header.sections,
        version=header.version,
        commit=header.commit,
        ended=header.ended,
        concluded=header.outcome,
        by=header.by,
        resumed_by=header.resumed_by,
        touched=None if header.touched is None else frozenset(header.touched),
    )


def _of_files(at: RunPlaces, header: Optional[Header], *, alive: bool) -> RunSummary:
    """Return a run from its journal and its plan. `header` has what neither of them has."""
    known = header or Header(0, "", "", at.id)
    base = RunSummary(
        at.id,
        None,
        UNREADABLE,
        undoes=known.undoes,
        gathers=known.gathers,
        version=known.version,
        commit=known.commit,
        concluded=known.outcome,
    )
    try:
        reading = peek(at.journal)
    except Trouble as trouble:
        return replace(base, message=str(trouble))
    if header is not None and _is_shorter(at, header):
        said = f"The journal is damaged: it is shorter than {at.header} says of the run's end."
        return replace(base, message=said)
    so_far = progress(reading.records if reading else ())
    plan, newer, damage = _plan(at)
    newer = (reading.newer if reading else "") or newer
    if newer:
        return _of_newer(at.id, newer_run(at, newer, done=len(so_far.done)))
    if plan is not None:
        if header is not None and plan.undoes != header.undoes:
            said = f"{at.header} says that it undoes {header.undoes!r}, its plan {plan.undoes!r}."
            return replace(base, message=said, undoes="", concluded="")
        base = replace(base, undoes=plan.undoes, gathers=plan.gathers, sections=plan.sections)
    if reading is None or not reading.entries:
        return _without_records(at, base, reading, header, alive=alive)
    one = _of_reading(base, reading, so_far, plan, alive=alive)
    return replace(one, outcome=UNREADABLE, message=damage) if damage and not alive else one


def _is_shorter(at: RunPlaces, header: Header) -> bool:
    """True if the journal is shorter than at the run's end. A journal only grows."""
    now, then = dict(stamps(at)), dict(header.stamps)
    journal = at.journal.name
    return journal in now and journal in then and now[journal].size < then[journal].size


def _plan(at: RunPlaces) -> tuple[Optional[Plan], str, str]:
    """Return a run's plan, "", "". Without one, return None and why it is newer or unreadable."""
    try:
        return read_plan(at, read_request(at).plan_sha256), "", ""
    except NewerTrouble as newer:
        return None, newer.why, ""
    except Trouble as trouble:
        return None, "", str(trouble)


def _without_records(
    at: RunPlaces,
    base: RunSummary,
    reading: Optional[Reading],
    header: Optional[Header],
    *,
    alive: bool,
) -> RunSummary:
    if reading is not None and reading.corrupt:
        return replace(base, message=f"The journal is damaged: {reading.corrupt}")
    aside = set_aside_as(at.journal)
    if aside:
        return replace(base, message=_set_aside(at, aside))
    if header is not None and header.outcome:
        return replace(base, message=f"{at.header} says {header.outcome}, but the journal is gone.")
    return replace(base, outcome=RUNNING if alive else NOT_STARTED)


def _set_aside(at: RunPlaces, aside: str) -> str:
    try:
        reading = peek(Path(aside))
    except Trouble:
        reading = None
    if reading is not None and reading.entries and not (reading.corrupt or reading.newer):
        # An old program that knew no newer versions reported such a journal as damaged.
        return f"An older program set its journal aside, which is whole: mv {aside} {at.journal}"
    return f"Its journal was damaged, and is set aside as {aside}."


def _of_reading(
    base: RunSummary, reading: Reading, so_far: Progress, plan: Optional[Plan], *, alive: bool
) -> RunSummary:
    finished = so_far.finished
    outcome, message = (RUNNING if alive else DIED), ""
    if reading.corrupt:
        outcome, message = UNREADABLE, f"The journal is damaged: {reading.corrupt}"
    elif finished is not None:
        outcome, message = finished.outcome, finished.message
    steps = plan.pending if plan else ()
    callers = tuple(one.by for one in reading.records if isinstance(one, RunStarted))
    return replace(
        base,
        started=reading.entries[0].wall,
        outcome=outcome,
        done=sum(step.id in so_far.done for step in steps),
        steps=len(steps),
        message=message,
        step="" if outcome == DONE else _ended_in(steps, so_far),
        returned=so_far.returned,
        ended=None if finished is None else reading.entries[-1].wall,
        concluded=base.concluded if finished is None else finished.outcome,
        touched=None if plan is None or reading.corrupt else touched(plan, so_far),
        by=callers[0] if callers else NOBODY,
        resumed_by=callers[1:],
    )


def _ended_in(steps: Sequence[Step], so_far: Progress) -> str:
    """Return the title of the step that was begun last, "" without one."""
    begun = [step.title for step in steps if step.id in so_far.begun]
    return begun[-1] if begun else ""
