"""Compare a packet with single matches of a rule, as libnftables-json(5) writes them."""

from __future__ import annotations

import pwd
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from wizard.check.network.strangers import STRANGERS

IN, OUT, ANSWER = "in", "out", "answer"
"""A stranger's packet, one of Postfix to another server, and an answer of a port of this host."""

_INTERFACE = {
    IN: frozenset({"iif", "iifname"}),
    OUT: frozenset({"oif", "oifname"}),
    ANSWER: frozenset({"oif", "oifname"}),
}
"""The keys of `meta` that compare the name of the stranger's interface."""
_PORT = {IN: "dport", OUT: "dport", ANSWER: "sport"}
_STRANGER = {IN: "saddr", OUT: "daddr", ANSWER: "daddr"}
_STATES = {IN: {"new", "untracked"}, OUT: {"new", "untracked"}, ANSWER: {"established"}}
_POSTFIX = "postfix"
"""The user of the programs that send mail (mail_owner in postconf(5))."""

_OTHERS = frozenset({"udp", "udplite", "icmp", "icmpv6", "igmp", "sctp", "dccp"})


@dataclass(frozen=True)
class Packet:
    """The first packet of a stranger's connection to a TCP port of this host, or one by `way`.

    `port` is that of the server: of this host, or of the stranger's where the packet is `OUT`. `mark` is
    what rules before gave it, -1 if that is not known.
    """

    port: int
    family: str = "ip"
    stranger: int = 0
    way: str = IN
    mark: int = 0

    @property
    def source(self) -> int:
        """The stranger's address, as a number."""
        return STRANGERS[self.family][self.stranger]


def is_of_others(selector: Any, packet: Packet) -> bool:
    """Return True if a match reads a header that the packet does not have: then it never applies."""
    payload = selector.get("payload", {}) if isinstance(selector, dict) else {}
    protocol = payload.get("protocol")
    return protocol in _OTHERS or (protocol in STRANGERS and protocol != packet.family)


def is_source(selector: Any, packet: Packet) -> bool:
    """Return True if a match compares the stranger's address."""
    payload = selector.get("payload", {}) if isinstance(selector, dict) else {}
    return bool(
        payload.get("field") == _STRANGER[packet.way] and payload.get("protocol") == packet.family
    )


def is_of_interface(match: Mapping[str, Any], packet: Packet) -> bool:
    """Return True if a match compares the stranger's interface."""
    selector = match.get("left")
    meta = selector.get("meta", {}) if isinstance(selector, dict) else {}
    return meta.get("key") in {*_INTERFACE[packet.way], "iifgroup", "oifgroup"}


def is_interface(key: Any, packet: Packet) -> bool:
    """Return True for a key of `meta` that is the name of the stranger's interface."""
    return key in _INTERFACE[packet.way]


def fits_state(words: Sequence[Any], packet: Packet) -> bool:
    """Return whether the state of the packet's connection is one of these (`ct state`)."""
    return not _STATES[packet.way].isdisjoint(map(str, words))


def fits_user(words: Sequence[Any], packet: Packet) -> Optional[bool]:
    """Return whether Postfix's user is one of these (`meta skuid`); None for what is not sent."""
    return None if packet.way == IN else not _users().isdisjoint(map(str, words))


def _users() -> set[str]:
    """Return Postfix's user by name and number, since nft(8) prints either."""
    try:
        return {_POSTFIX, str(pwd.getpwnam(_POSTFIX).pw_uid)}
    except KeyError:
        return {_POSTFIX}


def is_named(interface: str, word: str) -> bool:
    """Return True if a word names an interface; a final "*" fits any end of its name (nft(8))."""
    return interface.startswith(word[:-1]) if word.endswith("*") else interface == word


def unwrapped(one: Any) -> Any:
    """Return an element of a set without its counter, timeout or comment."""
    return one["elem"].get("val", one) if isinstance(one, dict) and "elem" in one else one


def fits_payload(
    payload: Mapping[str, Any], words: Sequence[Any], packet: Packet
) -> Optional[bool]:
    """Return whether a header's field has one of these values; None for what is not known."""
    protocol, name = payload.get("protocol"), payload.get("field")
    if name == _PORT[packet.way]:
        return protocol in {"tcp", "th"} and any(_has_port(one, packet.port) for one in words)
    if name == "protocol":
        return any(one == "tcp" or _has_port(one, 6) for one in words)
    return None


def _has_port(one: Any, port: int) -> bool:
    if isinstance(one, dict) and "range" in one:
        low, high = one["range"]
        return isinstance(low, int) and isinstance(high, int) and low <= port <= high
    return bool(one == port)
