"""Find the address class of a domain (ADDRESS_CLASS_README), and the effects of a change of it.

Postfix itself expands the parameters and queries the tables. This module searches lists of domains
as `match_list` does: the first pattern that matches decides, `!` negates it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Optional

from wizard.host.main_cf import own_parameters, words

LOCAL, ALIAS, MAILBOX, RELAY, NONE = (
    "local",
    "virtual alias",
    "virtual mailbox",
    "relay",
    "no class",
)
CLOSED = "local, where local_transport refuses all mail"
LISTS = {
    LOCAL: "mydestination",
    ALIAS: "virtual_alias_domains",
    MAILBOX: "virtual_mailbox_domains",
    RELAY: "relay_domains",
}
"""The parameter with the domains of each class, in the order in which Postfix searches them."""
RECIPIENTS = {LOCAL: "local_recipient_maps", MAILBOX: "virtual_mailbox_maps"}
"""The parameters with the tables of the recipients of a class."""
PARENTS, DELIMITER = "parent_domain_matches_subdomains", "recipient_delimiter"
TRANSPORT = "local_transport"
QUERIED = (
    *LISTS.values(),
    *RECIPIENTS.values(),
    PARENTS,
    DELIMITER,
    TRANSPORT,
    "myhostname",
    "mydomain",
)
"""The parameters that postconf(1) expands."""

_DECIDING = (*LISTS.values(), "virtual_alias_maps", "virtual_mailbox_maps", PARENTS)
"""By default virtual_alias_domains and virtual_mailbox_domains refer to these tables."""
_ALSO_NEEDED = (
    "alias_maps",
    "command_directory",
    "compatibility_level",
    "daemon_directory",
    "data_directory",
    "default_database_type",
    "mail_owner",
    "meta_directory",
    "queue_directory",
    "setgid_group",
    "shlib_directory",
    *RECIPIENTS.values(),
    DELIMITER,
    TRANSPORT,
)
"""Without these, Postfix's commands do not find the queue, or do not start."""
_NAME = re.compile(r"\$[({]*\s*(\w+)")

Parameters = tuple[tuple[str, str], ...]

AskTable = Callable[[str, Collection[str]], Optional[frozenset[str]]]
"""Returns which of the keys a table has; None if it cannot be queried."""
ReadList = Callable[[str], Optional[str]]
"""Returns the text of a file that a list names; None if it cannot be read."""


def class_parameters(text: bytes) -> Parameters:
    """Return main.cf's parameters that decide the class of a domain, unexpanded."""
    return _with_named(own_parameters(text), (*_DECIDING, *_ALSO_NEEDED))


def may_differ(before: bytes, after: bytes) -> bool:
    """True if two texts of main.cf may put a domain into different classes."""
    return _deciding(before) != _deciding(after)


def _deciding(text: bytes) -> dict[str, frozenset[str]]:
    return {
        name: frozenset(words(value))
        for name, value in _with_named(own_parameters(text), _DECIDING)
    }


def _with_named(own: Mapping[str, str], names: Collection[str]) -> Parameters:
    """Return these parameters and all that their values refer to, if main.cf sets them."""
    found: dict[str, str] = {}
    # The default of mydestination refers to the first two, without a line in main.cf.
    waiting = ["myhostname", "mydomain", *names]
    while waiting:
        name = waiting.pop()
        if name in own and name not in found:
            found[name] = own[name]
            waiting += _NAME.findall(own[name])
    return tuple(sorted(found.items()))


