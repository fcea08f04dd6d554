"""Tell public addresses from inner ones (RFC 1918 and similar), which others cannot reach."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from wizard.answers.rules.networks import PRIVATE

_INNER = (*PRIVATE, ipaddress.ip_network("100.64.0.0/10"))


def is_inner(address: str) -> bool:
    """True if others cannot reach an address: private, shared, link-local or loopback."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return any(parsed in net for net in _INNER if net.version == parsed.version)


def public6(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the IPv6 addresses that others can reach."""
    return tuple(one for one in addresses if ":" in one and not is_inner(one))


def public4(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the IPv4 addresses that others can reach."""
    return tuple(one for one in addresses if ":" not in one and not is_inner(one))
