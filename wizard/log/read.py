"""Where the log comes from: the journal, or the file that syslog writes. A line at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

from wizard.door import Door
from wizard.errors import Trouble
from wizard.log.lines import Line, Reader
from wizard.log.tally import Tally, tally

JOURNAL, MAILLOG = "the journal", "/var/log/maillog"


def always() -> bool:
    """Nobody leaves before the end."""
    return True


@dataclass(frozen=True)
class Source:
    """A log by its name, and the commands that print it.

    `dated` has a time that says all; `classic` is as syslog writes, which other programs read.
    """

    name: str
    dated: tuple[str, ...]
    classic: tuple[str, ...]


def source_of(door: Door, since: float, now: float) -> Source:
    """Return which log is read from `since` on, in seconds since the epoch.

    It is the file where the journal has no line of Postfix: a host may keep the one or the
    other. Raises Trouble where neither can be read.
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
    door: Door, since: float, now: float, wanted: Callable[[], bool] = always
) -> tuple[str, Tally]:
    """Return which log was read, and what it came to from `since` on.

    It ends early, with what was counted until then, once it is no longer `wanted`. Raises
    Trouble as `source_of`.
    """
    source = source_of(door, since, now)
    return source.name, tally(line for _, line in _pairs(door, source.dated, since, now, wanted))


def classic_lines(
    door: Door, since: float, now: float, wanted: Callable[[], bool] = always
) -> Iterator[bytes]:
    """Return Postfix's own lines, one by one, as syslog writes them; else as `read_log`."""
    source = source_of(door, since, now)
    return (raw for raw, _ in _pairs(door, source.classic, since, now, wanted))


def _journal(since: float, form: str) -> tuple[str, ...]:
    asked = ("journalctl", "--unit=postfix.service", f"--since=@{since:.0f}")
    return (*asked, f"--output={form}", "--no-pager", "--quiet")


def _pairs(
    door: Door,
    argv: tuple[str, ...],
    since: float,
    now: float,
    wanted: Callable[[], bool] = always,
) -> Iterator[tuple[bytes, Line]]:
    """Yield each line of Postfix as it stands and as it is read."""
    reader = Reader(now)
    for raw in door.stream(argv):
        if not wanted():
            return
        line = reader.line(raw)
        if line is not None and line[0] >= since:
            yield raw, line
