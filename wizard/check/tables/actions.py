"""Look up what tables do with ordinary mail: access(5) tables, header_checks(5) and the like.

The keys are those that a stranger, a person of this host and their messages have. What a table says of
them is what it does with everybody's mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from wizard.check.postfix.restrictions import LISTS, items
from wizard.check.postfix.services import smtpds
from wizard.check.postfix.trusted import STRANGERS, expanded, network_of
from wizard.check.tables.hits import DNS_FILTER, Hit, Tables
from wizard.check.tables.refusals import Ours, refusals
from wizard.door import Door
from wizard.finding import WARNING, WRONG, Check, Finding
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

_CHECKS: Mapping[str, Sequence[str]] = {
    "header_checks": (*HEADERS, *MIME),
    "mime_header_checks": MIME,
    "nested_header_checks": HEADERS,
    "body_checks": BODY,
    "milter_header_checks": HEADERS,
    "smtp_reply_filter": ("250 2.0.0 Ok: queued as 4A1B2C3D4E",),
    DNS_FILTER: ("example.org. 3600 IN MX 10 mail.example.org.",),
}
_OF_STRANGERS = ("probe@postfix.org", "postfix.org", "<>", "probe@")
_SILENT = re.compile(r"(DISCARD|HOLD|REDIRECT|FILTER|BCC)", re.IGNORECASE)
"""Actions of access(5) that no reply shows; `refusals` has those that one does."""
_MOST = 24
_CLEANUP = "cleanup"
"""The service through which all mail goes, unless an option of another says so (cleanup(8))."""

_CHECK = Check("tables.actions", "tables: ordinary mail", "passes all tables as it is", fatal=False)


def judge_actions(
    door: Door,
    settings: Settings,
    services: Sequence[Service],
    people: Sequence[str],
) -> Iterator[Finding]:
    """`tables.actions`: no table stops, copies or changes ordinary mail. `people` are users of this host."""
    tables = Tables(door)
    parsed = map(network_of, expanded(door, settings.words("mynetworks")))
    networks = [one for one in parsed if one is not None and not one.is_loopback]
    ours = Ours(people, settings.value("mydomain"), networks)
    hits = [
        *_checks(tables, settings, services),
        *_access(tables, settings, smtpds(services), people),
        *dict.fromkeys(refusals(tables, settings, services, ours)),
    ]
    stops = [one for one in hits if one.stops]
    for verdict, found in ((WRONG, stops), (WARNING, hits)):
        if found:
            where, key, action, _ = found[0]
            more = f"; and {len(hits) - 1} more" if len(hits) > 1 else ""
            seen = printable(f"{where}: {key} gets {action}{more}")
            advice = printable(f"Correct the row in {where.partition(': ')[2]}; reload.")
            yield _CHECK.finding(verdict, seen, advice)
            return
    yield _without_hits(tables)


def _without_hits(tables: Tables) -> Finding:
    queried, failed = len(tables.queried), len(tables.failed)
    if queried and failed == queried:
        table, why = next(iter(tables.failed.items()))
        return _CHECK.unknown(printable(f"{table}: {why}"))
    return _CHECK.right(
        f"it does, by {queried - failed} of {counted(queried, 'table')}" if failed else "it does"
    )


def _checks(tables: Tables, settings: Settings, services: Sequence[Service]) -> Iterator[Hit]:
    """Look up lines of mail in main.cf's tables, and in those that cleanup(8) itself has."""
    own = next((settings.of(one.values) for one in services if one.name == _CLEANUP), settings)
    for name, lines in _CHECKS.items():
        for table in own.words(name):
            yield from tables.hits(f"{name}: {table}", table, lines)


def _access(
    tables: Tables,
    settings: Settings,
    services: Iterable[tuple[str, Mapping[str, str]]],
    people: Sequence[str],
) -> Iterator[Hit]:
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
