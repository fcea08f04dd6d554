"""Where the log comes from: the journal, or the file that syslog writes. A line at a time."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.door import Door
from wizard.errors import Trouble
from wizard.log.lines import Line, Reader
from wizard.log.tally import Tally, tally

JOURNAL, MAILLOG = "the journal", "/var/log/maillog"


def read_log(door: Door, since: float, now: float) -> tuple[str, Tally]:
    """Return which log was read, and what it came to from `since` on.

    The file is read where the journal has no line of Postfix: a host may keep the one or the
    other. Raises Trouble where neither can be read.
    """
    journal = ["journalctl", "--unit=postfix.service", f"--since=@{since:.0f}"]
    journal += ["--output=short-unix", "--no-pager", "--quiet"]
    found = tally(_lines(door, journal, since, now))
    if found.lines:
        return JOURNAL, found
    if door.stat(MAILLOG) is None:
        if door.start(("journalctl", "--version")) is None:
            raise Trouble(
                "reading Postfix's log",
                f"there is no journal, and no {MAILLOG}",
                "See where syslog writes the facility mail.",
            )
        return JOURNAL, found
    return MAILLOG, tally(_lines(door, ["cat", "--", MAILLOG], since, now))


def _lines(door: Door, argv: list[str], since: float, now: float) -> Iterator[Line]:
    reader = Reader(now)
    for raw in door.stream(argv):
        line = reader.line(raw)
        if line is not None and line[0] >= since:
            yield line
