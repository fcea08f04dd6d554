"""Rules between parameters are applied to what will be in force, before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import host_of
from wizard.answers.model import Answers
from wizard.check.postfix.main_cf import judge_hazards
from wizard.dns.asking import Answer, Question
from wizard.door import Door
from wizard.finding import WRONG
from wizard.host import facts
from wizard.host.facts import Host
from wizard.host.read import read_host
from wizard.host.relay import relay_targets
from wizard.paths import MASTER_CF
from wizard.plan.choices import MINE, Choices
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.by_hand import Base, Bases
from wizard.planning.read_back import read_back
from wizard.postfix.hazards import HAZARDS
from wizard.postfix.itself import Itself, leads_back
from wizard.postfix.settings import Settings
from wizard.sections.registry import NEEDS

MAIN = "/etc/postfix/main.cf"
NAMED = "myhostname = mail.example.com\nmynetworks = 127.0.0.0/8\ninet_protocols = ipv4\n"
NETWORK = facts.Network("srv7.example.com", ("192.0.2.5", "2001:db8::5"))
MASTER = (
    b"smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n"
    b"127.0.0.1:10025 inet n - n - - smtpd\n"
)
VIRTUAL = "virtual_mailbox_base = /srv/mail\n"


def host_with(text: str, root: Path, **changes: Any) -> Host:
    """Return a host with these lines in main.cf, three listeners and two addresses."""
    host_of("another-tools-header", root)
    (root / "etc/postfix/main.cf").write_text(NAMED + text)
    (root / "etc/postfix/master.cf").write_bytes(MASTER)
    return replace(read_host(Door(root), NEEDS), network=NETWORK, **changes)


def planned(host: Host, section: str, values: Mapping[str, Any]) -> Plan:
    today = read_back(host)
    assert today is not None
    own = replace(getattr(today, section), **values)
    return build_plan(replace(today, **{section: own}), host, (section,))


def refused(plan: Plan) -> list[str]:
    return [f"{one.section}.{one.name}" for one in plan.obstacles if one.section]


LIMITS: list[tuple[str, dict[str, int], list[str]]] = [
    ("", {"message_size_limit": 20971520, "mailbox_size_limit": 1000000}, ["mailbox_size_limit"]),
    ("", {"message_size_limit": 60000000}, ["message_size_limit"]),
    ("", {"message_size_limit": 0}, ["message_size_limit"]),
    (
        "message_size_limit = 0\nmailbox_size_limit = 0\n",
        {"mailbox_size_limit": 51200000},
        ["mailbox_size_limit"],
    ),
    ("mailbox_size_limit = $message_size_limit\n", {"message_size_limit": 20971520}, []),
    ("mailbox_size_limit = 0\n", {"message_size_limit": 0}, []),
    (
        VIRTUAL + "mailbox_size_limit = 0\n",
        {"message_size_limit": 60000000},
        ["message_size_limit"],
    ),
    ("virtual_mailbox_base = $none\nmailbox_size_limit = 0\n", {"message_size_limit": 0}, []),
    ("mydestination =\n", {"message_size_limit": 60000000}, []),
    ("", {"message_size_limit": 51200000}, []),
    (
        "mailbox_size_limit = $x\nx = $(y)\ny = 1\n",
        {"message_size_limit": 2},
        ["message_size_limit"],
    ),
    (
        "mailbox_size_limit = 0\nmailbox_size_limit =\n# c\n\t1\r\n",
        {"message_size_limit": 2},
        ["message_size_limit"],
    ),
    ("mydestination = $none\nmailbox_size_limit = 1\n", {"message_size_limit": 2}, []),
    (
        "virtual_mailbox_base = /s\nvirtual_mailbox_limit = 1\nmailbox_size_limit = 0\n",
        {"message_size_limit": 2},
        ["message_size_limit"],
    ),
    # Wrong before, and not touched: a check says so.
    ("mailbox_size_limit = 1000\n", {"default_process_limit": 70}, []),
    ("mailbox_size_limit = 1000\n", {"message_size_limit": 30000000}, ["message_size_limit"]),
]


@pytest.mark.promise(42)
@pytest.mark.parametrize(("live", "values", "names"), LIMITS)
def test_a_mailbox_that_is_smaller_than_a_message(
    live: str, values: dict[str, int], names: list[str], tmp_path: Path
) -> None:
    """local(8) and virtual(8) do not start; 0 is no limit."""
    plan = planned(host_with(live, tmp_path), "limits", values)
    assert refused(plan) == [f"limits.{name}" for name in names]
    assert all("does not start" in one.message for one in plan.obstacles)


TRANSPORTS = [
    ("nosuch:", "master.cf has no service nosuch"),
    ("https://a..b/", "master.cf has no service https"),
    ("local:", "is local(8) itself"),
    ("here:x", "is local(8) itself"),
    ("lmtp:unix:private/dovecot-lmtp", ""),
    ("", ""),
]


@pytest.mark.promise(42)
@pytest.mark.parametrize(("value", "said"), TRANSPORTS)
def test_a_transport_that_delivers_nothing(value: str, said: str, tmp_path: Path) -> None:
    host = host_with("mailbox_transport = smtp:\n", tmp_path)
    services = b"local unix - n n - - local\nlmtp unix - - n - - lmtp\nhere unix - n n - - local\n"
    (tmp_path / "etc/postfix/master.cf").write_bytes(MASTER + services)
    host = replace(read_host(Door(tmp_path), NEEDS), network=host.network)
    plan = planned(host, "delivery", {"mailbox_transport": value})
    assert refused(plan) == (["delivery.mailbox_transport"] if said else [])
    assert all(said in one.message for one in plan.obstacles)


@pytest.mark.promise(42)
def test_a_transport_that_was_wrong_before_is_left_to_a_check(tmp_path: Path) -> None:
    plan = planned(host_with("mailbox_transport = nosuch:\n", tmp_path), "limits", {})
    assert refused(plan) == []


@pytest.mark.promise(42)
@pytest.mark.parametrize(
    ("interfaces", "protocols", "said"),
    [
        ("192.0.2.77", "ipv4", "192.0.2.77 is no address of this host"),
        ("127.0.0.1, 0.0.0.0", "ipv4", "0.0.0.0 is no address of this host"),
        ("2001:db8::5", "ipv4", "is no address for inet_protocols = ipv4"),
        ("[192.0.2.5]", "ipv6", "is no address for inet_protocols = ipv6"),
        ("[192.0.2.5], 127.0.0.1", "ipv4", ""),
        ("fe80::9%eth0, 2001:db8:0::5, ::1", "all", ""),
        ("loopback-only", "ipv4", ""),
    ],
)
def test_addresses_with_which_postfix_does_not_start(
    interfaces: str, protocols: str, said: str, tmp_path: Path
) -> None:
    here = ("127.0.0.1", "::1", "192.0.2.5", "2001:db8::5", "fe80::9")
    host = host_with("", tmp_path)
    host = replace(host, network=replace(NETWORK, addresses=here, has_ipv6_loopback=True))
    values = {
        "mynetworks": ("127.0.0.0/8", "[::1]/128"),
        "inet_interfaces": interfaces,
        "inet_protocols": protocols,
    }
    plan = planned(host, "networks", values)
    assert refused(plan) == (["networks.inet_interfaces"] if said else [])
    assert all(said in one.message for one in plan.obstacles)
    elsewhere = planned(replace(host, network=facts.Network()), "networks", values)
    assert refused(elsewhere) == []


RELAYS: list[tuple[str, int, bool]] = [
    ("127.0.0.1", 25, True),
    ("127.0.0.2", 25, True),
    ("localhost", 25, True),
    ("LocalHost", 25, True),
    ("mail.example.com", 25, True),
    ("MAIL.example.com", 587, True),
    ("srv7.example.com", 25, True),
    ("192.0.2.5", 25, True),
    ("198.51.100.7", 25, True),
    ("0.0.0.0", 25, True),
    ("smtp.example.com", 25, True),
    ("127.0.0.1", 10025, True),
    ("127.0.0.1", 1025, False),
    ("mail.example.com", 2525, False),
    ("192.0.2.6", 25, False),
    ("smtp.stranger.example", 25, False),
]


@pytest.mark.promise(42)
@pytest.mark.parametrize(("host", "port", "is_refused"), RELAYS)
def test_a_relay_host_that_is_this_host(
    host: str, port: int, is_refused: bool, tmp_path: Path
) -> None:
    """By any name and address, on a port where Postfix listens."""
    there = host_with(
        "proxy_interfaces = 198.51.100.7\n",
        tmp_path,
        relay_targets={
            "smtp.example.com": ("198.51.100.7",),
            "smtp.stranger.example": ("203.0.113.9",),
        },
    )
    plan = planned(there, "relay", {"host": host, "port": port})
    assert refused(plan) == (["relay.host"] if is_refused else [])


HERE = Itself(
    frozenset({"mail.example.com"}),
    frozenset({"192.0.2.5", "2001:db8::5"}),
    frozenset({25, 587}),
    {"example.com": ("mail.example.com",), "other.example": ("mx.other.example", "203.0.113.9")},
)


@pytest.mark.parametrize(
    ("value", "is_back"),
    [
        ("[mail.example.com]", True),
        ("mail.example.com", True),
        ("mail.example.com.", True),
        ("[mail.example.com]:submission", True),
        ("[mail.example.com]:smtps", False),
        ("example.com", True),
        ("example.com:587", True),
        ("[192.0.2.5]:25", True),
        ("[2001:db8::5]", True),
        ("[IPv6:2001:db8::5]:25", True),
        ("[::ffff:192.0.2.5]", True),
        ("[::1]:smtp", True),
        ("other.example, [mail.example.com]", True),
        ("other.example", False),
        ("", False),
        ("inet:[127.0.0.1]:25", False),
        ("[LOCALHOST.]", True),
        ("[::ffff:7f00:1]", True),
        ("[2001:DB8:0::5]:smtp", True),
        ("[192.0.2.5]:0025", True),
        ("[localhost6]:587", True),
        ("example.com:submission", True),
    ],
)
def test_the_forms_of_relayhost(value: str, is_back: bool) -> None:
    assert leads_back(value, HERE) is is_back


@pytest.mark.promise(42)
def test_a_kept_edit_is_refused_too(tmp_path: Path) -> None:
    """With --keep-mine the value of the hand edit is what will be in force."""
    host = host_with("mailbox_size_limit = 1000000\nmessage_size_limit = 20971520\n", tmp_path)
    today = read_back(host)
    assert today is not None
    left = NAMED.encode() + b"mailbox_size_limit = 0\nmessage_size_limit = 20971520\n"
    bases = Bases({MAIN: Base(left, "R")})
    wanted = replace(today, limits=replace(today.limits, mailbox_size_limit=0))
    plan = build_plan(wanted, host, ("limits",), bases, Choices(rest=MINE))
    assert [one.choice for one in plan.edits] == [MINE]
    assert refused(plan) == ["limits.mailbox_size_limit"]


def test_the_whole_policy_is_judged_too(tmp_path: Path) -> None:
    host = host_with("", tmp_path)
    today = read_back(host)
    assert isinstance(today, Answers)
    small = replace(today, limits=replace(today.limits, mailbox_size_limit=5))
    assert refused(build_plan(small, host)) == ["limits.mailbox_size_limit"]


def test_plan_and_check_have_the_same_rules(tmp_path: Path) -> None:
    """What a check calls wrong of values that answers decide is what a plan refuses."""
    host = host_with("mailbox_size_limit = 5\nrelayhost = [192.0.2.5]\n", tmp_path)
    settings = Settings(host.parameters, {"mydestination": "a", **host.postfix.defaults}, here=HERE)
    found = {one.id for one in judge_hazards(settings) if one.verdict == WRONG}
    assert found == {"parameters.mailbox_size_limit", "parameters.relayhost"}
    assert {one.name for one in HAZARDS if one.is_wrong} >= {"mailbox_size_limit", "relayhost"}


RECORDS = {
    ("example.com", "MX"): ("10 mx1.example.com", "10 mx2.example.com", "20 far.example.com"),
    ("mx1.example.com", "A"): ("192.0.2.5",),
    ("mx2.example.com", "AAAA"): ("2001:db8::5",),
    ("far.example.com", "A"): ("192.0.2.99",),
    ("host.example.com", "A"): ("192.0.2.7",),
}


@pytest.mark.parametrize(
    ("name", "has_mx", "targets"),
    [
        ("example.com", True, ("mx1.example.com", "mx2.example.com", "192.0.2.5", "2001:db8::5")),
        ("host.example.com", True, ("192.0.2.7",)),
        ("Host.Example.com", False, ("192.0.2.7",)),
        ("example.com", False, ()),
        ("192.0.2.7", False, ()),
        ("silent.example", True, ()),
    ],
)
def test_where_a_relay_host_leads(
    name: str, has_mx: bool, targets: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An MX of a worse preference is not what mail is sent to."""

    def ask(questions: Collection[Question], *_: object, **__: object) -> dict[Question, Answer]:
        return {
            one: Answer(one, "found", RECORDS.get((one.name.lower(), one.kind), ()))
            for one in questions
        }

    monkeypatch.setattr("wizard.host.relay.ask_within", ask)
    assert relay_targets([(name, has_mx)], ["192.0.2.53"]) == {name.lower(): targets}


