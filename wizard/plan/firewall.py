"""The firewall's step: three services, one zone, nothing else (firewall-cmd(1))."""

from __future__ import annotations

from typing import Iterator

from wizard.answers.model import Answers
from wizard.host.facts import Host, Zone
from wizard.plan.model import OpenFirewall, Step

SERVICES = ("smtp", "smtp-submission", "smtps")
"""Ports 25, 587 and 465 under firewalld's names; firewalld 0.9 of EL9 knows all three."""


Argvs = tuple[tuple[str, ...], ...]

IMAPS = "imaps"
"""Port 993, which Dovecot serves."""


def steps(answers: Answers, host: Host, wanted: frozenset[str]) -> Iterator[Step]:
    """Yield the one step, where firewalld runs and the section asks for it."""
    name = answers.networks.firewall_zone
    zone = host.firewall.zone(name)
    if "networks" not in wanted or zone is None:
        return
    yield Step(
        "firewall",
        f"Open the firewall's zone {name}",
        "Strangers reach ports 25, 465 and 587 through this zone; nothing else is opened.",
        *_opened(zone, host, SERVICES),
    )


def imaps_steps(answers: Answers, host: Host) -> Iterator[Step]:
    """Yield the step that lets people read their mail from outside, where firewalld runs."""
    zone = host.firewall.zone(answers.networks.firewall_zone)
    if zone is not None:
        yield Step(
            "firewall-imaps",
            f"Open the firewall's zone {zone.name} for IMAP",
            "People read their mail from outside on port 993, under TLS from the first byte.",
            *_opened(zone, host, (IMAPS,)),
        )


def _opened(zone: Zone, host: Host, services: tuple[str, ...]) -> tuple[OpenFirewall, Argvs, bool]:
    """Return a step's action, its commands, and whether it is so already."""
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


def warnings(host: Host, wanted: frozenset[str]) -> Iterator[str]:
    """Say where no firewall can be opened."""
    if "networks" in wanted and host.root == "/" and host.firewall.state == "absent":
        yield (
            "firewalld is not installed here: open ports 25, 465 and 587 in whatever firewall "
            "stands before this host"
        )
