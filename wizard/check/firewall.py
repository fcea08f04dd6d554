"""Whether the zone lets the three services in, now and after the next boot (firewalld.zone(5))."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Optional

from wizard.check.asked import unknown
from wizard.check.model import RIGHT, UNKNOWN, WARNING, WRONG, Finding
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Firewall, Zone
from wizard.plan.firewall import SERVICES

WANTED = ", ".join(SERVICES)
LOOPBACK = "lo"


def interfaces(door: Door) -> tuple[str, ...]:
    """Return the names of the host's network interfaces (proc_pid_net(5)); () where not known."""
    try:
        text = door.read_text("/proc/net/dev") or ""
    except Trouble:
        return ()
    return tuple(re.findall(r"(?m)^\s*(\S+):", text))


def judge_firewall(
    firewall: Optional[Firewall], why: str, name: str, interfaces: Collection[str] = ()
) -> Iterator[Finding]:
    """`firewall.runtime`, `firewall.permanent`, and `firewall.zone` for a zone out of use.

    `why` says why there are no facts, where there are none. `interfaces` are the host's own, ()
    where they are not known.
    """
    looked_at = f"firewall: zone {name}"
    if firewall is None:
        yield unknown("firewall.runtime", looked_at, why, WANTED)
        return
    if firewall.state == "absent":
        yield Finding(
            "firewall.runtime",
            looked_at,
            "no firewalld on this host",
            WANTED,
            UNKNOWN,
            "Open 25, 587 and 465 in whatever firewall stands before this host.",
        )
        return
    if firewall.state == "stopped":
        yield Finding(
            "firewall.runtime",
            looked_at,
            "firewalld is stopped",
            WANTED,
            WRONG,
            "Nothing is filtered now: run `systemctl enable --now firewalld`.",
        )
    elif firewall.state != "running":
        yield unknown("firewall.runtime", looked_at, "firewalld does not answer", WANTED)
        return
    zone = firewall.zone(name)
    if zone is None:
        yield Finding(
            "firewall.zone",
            looked_at,
            "no such zone",
            name,
            WRONG,
            "`firewall-cmd --get-zones` lists those there are.",
        )
        return
    yield from _open(zone, firewall)
    if not _is_used(zone, firewall, interfaces):
        yield Finding(
            "firewall.zone",
            f"firewall: zone {zone.name} in use",
            "no interface or source is in this zone",
            "the zone of the outside interface",
            WARNING,
            "`firewall-cmd --get-active-zones` shows the zone to open instead.",
        )


def _open(zone: Zone, firewall: Firewall) -> Iterator[Finding]:
    if firewall.state == "running":
        yield _finding(zone, "runtime", zone.runtime, "now", "")
    yield _finding(zone, "permanent", zone.permanent, "after a reload", " --permanent")


def _is_used(zone: Zone, firewall: Firewall, interfaces: Collection[str]) -> bool:
    """Whether anything comes in by this zone; the default one has what no other zone has."""
    own = zone.bound if firewall.state == "running" else zone.interfaces
    if own or zone.sources:
        return True
    taken = {one for other in firewall.zones for one in other.bound}
    rest = set(interfaces) - taken - {LOOPBACK}
    return zone.name == firewall.default_zone and (not interfaces or bool(rest))


def _finding(zone: Zone, kind: str, services: frozenset[str], when: str, flag: str) -> Finding:
    closed = [one for one in SERVICES if one not in services and zone.target != "ACCEPT"]
    adds = " ".join(f"--add-service={one}" for one in closed)
    return Finding(
        id=f"firewall.{kind}",
        looked_at=f"firewall: zone {zone.name} {when}",
        seen=f"closed: {', '.join(closed)}" if closed else "open",
        expected=WANTED,
        verdict=WRONG if closed else RIGHT,
        advice=f"Run `firewall-cmd{flag} --zone={zone.name} {adds}`." if closed else "",
    )
