"""Read Postfix's log line by line, from the journal or from syslog's file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

from wizard.check.log.lines import Line, Reader
from wizard.check.log.own_sessions import own_sessions
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.network import begin_network
from wizard.log.tally import Tally, tally

JOURNAL, MAILLOG = "the journal", "/var/log/maillog"


@dataclass(frozen=True)
class Source:
    """A log: its name, and the commands that print it.

    The lines of `dated` have the year in their time. Those of `classic` have syslog's form,
    which other programs read.
    """

    name: str
    dated: tuple[str, ...]
    classic: tuple[str, ...]


def source_of(door: Door, since: float, now: float) -> Source:
    """Return the log to read from `since` on, in seconds since the epoch.

    It is the file if the journal has no line of Postfix. Raises Trouble if neither can be read.
    """
    journal = Source(JOURNAL, _journal(since, "short-unix"), _journal(since, "short"))
    if next(_pairs(door, journal.dated, since, now), None) is not None:
        return journal
    if door.stat(MAILLOG) is not None:
        cat = ("cat", "--", MAILLOG)
        return Source(MAILLOG, cat, cat)
    if door.has("journalctl"):
        return journal
    raise Trouble(
        "reading Postfix's log",
        f"there is no journal, and no {MAILLOG}",
        "See where syslog writes the facility mail.",
    )


def read_log(
    door: Door, since: float, now: float, wanted: Callable[[], bool] = lambda: True
) -> tuple[str, Tally]:
    """Return the name of the log that was read, and its counts from `since` on.

    Sessions of `check` are omitted. Reading ends early once `wanted` returns False, with the counts until then. Raises Trouble
    as `source_of`.
    """
    source = source_of(door, since, now)
    lines = (line for _, line in _pairs(door, source.dated, since, now, wanted))
    return source.name, tally(lines, own_sessions(door, begin_network(door)()))


def classic_lines(
    door: Door, since: float, now: float, wanted: Callable[[], bool] = lambda: True
) -> Iterator[bytes]:
    """Return Postfix's own lines, one by one, as syslog writes them. The rest is as in `read_log`."""
    source = source_of(door, since, now)
    return (raw for raw, _ in _pairs(door, source.classic, since, now, wanted))


def _journal(since: float, form: str) -> tuple[str, ...]:
    command = ("journalctl", "--unit=postfix.service", f"--since=@{since:.0f}")
    return (*command, f"--output={form}", "--no-pager", "--quiet")


def _pairs(
    door: Door,
    argv: tuple[str, ...],
    since: float,
    now: float,
    wanted: Callable[[], bool] = lambda: True,
) -> Iterator[tuple[bytes, Line]]:
    """Yield each line of Postfix, raw and parsed."""
    reader = Reader(now)
    for raw in door.stream(argv):
        if not wanted():
            return
        line = reader.line(raw)
        if line is not None and line[0] >= since:
            yield raw, line
