"""What a host suggests, in the order the screens show it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.certificates.model import Lineage
from wizard.host import suggest
from wizard.host.facts import (
    Distribution,
    FileFacts,
    Host,
    NamedZone,
    Network,
    Postfix,
)
from wizard.host.firewall_facts import Firewall, Zone
from wizard.host.suggest import Suggestion

NOBODY: frozenset[str] = frozenset()


@pytest.fixture
def host() -> Host:
    return Host(
        root="/",
        is_root_user=True,
        distribution=Distribution("rhel", (), "", "9.4", is_el=True),
        postfix=Postfix(None, "3.5.25", "hash"),
        lineages=(
            Lineage("old.example", (), 1, ("old.example",), not_after=50),
            Lineage("zeke.ne.jp", (), 1, ("zeke.ne.jp", "mail.zeke.ne.jp"), not_after=500),
            Lineage("x.example", (), None, problem="unreadable"),
            Lineage("wild", (), 2, ("*.zeke.ne.jp",), not_after=900),
        ),
        firewall=Firewall(
            "running",
            "public",
            (
                Zone("dmz", NOBODY, NOBODY),
                Zone("external", NOBODY, NOBODY, interfaces=("eth1",)),
                Zone("public", NOBODY, NOBODY, interfaces=("eth0",)),
                Zone(
                    "trusted",
                    NOBODY,
                    NOBODY,
                    sources=("192.168.1.0/24", "10.1.2.3", "ipset:friends", "0.0.0.0/0"),
                    target="ACCEPT",
                ),
            ),
        ),
        network=Network(
            "ace.zeke.ne.jp",
            networks=(
                "127.0.0.0/8",
                "192.168.1.0/24",
                "203.0.113.0/24",
                "172.16.9.0/24",
                "169.254.0.0/16",
                "fe80::/64",
            ),
        ),
    )


def test_hostnames(host: Host) -> None:
    assert suggest.hostnames(host) == (
        Suggestion("mail.zeke.ne.jp", "in the certificate of zeke.ne.jp"),
        Suggestion("mail.old.example", "the usual name in old.example"),
        Suggestion("ace.zeke.ne.jp", "the host's own name"),
    )


def test_the_name_of_today_comes_first(host: Host) -> None:
    today = replace(host, parameters={"myhostname": "mx.zeke.ne.jp", "mydomain": "$x"})
    assert suggest.hostnames(today)[0] == Suggestion("mx.zeke.ne.jp", "main.cf has it today")
    assert suggest.domains(today, "mail.zeke.ne.jp") == (
        Suggestion("zeke.ne.jp", "myhostname less its first label"),
    )


def test_networks_are_private_ones_only(host: Host) -> None:
    assert suggest.networks(host) == (
        Suggestion("192.168.1.0/24", "in the firewall's zone trusted"),
        Suggestion("10.1.2.3/32", "in the firewall's zone trusted"),
        Suggestion("172.16.9.0/24", "a network of this host"),
        Suggestion("127.0.0.0/8", "this host itself"),
    )


def test_certificates_that_fit_come_first(host: Host) -> None:
    assert [
        (one.lineage.name, one.covers, one.expired, one.lineage.problem)
        for one in suggest.certificates(host, "mail.zeke.ne.jp", now=100)
    ] == [
        ("wild", True, False, ""),
        ("zeke.ne.jp", True, False, ""),
        ("old.example", False, True, ""),
        ("x.example", False, False, "unreadable"),
    ]


def test_zones(host: Host) -> None:
    assert suggest.zones(host) == (
        Suggestion("public", "the default zone; interfaces eth0"),
        Suggestion("external", "interfaces eth1"),
        Suggestion("dmz", "no interface"),
    )


def test_names_whose_mail_comes_here(host: Host) -> None:
    text = b"@ 60 IN SOA a. b. 1 2 3 4 5\n@ 60 IN NS a.\nmail 60 IN A 192.0.2.1\nold 60 MX 5 mail\n"
    files = [FileFacts(f"/{name}", data, None) for name, data in (("z", text), ("bad", b"\x00"))]
    zones = tuple(NamedZone("zeke.ne.jp", file.path, file) for file in files)
    named = replace(host, zones=(*zones, NamedZone("large.example", "/large")))
    assert suggest.mail_names(named, "mail.zeke.ne.jp") == (
        Suggestion("old.zeke.ne.jp", "its MX leads here"),
    )
    assert suggest.mail_names(named, "mail.zeke.ne.jp", "/z") == (
        Suggestion("mail.zeke.ne.jp", "gets its MX in the zone zeke.ne.jp"),
        Suggestion("old.zeke.ne.jp", "its MX leads here"),
    )
