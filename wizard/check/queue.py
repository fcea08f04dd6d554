"""Mail that waits in the queue: for Dovecot or for others, since when, and until when it is kept.

`postqueue -j` (postqueue(1)) prints a message a line; the lines are counted as they come, in a
memory that does not grow. What goes by mailbox_transport to a socket says so in its delay_reason.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Callable, Optional

from wizard.check.model import RIGHT, UNKNOWN, WAITS, WARNING, Finding
from wizard.check.settings import Settings
from wizard.door import Door
from wizard.errors import Trouble

POSTQUEUE = ("postqueue", "-j")

SECONDS = 5.0
"""For the whole queue: 10,000 messages take half a second; what comes later is not counted."""

_MESSAGE = re.compile(rb'\{"queue_name": "(\w+)", "queue_id": "\w+", "arrival_time": (\d+),')
_TO_BOUNCE = {b"active", b"deferred"}
"""Queues (qmgr(8)) that messages expire in: not `hold`, and `incoming` is younger than a moment."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
"""postconf(5), maximal_queue_lifetime: its own unit is the day."""
_DAY = _UNITS["d"]


@dataclass
class Group:
    """Messages with one destination: how many, and when the first arrived (seconds, 0: none)."""

    count: int = 0
    oldest: int = 0

    def add(self, arrived: int) -> None:
        """Count one more."""
        self.count += 1
        self.oldest = min(self.oldest or arrived, arrived)


@dataclass(frozen=True)
class Waiting:
    """What waits; `why` says why that is not known, "" where it is, `whole` that all was counted."""

    dovecot: Group
    others: Group
    whole: bool = True
    why: str = ""


def counted(lines: Iterable[bytes], socket: str) -> Waiting:
    """Count what `postqueue -j` prints; `socket` is Dovecot's as mailbox_transport names it.

    A line of many recipients comes in several pieces: each names its own reasons.
    """
    found = Waiting(Group(), Group())
    mark = f"[{socket}]".encode()
    arrived: Optional[int] = None
    for line in lines:
        begins = _MESSAGE.match(line)
        if begins:
            if arrived is not None:
                found.others.add(arrived)
            arrived = int(begins[2]) if begins[1] in _TO_BOUNCE else None
        if arrived is not None and socket and mark in line:
            found.dovecot.add(arrived)
            arrived = None
    if arrived is not None:
        found.others.add(arrived)
    return found


def begin_waiting(door: Door, socket: str, pool: Executor) -> Callable[[], Waiting]:
    """Begin to count; call the result to wait for it, `SECONDS` at most. Never raises."""

    def count() -> Waiting:
        until = time.monotonic() + SECONDS
        try:
            found = counted(door.stream(POSTQUEUE, seconds=SECONDS), socket)
        except Trouble as trouble:
            return Waiting(Group(), Group(), why=trouble.wrong)
        return Waiting(found.dovecot, found.others, whole=time.monotonic() < until)

    return pool.submit(count).result


def lifetime(settings: Settings) -> int:
    """Return the seconds that Postfix tries a message for, 0 for a single time."""
    text = settings.value("maximal_queue_lifetime")
    number, unit = (text[:-1], text[-1:]) if text[-1:] in _UNITS else (text, "d")
    return int(number) * _UNITS[unit] if number.isdecimal() else 5 * _DAY


def judge_waiting(waiting: Waiting, settings: Settings, now: float) -> Iterator[Finding]:
    """`queue.waits`: what Dovecot is not there for, or refuses, and until when it is kept."""
    looked_at, expected = "mail that waits", "nothing waits for Dovecot"
    if waiting.why:
        seen = f"not known: {waiting.why}"
        yield Finding("queue.waits", looked_at, seen, expected, UNKNOWN, fatal=False)
        return
    least = "" if waiting.whole else "at least "
    told = [
        f"{least}{_messages(group.count)} for {whom}, the oldest since {moment(group.oldest)} "
        f"({_age(now - group.oldest)})"
        for group, whom in ((waiting.dovecot, "Dovecot"), (waiting.others, "other servers"))
        if group.count
    ]
    if not waiting.dovecot.count:
        yield Finding("queue.waits", looked_at, "; ".join(told) or "none", expected, RIGHT)
        return
    ends = waiting.dovecot.oldest + lifetime(settings)
    told.insert(1, f"they are returned to their senders from {moment(ends)} on")
    yield Finding(
        "queue.waits",
        looked_at,
        "; ".join(told),
        expected,
        WARNING if ends - now < _DAY else WAITS,
        f"Nothing is lost before {moment(ends)} (maximal_queue_lifetime). Once Dovecot takes mail, "
        "`postqueue -f` delivers it at once.",
        fatal=False,
    )


def moment(seconds: float) -> str:
    """Return a moment in seconds since the epoch as this host's clock shows it, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _age(seconds: float) -> str:
    for unit, length in (("day", _DAY), ("hour", 3600), ("minute", 60)):
        count = int(seconds // length)
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
