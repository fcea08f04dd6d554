"""Report logins that sent to many recipients from several addresses within an hour."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Callable

from wizard.certificates.dates import moment
from wizard.check.log.lines import Line, Reader
from wizard.check.log.senders import MIN_RECIPIENTS, Sender, Senders
from wizard.check.log.troubles import Repeated, Troubles, judge_troubles, merged
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.limits import PROBE_SECONDS
from wizard.text import clean, counted, printable

MAX_LINES = 50_000
"""The newest lines of the log that are read."""

PERIOD = 86400
"""Seconds before now that count."""

NOW = 3600
"""A login that sent in the last so many seconds is wrong, an earlier one a warning."""


SHOWN = 3
MAX_NAME_CHARACTERS = 60

COMMANDS = (
    (
        "journalctl",
        "--unit=postfix.service",
        f"--lines={MAX_LINES}",
        "--output=short-unix",
        "--no-pager",
        "--quiet",
    ),
    ("tail", f"--lines={MAX_LINES}", "/var/log/maillog"),
)
"""The journal, and the file of syslog: either may lack what the other has (journald.conf(5))."""


@dataclass(frozen=True)
class Recent:
    """What the newest lines say: the logins, what they repeat, the time of the first, and if all was read.

    `first` is 0.0 without a line; `is_cut` is True if reading took too long.
    """

    senders: Sequence[Sender] = ()
    first: float = 0.0
    is_cut: bool = False
    troubles: Sequence[Repeated] = ()


def begin_stolen(door: Door, pool: Executor) -> Callable[[], Iterator[Finding]]:
    """Read the log in a thread of the pool; call the result to wait for `log.senders`, `.troubles`."""
    now = time.time()
    pending = pool.submit(read_recent, door, now)

    def finish() -> Iterator[Finding]:
        seen = pending.result()
        yield judge_stolen(seen, now)
        repeated = judge_troubles(seen.troubles, moment(seen.first) if seen.first else "")
        yield from () if repeated is None else (repeated,)

    return finish


def read_recent(door: Door, now: float, seconds: float = PROBE_SECONDS) -> Recent:
    """Read the newest lines of both logs, for at most `seconds`. Never raises."""
    until = time.monotonic() + seconds
    worst: dict[bytes, Sender] = {}
    begins: list[float] = []
    troubles: list[Sequence[Repeated]] = []
    for argv in COMMANDS:
        remaining = max(0.1, until - time.monotonic())
        with contextlib.suppress(Trouble):
            found = recent(_lines(door.stream(argv, seconds=remaining), now))
            begins += [found.first] if found.first else []
            troubles.append(found.troubles)
            # Both logs may have the same messages.
            for one in found.senders:
                worst[one.login] = max(one, worst.get(one.login, one), key=_recipients)
    senders = sorted(worst.values(), key=_recipients, reverse=True)
    is_cut = time.monotonic() >= until
    return Recent(senders, min(begins, default=0.0), is_cut, merged(troubles))


def _recipients(one: Sender) -> int:
    return one.recipients


def recent(lines: Iterable[Line]) -> Recent:
    """Return what these lines say."""
    senders, troubles, first = Senders(), Troubles(), 0.0
    for line in lines:
        first = first or line[0]
        senders.add(line)
        troubles.add(line)
    return Recent(senders.found(), first, troubles=troubles.found())


def _lines(raw: Iterable[bytes], now: float) -> Iterator[Line]:
    reader = Reader(now)
    parsed = (reader.line(one) for one in raw)
    return (line for line in parsed if line is not None and line[0] >= now - PERIOD)


def judge_stolen(seen: Recent, now: float) -> Finding:
    """`log.senders`: no login sends as a stolen password does. It is about the past, so it fails no run."""
    check = Check(
        "log.senders",
        "logins that send to many from several addresses",
        f"none with {MIN_RECIPIENTS} recipients from several addresses within an hour",
        fatal=False,
    )
    if seen.senders:
        is_now = any(one.ends > now - NOW for one in seen.senders)
        more = f"; and {len(seen.senders) - SHOWN} more" if len(seen.senders) > SHOWN else ""
        first = clean(seen.senders[0].login, MAX_NAME_CHARACTERS)
        return check.finding(
            WRONG if is_now else WARNING,
            "; ".join(map(_said, seen.senders[:SHOWN])) + more,
            f"Somebody else may know the password: change that of {printable(first)} and end its"
            " sessions; `postqueue -p` shows mail that still waits, postsuper(1) deletes it.",
        )
    if seen.is_cut:
        return check.unknown(
            f"the log was not read within {PROBE_SECONDS:g} s; `postfix-wizard log` reads all of it"
        )
    if not seen.first:
        return check.unknown("there is no line of Postfix of the last day")
    return check.right(f"none; seen since {moment(seen.first)}")


def _said(one: Sender) -> str:
    name = clean(one.login, MAX_NAME_CHARACTERS)
    return (
        f"{name}: {counted(one.recipients, 'recipient')} from {counted(one.addresses, 'address', 'addresses')}"
        f" in the hour until {moment(one.ends)}"
    )
