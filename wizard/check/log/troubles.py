"""Find what the log repeats: others that refuse this host's mail, loops, programs that die, lost bounces.

One such line says little. What counts is how often it comes, since each of them has a cause of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.check.log.lines import Line
from wizard.finding import Check, Finding
from wizard.text import clean, counted, printable

MAX_KINDS = 200
"""Domains and programs that are counted; the others are not counted."""
MAX_NAME_CHARACTERS = 80

_STARTS = re.compile(rb"(?:daemon started|reload) -- version ")


@dataclass(frozen=True)
class _Kind:
    """A kind of line: its programs and pattern, how many are a trouble, what is seen, what to do.

    `pattern` has the name that is counted as its first group. With `is_ours` a start or a reload ends
    it, since the configuration may be another one then.
    """

    program: bytes
    pattern: re.Pattern[bytes]
    least: int
    seen: str
    advice: str
    is_ours: bool = True


KINDS = (
    _Kind(
        b"/smtp",
        re.compile(
            rb": to=<[^>]*@([^>@]+)>,.* dsn=[45]\.7\.\d+, status=(?:bounced|deferred)"
            rb" \(.* (?:said|refused to talk to me): [45]\d\d"
        ),
        10,
        "{count} to {name} refused by the other server: {line}",
        "Others take this host for a sender of spam: see that its PTR, SPF and DKIM are right, look it up in "
        "the list that they name, and `postfix-wizard log` for a login that sends too much.",
        is_ours=False,
    ),
    _Kind(
        b"",
        re.compile(rb"mail for (\S+) loops back to myself"),
        1,
        "{count} for {name}: loops back to myself, and is returned",
        "This host is the MX of {name} and does not take its mail: name it in mydestination, "
        "virtual_alias_domains or relay_domains, or correct its MX; reload.",
    ),
    _Kind(
        b"/master",
        re.compile(rb"^warning: process \S*/(\w+) pid \d+ killed by signal (?!15\b)\d+"),
        3,
        "{name} was killed by a signal {count}",
        "`coredumpctl list` or `dmesg` says why: a library, the memory or a fault of the program itself.",
    ),
    _Kind(
        b"/master",
        re.compile(rb"^warning: \S*/(\w+): bad command startup -- throttling"),
        10,
        "{name} ended right after its start {count}: throttling",
        "`journalctl -u postfix -n 50` has its own complaint before that line.",
    ),
    _Kind(
        b"",
        re.compile(rb": to=<(double-bounce)@[^>]*>,.* status=sent \(discarded\)"),
        10,
        "{count} about bounces that nobody takes were thrown away",
        "Let somebody read postmaster's mail (aliases), and see 2bounce_notice_recipient and notify_classes.",
    ),
)

_UNITS = {b"/smtp": "message", b"": "message", b"/master": "time"}


@dataclass(frozen=True)
class Repeated:
    """A trouble: the place of its kind in KINDS, the name, how often, and the last line."""

    kind: int
    name: bytes
    count: int
    last: bytes


class Troubles:
    """Counts lines by kind and name, in memory that does not grow with the log."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self._counts: dict[tuple[int, bytes], tuple[int, bytes]] = {}

    def add(self, line: Line) -> None:
        """Count a line of the log; a start or a reload forgets what the configuration may have caused."""
        _, program, _, message = line
        if program.endswith(b"/master") and _STARTS.match(message):
            self._counts = {
                key: one for key, one in self._counts.items() if not KINDS[key[0]].is_ours
            }
            return
        for at, kind in enumerate(KINDS):
            found = kind.pattern.search(message) if program.endswith(kind.program) else None
            if found is not None:
                key = (at, found[1].lower())
                if key in self._counts or len(self._counts) < MAX_KINDS:
                    self._counts[key] = (self._counts.get(key, (0, b""))[0] + 1, message)
                return

    def found(self) -> Sequence[Repeated]:
        """Return what came often enough, by kind, most first."""
        often = [
            Repeated(at, name, count, last)
            for (at, name), (count, last) in self._counts.items()
            if count >= KINDS[at].least
        ]
        return sorted(often, key=lambda one: (one.kind, -one.count, one.name))


def merged(several: Iterable[Sequence[Repeated]]) -> Sequence[Repeated]:
    """Return the troubles of several logs, which may have the same lines."""
    most: dict[tuple[int, bytes], Repeated] = {}
    for one in (one for found in several for one in found):
        known = most.get((one.kind, one.name))
        most[one.kind, one.name] = one if known is None or one.count > known.count else known
    return sorted(most.values(), key=lambda one: (one.kind, -one.count, one.name))


def judge_troubles(found: Sequence[Repeated], since: str) -> Optional[Finding]:
    """`log.troubles`; None without any. It is about the past, so it fails no run."""
    check = Check("log.troubles", "what the log repeats", "nothing", fatal=False)
    if not found:
        return check.right(f"nothing; seen since {since}") if since else None
    first, kind = found[0], KINDS[found[0].kind]
    name = clean(first.name, MAX_NAME_CHARACTERS)
    noun = _UNITS[kind.program]
    said = kind.seen.format(
        count=counted(first.count, noun),
        name=name,
        line=clean(first.last, 400).rpartition(" said: ")[2],
    )
    more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
    return check.warning(
        printable(f"{said}{more}", 400), printable(kind.advice.format(name=name), 400)
    )
