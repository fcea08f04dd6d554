"""The progress of a run for its screen: each step's state, time and last lines. No Textual in here."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Callable, Iterable, Optional

from wizard.finding import Finding
from wizard.plan.model import Step
from wizard.run import records

WAITS, RUNS, DONE, FAILED = "waits", "running", "done", "FAILED"
NEXT = "next"
"""The word for the first step that waits, where only the steps around the active one are shown."""
BAR_CELLS = 16

NOT_BEGUN = "-"
"""The state of a step that had not begun when the run ended."""

MAX_LINES = 5000
"""Lines of a step for the pane. The whole output is on disk."""


@dataclass
class StepView:
    """One step. `began` is by the monotonic clock, None unless the step is in progress."""

    id: str
    title: str
    state: str = WAITS
    seconds: Optional[float] = None
    began: Optional[float] = None
    message: str = ""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_LINES))
    written: int = 0
    """The number of changes of the output. It shows whether there is something new."""

    def time(self, now: float) -> str:
        """Return its duration until now or its end as text."""
        if self.seconds is None and self.began is None:
            return ""
        seconds = self.seconds if self.seconds is not None else now - (self.began or now)
        if self.seconds is not None and seconds < 10:  # noqa: PLR2004 - a tenth matters below
            return f"{seconds:.1f} s"
        return duration(seconds)


def duration(seconds: float) -> str:
    """Return such as `42 s` or `3:07`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"


class Progress:
    """Takes events in order."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self.steps: dict[str, StepView] = {step.id: StepView(step.id, step.title) for step in steps}
        self.active = next(iter(self.steps), "")
        self.prompts: dict[int, records.Prompted] = {}
        self.findings: tuple[Finding, ...] = ()
        self.returning = False
        self.back: frozenset[str] = frozenset()
        """The steps that put back what the run changed."""
        self.finished: Optional[records.RunFinished] = None
        self._takers: dict[type, Callable[..., object]] = {
            records.RunStarted: self._begins,
            records.Output: self._output,
            records.StepStarted: self._started,
            records.Began: self._began,
            records.StepFinished: self._finished,
            records.Prompted: self._prompted,
            records.PromptClosed: lambda event: self.prompts.pop(event.prompt, None),
            records.Found: self._found,
            records.Returning: self._returns,
            records.RunFinished: self._ended,
        }

    def take(self, event: records.Event) -> None:
        """Take one event."""
        take = self._takers.get(type(event))
        if take is not None:
            take(event)

    def _step(self, id: str) -> StepView:  # noqa: A002 - the step's own name for it
        return self.steps.setdefault(id, StepView(id, id))

    def _begins(self, _event: records.RunStarted) -> None:
        """Drop the end of the last attempt: a resumed run continues after it."""
        self.finished = None
        for step in self.steps.values():
            step.state = WAITS if step.state == NOT_BEGUN else step.state

    def _started(self, event: records.StepStarted) -> None:
        step = self._step(event.step)
        step.state, step.began, step.seconds = RUNS, time.monotonic(), None
        self.active = step.id

    def _began(self, event: records.Began) -> None:
        """Count the time of a step from its start, also if this viewer attached later."""
        step = self._step(event.step)
        if step.began is not None:
            step.began = min(step.began, event.mono)

    def _finished(self, event: records.StepFinished) -> None:
        step = self._step(event.step)
        step.state = DONE if event.outcome == records.DONE else FAILED
        step.seconds, step.began, step.message = event.seconds, None, event.message
        if event.message:
            step.written += 1

    def _prompted(self, event: records.Prompted) -> None:
        self.prompts[event.prompt] = event

    def _found(self, event: records.Found) -> None:
        # Each step with checks has its own findings. A second attempt repeats their IDs.
        known = {one.id: one for one in (*self.findings, *event.findings)}
        self.findings = tuple(known.values())

    def _returns(self, event: records.Returning) -> None:
        self.returning = True
        self.back = frozenset(step.id for step in event.steps)
        for step in event.steps:
            self.steps.setdefault(step.id, StepView(step.id, step.title))

    def _ended(self, event: records.RunFinished) -> None:
        self.finished = event
        self.prompts.clear()
        for step in self.steps.values():
            step.state = NOT_BEGUN if step.state == WAITS else step.state

    def _output(self, event: records.Output) -> None:
        step = self._step(event.step)
        step.lines.extend(event.lines)
        step.written += len(event.lines)

    @property
    def count_done(self) -> int:
        """The number of the run's own steps that are done."""
        return sum(
            1 for one in self.steps.values() if one.state == DONE and one.id not in self.back
        )

    @property
    def bar(self) -> str:
        """Return such as `step 9 of 16  [########--------]`; a step counts once it is done.

        During an automatic return it is about the steps of that.
        """
        steps = [one for one in self.steps.values() if (one.id in self.back) == self.returning]
        at = next((number for number, one in enumerate(steps, 1) if one.id == self.active), 0)
        done = sum(1 for one in steps if one.state == DONE)
        cells = BAR_CELLS * done // len(steps) if steps else 0
        return f"step {at} of {len(steps)}  [{'#' * cells}{'-' * (BAR_CELLS - cells)}]"

    def elapsed(self, now: float) -> str:
        """Return how long the steps took until now. Pauses between two attempts do not count."""
        took = sum(one.seconds or 0 for one in self.steps.values())
        began = [one.began for one in self.steps.values() if one.began is not None]
        return duration(took + sum(now - one for one in began))

    @property
    def around(self) -> tuple[StepView, ...]:
        """The step that was done last, the active one and the next one; fewer at the ends."""
        steps = list(self.steps.values())
        at = next((i for i, one in enumerate(steps) if one.id == self.active), 0)
        done = [one for one in steps[:at] if one.state == DONE][-1:]
        waiting = [one for one in steps[at + 1 :] if one.state in {WAITS, NOT_BEGUN}][:1]
        return (*done, *steps[at : at + 1], *waiting)

    @property
    def own(self) -> tuple[StepView, ...]:
        """The run's own steps, without those of an automatic return."""
        return tuple(one for one in self.steps.values() if one.id not in self.back)

    @property
    def has_returned(self) -> bool:
        """True if an automatic return put back all that the run had changed."""
        return self.returning and all(self.steps[one].state == DONE for one in self.back)

    @property
    def failed(self) -> Optional[StepView]:
        """The step that failed, None without one."""
        return next((step for step in self.steps.values() if step.state == FAILED), None)

    @property
    def prompt(self) -> Optional[records.Prompted]:
        """The oldest question that is still open."""
        return next(iter(self.prompts.values()), None)
