"""Who owns which sender: the local users, and the aliases that lead to them. Pure.

Postfix queries a key without a domain for each address of a local domain, with and without its +tag
(postconf(5), smtpd_sender_login_maps). So one row is enough for all local domains and tags.
Logins are compared with what Dovecot calls the user: `taro`, or `taro@` with a domain.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from wizard.host.facts import User
from wizard.host.suggest import FIRST_PERSON, NOBODY
from wizard.postfix.aliases import Aliases

_LOGIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+=-]{0,63}(?:@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)?")
"""A login that can be in the table: one word, perhaps with a domain."""
MAX_WORDS = 100_000
"""Logins in all rows: a plan with so many takes a second or two."""
MAX_DOMAINS = 50
"""Local domains with which each login is spelled, the main ones first: thousands may be local."""
_NOBODIES = frozenset({NOBODY, 2**32 - 2})
"""Users that stand for somebody else: nobody, and nfsnobody of old systems."""


@dataclass(frozen=True)
class Owners:
    """By sender, in order: the logins that own it, as a value of the table.

    `skipped` are the names of users that cannot be in a table. `people` are the senders of users
    and other logins, without those of aliases.
    """

    rows: dict[str, str]
    people: tuple[str, ...]
    skipped: tuple[str, ...] = ()


def owners_of(
    users: Iterable[User], aliases: bytes, logins: Iterable[str], domains: Sequence[str]
) -> Owners:
    """Return the owners of all senders. Raises ValueError for more than MAX_WORDS.

    A system user has no row: it has no password. A name that leads elsewhere by an alias still owns
    itself, and not what leads to it.
    """
    named = [one.name for one in users if one.uid >= FIRST_PERSON and one.uid not in _NOBODIES]
    people = dict.fromkeys(
        _name(one.lower(), domains) for one in (*named, *logins) if _is_name(one)
    )
    table = Aliases.parse(aliases)
    leads_to, ends = _backwards(table, people, domains)
    found: dict[str, list[str]] = defaultdict(list)
    most = MAX_WORDS // (1 + len(domains[:MAX_DOMAINS]))
    pairs = 0
    for person in people:
        senders = _leading_to(person, leads_to) if person in ends else [person]
        pairs += len(senders)
        if pairs > most:
            raise ValueError(
                f"the users and their aliases make more than {most} pairs of a sender and a login: "
                "write a table of your own (smtpd_sender_login_maps)"
            )
        for sender in senders:
            found[sender].append(person)
    rows = {
        sender: ", ".join(
            word for one in sorted(found[sender]) for word in _spellings(one, domains)
        )
        for sender in sorted(found)
    }
    return Owners(rows, tuple(people), tuple(one for one in named if not _is_name(one)))


def _is_name(text: str) -> bool:
    return _LOGIN.fullmatch(text) is not None


def _name(address: str, domains: Collection[str]) -> str:
    """Return an address of a local domain without the domain."""
    local, at, domain = address.rpartition("@")
    return local if at and domain in domains else address


def _spellings(login: str, domains: Sequence[str]) -> Iterator[str]:
    """Yield a login as Dovecot may call it."""
    yield login
    if "@" not in login:
        yield from (f"{login}@{domain}" for domain in domains[:MAX_DOMAINS])


def _backwards(
    table: Aliases, people: Collection[str], domains: Collection[str]
) -> tuple[dict[str, list[str]], frozenset[str]]:
    """Return by name the aliases that have it as a target, and the people whose mail stays here."""
    leads_to: dict[str, list[str]] = defaultdict(list)
    ends = {one for one in people if one not in table.rows}
    for name, row in table.rows.items():
        if not _is_name(name):
            continue
        for target in row.targets:
            bare = _name(target.text.strip('"').removeprefix("\\").lower(), domains)
            if bare not in table.rows and bare not in people:
                bare = bare.partition("+")[0]
            if bare == name:
                # local(8): a name in its own row is that user's mailbox.
                ends.add(name)
            leads_to[bare].append(name)
    return leads_to, frozenset(ends)


def _leading_to(person: str, leads_to: dict[str, list[str]]) -> list[str]:
    """Return a person and all aliases that lead to it, also by other aliases and in circles."""
    found = {person: None}
    waiting = [person]
    while waiting and len(found) <= MAX_WORDS:
        new = [one for one in leads_to.get(waiting.pop(), ()) if one not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return list(found)
