"""The services that the zone opens."""

from __future__ import annotations

import pytest

from tests.unit.check.results import verdicts
from wizard.check.network.firewall import judge_firewall
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG
from wizard.host.firewall_facts import Firewall, Zone

THREE = frozenset(("smtp", "smtp-submission", "smtps"))


def zone(permanent: frozenset[str], runtime: frozenset[str], target: str = "default") -> Zone:
    return Zone("public", permanent, runtime, interfaces=("enp0s3",), target=target)


@pytest.mark.parametrize(
    ("firewall", "expected"),
    [
        (
            Firewall("running", "public", (zone(THREE, THREE),)),
            {"firewall.runtime": RIGHT, "firewall.permanent": RIGHT},
        ),
        (
            Firewall("running", "public", (zone(frozenset(), THREE),)),
            {"firewall.runtime": RIGHT, "firewall.permanent": WRONG},
        ),
        (
            Firewall("running", "public", (zone(THREE, THREE - {"smtps"}),)),
            {"firewall.runtime": WRONG, "firewall.permanent": RIGHT},
        ),
        (
            Firewall("running", "public", (zone(frozenset(), frozenset(), "ACCEPT"),)),
            {"firewall.runtime": RIGHT, "firewall.permanent": RIGHT},
        ),
        (
            Firewall("running", "other", (Zone("public", THREE, THREE),)),
            {"firewall.runtime": RIGHT, "firewall.permanent": RIGHT, "firewall.zone": WARNING},
        ),
        (Firewall("running", "other"), {"firewall.zone": WRONG}),
        (
            Firewall("stopped", "public", (zone(THREE, frozenset()),)),
            {"firewall.runtime": WRONG, "firewall.permanent": RIGHT},
        ),
        (
            Firewall("stopped", "public", (zone(THREE, THREE),), starts_at_boot=False),
            {"firewall.runtime": UNKNOWN},
        ),
        (Firewall("absent"), {"firewall.runtime": UNKNOWN}),
        (None, {"firewall.runtime": UNKNOWN}),
    ],
)
def test_the_firewall(firewall: Firewall, expected: dict[str, str]) -> None:
    assert verdicts(judge_firewall(firewall, "it hangs", "public")) == expected


def test_a_closed_service_comes_with_the_command_that_opens_it() -> None:
    firewall = Firewall("running", "public", (zone(THREE - {"smtps"}, THREE),))
    _, finding = judge_firewall(firewall, "", "public")
    assert finding.seen == "closed: smtps"
    assert finding.advice == "Run `firewall-cmd --permanent --zone=public --add-service=smtps`."


def test_what_another_rule_opens_is_open_now_and_not_known_after_a_reload() -> None:
    firewall = Firewall("running", "public", (zone(THREE - {"smtp"}, THREE - {"smtp"}),))
    now, later = judge_firewall(firewall, "", "public", let_in=(25, 587))
    assert (now.verdict, later.verdict) == (RIGHT, UNKNOWN)
    assert "smtp now" in later.seen
    assert "--permanent --zone=public --list-all" in later.advice


def test_another_rule_hides_no_service_that_a_reload_closes() -> None:
    firewall = Firewall("running", "public", (zone(THREE - {"smtps"}, THREE),))
    now, later = judge_firewall(firewall, "", "public", let_in=(25, 465, 587))
    assert (now.verdict, later.verdict) == (RIGHT, WRONG)
    assert later.seen == "closed: smtps"


@pytest.mark.parametrize(
    ("blocks", "is_named"),
    [
        (("fragmentation-needed",), True),
        (("destination-unreachable", "echo-request"), True),
        (("packet-too-big",), True),
        (("echo-request", "redirect"), False),
        ((), False),
    ],
)
def test_word_of_large_packets(blocks: tuple[str, ...], *, is_named: bool) -> None:
    of_mail = Zone("public", THREE, THREE, interfaces=("enp0s3",), icmp_blocks=blocks)
    found = {
        one.id: one
        for one in judge_firewall(Firewall("running", "public", (of_mail,)), "", "public")
    }
    assert ("firewall.icmp" in found) == is_named
    if is_named:
        assert found["firewall.icmp"].verdict == WARNING
        assert ("firewall-cmd", "--zone=public", f"--remove-icmp-block={blocks[0]}") in (
            found["firewall.icmp"].cure.commands
        )
