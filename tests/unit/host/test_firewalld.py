"""firewalld's files and its answers over D-Bus: what is for good, what a reload would drop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wizard.door import Door
from wizard.host.firewall import begin_firewall, parse_runtime_zone, runtime_only
from wizard.host.firewalld_files import (
    ZoneSettings,
    default_zone,
    known_services,
    parse_direct,
    parse_zone,
    read_zones,
)

ZONE = b"""<?xml version="1.0" encoding="utf-8"?>
<zone target="%%REJECT%%">
  <short>Public</short>
  <description>For use in public areas.</description>
  <interface name="eth0"/>
  <source address="192.168.1.0/24"/>
  <source ipset="friends"/>
  <service name="ssh"/>
  <service name="dns"/>
  <port port="8080" protocol="tcp"/>
  <protocol value="gre"/>
  <source-port port="53" protocol="udp"/>
  <icmp-block name="redirect"/>
  <forward-port port="22" protocol="tcp" to-port="2222" to-addr="10.0.0.1"/>
  <rule family="ipv4"><source address="198.51.100.7"/><service name="http"/><reject/></rule>
  <masquerade/>
  <forward/>
</zone>
"""

TOLD = {
    "short": {"type": "s", "data": "Public"},
    "target": {"type": "s", "data": "%%REJECT%%"},
    "services": {"type": "as", "data": ["ssh", "dns"]},
    "ports": {"type": "a(ss)", "data": [["8080", "tcp"]]},
    "protocols": {"type": "as", "data": ["gre"]},
    "source_ports": {"type": "a(ss)", "data": [["53", "udp"]]},
    "icmp_blocks": {"type": "as", "data": ["redirect"]},
    "forward_ports": {"type": "a(ssss)", "data": [["22", "tcp", "2222", "10.0.0.1"]]},
    "interfaces": {"type": "as", "data": ["eth0"]},
    "sources": {"type": "as", "data": ["192.168.1.0/24", "ipset:friends"]},
    "masquerade": {"type": "b", "data": True},
    "icmp_block_inversion": {"type": "b", "data": False},
    "forward": {"type": "b", "data": True},
}


def test_the_file_and_the_answer_say_the_same() -> None:
    permanent, runtime = parse_zone(ZONE), parse_runtime_zone(TOLD)
    assert permanent.target == runtime.target == "%%REJECT%%"
    for kind in {*permanent.content, *runtime.content}:
        assert permanent.of(kind) == runtime.of(kind), kind
    assert permanent.of("service") == {"ssh", "dns"}
    assert permanent.of("forward-port") == {"port=22:proto=tcp:toport=2222:toaddr=10.0.0.1"}
    assert runtime_only(permanent, runtime) == ()


@pytest.mark.promise(20)
def test_what_a_reload_would_drop() -> None:
    runtime = json.loads(json.dumps(TOLD))
    runtime["services"]["data"].append("smtp")
    runtime["ports"]["data"].append(["2222", "tcp"])
    runtime["sources"]["data"].append("10.9.0.0/16")
    runtime["interfaces"]["data"].append("eth1")
    runtime["icmp_block_inversion"]["data"] = True
    rule = 'rule family="ipv4" source address="192.0.2.1" accept'
    runtime["rules_str"] = {"type": "as", "data": [rule]}
    assert runtime_only(parse_zone(ZONE), parse_runtime_zone(runtime)) == (
        "service smtp",
        "port 2222/tcp",
        "source 10.9.0.0/16",
        "icmp-block-inversion",
        f"rich rule {rule}",
    )


@pytest.mark.parametrize(
    "text",
    [b"", b"<zone>", b"\xff", b'<!DOCTYPE z [<!ENTITY a "b">]><zone><service name="&a;"/></zone>'],
)
def test_a_file_of_no_sense(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_zone(text)


def test_direct_rules() -> None:
    assert parse_direct(
        b'<?xml version="1.0" encoding="utf-8"?>\n<direct>\n<rule ipv="ipv4" table="filter" '
        b'chain="INPUT" priority="0">-p tcp --dport 2222 -j ACCEPT</rule>\n</direct>'
    ) == {("ipv4", "filter", "INPUT", "0", *["-p", "tcp", "--dport", "2222", "-j", "ACCEPT"])}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in {
        "usr/lib/firewalld/zones/public.xml": '<zone><service name="cockpit"/></zone>',
        "usr/lib/firewalld/zones/trusted.xml": '<zone target="ACCEPT"/>',
        "usr/lib/firewalld/services/smtp.xml": "<service/>",
        "etc/firewalld/zones/public.xml": '<zone><service name="ssh"/></zone>',
        "etc/firewalld/zones/lan.xml": '<zone><source address="192.168.1.0/24"/></zone>',
        "etc/firewalld/zones/broken.xml": "<zone",
        "etc/firewalld/zones/public.xml.old": "<zone/>",
        "etc/firewalld/services/mine.xml": "<service/>",
        "etc/firewalld/firewalld.conf": "# DefaultZone=drop\nDefaultZone=lan\nLogDenied=off\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_files_of_etc_stand_before_those_of_usr(tree: Path) -> None:
    zones = read_zones(Door(tree))
    assert sorted(zones) == ["lan", "public", "trusted"]
    assert zones["public"].of("service") == {"ssh"}
    assert known_services(Door(tree)) == {"smtp", "mine"}
    assert default_zone(Door(tree)) == "lan"


def test_another_root_has_its_files_and_no_runtime(tree: Path) -> None:
    firewall = begin_firewall(Door(tree))()
    assert (firewall.state, firewall.default_zone) == ("unknown", "lan")
    public, lan = firewall.zone("public"), firewall.zone("lan")
    assert public is not None
    assert lan is not None
    assert public.permanent == {"ssh"}
    assert public.runtime == frozenset()
    assert lan.sources == ("192.168.1.0/24",)


def test_no_firewalld(tmp_path: Path) -> None:
    assert begin_firewall(Door(tmp_path))().state == "absent"
    assert default_zone(Door(tmp_path)) == "public"


def test_a_setting_that_is_not_there_is_empty() -> None:
    assert ZoneSettings().of("service") == frozenset()


@pytest.mark.parametrize(
    ("ports", "opened"),
    [
        (("25/tcp",), {"smtp"}),
        (("400-600/tcp",), {"smtps", "smtp-submission"}),
        (("465-465/tcp", "993/tcp", "80/tcp"), {"smtps", "imaps", "http"}),
        (("1-65535/tcp",), {"smtp", "smtps", "smtp-submission", "imaps", "http"}),
        (("25/udp", "26-464/tcp", "588/sctp", "smtp/tcp", "-25/tcp", "25-/tcp"), {"http"}),
        ((), set()),
    ],
)
def test_a_port_that_is_open_by_number_opens_its_service(
    ports: tuple[str, ...], opened: set[str], tree: Path
) -> None:
    (tree / "etc/firewalld/zones").mkdir(parents=True, exist_ok=True)
    rows = (one.partition("/")[::2] for one in ports)
    text = "".join(f'<port port="{number}" protocol="{kind}"/>' for number, kind in rows)
    (tree / "etc/firewalld/zones/own.xml").write_text(f"<zone>{text}</zone>")
    zone = begin_firewall(Door(tree))().zone("own")
    assert zone is not None
    assert zone.permanent == opened


def test_a_file_of_no_sense_in_etc_does_not_hide_the_one_of_the_package(tmp_path: Path) -> None:
    for home, text in (("usr/lib", b"<zone><service name='ssh'/></zone>"), ("etc", b"<zone><")):
        place = tmp_path / home / "firewalld/zones/public.xml"
        place.parent.mkdir(parents=True)
        place.write_bytes(text)
    assert read_zones(Door(tmp_path))["public"].of("service") == {"ssh"}
