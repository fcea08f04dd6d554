"""Whose the firewall is, and by which of its zones strangers come in."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import pytest

from tests.factories import FRESH, pending
from tests.factories import ZEKE as ANSWERS
from tests.unit.plan.test_by_hand import set_up
from wizard.answers.accept import form_of
from wizard.answers.build import build_answers, to_values
from wizard.answers.form import answers_from_texts, to_texts
from wizard.answers.model import Answers
from wizard.answers.saved import with_saved
from wizard.answers.sections.dovecot import Dovecot
from wizard.answers.toml import format_answers, parse_answers
from wizard.check.network.firewall import judge_firewall
from wizard.finding import WRONG
from wizard.host.facts import Network
from wizard.host.firewall_facts import Firewall, Zone
from wizard.host.network import parse_default_routes, parse_interfaces
from wizard.host.zones import likely_zones, outside_zones
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back

NOT_OURS = replace(ANSWERS, networks=replace(ANSWERS.networks, firewall_zone=""))
SSH = frozenset({"ssh"})
PUBLIC = Zone("public", SSH, SSH)
ZONES = (PUBLIC, Zone("internal", SSH, SSH))
RUNS, STOPPED = Firewall("running", "public", ZONES), Firewall("stopped", "public", ZONES)
GIVEN_UP = replace(STOPPED, starts_at_boot=False)
ABSENT = Firewall("absent", starts_at_boot=False)


@pytest.mark.promise(44)
@pytest.mark.parametrize(
    ("firewall", "answers", "obstacle", "said", "opens"),
    [
        (RUNS, ANSWERS, "", "", True),
        (RUNS, NOT_OURS, "", "firewall_zone is empty", False),
        (STOPPED, ANSWERS, 'firewall_zone = ""', "", True),
        (STOPPED, NOT_OURS, "", "starts at the next boot", False),
        (GIVEN_UP, ANSWERS, "", "disabled or masked", False),
        (GIVEN_UP, NOT_OURS, "", "disabled or masked", False),
        (ABSENT, ANSWERS, "", "not installed", False),
        (ABSENT, NOT_OURS, "", "not installed", False),
    ],
)
def test_a_firewall_that_is_not_ours_is_told_and_stops_nothing(
    firewall: Firewall, answers: Answers, obstacle: str, said: str, opens: bool
) -> None:
    plan = build_plan(answers, replace(FRESH, firewall=firewall))
    assert obstacle in " ".join(one.message for one in plan.obstacles)
    assert bool(plan.obstacles) is bool(obstacle)
    assert ("firewall" in pending(plan)) is opens
    found = [one for one in plan.warnings if "in whatever firewall filters this host" in one]
    assert len(found) == bool(said)
    assert all(said in one and "25, 465 and 587" in one for one in found)


@pytest.mark.parametrize("firewall", [RUNS, STOPPED, GIVEN_UP, ABSENT], ids=lambda one: one.state)
def test_check_finds_nothing_wrong_with_what_is_not_ours(firewall: Firewall) -> None:
    assert WRONG not in {one.verdict for one in judge_firewall(firewall, "", "")}
    named = {one.verdict for one in judge_firewall(firewall, "", "public")}
    assert (WRONG in named) is not firewall.is_given_up


def test_an_empty_zone_is_an_answer_and_lasts() -> None:
    assert parse_answers(format_answers(NOT_OURS)) == NOT_OURS
    assert build_answers(to_values(NOT_OURS)) == NOT_OURS
    assert with_saved(ANSWERS, NOT_OURS) == NOT_OURS
    texts = {name: to_texts(name, values) for name, values in to_values(NOT_OURS).items()}
    assert answers_from_texts(texts) == NOT_OURS


@pytest.mark.parametrize(
    ("firewall", "zone"), [(RUNS, "public"), (STOPPED, "public"), (GIVEN_UP, ""), (ABSENT, "")]
)
def test_a_host_that_has_given_firewalld_up_says_so(firewall: Firewall, zone: str) -> None:
    today = read_back(replace(set_up()[0], firewall=firewall))
    assert today is not None
    assert today.networks.firewall_zone == zone


def test_the_port_of_imap_is_told_too() -> None:
    imaps = replace(NOT_OURS, dovecot=Dovecot(imaps="open"))
    for sections, ports in (((), "25, 465 and 587 and 993"), (("dovecot",), "open ports 993")):
        plan = build_plan(imaps, replace(FRESH, firewall=GIVEN_UP), sections)
        assert any(ports in one for one in plan.warnings)


def cables(*names: str, outside: tuple[str, ...] = ("eth0",)) -> Network:
    return Network("ace.zeke.ne.jp", interfaces=names or ("eth0",), outside=outside)


def firewall(*zones: Zone, default: str = "public") -> Firewall:
    return Firewall("running", default, zones or ZONES)


def bound(name: str, *interfaces: str, sources: tuple[str, ...] = ()) -> Zone:
    return Zone(name, SSH, SSH, bound=interfaces, sources=sources)


@pytest.mark.promise(44)
@pytest.mark.parametrize(
    ("walls", "network", "instead", "told"),
    [
        (firewall(), cables(), None, ""),
        (firewall(), Network(), None, ""),
        (firewall(PUBLIC, bound("internal", "eth0")), cables(), "internal", ""),
        (firewall(PUBLIC, bound("internal", "eth0")), cables("eth0", "veth1"), "internal", ""),
        (firewall(PUBLIC, bound("internal", "eth+")), cables("eth7", outside=()), "internal", ""),
        (firewall(PUBLIC, bound("drop"), default="drop"), cables(), "drop", ""),
        (firewall(bound("public", "gone0"), bound("drop"), default="drop"), cables(), "drop", ""),
        (firewall(bound("public", "eth0"), default="drop"), cables(), None, ""),
        (
            firewall(bound("public", sources=("192.0.2.0/24",)), default="drop"),
            cables(),
            None,
            "drop",
        ),
        (firewall(PUBLIC, bound("all", sources=("0.0.0.0/0",))), cables(), None, "all"),
        (firewall(PUBLIC, bound("lan", sources=("192.168.1.0/24",))), cables(), None, ""),
        (
            firewall(bound("public", "eth1"), bound("internal", "eth0")),
            cables("eth0", "eth1"),
            None,
            "internal",
        ),
        (
            firewall(PUBLIC, bound("internal", "eth0")),
            cables("eth0", "eth1", outside=("eth0", "eth1")),
            None,
            "",
        ),
        (
            firewall(bound("public", sources=("0.0.0.0/0",)), bound("internal", "eth0")),
            cables(),
            None,
            "",
        ),
        (
            firewall(bound("public", "eth0"), bound("drop", "br0")),
            cables("eth0", "br0", outside=("br0",)),
            None,
            "drop",
        ),
        (
            firewall(PUBLIC, bound("internal", "+")),
            cables("ens3", outside=("ens3",)),
            "internal",
            "",
        ),
        (firewall(PUBLIC, bound("internal", "eth0")), cables(outside=()), "internal", ""),
    ],
)
def test_a_zone_that_nothing_comes_in_by_must_be_accepted(
    walls: Firewall, network: Network, instead: Optional[str], told: str
) -> None:
    plan = build_plan(ANSWERS, replace(FRESH, firewall=walls, network=network))
    found = [one for one in plan.cautions if one.name == "firewall-zone"]
    assert [form_of(one) for one in found] == (["firewall-zone=public"] if instead else [])
    assert all(f'firewall_zone = "{instead}"' in one.message for one in found)
    warned = [one for one in plan.warnings if "strangers may not come in by zone public" in one]
    assert len(warned) == bool(told)
    assert all(f'firewall_zone = "{told}"' in one for one in warned)
    checked = {one.id for one in judge_firewall(walls, "", "public", network)}
    assert ("firewall.zone" in checked) is bool(instead)


def test_the_step_says_where_the_outside_interface_is() -> None:
    plan = build_plan(ANSWERS, replace(FRESH, network=cables("eth0", "eth1")))
    (step,) = (one for one in plan.steps if one.id == "firewall")
    assert "interface eth0 is in zone public" in step.why


@pytest.mark.parametrize(
    ("routes", "routes6", "expected"),
    [
        (("eth0 00000000 0100000A 0003 0 0 100 00000000 0 0 0",), (), ("eth0",)),
        (("eth0 0000000A 00000000 0001 0 0 100 000000FF 0 0 0",), (), ()),
        (
            (
                "eth0 00000000 0100000A 0003 0 0 100 00000000 0 0 0",
                "eth1 00000000 0100000A 0003 0 0 200 00000000 0 0 0",
            ),
            (f"{'0' * 32} 00 {'0' * 32} 00 {'f' * 32} 00000400 1 0 00000003 eth1",),
            ("eth0", "eth1"),
        ),
        ((), (f"{'f' * 32} 40 {'0' * 32} 00 {'f' * 32} 00000400 1 0 00000003 eth1",), ()),
    ],
)
def test_the_default_routes(
    routes: tuple[str, ...], routes6: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    head = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT"
    assert parse_default_routes("\n".join((head, *routes)), "\n".join(routes6)) == expected


def test_the_interfaces_of_the_kernel() -> None:
    text = "Inter-|   Receive\n face |bytes\n    lo: 1 2\n  eth0: 3 4\nwlan0:5 6\n"
    assert parse_interfaces(text) == ("eth0", "wlan0")
    assert outside_zones(RUNS, Network(interfaces=("eth0",))) == ()


NO_ROUTE = cables("eth0", "eth1", outside=())


def trusted(*interfaces: str) -> Zone:
    return replace(bound("trusted", *interfaces), target="ACCEPT")


@pytest.mark.parametrize(
    ("walls", "network", "first"),
    [
        # Without a default route the zone of the house is not named first.
        (firewall(bound("drop", "eth1"), trusted("eth0")), NO_ROUTE, "drop"),
        (
            firewall(Zone("internal", SSH, SSH), trusted("eth0"), default="internal"),
            NO_ROUTE,
            "internal",
        ),
        (firewall(trusted("eth0", "eth1")), NO_ROUTE, "trusted"),
        (firewall(bound("drop", "eth1"), trusted("eth0")), cables("eth0", "eth1"), "trusted"),
        # Everybody may be written in several networks.
        (
            firewall(
                bound("work", sources=("0.0.0.0/1", "00:11:22:33:44:55", "128.0.0.0/1")),
                bound("public", "eth0"),
            ),
            cables("eth0", "eth1"),
            "work",
        ),
        (
            firewall(bound("work", sources=("0.0.0.0/1",)), bound("public", "eth0")),
            cables("eth0"),
            "public",
        ),
    ],
)
def test_the_likeliest_zone_of_strangers(walls: Firewall, network: Network, first: str) -> None:
    assert likely_zones(walls, network)[0] == first
