"""Facts about firewalld: its zones, permanent and at run time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

OPEN, CLOSED = "open", "closed"
"""The states of a service in a zone, for `status`."""


@dataclass(frozen=True)
class Zone:
    """A firewalld zone: its permanent and its runtime configuration.

    `permanent` and `runtime` are service names; a service of mail counts where its port is open by
    number, too. `runtime_only` has all that a reload would drop
    (services, ports, sources, rules), as firewall-cmd writes it. `sources` and `interfaces` are
    the permanent and runtime ones together, `bound` are the runtime interfaces only. `icmp_blocks` are the
    messages of ICMP that it refuses now.
    """

    name: str
    permanent: frozenset[str]
    runtime: frozenset[str]
    runtime_only: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    target: str = "default"
    bound: tuple[str, ...] = ()
    icmp_blocks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Firewall:
    """firewalld: `state` is running, stopped, absent, or unknown in another root.

    If it is stopped or unknown, zones and services are those of the files, and `runtime` is
    empty. `runtime_only` has direct rules that a reload would drop; each zone has its own list.
    `starts_at_boot` is False if its unit is disabled, masked or missing.
    """

    state: str
    default_zone: str = ""
    zones: tuple[Zone, ...] = ()
    known_services: frozenset[str] = frozenset()
    runtime_only: tuple[str, ...] = ()
    starts_at_boot: bool = True

    @property
    def is_given_up(self) -> bool:
        """True if firewalld neither runs nor starts at boot, so that another firewall is used."""
        return self.state == "absent" or (self.state == "stopped" and not self.starts_at_boot)

    @property
    def until_reload(self) -> tuple[str, ...]:
        """All that a reload would drop, as firewall-cmd writes it, with the zone."""
        of_zones = (
            f"{rule} (zone {zone.name})" for zone in self.zones for rule in zone.runtime_only
        )
        return (*self.runtime_only, *of_zones)

    def zone(self, name: str) -> Optional[Zone]:
        """Return the zone of that name, None if there is none."""
        return next((zone for zone in self.zones if zone.name == name), None)
