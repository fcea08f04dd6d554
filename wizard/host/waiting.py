"""Count the waiting mail in the queue by its destination (postqueue(1), showq(8)).

`postqueue -j` prints one message a line; the lines are counted as they come, in constant memory.
The delay_reason of a message for mailbox_transport names the socket.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Optional

from wizard.door import Door
from wizard.errors import Trouble

POSTQUEUE = ("postqueue", "-j")

SECONDS = 5.0
"""Timeout for the whole queue. 10,000 messages take 0.5 s; later ones are not counted."""

_MESSAGE = re.compile(rb'\{"queue_name": "(\w+)", "queue_id": "\w+", "arrival_time": (\d+),')
_REASON = re.compile(rb'"delay_reason": "((?:[^"\\]|\\.)*)"')
_RECIPIENT = re.compile(rb'"address": "((?:[^"\\]|\\.)*)", "delay_reason": "((?:[^"\\]|\\.)*)"')
_SAID = b" said: "
MOST_REASONS = 20
"""How many different reasons, and recipients, are remembered."""
_TO_BOUNCE = {b"active", b"deferred"}
"""Queues (qmgr(8)) whose messages expire: not `hold`; mail is in `incoming` only for a moment."""


@dataclass
class Group:
    """The number of messages for one destination; `oldest`: seconds since the epoch, 0: none."""

    count: int = 0
    oldest: int = 0

    def add(self, arrived: int) -> None:
        """Count one more message."""
        self.count += 1
        self.oldest = min(self.oldest or arrived, arrived)


@dataclass(frozen=True)
class Waiting:
    """The waiting mail. `why` says why it is not known, else "". `whole`: all mail was counted.

    `reasons` are a few different ones why mail for others waits, as Postfix says them. `refused` are
    a few recipients that Dovecot answers for and refuses, each with the reason.
    """

    dovecot: Group
    others: Group
    whole: bool = True
    why: str = ""
    reasons: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def counted(lines: Iterable[bytes], socket: str) -> Waiting:
    """Count the lines of `postqueue -j`; `socket` is Dovecot's, as in mailbox_transport.

    A line with many recipients comes in several pieces, each with its own reasons.
    """
    found = Waiting(Group(), Group())
    reasons: dict[str, None] = {}
    refused: dict[str, str] = {}
    mark = f"[{socket}]".encode()
    arrived: Optional[int] = None
    for line in lines:
        begins = _MESSAGE.match(line)
        if begins:
            if arrived is not None:
                found.others.add(arrived)
            arrived = int(begins[2]) if begins[1] in _TO_BOUNCE else None
        is_dovecots = bool(socket) and mark in line
        if arrived is not None and not is_dovecots and len(reasons) < MOST_REASONS:
            reasons.update(dict.fromkeys(map(_text, _REASON.findall(line))))
        if is_dovecots and mark + _SAID in line and len(refused) < MOST_REASONS:
            pairs = ((one[1], one[2]) for one in _RECIPIENT.finditer(line))
            refused.update({_text(who): _text(why) for who, why in pairs if mark + _SAID in why})
        if arrived is not None and is_dovecots:
            found.dovecot.add(arrived)
            arrived = None
    if arrived is not None:
        found.others.add(arrived)
    return replace(
        found,
        reasons=tuple(reasons)[:MOST_REASONS],
        refused=tuple(refused.items())[:MOST_REASONS],
    )


def _text(raw: bytes) -> str:
    """Return a JSON string's text; as it is where that is none."""
    text = raw.decode("utf-8", "replace")
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text


def count_queued(door: Door) -> Optional[int]:
    """Return how many messages are in the queue, None if that is not known. Takes at most SECONDS."""
    until = time.monotonic() + SECONDS
    count = 0
    try:
        for line in door.stream(POSTQUEUE, seconds=SECONDS):
            count += _MESSAGE.match(line) is not None
        if not count:
            # It may have failed. Once more, with its exit status.
            again = door.run(POSTQUEUE, timeout=SECONDS)
            return 0 if again is not None and again.code == 0 and not again.stdout else None
    except Trouble:
        return None
    return count if time.monotonic() < until else None


def count_waiting(door: Door, queue: str, socket: str) -> int:
    """Return how many messages wait for Dovecot; 0 if no mail was ever deferred, or it is unknown."""
    try:
        if not any(
            door.list_dir(f"{queue}/defer/{one}") for one in door.list_dir(f"{queue}/defer") or ()
        ):
            return 0
        return counted(door.stream(POSTQUEUE, seconds=SECONDS), socket).dovecot.count
    except Trouble:
        return 0  # only root can read it; other users make plans without it