TLS_OFF = "smtpd_tls_security_level ="
OFF: list[tuple[str, bytes, list[str]]] = [
    ("", b"", ["smtp/inet", "submission/inet"]),
    (
        "smtpd_tls_security_level = NONE\nsmtpd_use_tls = yes\n",
        b"",
        ["smtp/inet", "submission/inet"],
    ),
    ("level = may\nsmtpd_tls_security_level = $level\n", b"", []),
    (TLS_OFF + "\nsmtpd_use_tls = yes\n", b"", []),
    ("", b"  -o smtpd_tls_security_level=encrypt\n", ["smtp/inet"]),
    ("", b"  -o { smtpd_tls_wrappermode = yes }\n", ["smtp/inet"]),
    ("smtpd_tls_security_level = may\n", b"  -o smtpd_tls_security_level=\n", ["submission/inet"]),
]


@pytest.mark.promise(41)
@pytest.mark.parametrize(("text", "options", "where"), OFF)
def test_a_certificate_that_nobody_is_shown_is_a_warning(
    text: str, options: bytes, where: list[str], tmp_path: Path
) -> None:
    host = host_with(text, tmp_path)
    entries = MASTER.replace(b"127.0.0.1", options + b"127.0.0.1")
    host = host.with_file(MASTER_CF, live=entries)
    told = planned(host, "certificate", {"source": "self-signed"}).warnings
    assert [one.partition(":")[0] for one in told if "to nobody" in one] == [
        f"master.cf, {one}" for one in where
    ]
    told = planned(host, "limits", {"default_process_limit": 61}).warnings
    assert not [one for one in told if "to nobody" in one]


