"""What commands print, read: systemctl, ss, ip, postconf, resolv.conf, hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.door import Door, Outcome
from wizard.host.facts import Listener, Unit
from wizard.host.network import fqdn, parse_addresses, parse_resolvers
from wizard.host.postfix import Configuration, parameters
from wizard.host.sockets import parse_listeners
from wizard.host.units import FIREWALLD, POSTFIX, UNITS, is_masked, parse_units
from wizard.sections.registry import NEEDS


def test_units() -> None:
    units = parse_units(
        "Id=postfix.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\n"
        "Id=firewalld.service\nLoadState=masked\nActiveState=inactive\nUnitFileState=masked\n",
        (*UNITS, *NEEDS.units),
    )
    assert units.states == {
        POSTFIX: Unit("enabled", "active"),
        FIREWALLD: Unit("masked", "inactive"),
        **dict.fromkeys(NEEDS.units, Unit()),
    }
    assert units.loaded == {POSTFIX, FIREWALLD}


def test_units_that_are_not_there() -> None:
    units = parse_units(
        "Id=postfix.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n\n"
        "Id=firewalld.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n"
    )
    assert units.states[POSTFIX] == Unit("disabled", "inactive")
    assert units.loaded == frozenset()


def test_systemd_that_says_nothing() -> None:
    assert parse_units("").states[POSTFIX] == Unit()


def test_listeners() -> None:
    assert parse_listeners(
        'LISTEN 0      100          0.0.0.0:25         0.0.0.0:*    users:(("master",pid=9,fd=13))\n'
        'LISTEN 0      128             [::]:22            [::]:*    users:(("sshd",pid=7,fd=4))\n'
        'LISTEN 0      10      127.0.0.1%lo:53         0.0.0.0:*    users:(("named",pid=5,fd=21))\n'
        'LISTEN 0      10      127.0.0.1%lo:53         0.0.0.0:*    users:(("named",pid=5,fd=22))\n'
        "LISTEN 0      10                 *:80               *:*   \n"
        "LISTEN 0      10   /run/some.sock:x        *:*\n"
        "\n"
    ) == (
        Listener("::", 22, "sshd"),
        Listener("0.0.0.0", 25, "master"),
        Listener("127.0.0.1", 53, "named"),
        Listener("*", 80, ""),
    )


def test_addresses() -> None:
    said = (
        b'[{"ifname":"lo","addr_info":[{"local":"127.0.0.1","prefixlen":8},'
        b'{"local":"::1","prefixlen":128}]},{"ifname":"eth0","addr_info":'
        b'[{"local":"192.168.1.5","prefixlen":24},{}]},{"ifname":"down","addr_info":[]}]'
    )
    told = parse_addresses(Outcome(0, said, b""))
    assert [str(one.ip) for one in told] == ["127.0.0.1", "::1", "192.168.1.5"]
    assert [str(one.network) for one in told] == ["127.0.0.0/8", "::1/128", "192.168.1.0/24"]
    assert parse_addresses(Outcome(1, b"", b"")) == []
    assert parse_addresses(Outcome(0, b"Option unknown", b"")) == []


def test_resolvers() -> None:
    assert parse_resolvers(
        "# nameserver 192.0.2.9\nnameserver 127.0.0.1\nsearch zeke.ne.jp\nnameserver\n"
        "  nameserver fe80::1%eth0\n"
    ) == ("127.0.0.1", "fe80::1%eth0")


def test_full_name() -> None:
    hosts = (
        "127.0.0.1 localhost localhost.localdomain\n"
        "192.168.1.5  ace.zeke.ne.jp ace # ace\n"
        "192.168.1.6 bee bee.zeke.ne.jp\n"
    )
    assert fqdn("mail.zeke.ne.jp", hosts) == "mail.zeke.ne.jp"
    assert fqdn("ace", hosts) == "ace.zeke.ne.jp"
    assert fqdn("bee", hosts) == "bee.zeke.ne.jp"
    assert fqdn("cafe", hosts) == ""
    assert fqdn("localhost", hosts) == ""
    assert fqdn("", hosts) == ""


def test_parameters() -> None:
    assert parameters(
        "mydestination = $myhostname, localhost\nmailbox_transport =\nx = a = b\n"
    ) == {"mydestination": "$myhostname, localhost", "mailbox_transport": "", "x": "a = b"}


def test_a_value_is_main_cfs_before_the_programs() -> None:
    configuration = Configuration(
        {"a": "own", "multi_instance_directories": "/etc/postfix-out, /etc/postfix-in"},
        {"a": "default", "b": "default", "multi_instance_directories": ""},
        (),
        (),
    )
    assert [configuration.value(name) for name in "abc"] == ["own", "default", ""]
    assert configuration.instances == ("/etc/postfix-out", "/etc/postfix-in")


@pytest.mark.parametrize(
    ("directory", "target", "found"),
    [
        ("etc", "/dev/null", True),
        ("run", "/dev/null", True),
        ("etc", "/usr/lib/systemd/system/postfix.service", False),
        ("etc", "../../../dev/null", True),
        ("etc", "", True),
        ("", "", False),
    ],
)
def test_an_empty_unit_or_a_link_to_the_null_device_is_masked(
    tmp_path: Path, directory: str, target: str, found: bool
) -> None:
    """The package's unit is there too; an empty target stands for an empty file."""
    for name in filter(None, ("usr/lib", directory)):
        unit = tmp_path / name / "systemd/system/postfix.service"
        unit.parent.mkdir(parents=True)
        if name == directory and target:
            unit.symlink_to(target)
        else:
            unit.write_text("" if name == directory else "[Unit]\n")
    assert is_masked(Door(tmp_path), "postfix") is found


def test_a_unit_of_root_s_own_outlives_a_mask_at_run_time(tmp_path: Path) -> None:
    for name in ("etc", "run"):
        (tmp_path / name / "systemd/system").mkdir(parents=True)
    (tmp_path / "etc/systemd/system/postfix.service").write_text("[Unit]\n")
    (tmp_path / "run/systemd/system/postfix.service").symlink_to("/dev/null")
    assert not is_masked(Door(tmp_path), "postfix")
