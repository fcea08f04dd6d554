"""A window with the runs of the past. One is opened, or undone."""

from __future__ import annotations

from typing import ClassVar, Iterable, Optional

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from screens.background import in_background
from screens.desk import Desk
from screens.messages import Failed, TakeBack, Watch
from screens.modal import Window
from screens.overview_rows import title_of
from screens.widgets.line import Line
from screens.widgets.row import Row
from screens.widgets.rows import Rows
from screens.widgets.wrap import cut, plain
from wizard.run.history import RunSummary
from wizard.run.records import DONE

RUN, OUTCOME, WHAT = 21, 12, 30
"""Cells of the columns. Who ran it has the rest, and what was run may have more if there is room."""
MAX_CELLS, FRAME = 100, 4
"""Cells of the window, and those of its border on both sides."""
_NOT_TO_OPEN = {"not started", "newer", "unreadable"}


class RunList(Rows):
    """One line for each run, the newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "choose",
            "Open",
            tooltip="Show the run's steps and output; Enter there shows its result.",
        ),
    ]


class RunsScreen(Window[Message]):
    """Closes with the message that opens a run, or the review of its undo, whose Back is `place`."""

    AUTO_FOCUS: ClassVar[str] = "RunList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "u",
            "undo",
            "Undo",
            tooltip="Show what undoes the run under the cursor; nothing is done before a yes.",
        ),
    ]

    def __init__(self, desk: Desk, place: str) -> None:
        super().__init__("Runs, the newest first")
        self._desk = desk
        self._place = place
        self._to_undo: frozenset[str] = frozenset()

    def body(self) -> Iterable[Widget]:
        """Put the list between its heads and what is said of one run."""
        what = self._what_cells
        heads = f"{'Run':<{RUN}}{'Outcome':<{OUTCOME}}{'Sections':<{what}}  By"
        yield Line(heads, "quiet", id="runs-heads")
        yield RunList([_row(one, what) for one in reversed(self._desk.runs)])
        yield Line(id="runs-says")

    def on_mount(self) -> None:
        """Find in a thread which of them can be undone."""
        in_background(self, self._desk.session.runs_to_undo, self._found)

    def _found(self, runs: frozenset[str]) -> None:
        self._to_undo = runs
        self.refresh_bindings()

    def on_failed(self, message: Failed) -> None:
        """Say why none is offered to undo."""
        message.stop()
        self.query_one("#runs-says", Line).say_error(message.text)

    @property
    def _what_cells(self) -> int:
        """The cells for what was run: as many as the longest text needs, and the window has."""
        runs = self._desk.runs
        longest = max((cell_len(_what(one)) for one in runs), default=0)
        by = max((cell_len(one.by.shown) for one in runs), default=0)
        room = min(MAX_CELLS, self.app.size.width) - FRAME - RUN - OUTCOME - len("  ") - by
        return max(WHAT, min(longest, room))

    @property
    def _current(self) -> Optional[RunSummary]:
        row = self.query_one(RunList).current
        return next((one for one in self._desk.runs if row and one.run == row.key), None)

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Say how the run under the cursor ended, and show its keys."""
        event.stop()
        one = self._current
        said = " ".join(filter(None, (one.summary, one.message))) if one else ""
        self.query_one("#runs-says", Line).say(plain(" ".join(said.split())), "quiet")
        self.refresh_bindings()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Open the run."""
        event.stop()
        if not event.toggled and self._current and self._current.outcome not in _NOT_TO_OPEN:
            self.dismiss(Watch(event.row.key))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Offer to undo only what can be undone."""
        if action == "undo":
            one = self._current
            return one is not None and one.run in self._to_undo and not self._desk.running
        return super().check_action(action, parameters)

    def action_undo(self) -> None:
        """Show the undo of the run under the cursor."""
        if self._current is not None:
            self.dismiss(TakeBack(self._current.run, place=self._place))


def _what(one: RunSummary) -> str:
    """Return what was run: sections, or another run that was undone."""
    if one.undoes:
        return f"undo of {one.undoes}"
    if one.gathers:
        return "copied certificates here"
    return ", ".join(map(title_of, one.sections)) or "all"


def _row(one: RunSummary, cells: int) -> Row:
    """Return the line of a run; the outcome alone has a colour."""
    outcome = "undone" if one.undone else one.outcome
    look = "" if one.undone or one.outcome == DONE else "wrong"
    pad = " " * max(1, OUTCOME - len(outcome))
    who = f"  {one.by.shown}" if one.by.shown else ""
    return Row(
        f"{one.run:<{RUN}}",
        "",
        one.run,
        outcome,
        look,
        plain(f"{pad}{cut(_what(one), cells):<{cells}}{who}"),
    )