BOX = b"local unix - n n - - local\n  -o mailbox_size_limit=15000000\n"
OPTIONS: list[tuple[bytes, bool]] = [
    (BOX, True),
    (b"local unix - n n - - local -o { message_size_limit = 0 }\n", False),
    (BOX.replace(b"15000000", b"0"), False),
    (BOX.replace(b" local\n", b" smtpd\n"), False),
    (
        b"virtual unix - n n - - virtual -o virtual_mailbox_limit=9 -o virtual_mailbox_base=/v\n",
        True,
    ),
    (BOX + b"second unix - n n - - local\n", True),
]


@pytest.mark.promise(42)
@pytest.mark.parametrize(("entry", "is_refused"), OPTIONS)
def test_the_options_of_the_program_that_stops_decide(
    entry: bytes, is_refused: bool, tmp_path: Path
) -> None:
    host = host_with("mailbox_size_limit = 0\n", tmp_path)
    host = host.with_file(MASTER_CF, live=MASTER + entry)
    plan = planned(host, "limits", {"message_size_limit": 40000000})
    assert refused(plan) == (["limits.message_size_limit"] if is_refused else [])
    assert ("with the -o of" in str(plan.obstacles)) is is_refused
    # Another parameter of the section is not its fault.
    assert not planned(host, "limits", {"default_process_limit": 61}).obstacles
