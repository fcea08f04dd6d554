"""What main.cf says of a second MX, in the forms that the section `backup` writes.

On the backup: the domains in relay_domains, their server in an inline table of transport_maps, and
who has mail there in relay_recipient_maps, or by verification (ADDRESS_VERIFICATION_README). On the
primary: an inline table of client addresses in the list of restrictions. All words and items of
others are none of these, and are never read as answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.answers.rules.backup import VERIFY
from wizard.answers.sections.backup import BACKUP_RECIPIENTS, RECIPIENTS, Backup
from wizard.host.main_cf import words
from wizard.postfix.restrictions import ParsedRestriction, split_restrictions

SECTION = "backup"
DOMAINS, TRANSPORTS, MAPS = "relay_domains", "transport_maps", "relay_recipient_maps"
LIST = "smtpd_recipient_restrictions"
LIMITS, OF_LIMITS = "smtpd_client_event_limit_exceptions", "$mynetworks"
CODE, REFUSED = "unverified_recipient_reject_code", "550"
CACHE = "address_verify_map"
VERIFIED, EXEMPT = "reject_unverified_recipient", "OK"
"""What the tables of recipients and of clients say."""
OF_RECIPIENT, OF_CLIENT = "check_recipient_access", "check_client_access"
RELAY_RULES = ("reject_unauth_destination", "defer_unauth_destination")

WHY = {
    DOMAINS: "This host takes mail for these domains and hands it on to their server.",
    TRANSPORTS: "Their mail goes to this server itself: the MX would lead back here.",
    MAPS: "Mail for any other recipient is refused at once, also while their server is down.",
    CODE: "A recipient that their server refuses is refused here, too, and not only delayed.",
    CACHE: "What was verified stays known after a restart of Postfix.",
    LIMITS: "A backup hands on the mail of many clients at once.",
}
"""The reason of each parameter."""
WHY_VERIFIED = "Their server is asked for the recipient first, so that nothing returns later."
WHY_EXEMPT = "Mail that a backup of this server took: its clients were checked there."

_INLINE = re.compile(r"inline:\{(.*)\}")
_NEXT_HOP = re.compile(r"relay:\[([^\]]+)\]")
_MADE_OF = re.compile(rb"^# Made by postfix-wizard of (/[^\s:]+):", re.MULTILINE)


def inline(rows: Mapping[str, str]) -> str:
    """Return an inline table as one word (DATABASE_README)."""
    return "inline:{" + ",".join(f"{key}={value}" for key, value in rows.items()) + "}"


def transport(domains: Sequence[str], primary: str) -> str:
    """Return the table that sends the mail of the domains to their server, without an MX lookup."""
    return inline(dict.fromkeys(domains, f"relay:[{primary}]"))


def recipient_item(domains: Sequence[str]) -> str:
    """Return the restriction by which the recipients of the domains are verified."""
    return f"{OF_RECIPIENT} {inline(dict.fromkeys(domains, VERIFIED))}"


def client_item(servers: Sequence[str]) -> str:
    """Return the restriction that lets mail of these servers pass all that is below it."""
    return f"{OF_CLIENT} {inline(dict.fromkeys(servers, EXEMPT))}"


def _rows(word: str) -> Mapping[str, str]:
    """Return the rows of an inline table, none if it is no such table."""
    found = _INLINE.fullmatch(word)
    pairs = [one.partition("=") for one in words(found[1])] if found else []
    return {key: value for key, equals, value in pairs if equals}


def routed(word: str) -> tuple[tuple[str, ...], str]:
    """Return domains and server of a word of transport_maps; none if it is another's."""
    rows = _rows(word)
    hosts = {found[1] if (found := _NEXT_HOP.fullmatch(one)) else "" for one in rows.values()}
    host = hosts.pop() if len(hosts) == 1 else ""
    return (tuple(rows), host) if host else ((), "")


def _all(one: ParsedRestriction, head: str, value: str) -> tuple[str, ...]:
    """Return the keys of a restriction's inline table, if each row has that value."""
    name, _, table = one.text.partition(" ")
    rows = _rows(table) if name.lower() == head else {}
    return tuple(rows) if set(rows.values()) == {value} else ()


def verified(one: ParsedRestriction) -> tuple[str, ...]:
    """Return the domains whose recipients a restriction verifies; none if it is another's."""
    return _all(one, OF_RECIPIENT, VERIFIED)


def exempt(one: ParsedRestriction) -> tuple[str, ...]:
    """Return the clients that a restriction exempts; none if it is another's."""
    return _all(one, OF_CLIENT, EXEMPT)


def is_table(word: str) -> bool:
    """True for the table of the recipients' file, of any type."""
    return word.endswith(f":{BACKUP_RECIPIENTS}")


def in_brackets(address: str) -> str:
    """Return an address as lists of networks have it (postconf(5), mynetworks)."""
    return f"[{address}]" if ":" in address else address


@dataclass(frozen=True)
class Live:
    """What main.cf has of a second MX: its words by parameter, and its restrictions."""

    values: Mapping[str, tuple[str, ...]]
    restrictions: tuple[ParsedRestriction, ...]

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Live:
        """Read the parameters of main.cf, as `postconf -n` prints them."""
        names = (DOMAINS, TRANSPORTS, MAPS, LIMITS)
        listed = split_restrictions(words(values.get(LIST) or ""))
        return cls({one: words(values.get(one) or "") for one in names}, listed)

    @property
    def routed(self) -> tuple[tuple[str, ...], str]:
        """The domains and their server, as transport_maps has them; none if relay_domains lacks one."""
        relayed = {one.lower() for one in self.values[DOMAINS]}
        found = (routed(one) for one in self.values[TRANSPORTS])
        return next((one for one in found if one[0] and relayed.issuperset(one[0])), ((), ""))

    @property
    def verified(self) -> tuple[str, ...]:
        """The domains whose recipients are verified."""
        return next(filter(None, map(verified, self.restrictions)), ())

    @property
    def servers(self) -> tuple[str, ...]:
        """The addresses that are exempt."""
        return next(filter(None, map(exempt, self.restrictions)), ())

    def answers(self, table: Optional[bytes]) -> Backup:
        """Return today's answers; `table` is the text of the table of recipients.

        Domains for whose recipients nobody looks are somebody else's setup, and no answer.
        """
        domains, primary = self.routed
        has_table = any(map(is_table, self.values[MAPS]))
        if not domains or not (has_table or set(domains) <= set(self.verified)):
            return Backup(servers=self.servers)
        source = _MADE_OF.search(table or b"")
        path = source[1].decode("utf-8", "replace") if source else RECIPIENTS
        return Backup(domains, primary, path if has_table else VERIFY, self.servers)
