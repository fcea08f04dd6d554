"""A window with this server's records in the DNS, and those that should be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Callable, ClassVar, Optional

from textual.widget import Widget

from screens.background import in_background
from screens.desk import Desk
from screens.messages import Failed, RecordsRead
from screens.modal import Window
from screens.widgets.rows import Lines, Row
from screens.widgets.wrap import wrapped
from wizard.answers.model import Answers
from wizard.check.report import WORDS
from wizard.dns.records import Published, fragment
from wizard.finding import RIGHT, Finding
from wizard.host.facts import Host

WIDTH = 66
ASKING = "Asking this host's resolvers: three seconds at most ..."
COPY = "Where your zone is kept elsewhere, these lines are for its zone file:"
LATER = "`postfix-wizard check` prints them for copying, without this frame."


class RecordsScreen(Window[None]):
    """Lines to read. `answers` is called in a thread, as it may read a run's plan."""

    AUTO_FOCUS: ClassVar[str] = "Lines"

    def __init__(self, desk: Desk, answers: Callable[[], Answers], host: Optional[Host]) -> None:
        super().__init__("DNS records")
        self._desk = desk
        self._answers = answers
        self._host = host

    def body(self) -> Iterable[Widget]:
        """Make the lines."""
        yield Lines([Row(ASKING, "quiet")], choosing=False)

    def on_mount(self) -> None:
        """Query the DNS in a thread."""
        in_background(self, self._look_up)

    def _look_up(self) -> RecordsRead:
        session = self._desk.session
        host = self._host if self._host is not None else session.host()
        return RecordsRead(*session.look_up(self._answers(), host))

    def on_records_read(self, message: RecordsRead) -> None:
        """Show the findings and the records."""
        message.stop()
        self.query_one(Lines).show([*_seen(message.findings), *_wanted(message.records)])

    def on_failed(self, message: Failed) -> None:
        """Say why there is nothing to show."""
        message.stop()
        self.query_one(Lines).show([Row(line, "wrong") for line in wrapped(message.text, WIDTH)])


def _seen(findings: Iterable[Finding]) -> Iterator[Row]:
    for one in findings:
        look = "right" if one.verdict == RIGHT else "strong"
        yield Row(f"{WORDS[one.verdict]:<8}", look, "", one.looked_at, "")
        yield Row(f"         seen:   {one.seen}")
        if one.verdict != RIGHT:
            yield Row(f"         should: {one.expected}")
            for line in wrapped(one.advice, WIDTH - 9) if one.advice else ():
                yield Row(f"         {line}", "quiet")


def _wanted(records: Iterable[Published]) -> Iterator[Row]:
    yield Row("")
    for line in wrapped(COPY, WIDTH):
        yield Row(line, "strong")
    for text in fragment(tuple(records)):
        yield Row(text.expandtabs(8))
    for line in wrapped(LATER, WIDTH):
        yield Row(line, "quiet")
