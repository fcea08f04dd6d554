"""The journal's records, and the events that a viewer gets.

A worker appends records before and after each step. The output of each step goes to a file next to
the journal. A viewer reads both and never writes either.
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
"""The outcome for viewers if a worker ended without a RunFinished. It is never in a journal."""
RUNNING, UNREADABLE, NOT_STARTED = "running", "unreadable", "not started"
"""Further outcomes in the list of runs. Like `died` they can be in run.json."""


@dataclass(frozen=True)
class RunStarted:
    """The worker has the lock. `plan_sha256` is the hash of the bytes of the run's plan.json.

    `by` started this attempt. `accepted` are the cautions that were accepted for the run.
    """

    run: str
    plan_sha256: str
    pid: int
    by: Caller = NOBODY
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class StepStarted:
    """The step begins. Written and synced before it changes anything."""

    step: str


@dataclass(frozen=True)
class StepIntended:
    """What undo needs of the step, written and synced before its first effect.

    A step that was cut off without this record has changed nothing. `undo` has the terms of
    docs/journal.md.
    """

    step: str
    undo: dict[str, object]


@dataclass(frozen=True)
class StepFinished:
    """The step ended. `outcome` is done or failed.

    `message` says why it failed and what to do, that some of its output was lost, or that a path
    has not the SELinux label of the policy. `undo` is what undo needs, in the action's own terms
    (JSON object). `seconds` is the step's duration by the monotonic clock.
    """

    step: str
    outcome: str
    seconds: float
    message: str
    undo: dict[str, object]


@dataclass(frozen=True)
class Prompted:
    """A child asks a question. `text` is its output, `echo` is False for a password."""

    prompt: int
    step: str
    text: str
    echo: bool


@dataclass(frozen=True)
class PromptClosed:
    """The prompt was answered or timed out. The answer itself is never recorded."""

    prompt: int
    answered: bool


@dataclass(frozen=True)
class Found:
    """The checks' findings."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Before:
    """What was wrong on the host before the first step: ID and subject of each finding."""

    wrong: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Returning:
    """The run failed because of `cause`. These steps put back what it changed."""

    cause: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class RunFinished:
    """The end. `outcome` is done, failed or stopped. `message` begins with the cause."""

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
    """Raise NewerForm if only a newer version of the program can have written this outcome."""
    known = {DONE, FAILED, STOPPED}
    if not in_journal:
        known |= {"", DIED, RUNNING, UNREADABLE, NOT_STARTED}
    if outcome not in known:
        raise NewerForm(f"its outcome {outcome!r:.60} is unknown")


@dataclass(frozen=True)
class Output:
    """Output of a step as a viewer may show it: whole lines without control sequences."""

    step: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Began:
    """When the step of the StepStarted before began, by the monotonic clock, which all processes share.

    A viewer that attaches later gets it too. It is never in a journal.
    """

    step: str
    mono: float


Event = Union[Record, Output, Began]
