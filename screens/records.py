"""A window with this server's records in the DNS, and those that should be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Callable, ClassVar

from textual.widget import Widget

from screens.background import in_background
from screens.desk import Desk
from screens.messages import Failed
from screens.modal import Window
from screens.widgets.rows import Lines, Row, text_rows
from wizard.answers.model import Answers
from wizard.check.report import WORDS
from wizard.dns.records import Published, fragment
from wizard.finding import RIGHT, Finding

WIDTH = 66
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

    def body(self) -> Iterable[Widget]:
        """Make the lines."""
        yield Lines([Row(ASKING, "quiet")], choosing=False)

    def on_mount(self) -> None:
        """Query the DNS in a thread."""
        in_background(self, self._look_up, self._show)

    def _look_up(self) -> tuple[tuple[Finding, ...], tuple[Published, ...]]:
        host = self._desk.host()
        return self._desk.session.look_up(self._answers(), host)

    def _show(self, found: tuple[tuple[Finding, ...], tuple[Published, ...]]) -> None:
        """Show the findings and the records."""
        findings, records = found
        self.query_one(Lines).show([*_seen(findings), *_wanted(records)])

    def on_failed(self, message: Failed) -> None:
        """Say why there is nothing to show."""
        message.stop()
        self.query_one(Lines).show(text_rows(message.text, WIDTH, "wrong"))


def _seen(findings: Iterable[Finding]) -> Iterator[Row]:
    for one in findings:
        look = "right" if one.verdict == RIGHT else "strong"
        yield Row(f"{WORDS[one.verdict]:<8}", look, "", one.looked_at, "")
        yield Row(f"         seen:   {one.seen}")
        if one.verdict != RIGHT:
            yield Row(f"         should: {one.expected}")
            if one.advice:
                yield from text_rows(one.advice, WIDTH, "quiet", " " * 9)


def _wanted(records: Iterable[Published]) -> Iterator[Row]:
    yield Row("")
    yield from text_rows(COPY, WIDTH, "strong")
    for text in fragment(tuple(records)):
        yield Row(text.expandtabs(8))
    yield from text_rows(LATER, WIDTH, "quiet")
