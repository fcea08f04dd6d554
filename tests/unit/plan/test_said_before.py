"""What is known without a network, and is said before the run: names, trials, wide networks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import FRESH, ZEKE, done_by
from wizard.answers.model import Answers
from wizard.answers.sections.certificate import Certificate
from wizard.answers.sections.hostname import Hostname
from wizard.host.facts import Host, Network
from wizard.planning.build import build_plan
from wizard.sections.networks import NETWORKS_SECTION

HOST = replace(
    FRESH,
    network=Network(
        "mail.example.jp",
        ("127.0.0.1", "192.168.1.5"),
        ("127.0.0.0/8", "192.168.1.0/24", "fe80::/64"),
    ),
)


def said(
    answers: Answers, word: str, host: Host = HOST, sections: tuple[str, ...] = ()
) -> list[str]:
    return [one for one in build_plan(answers, host, sections).warnings if word in one]


@pytest.mark.parametrize(
    ("name", "is_said"),
    [
        ("localhost.localdomain", True),
        ("mail.local", True),
        ("mail.invalid", True),
        ("mail.test", True),
        ("mail.example", True),
        ("mail.lan", True),
        ("mail.internal", True),
        ("mail.home.arpa", True),
        ("mail.example.jp", False),
        ("mail.localnet.jp", False),
    ],
)
def test_a_name_that_the_internet_cannot_have(name: str, is_said: bool) -> None:
    answers = replace(ZEKE, hostname=Hostname(name, name.partition(".")[2]))
    found = said(answers, "its ending is reserved")
    assert bool(found) == is_said
    assert all(one.startswith(name) for one in found)
    assert said(answers, "its ending is reserved", sections=("limits",)) == []


def test_a_self_signed_certificate_is_for_trials() -> None:
    answers = replace(ZEKE, certificate=Certificate("self-signed"))
    assert said(answers, "for trials only")
    assert not said(ZEKE, "for trials only")


def test_who_asks_the_dns_is_said_with_a_new_name_alone() -> None:
    assert said(ZEKE, "no plan asks the DNS")
    there = done_by(build_plan(ZEKE, HOST), HOST)
    assert not said(ZEKE, "no plan asks the DNS", there)


@pytest.mark.parametrize(
    ("network", "is_said"),
    [
        ("10.0.0.0/8", True),
        ("192.168.0.0/16", True),
        ("192.168.1.0/24", False),
        ("192.168.1.5/32", False),
        ("127.0.0.0/8", False),
        ("203.0.0.0/16", False),  # has a caution
        ("[fd00::]/8", False),  # this host has no network of that kind
    ],
)
def test_a_wide_network_is_named_with_the_hosts_own(network: str, is_said: bool) -> None:
    networks = replace(ZEKE.networks, mynetworks=("127.0.0.0/8", network))
    if network.startswith("127"):
        networks = replace(ZEKE.networks, mynetworks=(network,))
    answers = replace(ZEKE, networks=networks)
    found = said(answers, "is wider than this host's own network")
    assert bool(found) == is_said
    assert all("(192.168.1.0/24)" in one for one in found)
    there = done_by(build_plan(answers, HOST), HOST)
    assert not said(answers, "is wider than this host's own network", there)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("192.168.1.1", "a private address"),
        ("192.168.1.5", "one of this host's own addresses"),
        ("100.64.3.4", "a private address"),
        ("fd00::1", "a private address"),
        ("203.0.113.1", ""),
        ("2001:db8::1", ""),
    ],
)
def test_an_address_that_no_stranger_connects_to(address: str, why: str) -> None:
    answers = replace(ZEKE, networks=replace(ZEKE.networks, proxy_interfaces=(address,)))
    found = said(answers, "in proxy_interfaces is")
    assert [why in one for one in found] == [True] * bool(why)


def test_the_form_has_the_hint_already() -> None:
    shown = NETWORKS_SECTION.preview(
        {"mynetworks": ("127.0.0.0/8", "203.0.113.0/24"), "proxy_interfaces": ("10.0.0.1",)}
    )
    assert shown["mynetworks"].endswith(
        "203.0.113.0/24 is public, where strangers could send: Review asks about it"
    )
    assert "10.0.0.1 is private" in shown["proxy_interfaces"]
    right = NETWORKS_SECTION.preview(
        {"mynetworks": ("127.0.0.0/8",), "proxy_interfaces": ("203.0.113.1",)}
    )
    assert right.keys() == {"firewall_zone"}
