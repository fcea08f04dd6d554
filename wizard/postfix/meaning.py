"""What an item of a list means to Postfix: two spellings of one network or one name are one.

List edits, the answers that are read back and the search for hand edits all compare by `Own.key`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Optional

from wizard.answers import rules
from wizard.host.main_cf import expanded
from wizard.postfix.main_cf import MainCf
from wizard.postfix.parameters import ADDRESSES, INTERFACES, LOCAL_ALWAYS, NAMES, NETWORKS

_NETWORK = re.compile(r"\[?([0-9A-Fa-f:.]+)\]?(/[0-9.]+)?")
_IPV4_PARTS = 4


@dataclass(frozen=True)
class Own:
    """The host's own name and domain as they are in force, "" where that is not known."""

    myhostname: str = ""
    mydomain: str = ""

    def expanded(self, text: str) -> str:
        """Return a text with these two put in, however they are written; others as `$name`."""
        known = {"myhostname": self.myhostname, "mydomain": self.mydomain}
        return expanded(text, lambda name: known.get(name) or f"${name}")

    def key(self, kind: str, word: str) -> str:
        """Return what all spellings of an item share."""
        return self.read(kind, word)[0]

    def is_answer(self, kind: str, word: str) -> bool:
        """True if it is an item that answers own: it goes where they do not name it."""
        return self.read(kind, word)[1]

    def read(self, kind: str, word: str) -> tuple[str, bool]:
        """Return both: `key` and `is_answer`."""
        text = self.expanded(word).lower()
        if not text.isascii():
            # Postfix takes no name for its A-label: the two are two items.
            return text, False
        if kind == NAMES:
            text = text.removesuffix(".")
        try:
            return _RULES[kind](text), True
        except ValueError:
            return text, False

    def reads(self, kind: str, word: str) -> bool:
        """True if Postfix reads an item of answers as it is meant: not 127/8, no name with a last dot."""
        if kind == NETWORKS:
            return _is_strict(word)
        return kind != NAMES or not word.endswith(".")

    def implied(self, kind: str) -> frozenset[str]:
        """Return the keys of the names that mydestination has without an answer."""
        return frozenset(self.key(kind, one) for one in LOCAL_ALWAYS) if kind == NAMES else _NONE


_NONE: frozenset[str] = frozenset()


def own_names(main: MainCf, in_force: Mapping[str, str]) -> Own:
    """Return what main.cf says of the host's names, by Postfix's own rules where it does not.

    `in_force` is what Postfix itself told of these parameters (`Postfix.in_force`).
    """
    return own_by(main.value, in_force)


def own_by(value: Callable[[str], Optional[str]], in_force: Mapping[str, str]) -> Own:
    """Return the same of any reader of parameters."""

    def read(name: str) -> str:
        return value(name) or f"${name}"

    def own(name: str) -> str:
        text = expanded(expanded(value(name) or "", read), read).lower()
        return text if "$" not in text and len(text) <= rules.LONGEST_NAME else ""

    host = own("myhostname") or in_force.get("myhostname", "")
    derived = "" if value("mydomain") else host.partition(".")[2]
    return Own(host, own("mydomain") or derived or in_force.get("mydomain", ""))


@lru_cache(maxsize=1 << 15)
def _network(word: str) -> str:
    """Return the network that an item of mynetworks means. Raises ValueError where it means none.

    Postfix refuses `127/8`, `10.1.2.3/8`, a mask and IPv6 without brackets, but what is meant is plain.
    """
    found = _NETWORK.fullmatch(word)
    if not found:
        raise ValueError
    address, length = found[1], found[2] or ""
    if length and ":" not in address:
        address += ".0" * (_IPV4_PARTS - len(address.split(".")))
    parsed = ipaddress.ip_network(address + length, strict=False)
    if isinstance(parsed, ipaddress.IPv6Network) and parsed.network_address.ipv4_mapped:
        # Postfix never compares a client with it: it knows them by their IPv4 address.
        raise ValueError
    return rules.bracketed(parsed)


def _is_strict(word: str) -> bool:
    if (":" in word and word[0] != "[") or "." in word.partition("/")[2]:
        return False
    try:
        ipaddress.ip_network(word.replace("[", "").replace("]", ""))
    except ValueError:
        return False
    return True


_RULES: dict[str, Callable[[str], str]] = {
    NAMES: rules.fqdn,
    NETWORKS: _network,
    ADDRESSES: lambda text: rules.address(text.strip("[]")),
    INTERFACES: str,
}
