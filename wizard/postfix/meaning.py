"""Compare list items by their meaning to Postfix: a network or a name may have two spellings.

List edits, answers that are read back and the search for hand edits all compare by `Own.key`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Optional

from wizard.answers.rules import addresses, names, networks
from wizard.host.main_cf import expanded
from wizard.postfix.main_cf import MainCf
from wizard.postfix.parameters import ADDRESSES, INTERFACES, LOCAL_ALWAYS, NAMES, NETWORKS

_NETWORK = re.compile(r"\[?([0-9A-Fa-f:.]+)\]?(/[0-9.]+)?")
BLANK = r"[^\S\x00-\x7f]"
"""A blank that is none to Postfix, such as the wide one of Japanese and the no-break space."""
_OF_NAMES = re.compile(rf"[a-z0-9._-]*(?:{BLANK}[a-z0-9._-]*)+")
_OF_ADDRESSES = re.compile(rf"[0-9a-f:./\[\]]*(?:{BLANK}[0-9a-f:./\[\]]*)+")
_IPV4_PARTS = 4
_DEEPEST = 8
"""Levels of `$name` that are expanded; the own names need one or two."""


@dataclass(frozen=True)
class Own:
    """The host's own name and domain in force, "" if not known."""

    myhostname: str = ""
    mydomain: str = ""

    def expanded(self, text: str) -> str:
        """Expand these two names in a text, in any notation; write other references as `$name`."""
        known = {"myhostname": self.myhostname, "mydomain": self.mydomain}
        return expanded(text, lambda name: known.get(name) or f"${name}")

    def key(self, kind: str, word: str) -> str:
        """Return the same text for all spellings of an item."""
        return self.read(kind, word)[0]

    def read(self, kind: str, word: str) -> tuple[str, bool]:
        """Return the result of `key`, and True if answers can express the item.

        Such an item is removed if the answers do not have it.
        """
        text = self.expanded(word).lower()
        if (_OF_NAMES if kind == NAMES else _OF_ADDRESSES).fullmatch(text):
            # Postfix takes such a blank for a part of the item, so nobody can want it.
            text = text.strip()
            if len(text.split()) != 1:
                return text, True
        if not text.isascii():
            # To Postfix, a name and its A-label are two different items.
            return text, False
        if kind == NAMES:
            text = text.removesuffix(".")
        try:
            return _RULES[kind](text), True
        except ValueError:
            return text, False

    def reads(self, kind: str, word: str) -> bool:
        """True if Postfix reads an item as it is meant. It misreads 127/8 and a final dot."""
        if kind == NETWORKS:
            return _is_strict(word)
        return (kind != NAMES or not word.endswith(".")) and re.search(BLANK, word) is None

    def covers(self, kind: str, word: str, item: str) -> bool:
        """True if an item of a list has another one: it is the same, or a network with that one in it."""
        (wide, is_wide), (narrow, is_narrow) = self.read(kind, word), self.read(kind, item)
        if kind != NETWORKS or not (is_wide and is_narrow):
            return wide == narrow
        one, other = networks.parse_network(narrow), networks.parse_network(wide)
        return one.version == other.version and one.subnet_of(other)  # type: ignore[arg-type]

    def implied(self, kind: str) -> frozenset[str]:
        """Return the keys of the names in mydestination that come from no answer."""
        return frozenset(self.key(kind, one) for one in LOCAL_ALWAYS if kind == NAMES)


def own_names(main: MainCf, in_force: Mapping[str, str]) -> Own:
    """Return the host's names from main.cf, else by Postfix's defaults.

    `in_force` has the values that postconf printed (`Postfix.in_force`).
    """
    return own_by(main.value, in_force)


def own_by(value: Callable[[str], Optional[str]], in_force: Mapping[str, str]) -> Own:
    """Return the same for any function that reads parameters."""

    def read(name: str) -> str:
        return value(name) or f"${name}"

    def own(name: str) -> str:
        text = value(name) or ""
        for _ in range(_DEEPEST):
            text = expanded(text, read)
        text = text.lower()
        return text if "$" not in text and len(text) <= names.LONGEST_NAME else ""

    host = own("myhostname") or in_force.get("myhostname", "")
    derived = "" if value("mydomain") is not None else host.partition(".")[2]
    return Own(host, own("mydomain") or derived or in_force.get("mydomain", ""))


@lru_cache(maxsize=1 << 15)
def _network(word: str) -> str:
    """Return the network of an item of mynetworks. Raises ValueError when it is not a network.

    `127/8`, `10.1.2.3/8`, a mask and IPv6 without brackets are accepted too, although Postfix
    refuses them.
    """
    found = _NETWORK.fullmatch(word)
    if not found:
        raise ValueError
    address, length = found[1], found[2] or ""
    if length and ":" not in address:
        address += ".0" * (_IPV4_PARTS - len(address.split(".")))
    parsed = ipaddress.ip_network(address + length, strict=False)
    if isinstance(parsed, ipaddress.IPv6Network) and parsed.network_address.ipv4_mapped:
        # Never matches a client, since Postfix uses the IPv4 address of such clients.
        raise ValueError
    return networks.bracketed(parsed)


def _is_strict(word: str) -> bool:
    if (":" in word and word[0] != "[") or "." in word.partition("/")[2]:
        return False
    try:
        ipaddress.ip_network(word.replace("[", "").replace("]", ""))
    except ValueError:
        return False
    return True


_RULES: dict[str, Callable[[str], str]] = {
    NAMES: names.fqdn,
    NETWORKS: _network,
    ADDRESSES: lambda text: addresses.address(text.strip("[]")),
    INTERFACES: str,
}
