"""Find names on this host that mail is sent on to, and that nobody has (local(8)).

smtpd(8) looks only the recipient of a message up. What an alias, a .forward file or virtual_alias_maps
makes of it comes to local(8), or to Dovecot, which returns it to its sender.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Callable

from wizard.check.paths.tables import rewritten
from wizard.check.paths.targets import is_user
from wizard.check.smtp.scripts import lmtp_script
from wizard.check.smtp.session import Endpoint, converse
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.postmap import look_up
from wizard.postfix.dovecot import lmtp_socket
from wizard.postfix.settings import Settings

MOST_QUERIES = 3
"""Names for which Dovecot is queried, each in a session of its own."""
SECONDS = 1.0

PERMANENT, UNKNOWN_USER, TAKEN = 500, 550, 250
_ELSEWHERE = ("luser_relay", "fallback_transport", "fallback_transport_maps")
"""Parameters by which local(8) has a way for names that nobody has."""

Ask = Callable[[str, str], int]


def reply_of(path: str, address: str) -> int:
    """Return the code of an LMTP server's answer to RCPT, 0 for none; no message is sent."""
    reply = converse(Endpoint(path), lmtp_script(address), SECONDS).replies.get("rcpt")
    return 0 if reply is None else reply.code


class Nobody:
    """Says of names without a domain which of them nobody has, and whether their mail is returned."""

    def __init__(self, door: Door, settings: Settings, ask: Ask = reply_of) -> None:
        """Nothing is read before the first question."""
        self._door, self._settings, self._ask = door, settings, ask
        self._domain = settings.value("myorigin")

    def of(self, names: Iterable[str]) -> dict[str, bool]:
        """Return the names that neither a user nor a table has; True where their mail is returned.

        Empty where the tables give no answer, or name everybody.
        """
        unknown = {one for one in map(self.plain, names) if one and not is_user(one)}
        listed = self._settings.words("local_recipient_maps")
        if not unknown or not listed:
            return {}
        tables = dict.fromkeys((*listed, *self._settings.words("alias_maps")))
        keys = [key for one in sorted(unknown) for key in (one, f"{one}@{self._domain}")]
        try:
            known = {key for one in tables for key in look_up(self._door, one, keys)}
        except Trouble:
            return {}  # `tables` tells of it
        nobody = [one for one in keys[::2] if not {one, f"{one}@{self._domain}"} & known]
        found = {one: self._code(one) for one in nobody[:MOST_QUERIES]}
        return {one: code >= PERMANENT for one, code in found.items() if code != TAKEN}

    def plain(self, name: str) -> str:
        """Return a name without its extension, as the last table has it."""
        delimiters = self._settings.value("recipient_delimiter")
        first = re.split(f"[{re.escape(delimiters)}]", name)[0] if delimiters else name
        return (first or name).lower()

    def _code(self, name: str) -> int:
        """Return what is answered to mail for a name: 550 where local(8) itself returns it, 0 if unknown."""
        value = self._settings.value
        if any(map(value, _ELSEWHERE)) or not value("local_transport").startswith("local"):
            return 0
        transport = value("mailbox_transport")
        if not transport:
            return 0 if value("mailbox_transport_maps") else UNKNOWN_USER
        path = lmtp_socket(transport)
        return self._ask(path, f"{name}@{self._domain}") if path else 0


def nobodies(
    door: Door, settings: Settings, addresses: Iterable[str], ask: Ask = reply_of
) -> dict[str, bool]:
    """Return the addresses of this host that nobody has; True where their mail is returned."""
    local = local_domains(settings)
    names = {one: {*ends_of(door, settings, one.lower(), local)} for one in addresses if "@" in one}
    unknown = Nobody(door, settings, ask).of({name for ends in names.values() for name in ends})
    return {
        address: all(unknown[one] for one in ends)
        for address, ends in names.items()
        if ends and ends <= unknown.keys()
    }


def local_domains(settings: Settings) -> frozenset[str]:
    """Return the words of mydestination in lower case; tables and files are not opened."""
    return frozenset(one.lower() for one in settings.words("mydestination"))


def ends_of(door: Door, settings: Settings, address: str, local: Collection[str]) -> Iterator[str]:
    """Yield the names at which an address ends on this host."""
    name, _, domain = address.rpartition("@")
    if domain not in local:
        return
    if is_user(name):
        yield name
        return
    for end in rewritten(door, settings, address).ends:
        name, _, domain = end.rpartition("@")
        if domain in local:
            yield name
