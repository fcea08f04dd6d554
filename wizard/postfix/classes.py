"""The address class of a domain (ADDRESS_CLASS_README), and what a change of it does to queued mail.

Postfix itself expands the parameters and looks into the tables; here is only how a list of
domains is searched (`match_list`: the first pattern that matches decides, `!` negates it).
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
"""The parameter that lists the domains of each class, in the order in which Postfix looks."""
RECIPIENTS = {LOCAL: "local_recipient_maps", MAILBOX: "virtual_mailbox_maps"}
"""The tables that know the recipients of a class."""
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
"""What postconf(1) is asked to expand."""

_DECIDING = (*LISTS.values(), "virtual_alias_maps", "virtual_mailbox_maps", PARENTS)
"""virtual_alias_domains and virtual_mailbox_domains are by default what these tables have."""
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
"""Without these, Postfix's commands would not find the queue, or not start."""
_NAME = re.compile(r"\$[({]*\s*(\w+)")

Parameters = tuple[tuple[str, str], ...]

AskTable = Callable[[str, Collection[str]], Optional[frozenset[str]]]
"""Which of the keys a table has; None where it cannot be asked."""
ReadList = Callable[[str], Optional[str]]
"""The text of a file that a list names; None where it cannot be read."""


def class_parameters(text: bytes) -> Parameters:
    """Return the parameters of a main.cf that decide the class of a domain, as written there."""
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
    """Return these parameters and all that their values name, where main.cf sets them."""
    found: dict[str, str] = {}
    # By default mydestination names the first two, and no line of main.cf says so.
    waiting = ["myhostname", "mydomain", *names]
    while waiting:
        name = waiting.pop()
        if name in own and name not in found:
            found[name] = own[name]
            waiting += _NAME.findall(own[name])
    return tuple(sorted(found.items()))


@dataclass(frozen=True)
class Classes:
    """Looks up classes under one configuration: `values` are expanded, by parameter."""

    values: Mapping[str, str]
    ask: AskTable
    read: ReadList

    def of(self, domains: Collection[str]) -> dict[str, str]:
        """Return the class of each domain.

        Where a table or file that may list the domain cannot be asked, `unless in TABLE` follows.
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
        """Return the domains that the lists name, without what only tables have.

        A name with a last dot is no domain's: Postfix takes that dot off an address (trivial-rewrite(8)).

        `own` are the parameters that main.cf sets: a name that Postfix took from the system was
        nobody's decision.
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
        """Return what a table has of the domains; None where it, or a file, cannot be asked."""
        text = table.lstrip("!")
        if text.startswith("/"):
            return None  # a file that was read is no pattern any more
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
        """Return the recipients that the tables of a class know."""
        keys = {one: recipient_keys(one, self.values.get(DELIMITER, "")) for one in recipients}
        found: set[str] = set()
        for table in words(self.values.get(RECIPIENTS.get(kind, ""), "")):
            rest = {one: these for one, these in keys.items() if one not in found}
            has = self.ask(table, {key for these in rest.values() for key in these})
            found |= {one for one, these in rest.items() if has and has & set(these)}
        return frozenset(found)


_NAMES = frozenset({"", "!"})
"""The signs of groups that are plain names: those that are listed, and those that are not."""


def _is_not(pattern: str) -> bool:
    """True if it takes out what it matches: each `!` turns the meaning."""
    return (len(pattern) - len(pattern.lstrip("!"))) % 2 == 1


def _sign_of(pattern: str) -> str:
    """Return what groups patterns: a sign of `_NAMES`, or a table or file as it is written."""
    text = pattern.lstrip("!")
    sign = "!" if _is_not(pattern) else ""
    is_name = not text.startswith("/") and (":" not in text or text.startswith("["))
    return sign if is_name else pattern


def _keys(domain: str, has_parents: bool, is_domain_list: bool) -> tuple[str, ...]:
    """Return what matches a domain: its own name, and in a list of domains its parents."""
    if not is_domain_list:
        return (domain,)
    parts = domain.split(".")
    parents = [".".join(parts[at:]) for at in range(1, len(parts))]
    return (domain, *(one if has_parents else f".{one}" for one in parents))


def domain_of(address: str) -> str:
    """Return the domain of an address, "" for one without a domain or with a literal."""
    _, at, domain = address.rpartition("@")
    domain = domain.lower().rstrip(".")
    return domain if at and not domain.startswith("[") else ""


def recipient_keys(address: str, delimiters: str) -> tuple[str, ...]:
    """Return what a table of recipients may have for an address, without its extension too."""
    local, _, domain = address.rpartition("@")
    local = local.strip('"').lower()
    plain = re.split(f"[{re.escape(delimiters)}]", local)[0] if delimiters else local
    names = dict.fromkeys((local, plain or local))
    return (*(f"{one}@{domain.lower()}" for one in names), *names)


_DOUBT = " unless in "


def moved(old: Classes, new: Classes, domains: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return by domain its two classes, where a change of main.cf gives it another one."""
    before, after = old.of(domains), new.of(domains)
    return {one: (before[one], after[one]) for one in domains if before[one] != after[one]}


def is_taken_over(old: str, new: str) -> bool:
    """True if a domain that had a class gets another one, or none, or one that refuses all mail.

    A domain that had none was not this server's: an answer that names it says so by itself.
    """
    first, second = (one.partition(_DOUBT)[0] for one in (old, new))
    return first != second and (first != NONE or second == CLOSED)


def doubt(old: str) -> str:
    """Return the tables that may give a domain another class than the known one, "" for none."""
    return ", ".join(old.split(_DOUBT)[1:])


def may_bounce(old: str, new: str) -> bool:
    """True if a change of class may make Postfix bounce what waits for the domain.

    A domain without a class that becomes a relay domain goes to its mail exchanger as before.
    """
    return old != new and (old, new) != (NONE, RELAY)
