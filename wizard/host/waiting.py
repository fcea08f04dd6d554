"""Mail in the queue that waits, counted by what it waits for (postqueue(1), showq(8)).

`postqueue -j` prints a message a line; the lines are counted as they come, in a memory that does
not grow. What goes by mailbox_transport to a socket says so in its delay_reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Optional

from wizard.door import Door
from wizard.errors import Trouble

POSTQUEUE = ("postqueue", "-j")

SECONDS = 5.0
"""For the whole queue: 10,000 messages take half a second; what comes later is not counted."""

_MESSAGE = re.compile(rb'\{"queue_name": "(\w+)", "queue_id": "\w+", "arrival_time": (\d+),')
_TO_BOUNCE = {b"active", b"deferred"}
"""Queues (qmgr(8)) that messages expire in: not `hold`, and `incoming` is younger than a moment."""


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


def count_waiting(door: Door, queue: str, socket: str) -> int:
    """Return how many messages wait for Dovecot; 0 where nothing was ever put off, or none can say."""
    try:
        if not any(
            door.list_dir(f"{queue}/defer/{one}") for one in door.list_dir(f"{queue}/defer") or ()
        ):
            return 0
        return counted(door.stream(POSTQUEUE, seconds=SECONDS), socket).dovecot.count
    except Trouble:
        return 0  # who is not root makes plans without it
