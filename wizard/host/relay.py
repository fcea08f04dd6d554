"""Read a host's facts for its relay: the password file, sasl_passwd, and its lookups."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from wizard.dns.asking import Question, ask_within
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import FileFacts, RelayTable, missing_file
from wizard.host.files import read_file
from wizard.host.postfix import INDEX_SUFFIX, read_table
from wizard.paths import SASL_PASSWD

_PLAIN = ("/usr/lib64/sasl2", "/usr/lib/sasl2", "/usr/lib/x86_64-linux-gnu/sasl2")
_MECHANISMS = ("libplain.so", "liblogin.so")


def read_sasl_passwd(door: Door) -> FileFacts:
    """Read the table's text; a new one is readable by root only. Other users get no text."""
    try:
        facts = read_file(door, SASL_PASSWD)
    except Trouble:
        return missing_file(SASL_PASSWD)
    return facts if facts.live is not None else missing_file(SASL_PASSWD)


def read_relay_table(door: Door, table_type: str) -> RelayTable:
    """Read the indexed table, if there is one."""
    status = door.stat(SASL_PASSWD + INDEX_SUFFIX.get(table_type, ""))
    if status is None or table_type not in INDEX_SUFFIX:
        return RelayTable()
    return RelayTable(read_table(door, table_type, SASL_PASSWD), status.st_mode & 0o777)


def has_plain(door: Door) -> bool:
    """True if Cyrus SASL has PLAIN or LOGIN, from a package of its own on EL."""
    return any(
        door.stat(f"{directory}/{name}") is not None for directory in _PLAIN for name in _MECHANISMS
    )


_NAME = re.compile(r"[a-z][^:]*$", re.IGNORECASE)
"""Matches a name, not an address."""
TARGETS_SECONDS = 2.0
"""Timeout of all DNS queries for the relay hosts together."""


MAX_HOSTS = 16
"""Mail exchangers of one name whose addresses are queried."""


def relay_targets(
    names: Sequence[tuple[str, bool]], resolvers: Sequence[str], seconds: float = TARGETS_SECONDS
) -> dict[str, tuple[str, ...]]:
    """Return by name the names and addresses to which Postfix sends mail for it. Never raises.

    A name with True is replaced by its mail exchangers of the best preference (RFC 5321, 5.1).
    Without an answer of the resolver, a name has no addresses.
    """
    with_mx = [name for name, has_mx in names if has_mx]
    until = time.monotonic() + seconds
    answers = ask_within([Question(name, "MX") for name in with_mx], resolvers, seconds=seconds)
    exchangers = {
        name.lower(): _best(answers[Question(name, "MX")].records)[:MAX_HOSTS] for name in with_mx
    }
    hosts = {name.lower(): exchangers.get(name.lower()) or (name,) for name, _ in names}
    questions = [
        Question(host, kind)
        for host in dict.fromkeys(host for those in hosts.values() for host in those)
        if _NAME.search(host)
        for kind in ("A", "AAAA")
    ]
    found: dict[str, tuple[str, ...]] = {}
    remaining = until - time.monotonic()
    for answer in ask_within(questions, resolvers, seconds=remaining).values():
        name = answer.question.name
        found[name] = (*found.get(name, ()), *answer.records)
    return {
        name: (*exchangers.get(name, ()), *(one for host in those for one in found.get(host, ())))
        for name, those in hosts.items()
    }


def _best(records: Sequence[str]) -> tuple[str, ...]:
    """Return the mail exchangers with the lowest preference number."""
    # A null MX (RFC 7505) has no name.
    parted = [words for one in records if len(words := one.split()) > 1 and words[0].isdecimal()]
    best = min((int(one[0]) for one in parted), default=0)
    return tuple(one[1] for one in parted if int(one[0]) == best)
