"""The zone's part of a plan: its steps, its order, what is in the way, what is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.factories import FRESH, ROOT, ZEKE, file
from wizard.answers.build import build_answers, to_values
from wizard.answers.model import Answers
from wizard.answers.sections.dns import Dns
from wizard.answers.sections.domains import Domains
from wizard.answers.toml import format_answers, parse_answers
from wizard.certificates.model import Lineage
from wizard.host import facts
from wizard.host.facts import Host, NamedZone
from wizard.plan.actions import CheckZone, ReloadZone, ReplaceFile
from wizard.plan.model import Plan
from wizard.plan.wire import plan_from_bytes, plan_to_bytes
from wizard.planning.build import build_plan

SEED = (ROOT / "scripts/lab/tree/var/named/zeke.ne.jp.zone").read_bytes()
BARE = SEED.replace(b"\tIN MX\t10 mail.zeke.ne.jp.\n", b"")
PATH = "/var/named/zeke.ne.jp.zone"
RUNS = {"named.service": facts.Unit("enabled", "active")}
ANSWERS = replace(ZEKE, dns=Dns(PATH))


def host(text: bytes | None = BARE, **changes: Any) -> Host:
    zone = NamedZone("zeke.ne.jp", PATH, replace(file("x", text), path=PATH), size=len(text or b""))
    network = facts.Network(addresses=("127.0.0.1", "192.168.1.1"))
    changed = replace(zone, **{k: v for k, v in changes.items() if k in zone.__dict__})
    rest = {k: v for k, v in changes.items() if k not in zone.__dict__}
    return replace(FRESH, zones=(changed,), units=RUNS, network=network, **rest)


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.pending]


def test_the_zone_is_checked_first_and_written_before_the_firewall() -> None:
    plan = build_plan(ANSWERS, host())
    assert not plan.obstacles
    names = ids(plan)
    assert names[0] == "zone-staged"
    assert names[names.index("status") + 1 :][:3] == ["original-zone", "zone", "zone-reload"]
    actions = {step.id: step.action for step in plan.steps}
    check, put, read = (actions[one] for one in ("zone-staged", "zone", "zone-reload"))
    assert isinstance(check, CheckZone)
    assert isinstance(put, ReplaceFile)
    assert isinstance(read, ReloadZone)
    assert check.file == put.file
    assert put.file.text.count(b"IN MX") == 7
    assert read.argvs == (("rndc", "reload", "zeke.ne.jp"),)
    assert read.was == 2024021901 < read.serial
    assert plan.files[-1].path == PATH
    assert plan_from_bytes(plan_to_bytes(plan)) == plan


def test_one_section_alone_touches_the_zone_alone() -> None:
    running = host(unit=facts.Unit("enabled", "active"))
    pending = ids(build_plan(ANSWERS, running, ("dns",)))
    assert [one for one in pending if "zone" in one] == [
        "zone-staged",
        "original-zone",
        "zone",
        "zone-reload",
    ]
    assert {"main.cf", "master.cf", "firewall", "service"}.isdisjoint(pending)


@pytest.mark.parametrize("answers", [ZEKE, replace(ANSWERS, dns=Dns())])
def test_no_zone_file_no_step(answers: Answers) -> None:
    plan = build_plan(answers, host())
    assert not [step for step in plan.steps if "zone" in step.id]
    assert not [one for one in plan.files if one.path.endswith(".zone")]


def test_another_section_leaves_the_zone_alone() -> None:
    assert not [s for s in build_plan(ANSWERS, host(), ("limits",)).steps if "zone" in s.id]


def test_a_zone_that_is_as_it_should_be_is_left_alone() -> None:
    plan = build_plan(ANSWERS, host(SEED))
    assert all(step.done for step in plan.steps if "zone" in step.id)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"text": None}, "is not there"),
        ({"text": BARE + b"x IN A 1.2.3\n"}, "cannot be edited: line 38: 1.2.3 is no IPv4"),
        ({"text": BARE + b"x IN RRSIG A 5\n"}, "signed (DNSSEC"),
        ({"text": BARE + b"$INCLUDE more\n"}, "$INCLUDE is left alone"),
        ({"text": b"a IN A 192.0.2.1\n"}, "no SOA"),
        ({"text": b"\x00\xff"}, "control character"),
        ({"managed": f"{PATH}.jnl stands beside it"}, "named itself writes or signs zeke.ne.jp"),
        ({"size": 2**30, "file": None}, "too large (1073741824 bytes"),
        ({"why": "Permission denied", "file": None}, "cannot be read: Permission denied"),
        ({"name": "-x"}, "is no name of a zone"),
        ({"path": "/other"}, "is not the file of a primary zone"),
    ],
)
def test_a_zone_that_cannot_be_edited_is_in_the_way(changed: dict[str, Any], says: str) -> None:
    plan = build_plan(ANSWERS, host(**changed))
    assert [one.section for one in plan.obstacles] == ["dns"]
    assert says in plan.obstacles[0].message
    assert not [step for step in plan.steps if "zone" in step.id]


@pytest.mark.parametrize("count", [9, 65, 111])
def test_of_many_zones_a_few_are_named_and_the_rest_counted(count: int) -> None:
    (zone,) = host().zones
    many = tuple(replace(zone, name=f"z{at}.example", path=f"/z{at}.zone") for at in range(count))
    (problem,) = build_plan(ANSWERS, replace(host(), zones=many)).obstacles
    named = [one for one in range(count) if f"/z{one}.zone" in problem.message]
    assert named == list(range(8))
    assert f"and {count - 8} more" in problem.message


def test_a_view_is_named_to_rndc_and_not_asked() -> None:
    action = next(
        step.action
        for step in build_plan(ANSWERS, host(view="inside")).steps
        if step.id == "zone-reload"
    )
    assert isinstance(action, ReloadZone)
    assert action.argvs == (("rndc", "reload", "zeke.ne.jp", "IN", "inside"),)
    assert action.server == ""


def test_where_named_does_not_run_nothing_is_reloaded() -> None:
    plan = build_plan(ANSWERS, replace(host(), units={}))
    assert "zone" in ids(plan)
    assert "zone-reload" not in ids(plan)
    assert any("named does not run" in one for one in plan.warnings)


def test_names_that_would_be_refused_are_told() -> None:
    said = [one for one in build_plan(ANSWERS, host()).warnings if "would be refused" in one]
    assert len(said) == 1
    assert "ns.zeke.ne.jp, joeker.zeke.ne.jp here" in said[0]


def test_addresses_of_another_host_are_shown_and_moved_only_when_asked() -> None:
    moved = replace(host(), network=facts.Network(addresses=("203.0.113.7",)))
    plan = build_plan(ANSWERS, moved)
    assert any("lead to 192.168.1.1, which is no address" in one for one in plan.warnings)
    assert b"203.0.113.7" not in plan.files[-1].proposed
    asked = replace(ANSWERS, dns=Dns(PATH, "192.168.1.1", "203.0.113.7"))
    plan = build_plan(asked, moved)
    assert not any("lead to" in one for one in plan.warnings)
    assert plan.files[-1].proposed.count(b"203.0.113.7\n") == 5


def test_a_move_that_finds_nothing_says_so() -> None:
    asked = replace(ANSWERS, dns=Dns(PATH, "192.0.2.99", "203.0.113.7"))
    assert any("nothing is moved" in one for one in build_plan(asked, host()).warnings)


@pytest.mark.promise(21)
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("zone_file", "zone", "Write the full path"),
        ("zone_file", "/var/../etc/x", "Write the full path"),
        ("zone_file", "/var/named/x\n", "control character"),
        ("zone_file", "/var/named/a b", "Write the full path"),
        ("move_from", "x", "not an IPv4 address"),
        ("move_to", "::1", "not an IPv4 address"),
        ("move_to", "192.0.2.1", "Write the address"),
        ("move_from", "192.0.2.1", "Write the address"),
        ("color", "red", "has no such key"),
    ],
)
def test_bad_answers_are_refused(name: str, value: str, says: str) -> None:
    values = to_values(ANSWERS)
    values["dns"][name] = value
    found = build_answers(values)
    assert not isinstance(found, Answers)
    assert any(says in problem.message for problem in found)


def test_old_answers_stay_valid_and_new_ones_come_back() -> None:
    assert ZEKE.dns == Dns()
    assert parse_answers(format_answers(ANSWERS)) == ANSWERS


PUBLISHING = replace(ANSWERS, dns=Dns(PATH, publish=("spf", "dmarc", "caa")))
ISSUED = Lineage("zeke.ne.jp", (), None, server="https://acme-v02.api.letsencrypt.org/directory")


def test_further_records_change_the_zone_alone() -> None:
    without, with_them = (build_plan(one, host(SEED)) for one in (ANSWERS, PUBLISHING))
    assert {one.path: one.proposed for one in with_them.files if one.path != PATH} == {
        one.path: one.proposed for one in without.files if one.path != PATH
    }
    (zone,) = (one for one in with_them.files if one.path == PATH)
    assert b'zeke.ne.jp.\tIN TXT\t"v=spf1 mx ~all"' in zone.proposed
    assert b"_dmarc.zeke.ne.jp." in zone.proposed
    assert b"CAA" not in zone.proposed
    assert any("no CAA record" in one for one in with_them.warnings)


def test_caa_is_a_caution_that_names_the_domain() -> None:
    plan = build_plan(PUBLISHING, host(SEED, lineages=(ISSUED,)))
    (caution,) = (one for one in plan.cautions if one.name == "caa")
    assert caution.values == ("zeke.ne.jp",)
    assert "web shop" in caution.message
    (zone,) = (one for one in plan.files if one.path == PATH)
    again = build_plan(PUBLISHING, host(zone.proposed, lineages=(ISSUED,)))
    assert "zone" not in ids(again)
    assert not [one for one in again.cautions if one.name == "caa"]


def test_spf_with_a_relay_host_needs_the_providers_name() -> None:
    values = to_values(PUBLISHING)
    values["relay"]["host"] = "smtp.provider.example"
    problems = build_answers(values)
    assert not isinstance(problems, Answers)
    assert [(one.section, one.name) for one in problems] == [("dns", "relay_spf")]
    values["dns"]["relay_spf"] = "_spf.provider.example"
    assert isinstance(build_answers(values), Answers)


@pytest.mark.parametrize(
    "name",
    [
        "include:x.example",
        "-x.example",
        "x",
        "a b.example",
        "$(x).example",
        "x.example.",
        "{{x}}.a",
        "\x1b.x",
    ],
)
def test_no_name_of_an_spf_record(name: str) -> None:
    values = to_values(PUBLISHING)
    values["dns"]["relay_spf"] = name
    assert not isinstance(build_answers(values), Answers)


def test_domains_of_other_zones_are_named() -> None:
    elsewhere = replace(PUBLISHING, domains=Domains(("example.org", "cafe.zeke.ne.jp")))
    warnings = build_plan(elsewhere, host(SEED)).warnings
    assert [one for one in warnings if one.startswith("example.org: not in the zone zeke.ne.jp")]
    assert not any("not in the zone" in one for one in build_plan(PUBLISHING, host(SEED)).warnings)
