"""Check that the zone opens the three services, now and after the next boot (firewalld.zone(5))."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Optional

from wizard.finding import UNKNOWN, WRONG, Check, Cure, Finding, cure
from wizard.host.facts import Network
from wizard.host.firewall_facts import Firewall, Zone
from wizard.host.zones import is_used, outside_zones, zone_of
from wizard.plan.firewall import PORTS, SERVICES

WANTED = ", ".join(SERVICES)
_NOTHING_KNOWN = Network()
_ELSEWHERE = "Open 25, 587 and 465 in whatever firewall stands before this host."


def judge_firewall(
    firewall: Optional[Firewall],
    why: str,
    name: str,
    network: Network = _NOTHING_KNOWN,
    let_in: Collection[int] = (),
) -> Iterator[Finding]:
    """`firewall.runtime`, `firewall.permanent`, and `firewall.zone` for a zone out of use.

    `why` is the reason if `firewall` is None. Without a name the wizard does not manage the
    firewall. `let_in` are the ports to which the kernel's rules let strangers now, though the zone
    may list no service for them: a rich rule or a service of another name does that.
    """
    check = Check("firewall.runtime", f"firewall: zone {name}" if name else "firewall", WANTED)
    if firewall is None:
        yield check.unknown(why)
        return
    seen = _not_ours(firewall, name)
    if seen:
        yield check.finding(UNKNOWN, seen, _ELSEWHERE)
        return
    if firewall.state == "stopped":
        advice = "Nothing is filtered now: run `systemctl enable --now firewalld`."
        yield check.wrong("firewalld is stopped", advice, cure("systemctl enable --now firewalld"))
    elif firewall.state != "running":
        yield check.unknown("firewalld does not answer")
        return
    zone = firewall.zone(name)
    if zone is None:
        yield replace(check, id="firewall.zone", expected=name).wrong(
            "no such zone", "`firewall-cmd --get-zones` lists those there are."
        )
        return
    yield from _open(zone, firewall, let_in)
    yield from _too_large(zone)
    if not is_used(zone, firewall, network):
        yield _unused(zone, firewall, network)


_TOO_LARGE = ("destination-unreachable", "fragmentation-needed", "packet-too-big")
"""What routers say of a packet that is too large for the way (RFC 1191, RFC 8201)."""


def _too_large(zone: Zone) -> Iterator[Finding]:
    """Find a zone that hears no word of packets that are too large: sessions hang in the middle of a mail."""
    blocked = [one for one in _TOO_LARGE if one in zone.icmp_blocks]
    if blocked:
        removes = ("firewall-cmd", f"--zone={zone.name}", f"--remove-icmp-block={blocked[0]}")
        permanent = ("firewall-cmd", "--permanent", *removes[1:])
        commands = " and ".join(f"`{' '.join(one)}`" for one in (removes, permanent))
        yield Check(
            "firewall.icmp",
            f"firewall: ICMP in zone {zone.name}",
            "word of large packets",
            fatal=False,
        ).warning(
            f"{blocked[0]} is blocked: large messages hang on some ways",
            f"Run {commands}.",
            Cure((removes, permanent)),
        )


def _unused(zone: Zone, firewall: Firewall, network: Network) -> Finding:
    """Return what strangers meet if they come in by another zone."""
    check = Check(
        "firewall.zone",
        f"firewall: zone {zone.name} in use",
        "the zone of the outside interface",
    )
    outside = outside_zones(firewall, network)
    # Without a default route any interface may be the outer one.
    named = outside or [zone_of(firewall, one) for one in network.interfaces]
    others = [one for one in map(firewall.zone, dict.fromkeys(named)) if one is not None]
    shut = [one.name for one in others if _closed(one.runtime, one)]
    seen = "no interface or source is in this zone"
    advice = (
        f"Open {' or '.join(outside) or 'another zone'} instead: "
        "`firewall-cmd --get-active-zones` shows those in use."
    )
    if others and len(shut) == len(others):
        return check.wrong(
            f"{seen}; strangers come in by {', '.join(shut)}, which is closed", advice
        )
    return check.warning(seen, advice)


def _closed(services: frozenset[str], zone: Zone) -> list[str]:
    return [one for one in SERVICES if one not in services and zone.target != "ACCEPT"]


def _not_ours(firewall: Firewall, name: str) -> str:
    """Return what is seen if another firewall filters the host, "" if firewalld does."""
    if firewall.state == "absent":
        return "no firewalld on this host"
    if firewall.is_given_up:
        return "firewalld is disabled or masked"
    return "" if name else "firewall_zone is empty, so it is not looked at"


def _open(zone: Zone, firewall: Firewall, let_in: Collection[int]) -> Iterator[Finding]:
    # A service of the runtime configuration lets strangers in as well, until the next reload.
    others = {one for one in SERVICES if PORTS[one] in let_in and one not in zone.runtime}
    if firewall.state == "running":
        yield _finding(zone, "runtime", zone.runtime | others, "now", "")
    after = _finding(zone, "permanent", zone.permanent | others, "after a reload", " --permanent")
    if after.verdict != WRONG and not others <= zone.permanent:
        listing = f"`firewall-cmd --permanent --zone={zone.name} --list-all` shows it."
        seen = f"not known: another rule opens {', '.join(sorted(others - zone.permanent))} now"
        after = replace(after, verdict=UNKNOWN, seen=seen, advice=listing)
    yield after


def _finding(zone: Zone, kind: str, services: frozenset[str], when: str, flag: str) -> Finding:
    check = Check(f"firewall.{kind}", f"firewall: zone {zone.name} {when}", WANTED)
    closed = _closed(services, zone)
    if not closed:
        return check.right("open")
    adds = [f"--add-service={one}" for one in closed]
    argv = ("firewall-cmd", *flag.split(), f"--zone={zone.name}", *adds)
    advice = f"Run `{' '.join(argv)}`."
    return check.wrong(f"closed: {', '.join(closed)}", advice, Cure((argv,)))
