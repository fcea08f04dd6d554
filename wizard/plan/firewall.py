"""The step that opens three services in one zone of firewalld (firewall-cmd(1))."""

from __future__ import annotations

from typing import Iterable, Iterator, Optional

from wizard.answers.model import Answers, Caution
from wizard.host.facts import Host
from wizard.host.firewall_facts import Firewall, Zone
from wizard.host.zones import is_used, likely_zones, outside_zones, zone_of
from wizard.plan.actions import OpenFirewall
from wizard.plan.model import Step
from wizard.plan.scope import Scope

PORTS = {"smtp": 25, "smtp-submission": 587, "smtps": 465}
"""The ports of mail by firewalld's names; firewalld 0.9 of EL9 knows all three."""

SERVICES = tuple(PORTS)


Argvs = tuple[tuple[str, ...], ...]

IMAPS = "imaps"
"""Port 993, which Dovecot serves."""


def steps(answers: Answers, host: Host, scope: Scope) -> Iterator[Step]:
    """Yield the step, if the section is planned and firewalld has the zone."""
    zone = _zone(answers, host)
    if "networks" not in scope or zone is None:
        return
    yield Step(
        "firewall",
        f"Open the firewall's zone {zone.name}",
        "Strangers reach ports 25, 465 and 587 through this zone; nothing else is opened."
        + _outside(host),
        *_opened(zone, host, SERVICES),
    )


def imaps_steps(answers: Answers, host: Host) -> Iterator[Step]:
    """Yield the step that opens IMAP, if firewalld has the zone."""
    zone = _zone(answers, host)
    if zone is not None:
        yield Step(
            "firewall-imaps",
            f"Open the firewall's zone {zone.name} for IMAP",
            "People read their mail from outside on port 993, under TLS from the first byte.",
            *_opened(zone, host, (IMAPS,)),
        )


def mail_zone(host: Host) -> str:
    """Return the zone in which the mail services are open, else the default zone.

    "" if another firewall filters this host (`Firewall.is_given_up`).
    """
    if host.firewall.is_given_up:
        return ""
    for zone in host.firewall.zones:
        if set(SERVICES) <= zone.permanent:
            return zone.name
    return host.firewall.default_zone


def _zone(answers: Answers, host: Host) -> Optional[Zone]:
    """Return the zone to open, None if it does not exist or another firewall filters this host."""
    given_up = host.firewall.is_given_up
    return None if given_up else host.firewall.zone(answers.networks.firewall_zone)


def _opened(zone: Zone, host: Host, services: tuple[str, ...]) -> tuple[OpenFirewall, Argvs, bool]:
    """Return a step's action, its commands, and True if the services are already open."""
    missing = [one for one in services if one not in zone.permanent or one not in zone.runtime]
    added = tuple(service for service in services if service not in zone.permanent)
    return (
        OpenFirewall(zone.name, services, added, host.firewall.until_reload),
        (
            (
                "firewall-cmd",
                "--permanent",
                f"--zone={zone.name}",
                *(f"--add-service={service}" for service in added or services),
            ),
            ("firewall-cmd", "--reload"),
        ),
        not missing,
    )


def warnings(answers: Answers, host: Host, scope: Scope) -> Iterator[str]:
    """Warn if the plan opens no zone, or if strangers connect through another zone."""
    ports = _ports(answers, scope)
    firewall, name = host.firewall, answers.networks.firewall_zone
    if not ports or host.root != "/":
        return
    why = _why_not_ours(name, firewall)
    if why:
        yield f"{why}: open ports {ports} in whatever firewall filters this host"
        return
    zone = firewall.zone(name)
    others = outside_zones(firewall, host.network)
    if zone is not None and others and name not in others and is_used(zone, firewall, host.network):
        yield (
            f"strangers may not come in by zone {name}:{_outside(host)} Write firewall_zone = "
            f'"{others[0]}" if they come in by that one.'
        )


def zone_caution(host: Host, steps: Iterable[Step]) -> Iterator[Caution]:
    """Yield a caution with opened zones that have no traffic, and the zone to open instead."""
    firewall = host.firewall
    pending = [one.action for one in steps if not one.done]
    names = dict.fromkeys(one.zone for one in pending if isinstance(one, OpenFirewall))
    zones = [zone for name in names for zone in [firewall.zone(name)] if zone is not None]
    unused = tuple(one.name for one in zones if not is_used(one, firewall, host.network))
    if unused:
        instead = likely_zones(firewall, host.network)[0]
        yield Caution(
            "firewall-zone",
            f"No interface and no source is in zone {', '.join(unused)}, so nothing comes in by "
            f'it.{_outside(host)} Write firewall_zone = "{instead}" to open the zone in use.',
            unused,
        )


def _outside(host: Host) -> str:
    """Return a sentence on the zones of the default route's interfaces, "" if unknown."""
    interfaces = [f"{one} is in zone {zone_of(host.firewall, one)}" for one in host.network.outside]
    return f" The default route's interface {', '.join(interfaces)}." if interfaces else ""


def _ports(answers: Answers, scope: Scope) -> str:
    mail = "25, 465 and 587" if "networks" in scope else ""
    imaps = "993" if "dovecot" in scope and answers.dovecot.imaps == "open" else ""
    return " and ".join(filter(None, (mail, imaps)))


def _why_not_ours(name: str, firewall: Firewall) -> str:
    """Return why the wizard opens no zone, "" if it opens one."""
    if firewall.state == "absent":
        return "firewalld is not installed here"
    if firewall.is_given_up:
        return "firewalld does not run and does not start at boot (it is disabled or masked)"
    if name:
        return ""
    state = {
        "running": "firewalld runs and stays as it is",
        "stopped": "firewalld is stopped now, starts at the next boot, and stays as it is",
    }.get(firewall.state, "firewalld stays as it is")
    return f"firewall_zone is empty, so the wizard opens no firewall ({state})"
