"""Compare a packet with single matches of a rule, as libnftables-json(5) writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from wizard.check.network.strangers import STRANGERS

INTERFACE = frozenset({"iif", "iifname"})
"""The keys of `meta` that compare the name of the interface that a packet came in by."""

_OTHERS = frozenset({"udp", "udplite", "icmp", "icmpv6", "igmp", "sctp", "dccp"})


@dataclass(frozen=True)
class Packet:
    """The first packet of a stranger's connection to a TCP port of this host."""

    port: int
    family: str = "ip"
    stranger: int = 0

    @property
    def source(self) -> int:
        """The address that it comes from, as a number."""
        return STRANGERS[self.family][self.stranger]


def is_of_others(selector: Any, packet: Packet) -> bool:
    """Return True if a match reads a header that the packet does not have: then it never applies."""
    payload = selector.get("payload", {}) if isinstance(selector, dict) else {}
    protocol = payload.get("protocol")
    return protocol in _OTHERS or (protocol in STRANGERS and protocol != packet.family)


def is_source(selector: Any, packet: Packet) -> bool:
    """Return True if a match compares the address that the packet comes from."""
    payload = selector.get("payload", {}) if isinstance(selector, dict) else {}
    return bool(payload.get("field") == "saddr" and payload.get("protocol") == packet.family)


def is_of_interface(match: Mapping[str, Any]) -> bool:
    """Return True if a match compares the interface that the packet came in by."""
    selector = match.get("left")
    meta = selector.get("meta", {}) if isinstance(selector, dict) else {}
    return meta.get("key") in {*INTERFACE, "iifgroup"}


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
    if name == "dport":
        return protocol in {"tcp", "th"} and any(_has_port(one, packet.port) for one in words)
    if name == "protocol":
        return any(one == "tcp" or _has_port(one, 6) for one in words)
    return None


def _has_port(one: Any, port: int) -> bool:
    if isinstance(one, dict) and "range" in one:
        low, high = one["range"]
        return isinstance(low, int) and isinstance(high, int) and low <= port <= high
    return bool(one == port)
