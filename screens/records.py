"""A window with this server's records in the DNS, and those that should be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Callable, ClassVar

from textual.widget import Widget

from screens.background import in_background
from screens.desk import Desk
from screens.messages import Failed
from screens.modal import Window
from screens.widgets.row import Row, error_rows, text_rows
from screens.widgets.rows import Lines
from wizard.answers.model import Answers
from wizard.check.report import WORDS
from wizard.dns.records import Published, fragment
from wizard.finding import RIGHT, Finding

INDENT = " " * 9
ASKING = "Asking this host's resolvers: three seconds at most ..."
COPY = "Where your zone is kept elsewhere, these lines are for its zone file:"
LATER = "`postfix-wizard check` prints them for copying, without this frame."


class RecordsScreen(Window[None]):
    """Lines to read. `answers` is called in a thread, as it may read a run's plan."""

    AUTO_FOCUS: ClassVar[str] = "Lines"

    def __init__(self, desk: Desk, answers: Callable[[], Answers]) -> None:
        super().__init__("DNS records")
        self._desk = desk
        self._answers = answers
        self._make: Callable[[int], Iterable[Row]] = lambda width: text_rows(ASKING, width, "quiet")

    def body(self) -> Iterable[Widget]:
        """Make the lines."""
        yield Lines(choosing=False)

    def on_mount(self) -> None:
        """Query the DNS in a thread."""
        in_background(self, self._look_up, self._show)

    def _look_up(self) -> tuple[tuple[Finding, ...], tuple[Published, ...]]:
        host = self._desk.host()
        return self._desk.session.look_up(self._answers(), host)

    def _show(self, found: tuple[tuple[Finding, ...], tuple[Published, ...]]) -> None:
        """Show the findings and the records."""
        findings, records = found
        self._say(lambda width: (*_seen(findings, width), *_wanted(records, width)))

    def on_failed(self, message: Failed) -> None:
        """Say why there is nothing to show."""
        message.stop()
        self._say(lambda width: error_rows(message.text, width))

    def _say(self, make: Callable[[int], Iterable[Row]]) -> None:
        """Show the rows that `make` returns for a width, now and at another size."""
        self._make = make
        lines = self.query_one(Lines)
        lines.show(list(make(max(20, lines.size.width))))

    def on_resize(self) -> None:
        """Wrap the lines at the new width."""
        self._say(self._make)


def _seen(findings: Iterable[Finding], width: int) -> Iterator[Row]:
    for one in findings:
        look = "right" if one.verdict == RIGHT else "strong"
        yield Row(f"{WORDS[one.verdict]:<8}", look, "", one.looked_at, "")
        yield from text_rows(f"seen:   {one.seen}", width, "", INDENT)
        if one.verdict != RIGHT:
            yield from text_rows(f"should: {one.expected}", width, "", INDENT)
            if one.advice:
                yield from text_rows(one.advice, width, "quiet", INDENT)


def _wanted(records: Iterable[Published], width: int) -> Iterator[Row]:
    """Yield the records as they are in a zone file, which are not wrapped, with comments that are."""
    yield Row("")
    yield from text_rows(COPY, width, "strong")
    for text in fragment(tuple(records)):
        if "\tIN " in text:
            yield Row(text.expandtabs(8))
        else:
            yield from text_rows(text, width, "quiet")
    yield from text_rows(LATER, width, "quiet")
