"""The firewall's step: three services, one zone, nothing else (firewall-cmd(1))."""

from __future__ import annotations

from typing import Iterator

from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.plan.model import OpenFirewall, Step

SERVICES = ("smtp", "smtp-submission", "smtps")
"""Ports 25, 587 and 465 under firewalld's names; firewalld 0.9 of EL9 knows all three."""


def steps(answers: Answers, host: Host, wanted: frozenset[str]) -> Iterator[Step]:
    """Yield the one step, where firewalld runs and the section asks for it."""
    name = answers.networks.firewall_zone
    zone = host.firewall.zone(name)
    if "networks" not in wanted or zone is None:
        return
    missing = tuple(
        service
        for service in SERVICES
        if service not in zone.permanent or service not in zone.runtime
    )
    added = tuple(service for service in SERVICES if service not in zone.permanent)
    yield Step(
        "firewall",
        f"Open the firewall's zone {name}",
        "Strangers reach ports 25, 465 and 587 through this zone; nothing else is opened.",
        OpenFirewall(name, SERVICES, added, host.firewall.until_reload),
        (
            (
                "firewall-cmd",
                "--permanent",
                f"--zone={name}",
                *(f"--add-service={service}" for service in added or SERVICES),
            ),
            ("firewall-cmd", "--reload"),
        ),
        done=not missing,
    )


def warnings(host: Host, wanted: frozenset[str]) -> Iterator[str]:
    """Say where no firewall can be opened."""
    if "networks" in wanted and host.root == "/" and host.firewall.state == "absent":
        yield (
            "firewalld is not installed here: open ports 25, 465 and 587 in whatever firewall "
            "stands before this host"
        )
