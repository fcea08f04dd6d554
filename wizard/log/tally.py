"""Count a whole log in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Optional

from wizard.check.log.harmless import is_harmless
from wizard.check.log.lines import Line
from wizard.check.log.own_sessions import OwnSessions
from wizard.check.log.senders import Senders
from wizard.log.rules import (
    COMPLAINTS,
    CONNECTED,
    DELIVERED,
    LIMITS,
    LOGINS,
    REFUSED,
    RULES,
    STATUSES,
    TAKEN,
    Rule,
    reason_of,
)

MAX_NAMES = 10_000
"""Names that are counted one by one. If there are more, the rarer half is counted together."""

MAX_NAME_BYTES = 300
"""Bytes of a name."""

BY_ADDRESS = frozenset({LOGINS, LIMITS})
PLAIN = frozenset({CONNECTED, TAKEN})


@dataclass
class Top:
    """How often each name occurred. `rest` is how often the names occurred that were dropped as rare.

    A name has the bytes of the log, MAX_NAME_BYTES at most, and may contain anything. Its count is exact,
    or too low if the name was dropped before.
    """

    counts: dict[bytes, int] = field(default_factory=dict)
    rest: int = 0

    def add(self, name: bytes) -> None:
        """Count a name once more."""
        name = name[:MAX_NAME_BYTES]
        self.counts[name] = self.counts.get(name, 0) + 1
        if len(self.counts) > MAX_NAMES:
            ordered = self.first(MAX_NAMES)
            frequent = dict(ordered[: MAX_NAMES // 2])
            self.rest += sum(self.counts.values()) - sum(frequent.values())
            self.counts = frequent

    def first(self, most: int) -> list[tuple[bytes, int]]:
        """Return the most frequent, the more frequent first and equal ones by name."""
        return sorted(self.counts.items(), key=lambda one: (-one[1], one[0]))[:most]

    @property
    def total(self) -> int:
        """How often any name occurred."""
        return sum(self.counts.values()) + self.rest


@dataclass
class Tally:
    """The counts of a log: lines of Postfix, messages of each kind, and names of each kind.

    `first` and `last` are the times of its first and last line, in seconds since the epoch, 0
    without a line. `own_sessions` and `own_lines` are those of checks, which are in no other count but
    `lines`. `senders` has the logins that sent to many from several addresses.
    """

    lines: int = 0
    first: float = 0.0
    last: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)
    tops: dict[str, Top] = field(default_factory=dict)
    own_sessions: int = 0
    own_lines: int = 0
    senders: Senders = field(default_factory=Senders)

    def count(self, kind: str, name: bytes = b"") -> None:
        """Count one of a kind, and its name unless that is empty."""
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if name:
            self.tops.setdefault(kind, Top()).add(name)

    def top(self, kind: str) -> Top:
        """Return the names of a kind with their counts."""
        return self.tops.get(kind, Top())


def tally(lines: Iterable[Line], own: Optional[OwnSessions] = None) -> Tally:
    """Count a log's lines, each by the first rule that matches it, without the sessions that `own` knows."""
    found = Tally()
    seen = _seen(lines, found)
    for _, program, _, message in seen if own is None else own.without((one, one) for one in seen):
        for rule in RULES:
            match = rule.pattern.match(message)
            if match is not None:
                _count(found, rule, program, message, match.groupdict())
                break
    if own is not None:
        found.own_sessions, found.own_lines = own.sessions, own.lines
    return found


def _seen(lines: Iterable[Line], found: Tally) -> Iterator[Line]:
    """Yield the lines, counted, after those about logins were read in the order of the log."""
    for line in lines:
        found.lines += 1
        found.first = found.first or line[0]
        found.last = line[0]
        found.senders.add(line)
        yield line


def _count(
    found: Tally, rule: Rule, program: bytes, message: bytes, said: dict[str, bytes]
) -> None:
    if rule.kind in PLAIN:
        found.count(rule.kind)
    elif rule.kind in BY_ADDRESS:
        found.count(rule.kind, said["address"])
    elif rule.kind == DELIVERED:
        kind = STATUSES.get(said["status"])
        if kind is not None:
            found.count(kind, b"" if kind == DELIVERED else reason_of(said["reason"]))
    elif rule.kind == REFUSED:
        found.count(REFUSED, reason_of(said["reason"] or b"") or b"(no reason given)")
    elif not is_harmless(_text(program), _text(message)):
        found.count(COMPLAINTS, program + b": " + reason_of(said["reason"]))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
