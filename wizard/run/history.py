"""The runs of the past, each summed up from its journal; a damaged one hinders none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from wizard.errors import Trouble
from wizard.plan.model import Plan
from wizard.run.journal import Reading, read_journal
from wizard.run.lock import Holder, holder
from wizard.run.paths import Places, known_runs
from wizard.run.progress import progress
from wizard.run.records import DIED
from wizard.run.request import read_plan, read_request

RUNNING = "running"
UNREADABLE = "unreadable"
NOT_STARTED = "not started"


@dataclass(frozen=True)
class RunSummary:
    """One run. `started` is in seconds since the epoch, None when it never was.

    `outcome` is done, failed, stopped, died, running, not started or unreadable; `done` of
    `steps` steps ended well (`steps` 0 when the plan cannot be read); `message` is the end's.
    """

    run: str
    started: Optional[float]
    outcome: str
    done: int
    steps: int
    message: str


def runs(places: Places) -> tuple[RunSummary, ...]:
    """Return all runs, oldest first. Never raises for what one of them holds."""
    found = holder(places)
    return tuple(_summary(places, run, found) for run in known_runs(places))


def plan_of(places: Places, run: str) -> Plan:
    """Return the plan of a run. Raises Trouble when it cannot be read or is another."""
    at = places.run(run)
    return read_plan(at, read_request(at).plan_sha256)


def _summary(places: Places, run: str, found: Optional[Holder]) -> RunSummary:
    steps = _steps(places, run)
    try:
        reading = read_journal(places.run(run).journal)
    except Trouble as trouble:
        return RunSummary(run, None, UNREADABLE, 0, steps, str(trouble))
    alive = found is not None and found.run == run
    if reading is None or not reading.entries:
        outcome = RUNNING if alive else NOT_STARTED
        message = f"The journal is damaged: {reading.corrupt}" if reading else ""
        if reading is not None and reading.corrupt:
            outcome = UNREADABLE
        return RunSummary(run, None, outcome, 0, steps, message if outcome == UNREADABLE else "")
    return _of_reading(run, reading, steps, alive=alive)


def _of_reading(run: str, reading: Reading, steps: int, *, alive: bool) -> RunSummary:
    so_far = progress(reading.records)
    outcome, message = (RUNNING if alive else DIED), ""
    if reading.corrupt:
        outcome, message = UNREADABLE, f"The journal is damaged: {reading.corrupt}"
    elif so_far.finished is not None:
        outcome, message = so_far.finished.outcome, so_far.finished.message
    started = reading.entries[0].wall
    return RunSummary(run, started, outcome, len(so_far.done), steps, message)


def _steps(places: Places, run: str) -> int:
    try:
        return len(plan_of(places, run).pending)
    except Trouble:
        return 0
