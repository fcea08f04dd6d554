"""Look up what tables do with ordinary mail: access(5) tables, header_checks(5) and the like.

The keys are those that a stranger, a person of this host and their messages have. What a table says of
them is what it does with everybody's mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from wizard.check.in_time import InTime
from wizard.check.postfix.backends import next_hops, why_silent
from wizard.check.postfix.restrictions import LISTS, items
from wizard.check.postfix.services import smtpds
from wizard.check.postfix.trusted import STRANGERS
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.host.postmap import look_up
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.text import counted, printable

HEADERS = (
    "Subject: hello",
    "From: somebody@example.org",
    "To: somebody@example.net",
    "Date: Mon, 30 Nov 2026 07:00:00 +0000",
    "Message-ID: <1@example.org>",
    "Received: from mail.example.org (mail.example.org [198.51.100.77])",
    "MIME-Version: 1.0",
)
MIME = ("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")
BODY = ("hello", "an ordinary line of an ordinary message")
"""Lines that every message has (RFC 5322)."""

_DNS_FILTER = "smtp_dns_reply_filter"
_CHECKS: Mapping[str, Sequence[str]] = {
    "header_checks": (*HEADERS, *MIME),
    "mime_header_checks": MIME,
    "nested_header_checks": HEADERS,
    "body_checks": BODY,
    "milter_header_checks": HEADERS,
    "smtp_reply_filter": ("250 2.0.0 Ok: queued as 4A1B2C3D4E",),
    _DNS_FILTER: ("example.org. 3600 IN MX 10 mail.example.org.",),
}
_OF_STRANGERS = ("probe@postfix.org", "postfix.org", "<>", "probe@")
_STOPS = re.compile(r"(DISCARD|HOLD|REJECT|REDIRECT|DEFER\w*|[45]\d\d\b)", re.IGNORECASE)
_CHANGES = re.compile(r"(BCC|FILTER|IGNORE|REPLACE|PREPEND|STRIP)", re.IGNORECASE)
_SILENT = re.compile(r"(DISCARD|HOLD|REDIRECT|FILTER|BCC)", re.IGNORECASE)
"""Actions of access(5) that no reply shows; a refusal is seen when a stranger tries."""
_MOST = 24
_CLEANUP = "cleanup"
"""The service through which all mail goes, unless an option of another says so (cleanup(8))."""

_CHECK = Check("tables.actions", "tables: ordinary mail", "passes all tables as it is", fatal=False)


class _Hit(NamedTuple):
    where: str
    key: str
    action: str

    @property
    def stops(self) -> bool:
        """True if mail ends there: it is refused, lost, or goes to a filter that does not answer."""
        word, _, target = self.action.partition(" ")
        if word.upper() == "FILTER":
            return any(map(why_silent, next_hops("FILTER", target.strip())))
        is_hidden = self.where.startswith(_DNS_FILTER) and word.upper() == "IGNORE"
        return is_hidden or _STOPS.match(self.action) is not None


class _Tables:
    """Look tables up; one that failed is not queried again, and `failed` says why by its name."""

    def __init__(self, door: Door) -> None:
        self._door = InTime(door)
        self.queried: set[str] = set()
        self.failed: dict[str, str] = {}

    def hits(self, where: str, table: str, keys: Sequence[str]) -> Iterator[_Hit]:
        """Yield what a table does with keys; nothing for one that fails."""
        self.queried.add(table)
        if table in self.failed:
            return
        try:
            found = look_up(self._door, table, keys)
        except Trouble as trouble:
            self.failed[table] = trouble.wrong
            return
        lines = {key.lower(): key for key in keys}
        for key, action in found.items():
            if _STOPS.match(action) or _CHANGES.match(action):
                yield _Hit(where, lines.get(key, key), action)


def judge_actions(
    door: Door,
    settings: Settings,
    services: Sequence[Service],
    people: Sequence[str],
) -> Iterator[Finding]:
    """`tables.actions`: no table stops, copies or changes ordinary mail. `people` are users of this host."""
    tables = _Tables(door)
    hits = [
        *_checks(tables, settings, services),
        *_access(tables, settings, smtpds(services), people),
    ]
    stops = [one for one in hits if one.stops]
    for verdict, found in ((WRONG, stops), (WARNING, hits)):
        if found:
            where, key, action = found[0]
            more = f"; and {len(hits) - 1} more" if len(hits) > 1 else ""
            seen = printable(f"{where}: {key} gets {action}{more}")
            advice = printable(f"Correct the row in {where.partition(': ')[2]}; reload.")
            yield _CHECK.finding(verdict, seen, advice)
            return
    yield _without_hits(tables)


def _without_hits(tables: _Tables) -> Finding:
    queried, failed = len(tables.queried), len(tables.failed)
    if queried and failed == queried:
        table, why = next(iter(tables.failed.items()))
        return _CHECK.unknown(printable(f"{table}: {why}"))
    return _CHECK.right(
        f"it does, by {queried - failed} of {counted(queried, 'table')}" if failed else "it does"
    )


def _checks(tables: _Tables, settings: Settings, services: Sequence[Service]) -> Iterator[_Hit]:
    """Look up lines of mail in main.cf's tables, and in those that cleanup(8) itself has."""
    own = next((settings.of(one.values) for one in services if one.name == _CLEANUP), settings)
    for name, lines in _CHECKS.items():
        for table in own.words(name):
            yield from tables.hits(f"{name}: {table}", table, lines)


def _access(
    tables: _Tables,
    settings: Settings,
    services: Iterable[tuple[str, Mapping[str, str]]],
    people: Sequence[str],
) -> Iterator[_Hit]:
    """Look up strangers' and people's keys in the tables of the lists, each table once."""
    domain = settings.value("mydomain")
    ours = [key for one in people for key in (f"{one}@{domain}", f"{one}@")] + [
        domain,
        "postmaster@",
    ]
    address = STRANGERS[0]
    parts = address.split(".")
    clients = [address, *(".".join(parts[:end]) for end in (3, 2, 1))]
    keys = {
        "check_client_access": clients,
        "check_sender_access": list(_OF_STRANGERS),
        "check_recipient_access": ours,
        "check_helo_access": ["mail.postfix.org", "postfix.org"],
    }
    tried: set[tuple[str, str]] = set()
    for _, options in (("", {}), *services):
        own = settings.of(options)
        for name in LISTS:
            for kind, table in items(own.words(name)):
                if kind in keys and (kind, table) not in tried and len(tried) < _MOST:
                    tried.add((kind, table))
                    found = tables.hits(f"{name} {kind}: {table}", table, keys[kind])
                    yield from (one for one in found if _SILENT.match(one.action))
