"""The steps of a run as lines: state, title and time."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from screens.progress import DONE, FAILED, NEXT, RUNS, WAITS, StepView
from screens.widgets.row import Row
from screens.widgets.rows import Rows
from screens.widgets.wrap import cut_middle, plain, wrapped

LOOKS = {DONE: "right", FAILED: "wrong", RUNS: "strong"}
STATE, TIME = 10, 8
"""Cells of the state with its mark, and of the time. The title has the rest of the width."""


class Steps(Rows):
    """The steps: three around the active one, or all of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Output", tooltip="Show the output of the step."),
    ]

    class Resized(Message):
        """The width for the titles has changed."""

    def on_resize(self, event: events.Resize) -> None:
        """Say so."""
        del event
        self.post_message(self.Resized())


def step_row(step: StepView, width: int, *, shows_all: bool) -> Row:
    """Return the line of a step. Among few steps, one that waits is the next one."""
    state = step.state
    if state == WAITS and not shows_all:
        state = NEXT
    mark = ">" if state == RUNS else " "
    took = _took(step)
    room = width - STATE - len(took)
    title = cut_middle(plain(step.title), room)
    look = LOOKS.get(state, "quiet")
    return Row(f"{mark} {state:<8}", look, step.id, f"{title:<{room}}{took}", "")


def is_cut(step: StepView, width: int) -> bool:
    """True if the line of a step has not its whole title."""
    return cell_len(plain(step.title)) > width - STATE - len(_took(step))


def _took(step: StepView) -> str:
    """Return the column with the time of a step, which takes no room before there is one.

    The time of the active step is above, so that a second changes one line only.
    """
    took = "" if step.state == RUNS else step.time(0)
    return f"{took:>{TIME}}" if took else ""


def output_of(step: StepView, width: int) -> list[str]:
    """Return the last lines of a step's output, then what is said of it, wrapped to the width."""
    return [*step.lines, *(("", *wrapped(step.message, width)) if step.message else ())]
