"""Mail for system accounts: an alias to root for each, and a table by which strangers are refused.

The table is queried after permit_mynetworks and the rule against relaying (access(5)), so mail of this
host and of trusted networks reaches root's reader. The aliases stay when the choice goes off.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from wizard.answers.model import Answers
from wizard.answers.sections.aliases import SYSTEM_ACCOUNTS
from wizard.host.dovecot import FIRST_USER
from wizard.host.facts import Host
from wizard.paths import ALIASES
from wizard.postfix.aliases import ROOT, Aliases
from wizard.postfix.items import ListEdit, edit, words
from wizard.postfix.lines import Lines
from wizard.postfix.main_cf import MainCf
from wizard.postfix.proposal import Proposal
from wizard.postfix.restrictions import split_restrictions
from wizard.postfix.sender_access import rows_by_key

LIST = "smtpd_recipient_restrictions"
REPLY = "550 5.1.1 A system account of this server, which takes no mail from elsewhere"
WHY = "Mail for a system account would wait for days: Dovecot takes none for it."
_GONE = "Here stood the table of system accounts, which is off now."
_HEAD = (
    "# Addresses of system accounts, for which strangers may write no mail (access(5)).",
    "# `postfix-wizard apply --section aliases` makes the rows anew from /etc/passwd.",
)
MAX_ROWS = 20_000
_AFTER = ("reject_unauth_destination", "defer_unauth_destination")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_FOR_PEOPLE = frozenset(
    (
        *("postmaster", "abuse", "hostmaster", "webmaster", "security", "noc"),
        *("info", "marketing", "sales", "support", "usenet", "news"),
        *("uucp", "ftp", "www", "mail", "mailer-daemon", "operator"),
    )
)
"""Names to which strangers may have reason to write (RFC 2142)."""


@dataclass(frozen=True)
class Accounts:
    """The names that get an alias to root, and those of them that strangers may not write to."""

    aliased: tuple[str, ...]
    refused: tuple[str, ...]


def accounts(names: Iterable[str], aliases: bytes, table: Optional[bytes]) -> Accounts:
    """Return the accounts among these names. One with an alias of the operator's is none of them.

    `table` is the live table: it tells an alias that an earlier run made from one of others.
    """
    rows, ours = Aliases.parse(aliases).rows, named_in(table)
    found = []
    for one in dict.fromkeys(name.lower() for name in names):
        row = rows.get(one)
        is_ours = row is not None and row.value == ROOT and one in ours
        if one != ROOT and _NAME.fullmatch(one) and (row is None or is_ours):
            found.append(one)
    return Accounts(tuple(found), tuple(one for one in found if one not in _FOR_PEOPLE))


def accounts_on(host: Host, answers: Answers) -> Accounts:
    """Return the accounts of a host; none if the answers leave them alone."""
    if answers.aliases.system != ROOT:
        return Accounts((), ())
    table = host.files[SYSTEM_ACCOUNTS].live
    names = [one for one in host.system_accounts if one not in answers.senders.logins]
    return accounts(names, host.text(ALIASES), table)


def named_in(table: Optional[bytes]) -> tuple[str, ...]:
    """Return the accounts that a table refuses mail for, in whichever domain."""
    return tuple(dict.fromkeys(key.rpartition("@")[0] for key in rows_by_key(table or b"")))


@dataclass(frozen=True)
class Outdated:
    """Names that a table refuses and should not: those of people, and those with another alias than root.

    `to_root` are the people whose mail an alias still leads to root.
    """

    names: tuple[str, ...]
    to_root: tuple[str, ...]


def outdated(people: Iterable[str], aliases: bytes, table: Optional[bytes]) -> Outdated:
    """Return what has changed since a run wrote the table."""
    theirs, rows = {one.lower() for one in people}, Aliases.parse(aliases).rows
    to_root = {name for name, row in rows.items() if row.value == ROOT}
    found = [one for one in named_in(table) if one in theirs or one in rows.keys() - to_root]
    return Outdated(tuple(found), tuple(one for one in found if one in theirs & to_root))


def people_to_root(host: Host, answers: Answers) -> tuple[str, ...]:
    """Return the people whose mail an alias of an earlier run still leads to root.

    The number of nobody is above those of people, and it is a system account all the same.
    """
    if answers.aliases.system != ROOT:
        return ()
    people = [
        one.name
        for one in host.users
        if one.uid >= FIRST_USER and one.name not in host.system_accounts
    ]
    return outdated(people, host.text(ALIASES), host.files[SYSTEM_ACCOUNTS].live).to_root


def propose_table(
    live: Optional[bytes],
    refused: Sequence[str],
    domains: Sequence[str],
    protected: Collection[str] = (),
) -> Proposal:
    """Return the next table. Rows in `protected` are as they are now.

    Raises ValueError for more than MAX_ROWS.
    """
    if len(refused) * len(domains) > MAX_ROWS:
        raise ValueError(
            f"{len(refused)} accounts in {len(domains)} domains make more than {MAX_ROWS} rows: leave system "
            "at leave"
        )
    there = rows_by_key(live or b"")
    wanted = {f"{name}@{domain}": REPLY for name in refused for domain in domains}
    rows = {key: value for key, value in wanted.items() if key not in protected}
    rows.update({key: there[key] for key in protected if key in there})
    texts = (*_HEAD, *(f"{key} {value}" for key, value in rows.items()))
    lines = Lines((), ()).insert(0, texts, WHY)
    return Proposal(bytes(lines), lines.reasons())


def uses_table(listed: str) -> bool:
    """True if a list of restrictions has the table, of any type."""
    return f":{SYSTEM_ACCOUNTS}" in listed


def propose_list(proposal: Proposal, table_type: str, *, refuses: bool) -> Proposal:
    """Return the next main.cf with the table in the list of restrictions, or without it."""
    cf = MainCf(Lines.of(proposal))
    twins = cf.twins(LIST)
    before = cf.value(LIST) or ""
    if not twins or uses_table(before) == refuses:
        return proposal
    live = split_restrictions(words(cf, twins[0]))
    if refuses:
        after = next((one for one in live if one.key in _AFTER), None)
        if after is None:
            missing = (
                f"aliases: {LIST} has no {_AFTER[0]}, so strangers are not refused mail for system accounts: put "
                f"`check_recipient_access {table_type}:{SYSTEM_ACCOUNTS}` into it yourself"
            )
            return replace(proposal, warnings=(*proposal.warnings, missing))
        item = f"check_recipient_access {table_type}:{SYSTEM_ACCOUNTS}"
        change = ListEdit(WHY, insert={after.last: [item]}, whys={item: WHY})
    else:
        gone = [one for one in live if uses_table(one.text)]
        places = (place for one in gone for place in range(one.first, one.last + 1))
        change = ListEdit(_GONE, remove=frozenset(places))
    for entry in twins:
        cf = edit(cf, entry, change)
    value = cf.value(LIST) or ""
    return replace(
        proposal,
        text=bytes(cf),
        reasons=cf.lines.reasons(),
        expected=(*(one for one in proposal.expected if one[0] != LIST), (LIST, value)),
        changed=tuple(dict.fromkeys((*proposal.changed, LIST))),
    )
