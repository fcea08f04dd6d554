"""firewalld's own rules: policies between zones, forward ports, and services that have another port."""

from __future__ import annotations

import json
from collections.abc import Collection

import pytest

from tests.unit.check.network.nft_rows import (
    ACCEPT,
    DROP,
    REDIRECT,
    REJECT,
    Row,
    chain,
    jump,
    match,
    meta,
    ports,
    rule,
)
from wizard.answers.sections.networks import Networks
from wizard.check.commands import CommandResult
from wizard.check.network.nftables import judge_rules
from wizard.door import Outcome
from wizard.finding import RIGHT, WRONG, Finding
from wizard.host.facts import Network

NETWORK = Network(interfaces=("enp0s3", "enp0s8"), outside=("enp0s8",))
OUTER = {"meta": {"key": "iifname"}}


def named(name: str) -> Row:
    return {"chain": {"family": "inet", "table": "firewalld", "name": name, "handle": 3}}


def own(name: str, *expr: Row) -> Row:
    return rule(*expr, table="firewalld", name=name)


BASE = [
    chain("firewalld", "filter_INPUT"),
    named("filter_INPUT_POLICIES_pre"),
    named("filter_INPUT_ZONES"),
    named("filter_IN_public"),
    named("filter_IN_policy_nomail_deny"),
    own("filter_INPUT", jump("filter_INPUT_POLICIES_pre")),
    own("filter_INPUT", jump("filter_INPUT_ZONES")),
    own("filter_INPUT_ZONES", meta("iifname", "enp0s8"), jump("filter_IN_public", "goto")),
    own("filter_INPUT", REJECT),
]
OPEN = [own("filter_IN_public", ports(25, 587, 465), ACCEPT)]


def judged(*rows: Row, claimed: Collection[int] = (25, 587, 465)) -> dict[str, Finding]:
    text = json.dumps({"nftables": [*BASE, *rows]})
    result = CommandResult(Outcome(0, text.encode(), b""))
    networks = Networks(firewall_zone="public")
    return {one.id: one for one in judge_rules(result, networks, NETWORK, claimed)}


@pytest.mark.parametrize(
    ("interfaces", "expr", "verdict"),
    [
        ({"set": ["enp0s3", "enp0s8"]}, [ports(25), REJECT], WRONG),
        ("enp0s8", [ports(587), DROP], WRONG),
        ("enp0s8", [ports(22), REJECT], RIGHT),
        ("enp0s3", [ports(25), REJECT], RIGHT),
    ],
)
def test_a_policy(interfaces: object, expr: list[Row], verdict: str) -> None:
    deny = "filter_IN_policy_nomail_deny"
    found = judged(
        *OPEN,
        own("filter_INPUT_POLICIES_pre", match(OUTER, interfaces), jump(deny)),
        own(deny, *expr),
    )["firewall.rules"]
    assert found.verdict == verdict
    assert verdict == RIGHT or "firewall-cmd --info-policy=nomail" in found.advice


@pytest.mark.parametrize(
    ("accepted", "claimed", "service"),
    [
        ([2525, 587, 465], (25, 587, 465), "smtp"),
        ([25, 587], (25, 587, 465), "smtps"),
        ([22], (587,), "smtp-submission"),
        # What the zone does not claim to open is the finding of the zone.
        ([22], (), ""),
        ([25, 587, 465], (25, 587, 465), ""),
    ],
)
def test_a_service_by_another_port(
    accepted: list[int], claimed: Collection[int], service: str
) -> None:
    rows = [own("filter_IN_public", ports(one), ACCEPT) for one in accepted]
    found = judged(*rows, claimed=claimed)["firewall.rules"]
    assert found.verdict == (WRONG if service else RIGHT)
    assert not service or f"/etc/firewalld/services/{service}.xml" in found.advice


@pytest.mark.parametrize("does", [REDIRECT, {"dnat": {"addr": "192.168.1.50", "port": 25}}])
def test_a_forward_port(does: Row) -> None:
    nat = chain("firewalld", "nat_PREROUTING")
    nat["chain"] |= {"type": "nat", "hook": "prerouting"}
    found = judged(*OPEN, nat, own("nat_PREROUTING", ports(25), does))["firewall.addresses"]
    assert (found.verdict, "--list-forward-ports" in found.advice) == (WRONG, True)
