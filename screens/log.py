"""A window over the whole screen with the counts of Postfix's log."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Optional

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.background import in_background
from screens.desk import Desk
from screens.messages import Failed
from screens.modal import NEXT_PART, Window
from screens.widgets.choice import Choice
from screens.widgets.line import Line
from screens.widgets.row import Row, error_rows, text_rows
from screens.widgets.rows import Lines
from wizard.log import pflogsumm, read, report
from wizard.log.since import since
from wizard.log.tally import Tally
from wizard.run import history

LAST_RUN = "the last run"
SINCE = {"an hour": "1h", "today": "today", "a week": "7d", LAST_RUN: ""}
"""The choices, with their values for `wizard.log.since`."""

READING = "Reading the log: a gigabyte takes a minute or two ..."
LEAST_WIDTH = 40
LATER = "`postfix-wizard log` prints the same, and `--since` takes any other time."


@dataclass(frozen=True)
class Reading:
    """What was read of the log: the counts, or pflogsumm's `report`.

    `since` is in seconds since the epoch. `number` is the number of the reading.
    """

    number: int
    since: float
    source: str = ""
    found: Optional[Tally] = None
    report: tuple[str, ...] = ()


class LogScreen(Window[None]):
    """Lines to read. A reading ends if another time is chosen or the window is closed."""

    AUTO_FOCUS: ClassVar[str] = "Choice"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "x",
            "pflogsumm",
            "pflogsumm",
            tooltip="Show pflogsumm's own report of the same lines, and the counts again.",
        ),
        Binding("c", "read", "Read again", tooltip="Read the log again, up to now."),
        NEXT_PART,
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__("Postfix's log")
        self._session = desk.session
        self._by_pflogsumm = False
        self._readings = 0
        """The number of readings so far. Only the last one is shown."""
        self._read: Optional[Reading] = None

    def body(self) -> Iterable[Widget]:
        """Put the choice above the lines."""
        with Widget(classes="adding"):
            yield Line("Since", id="add-label")
            yield Choice("today", tuple(SINCE))
        yield Lines([Row(READING, "quiet")], choosing=False)

    def on_mount(self) -> None:
        """Begin to read."""
        self.action_read()

    def on_unmount(self) -> None:
        """End the reading in progress."""
        self._readings += 1

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """Read again from another time on."""
        event.stop()
        self.action_read()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Offer pflogsumm if the host has it."""
        if action == "pflogsumm":
            return pflogsumm.is_there(self._session.door)
        return super().check_action(action, parameters)

    def action_pflogsumm(self) -> None:
        """Show the other report."""
        self._by_pflogsumm = not self._by_pflogsumm
        self.action_read()

    def action_read(self) -> None:
        """Read the log from the chosen time on, in a thread."""
        self._readings += 1
        number, words = self._readings, self.query_one(Choice).value
        door, by_pflogsumm = self._session.door, self._by_pflogsumm
        self._say([Row(READING, "quiet")])

        def wanted() -> bool:
            return number == self._readings

        def work() -> Reading:
            begins = self._begins(words)
            if by_pflogsumm:
                lines = read.classic_lines(door, begins, time.time(), wanted)
                return Reading(number, begins, report=tuple(pflogsumm.report(door, lines)))
            return Reading(number, begins, *read.read_log(door, begins, time.time(), wanted))

        in_background(self, work, self._done)

    def _begins(self, words: str) -> float:
        if words != LAST_RUN:
            return since(SINCE[words], time.time())
        started = (one.started for one in reversed(history.runs(self._session.places)))
        return next((one for one in started if one is not None), 0.0)

    def _done(self, reading: Reading) -> None:
        """Show the result, unless a newer reading was begun."""
        if reading.number == self._readings:
            self._read = reading
            self._show()

    def on_failed(self, message: Failed) -> None:
        """Say why there is nothing to show."""
        message.stop()
        width = self.query_one(Lines).size.width
        self._say(error_rows(message.text, width))

    def on_resize(self) -> None:
        """Wrap the lines again."""
        if self._read is not None and self._read.number == self._readings:
            self._show()

    def _show(self) -> None:
        last = self._read
        if last is None:
            return
        if last.found is None:
            self._say([Row(line) for line in last.report])
            return
        width = max(LEAST_WIDTH, self.query_one(Lines).size.width)
        lines = report.lines(last.source, last.since, last.found, width)
        rows = [_row(line) for line in lines]
        self._say([*rows, Row(""), *text_rows(LATER, width, "quiet")])

    def _say(self, rows: list[Row]) -> None:
        self.query_one(Lines).show(rows)


def _row(line: str) -> Row:
    return Row(line, "" if line.startswith(" ") else "strong")
