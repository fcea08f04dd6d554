"""The journal's records, and what a viewer sees of a run.

A worker appends records before and after each step; output goes to a file a step beside the
journal. A viewer reads both and never writes either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from wizard.finding import Finding
from wizard.plan.model import Step
from wizard.plan.wire import NewerForm
from wizard.run.caller import NOBODY, Caller

DONE = "done"
FAILED = "failed"
STOPPED = "stopped"
DIED = "died"
"""Never in a journal: what a viewer is told of a worker that ended without a RunFinished."""
RUNNING, UNREADABLE, NOT_STARTED = "running", "unreadable", "not started"
"""What a list says of a run besides; like `died` they can be in run.json."""


@dataclass(frozen=True)
class RunStarted:
    """The worker holds the lock. `plan_sha256` is of the bytes of the run's plan.json.

    `by` is who started this attempt; `accepted` are the cautions that were accepted for the run.
    """

    run: str
    plan_sha256: str
    pid: int
    by: Caller = NOBODY
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class StepStarted:
    """Intent: written and synced before the step touches anything."""

    step: str


@dataclass(frozen=True)
class StepIntended:
    """What would take the step back, written and synced before its first effect.

    A step that was cut off without one has touched nothing. `undo` has the terms that
    docs/journal.md lists.
    """

    step: str
    undo: dict[str, object]


@dataclass(frozen=True)
class StepFinished:
    """Outcome: `outcome` is done or failed.

    `message` says why it failed and what to do, that some of its output was lost, or that a path
    has not the SELinux label of the policy.
    `undo` is what is needed to take the step back, in the action's own terms (JSON object).
    `seconds` is the step's duration by the monotonic clock.
    """

    step: str
    outcome: str
    seconds: float
    message: str
    undo: dict[str, object]


@dataclass(frozen=True)
class Prompted:
    """A child asks. `text` is its own words, `echo` false for a password."""

    prompt: int
    step: str
    text: str
    echo: bool


@dataclass(frozen=True)
class PromptClosed:
    """The prompt was answered (the answer itself is never recorded) or timed out."""

    prompt: int
    answered: bool


@dataclass(frozen=True)
class Found:
    """The checks' findings."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Before:
    """What was wrong on the host before the first step: the ID of each finding, what it is about."""

    wrong: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Returning:
    """The run failed of `cause` and takes back what it changed by these steps of its own."""

    cause: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class RunFinished:
    """The end. `outcome` is done, failed or stopped; `message` has the cause on top."""

    outcome: str
    message: str


Record = Union[
    RunStarted,
    StepStarted,
    StepIntended,
    StepFinished,
    Prompted,
    PromptClosed,
    Found,
    Before,
    Returning,
    RunFinished,
]


def require_outcome(outcome: str, *, in_journal: bool = False) -> None:
    """Raise NewerForm where only a newer version of the program can have written this outcome."""
    known = {DONE, FAILED, STOPPED}
    if not in_journal:
        known |= {"", DIED, RUNNING, UNREADABLE, NOT_STARTED}
    if outcome not in known:
        raise NewerForm(f"its outcome {outcome!r:.60} is unknown")


@dataclass(frozen=True)
class Output:
    """Output of a step as a viewer may show it: whole lines, control sequences stripped."""

    step: str
    lines: tuple[str, ...]


Event = Union[Record, Output]
