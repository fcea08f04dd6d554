"""Find tables of access(5) that refuse people, postmaster, our own networks, or every server there is.

A reply shows such a refusal, and not the table that it comes from. Each list is read up to the item
behind which the address is no longer judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from wizard.check.postfix.restrictions import LISTS, items
from wizard.check.postfix.trusted import Network
from wizard.check.tables.hits import Hit, Tables
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings

SERVERS = ("9.9.9.9", "17.57.155.1", "142.250.1.1", "198.41.0.4")
"""Servers of others, far apart. They are only compared, and are in no list of bogus networks."""

_REFUSES = re.compile(r"(?:REJECT|DEFER|DEFER_IF_PERMIT|[45]\d\d)(?![\w-])", re.IGNORECASE)
_PERMITS = re.compile(r"(?:OK|PERMIT|\d+$)(?![\w-])", re.IGNORECASE)
_OF_SERVERS = r"check_(?:client|reverse_client_hostname|helo|sender)_(?:a|mx|ns)_access"
_ENDS = frozenset({"permit", "reject", "defer"})
_LAN_PASSES = _ENDS | {"permit_mynetworks"}
_LOGIN = "permit_sasl_authenticated"
_PEOPLE_PASS = _LAN_PASSES | {_LOGIN}
_SMTP, _PEOPLE = 25, frozenset({587, 465})

_POSTMASTER = "postmaster"
MOST_PEOPLE = 50


class Ours(NamedTuple):
    """The people of this host, their domain, and the networks of mynetworks without loopback."""

    people: Sequence[str]
    domain: str
    networks: Sequence[Network]


class _Refusal(NamedTuple):
    where: str
    action: str


def refusals(
    tables: Tables, settings: Settings, services: Sequence[Service], ours: Ours
) -> Iterator[Hit]:
    """Yield each of these that the tables in force on a port refuse."""
    of_all = [one for one in services if one.command == "smtpd" and not one.loopback]
    strangers = [one for one in of_all if one.port_number == _SMTP or one.type == "pass"]
    for at_25 in _distinct([settings.of(one.values) for one in strangers] or [settings]):
        lists = _Lists(tables, at_25)
        yield from _people(lists, ours)
        yield from _servers(lists)
        yield from _lan(lists, ours, _LAN_PASSES, is_choice=True)
    people = [settings.of(one.values) for one in of_all if one.port_number in _PEOPLE]
    for at_587 in _distinct(people):
        lists = _Lists(tables, at_587)
        yield from _lan(lists, ours, _PEOPLE_PASS, is_choice=False)
        yield from _senders(lists, ours)
    screens = [one for one in services if one.command == "postscreen" and one.port_number == _SMTP]
    for one in screens[:1]:
        yield from _screened(tables, settings.of(one.values))


def _distinct(several: Sequence[Settings]) -> list[Settings]:
    """Return one of those whose lists are the same."""
    return list({tuple(map(one.value, LISTS)): one for one in several}.values())


class _Lists(NamedTuple):
    """The lists of one port."""

    tables: Tables
    settings: Settings

    def refused(
        self, kind: str, keys: Mapping[str, Sequence[str]], passes: frozenset[str] = _ENDS
    ) -> dict[str, _Refusal]:
        """Return which of the addresses, each with its keys, the restrictions of a kind refuse.

        A list ends for them at each restriction of `passes`.
        """
        refused: dict[str, _Refusal] = {}
        every = tuple(dict.fromkeys(key for several in keys.values() for key in several))
        for name in LISTS:
            judged, warns = list(keys), False
            for restriction, table in items(self.settings.words(name)):
                if restriction in passes and not warns:
                    break
                if judged and not warns and re.fullmatch(kind, restriction):
                    rows = self.tables.rows(table, every)
                    for one in tuple(judged):
                        action = _action(rows, keys[one])
                        if _REFUSES.match(action):
                            found = _Refusal(f"{name} {restriction}: {table}", action)
                            refused.setdefault(one, found)
                        if _PERMITS.match(action):
                            judged.remove(one)
                warns = restriction == "warn_if_reject"
        return refused


def _people(lists: _Lists, ours: Ours) -> Iterator[Hit]:
    """Yield refused people, a choice where others get mail, and postmaster (RFC 5321, 4.5.1)."""
    keys = {
        name: _of_address(name, ours.domain, lists.settings)
        for name in (*ours.people[:MOST_PEOPLE], _POSTMASTER)
    }
    refused = lists.refused("check_recipient_access", keys)
    is_choice = not refused.keys() >= keys.keys() - {_POSTMASTER}
    for name, (where, action) in refused.items():
        yield Hit(where, f"{name}@{ours.domain}", action, is_choice and name != _POSTMASTER)


def _senders(lists: _Lists, ours: Ours) -> Iterator[Hit]:
    """Yield people whose own address is refused as a sender before their login counts."""
    keys = {
        name: _of_address(name, ours.domain, lists.settings) for name in ours.people[:MOST_PEOPLE]
    }
    refused = lists.refused("check_sender_access", keys, _ENDS | {_LOGIN})
    is_choice = not refused.keys() >= keys.keys()
    for name, (where, action) in refused.items():
        yield Hit(where, f"{name}@{ours.domain}, who writes from elsewhere,", action, is_choice)


def _screened(tables: Tables, settings: Settings) -> Iterator[Hit]:
    """Yield a table of postscreen(8) that refuses all servers, where that has any consequence."""
    action = settings.value("postscreen_denylist_action") or settings.value(
        "postscreen_blacklist_action"
    )
    if action.lower() not in {"drop", "enforce"}:
        return
    refused: dict[str, str] = {}
    for table in (one for one in settings.words("postscreen_access_list") if ":" in one):
        for server in SERVERS:
            if server not in refused:
                said = _action(tables.rows(table, _of_client(server)), _of_client(server))
                refused.update({server: table} if said and said.lower() != "dunno" else {})
                if said.lower() == "permit":
                    return
    if refused.keys() >= set(SERVERS):
        where = f"postscreen_access_list: {refused[SERVERS[0]]}"
        yield Hit(where, f"every address that was tried, such as {SERVERS[0]},", "reject")


def _servers(lists: _Lists) -> Iterator[Hit]:
    refused = lists.refused(_OF_SERVERS, {one: _of_client(one) for one in SERVERS})
    if refused.keys() >= set(SERVERS):
        where, action = refused[SERVERS[0]]
        yield Hit(where, f"every address that was tried, such as {SERVERS[0]},", action)


def _lan(lists: _Lists, ours: Ours, passes: frozenset[str], *, is_choice: bool) -> Iterator[Hit]:
    """Yield each network of mynetworks whose hosts are all refused."""
    for network in ours.networks:
        last = network.num_addresses - 1
        hosts = {str(network[at]) for at in (min(1, last), last // 2, max(last - 1, 0))}
        refused = lists.refused(
            "check_client_access", {one: _of_client(one) for one in sorted(hosts)}, passes
        )
        if refused.keys() >= hosts:
            where, action = next(iter(refused.values()))
            yield Hit(where, f"{network} of mynetworks", action, is_choice)


def _action(rows: Mapping[str, str], keys: Sequence[str]) -> str:
    """Return what a table says of the first of the keys that it has, "" for nothing."""
    return next((rows[one.lower()] for one in keys if one.lower() in rows), "")


def _of_address(user: str, domain: str, settings: Settings) -> Sequence[str]:
    """Return the keys of an address in the order of access(5), EMAIL ADDRESS PATTERNS."""
    labels = domain.split(".")
    is_bare = "smtpd_access_maps" in settings.words("parent_domain_matches_subdomains")
    parents = [f"{'' if is_bare else '.'}{'.'.join(labels[at:])}" for at in range(1, len(labels))]
    return [f"{user}@{domain}", domain, *parents, f"{user}@"]


def _of_client(address: str) -> Sequence[str]:
    """Return the keys of an address in the order of access(5), HOST NAME/ADDRESS PATTERNS."""
    sign = ":" if ":" in address else "."
    parts = address.split(sign)
    return [address, *(sign.join(parts[:end]) for end in range(len(parts) - 1, 0, -1))]
