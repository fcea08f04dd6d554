"""A zone of firewalld that no interface uses."""

from __future__ import annotations

import pytest

from wizard.check.network.firewall import judge_firewall
from wizard.host.facts import Network
from wizard.host.firewall_facts import Firewall, Zone

SERVICES = frozenset({"smtp", "smtp-submission", "smtps"})


def zone(name: str, *bound: str) -> Zone:
    return Zone(name, SERVICES, SERVICES, bound=bound)


@pytest.mark.parametrize(
    ("zones", "cables", "used"),
    [
        ((zone("public", "eth0"),), ("eth0", "lo"), True),
        ((zone("public"),), ("eth0", "lo"), True),
        ((zone("public"),), (), True),
        ((zone("public"), zone("block", "eth0")), ("eth0", "lo"), False),
        ((zone("public"), zone("block", "eth0")), ("eth0", "eth1", "lo"), True),
    ],
)
def test_the_default_zone_in_use(
    zones: tuple[Zone, ...], cables: tuple[str, ...], used: bool
) -> None:
    network = Network(interfaces=tuple(one for one in cables if one != "lo"))
    found = judge_firewall(Firewall("running", "public", zones), "", "public", network)
    assert ("firewall.zone" not in {one.id for one in found}) is used
