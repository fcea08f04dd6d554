"""Print the counts: lines for people, one object for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from wizard.certificates.dates import moment
from wizard.check.log.senders import MIN_RECIPIENTS, Sender
from wizard.log.rules import (
    BOUNCED,
    COMPLAINTS,
    CONNECTED,
    DEFERRED,
    DELIVERED,
    LIMITS,
    LOGINS,
    REFUSED,
    TAKEN,
)
from wizard.log.tally import Tally
from wizard.text import clean, counted, hanging

SHOWN = 8
"""Names of a kind in the lines; --json has `IN_JSON`."""

MAX_NAME_CHARACTERS = 100
"""Characters of a name in the lines."""

IN_JSON = 100
WIDTH = 80
_NUMBER = 7

_NUMBERS = (
    (CONNECTED, "connection"),
    (TAKEN, "message taken", "messages taken"),
    (DELIVERED, "delivery", "deliveries"),
    (DEFERRED, "deferred", "deferred"),
    (BOUNCED, "returned or lost", "returned or lost"),
)
"""Each kind with its singular and, unless that takes an s, its plural."""

_PARTS = (
    (REFUSED, "Refused, by reason"),
    (LOGINS, "Failed logins, by address"),
    (LIMITS, "Over a rate limit, by address"),
    (DEFERRED, "Deferred, by reason"),
    (BOUNCED, "Returned or lost, by reason"),
    (COMPLAINTS, "Warnings of this server's own"),
)


def lines(source: str, since: float, found: Tally, width: int = WIDTH) -> Iterator[str]:
    """Yield the report's lines, none longer than `width`, which is 40 at least."""
    yield from textwrap.wrap(f"Postfix's log since {moment(since)}, from {source}.", width)
    if not found.lines:
        yield "No line of Postfix in all that time."
        return
    if found.first - since > _LATE:
        yield f"Its first line is of {moment(found.first)}."
    if found.own_sessions:
        omitted = counted(found.own_sessions, "session")
        yield from textwrap.wrap(
            f"Omitted: {omitted} of checks, {counted(found.own_lines, 'line')}.", width
        )
    yield ""
    counts = (counted(found.kinds.get(kind, 0), *words) for kind, *words in _NUMBERS)
    yield from textwrap.wrap(f"{', '.join(counts)}.", width)
    for kind, title in _PARTS:
        top = found.top(kind)
        yield ""
        yield f"{title}: {top.total:,}" if top.total else f"{title}: none"
        first = top.first(SHOWN)
        for name, count in first:
            yield from _row(count, clean(name, MAX_NAME_CHARACTERS), width)
        more = top.total - sum(count for _, count in first)
        if more:
            yield from _row(more, "others", width)
    yield from _senders(found.senders.found(), width)


def _senders(found: Sequence[Sender], width: int) -> Iterator[str]:
    """Yield the logins that sent as a stolen password does, with the recipients of their worst hour."""
    yield ""
    title = (
        f"Logins with {MIN_RECIPIENTS} recipients from several addresses within an hour"
        f" (is the password stolen?): {len(found) or 'none'}"
    )
    yield from textwrap.wrap(title, width)
    for one in found[:SHOWN]:
        name = clean(one.login, MAX_NAME_CHARACTERS)
        said = f"{name}: {counted(one.addresses, 'address', 'addresses')}, until {moment(one.ends)}"
        yield from _row(one.recipients, said, width)
    if len(found) > SHOWN:
        yield f"and {len(found) - SHOWN} more"


_LATE = 3600
"""If the log begins so many seconds after the requested time, the report says so."""


def _row(count: int, name: str, width: int) -> list[str]:
    return hanging(name, width, f"{count:>{_NUMBER},}  ")


def as_data(source: str, since: float, found: Tally, pflogsumm: bool) -> dict[str, Any]:
    """Return the report in the form of docs/json.md."""
    return {
        "version": 1,
        "source": source,
        "since": since,
        "first": found.first,
        "last": found.last,
        "lines": found.lines,
        "omitted": {"sessions": found.own_sessions, "lines": found.own_lines},
        "pflogsumm": pflogsumm,
        "counts": dict(sorted(found.kinds.items())),
        "tops": {
            kind: [
                {"what": clean(name), "count": count}
                for name, count in found.top(kind).first(IN_JSON)
            ]
            for kind, _ in _PARTS
        },
        "senders": [
            {
                "login": clean(one.login),
                "recipients": one.recipients,
                "addresses": one.addresses,
                "begins": one.begins,
                "ends": one.ends,
            }
            for one in found.senders.found()
        ],
    }
