"""Find the firewalld zones of strangers' packets.

A packet belongs to the zone of its source, else to that of its interface, else to the default
zone (firewalld.zones(5)). NetworkManager binds interfaces at run time, as firewalld reports.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Collection

from wizard.host.facts import Network
from wizard.host.firewall_facts import Firewall, Zone

EVERYBODY = ipaddress.IPv4Network("0.0.0.0/0")
_ANY = "+"
"""The last character of a pattern for all interfaces with this prefix."""


def zone_of(firewall: Firewall, interface: str) -> str:
    """Return the zone that an interface is in."""
    found = (zone.name for zone in firewall.zones if _has(zone, interface, firewall))
    return next(found, firewall.default_zone)


def outside_zones(firewall: Firewall, network: Network) -> tuple[str, ...]:
    """Return the zones of the interfaces with a default route, () if these are not known."""
    everybody = [zone.name for zone in firewall.zones if _has_everybody(zone)]
    found = everybody or [zone_of(firewall, one) for one in network.outside]
    return tuple(dict.fromkeys(found))


def likely_zones(firewall: Firewall, network: Network) -> tuple[str, ...]:
    """Return the zones of strangers' packets, the likeliest first.

    If no interface is known to lead outside, a zone that accepts everything comes last: it is
    usually that of the local network.
    """
    there = [firewall.zone(zone_of(firewall, one)) for one in network.interfaces]
    named = [zone for zone in there if zone is not None]
    by_trust = sorted(named, key=lambda zone: zone.target == "ACCEPT")
    found = (*outside_zones(firewall, network), *(zone.name for zone in by_trust))
    return tuple(dict.fromkeys(found)) or (firewall.default_zone,)


def _has_everybody(zone: Zone) -> bool:
    """True if the zone's sources contain all of IPv4, in one network or in several."""
    networks = []
    for source in zone.sources:
        # A source may also be a MAC address or `ipset:NAME`.
        with contextlib.suppress(ValueError):
            networks.append(ipaddress.IPv4Network(source, strict=False))
    return EVERYBODY in ipaddress.collapse_addresses(networks)


def is_used(zone: Zone, firewall: Firewall, network: Network) -> bool:
    """True if packets may belong to a zone, or if that is not known.

    The default zone has the interfaces that no other zone has. If it is known which of them lead
    outside, the others (of containers, for instance) do not count.
    """
    if zone.sources or any(_has(zone, one, firewall) for one in network.interfaces):
        return True
    if not network.interfaces and _bound(zone, firewall):
        return True
    rest: Collection[str] = network.outside or network.interfaces
    is_default = zone.name == firewall.default_zone
    return is_default and (not rest or any(zone_of(firewall, one) == zone.name for one in rest))


def _bound(zone: Zone, firewall: Firewall) -> tuple[str, ...]:
    return zone.bound if firewall.state == "running" else zone.interfaces


def _has(zone: Zone, interface: str, firewall: Firewall) -> bool:
    return any(
        interface.startswith(one[:-1]) if one.endswith(_ANY) else interface == one
        for one in _bound(zone, firewall)
    )