@dataclass(frozen=True)
class Classes:
    """Finds classes under one configuration; `values` are the expanded parameters by name."""

    values: Mapping[str, str]
    ask: AskTable
    read: ReadList

    def of(self, domains: Collection[str]) -> dict[str, str]:
        """Return the class of each domain.

        If a table or file that may list the domain cannot be queried, `unless in TABLE` follows.
        """
        found: dict[str, str] = {}
        doubts: dict[str, str] = dict.fromkeys(domains, "")
        for kind, name in LISTS.items():
            has_parents = kind == RELAY and name in words(self.values.get(PARENTS, ""))
            keys = {
                one: _keys(one, has_parents, kind == RELAY) for one in domains if one not in found
            }
            for sign, group in groupby(self._patterns(self.values.get(name, "")), _sign_of):
                if sign in _NAMES:
                    has: Optional[frozenset[str]] = frozenset(
                        one.lstrip("!").lower() for one in group
                    )
                else:
                    has = self._matching(sign, keys)
                if has is None:
                    for domain in keys:
                        doubts[domain] += f"{_DOUBT}{sign}"
                    continue
                matched = {one for one, these in keys.items() if not has.isdisjoint(these)}
                # `!` takes the domain out of this list; the next list may have it.
                if not _is_not(sign):
                    found.update(dict.fromkeys(matched, kind))
                keys = {one: these for one, these in keys.items() if one not in matched}
        if self.values.get(TRANSPORT, "").partition(":")[0] == "error":
            found = {one: CLOSED if kind == LOCAL else kind for one, kind in found.items()}
        return {one: found.get(one, NONE) + doubts[one] for one in domains}

    def listed(self, own: Collection[str]) -> frozenset[str]:
        """Return the domains that the lists name, without those that only tables have.

        Names with a final dot are skipped: Postfix removes that dot from an address
        (trivial-rewrite(8)). `own` are the parameters that main.cf sets. Names that Postfix took
        from the system are skipped, since nobody chose them.
        """
        found = {
            one.lower()
            for name in LISTS.values()
            for one in self._patterns(self.values.get(name, ""))
            if _sign_of(one) == "" and not one.startswith((".", "[")) and not one.endswith(".")
        }
        if "myhostname" not in own:
            found.discard(self.values.get("myhostname", "").lower())
            if "mydomain" not in own:
                found.discard(self.values.get("mydomain", "").lower())
        return frozenset(one for one in found if one.partition(".")[0] != "localhost")

    def _matching(
        self, table: str, domains: Mapping[str, tuple[str, ...]]
    ) -> Optional[frozenset[str]]:
        """Return which of the keys a table has; None if it, or a file, cannot be queried."""
        text = table.lstrip("!")
        if text.startswith("/"):
            return None  # a file that cannot be read; `_patterns` replaces the others
        return self.ask(text, {key for keys in domains.values() for key in keys})

    def _patterns(self, value: str) -> Iterator[str]:
        for word in words(value):
            path = word.lstrip("!")
            text = self.read(path) if path.startswith("/") else None
            if text is None:
                yield word
                continue
            mark = word[: len(word) - len(path)]
            rows = (row for row in text.splitlines() if not row.startswith("#"))
            yield from (f"{mark}{one}" for row in rows for one in words(row))

    def known(self, recipients: Collection[str], kind: str) -> frozenset[str]:
        """Return the recipients that are in the tables of a class."""
        keys = {one: recipient_keys(one, self.values.get(DELIMITER, "")) for one in recipients}
        found: set[str] = set()
        for table in words(self.values.get(RECIPIENTS.get(kind, ""), "")):
            rest = {one: these for one, these in keys.items() if one not in found}
            has = self.ask(table, {key for these in rest.values() for key in these})
            found |= {one for one, these in rest.items() if has and has & set(these)}
        return frozenset(found)


_NAMES = frozenset({"", "!"})
"""The signs of groups of plain names: listed ones, and excluded ones."""


def _is_not(pattern: str) -> bool:
    """True if a pattern excludes what it matches: an odd number of `!`."""
    return (len(pattern) - len(pattern.lstrip("!"))) % 2 == 1


def _sign_of(pattern: str) -> str:
    """Return the key to group patterns by: a sign of `_NAMES`, or a table or file as written."""
    text = pattern.lstrip("!")
    sign = "!" if _is_not(pattern) else ""
    is_name = not text.startswith("/") and (":" not in text or text.startswith("["))
    return sign if is_name else pattern


def _keys(domain: str, has_parents: bool, is_domain_list: bool) -> tuple[str, ...]:
    """Return the patterns that match a domain: its name, and in a list of domains its parents."""
    if not is_domain_list:
        return (domain,)
    parts = domain.split(".")
    parents = [".".join(parts[at:]) for at in range(1, len(parts))]
    return (domain, *(one if has_parents else f".{one}" for one in parents))


def domain_of(address: str) -> str:
    """Return the domain of an address, "" without a domain and for an address literal."""
    _, at, domain = address.rpartition("@")
    domain = domain.lower().rstrip(".")
    return domain if at and not domain.startswith("[") else ""


def recipient_keys(address: str, delimiters: str) -> tuple[str, ...]:
    """Return the keys of an address in a table of recipients, with and without its extension."""
    local, _, domain = address.rpartition("@")
    local = local.strip('"').lower()
    plain = re.split(f"[{re.escape(delimiters)}]", local)[0] if delimiters else local
    names = dict.fromkeys((local, plain or local))
    return (*(f"{one}@{domain.lower()}" for one in names), *names)


_DOUBT = " unless in "


def moved(old: Classes, new: Classes, domains: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the old and the new class of each domain whose class changes."""
    before, after = old.of(domains), new.of(domains)
    return {one: (before[one], after[one]) for one in domains if before[one] != after[one]}


def is_taken_over(old: str, new: str) -> bool:
    """True if a domain that had a class gets another one, or none, or one that refuses all mail.

    A domain without a class was not this server's, so the answer that adds it is enough.
    """
    first, second = (one.partition(_DOUBT)[0] for one in (old, new))
    return first != second and (first != NONE or second == CLOSED)


def doubt(old: str) -> str:
    """Return the tables that may give a domain another class, "" for none."""
    return ", ".join(old.split(_DOUBT)[1:])


def may_bounce(old: str, new: str) -> bool:
    """True if a change of class may make Postfix bounce queued mail for the domain.

    Mail for a new relay domain without a class before still goes to its mail exchanger.
    """
    return old != new and (old, new) != (NONE, RELAY)
