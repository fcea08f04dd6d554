"""A change of the section `tls`, and its own tests."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.factories import FRESH, ZEKE, done_by, pending
from tests.sections import Case
from wizard.answers.model import Answers
from wizard.answers.sections.dovecot import Dovecot as DovecotAnswers
from wizard.answers.sections.tls import TLS_CONF, Tls
from wizard.answers.toml import parse_answers
from wizard.door import Door
from wizard.host import facts
from wizard.host.crypto_policy import CONFIG, STATE, read_crypto_policy
from wizard.host.facts import Host, Unit
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.actions import CheckDovecot, StagedCheck, TurnBeside
from wizard.plan.choices import MINE, Choices
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.by_hand import Base, Bases
from wizard.planning.read_back import read_back
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.tls_values import EXCLUDED, MANDATORY, ORDER, PARAMETERS, PROTOCOLS, WEAKER
from wizard.sections.tls.dovecot import written

CASE = Case(
    {"profile": "intermediate"},
    moves=frozenset(PARAMETERS),
    files=(MAIN_CF, MASTER_CF),
)

POLICY, INTERMEDIATE, MODERN = Tls(), Tls("intermediate"), Tls("modern")
STRICT = Tls("intermediate", "strict")
ENTRIES = ("submission/inet", "smtps/inet")
SINCE_1_2 = {"3.5.25": "!SSLv2,!SSLv3,!TLSv1,!TLSv1.1", "3.10.1": ">=TLSv1.2"}
SINCE_1_3 = {"3.5.25": "!SSLv2,!SSLv3,!TLSv1,!TLSv1.1,!TLSv1.2", "3.10.1": ">=TLSv1.3"}
EVERY_VERSION = pytest.mark.parametrize("version", SINCE_1_2)
EVERY_PROFILE = pytest.mark.parametrize("tls", [INTERMEDIATE, MODERN, STRICT])
CIPHERS = WEAKER.replace(", ", ",")
STOCK_2_3 = {
    "ssl_min_protocol": "TLSv1",
    "ssl_cipher_list": "PROFILE=SYSTEM",
    "ssl_prefer_server_ciphers": "no",
}


def set_up(version: str = "3.5.25", **changes: Any) -> Host:
    """The seed's server after its first run."""
    fresh = replace(FRESH, postfix=replace(FRESH.postfix, version=version), **changes)
    return done_by(build_plan(ZEKE, fresh), fresh)


def answers(tls: Tls, **more: Any) -> Answers:
    return replace(ZEKE, tls=tls, **more)


def plan_of(tls: Tls, host: Host, **more: Any) -> Plan:
    """A run of the section alone."""
    return build_plan(answers(tls, **more), host, ("tls",))


def after(tls: Tls, host: Host) -> Host:
    return done_by(plan_of(tls, host), host)


def options(host: Host, entry: str = ENTRIES[0]) -> dict[str, str]:
    service = MasterCf.parse(host.text(MASTER_CF)).service(entry)
    assert service
    return {name: value for name, value in service.values.items() if name in PARAMETERS}


def in_main_cf(host: Host) -> dict[str, str]:
    rows = (one.partition(" = ") for one in host.text(MAIN_CF).decode().splitlines())
    return {name: value for name, _, value in rows if name in PARAMETERS}


def with_line(host: Host, path: str, old: str, new: str) -> Host:
    text = host.text(path).decode()
    assert old in text
    return host.with_file(path, live=text.replace(old, new).encode())


def tls_said(plan: Plan) -> str:
    return "\n".join(one for one in plan.warnings if one.startswith("tls:"))


# main.cf and master.cf.


@EVERY_VERSION
def test_the_seed_has_none_of_it(version: str) -> None:
    host = set_up(version)
    assert options(host) == in_main_cf(host) == {}
    assert pending(build_plan(ZEKE, host)) == []
    assert pending(plan_of(POLICY, host)) == []


@EVERY_VERSION
def test_intermediate(version: str) -> None:
    host = after(INTERMEDIATE, set_up(version))
    for entry in ENTRIES:
        assert options(host, entry) == {
            MANDATORY: SINCE_1_2[version],
            PROTOCOLS: SINCE_1_2[version],
            EXCLUDED: CIPHERS,
            ORDER: "yes",
        }
    assert in_main_cf(host) == {EXCLUDED: "aNULL, EXPORT"}


@EVERY_VERSION
def test_modern(version: str) -> None:
    host = after(MODERN, set_up(version))
    for entry in ENTRIES:
        assert options(host, entry) == {
            MANDATORY: SINCE_1_3[version],
            PROTOCOLS: SINCE_1_3[version],
        }
    assert in_main_cf(host) == {EXCLUDED: "aNULL, EXPORT"}


@EVERY_VERSION
def test_strict_limits_port_25_as_intermediate_also_with_modern(version: str) -> None:
    for profile in ("intermediate", "modern"):
        host = after(Tls(profile, "strict"), set_up(version))
        assert in_main_cf(host) == {
            PROTOCOLS: SINCE_1_2[version].replace(",", ", "),
            EXCLUDED: WEAKER,
            ORDER: "yes",
        }


def test_a_postfix_of_unknown_version_gets_what_each_reads() -> None:
    assert options(after(INTERMEDIATE, set_up("")))[MANDATORY] == SINCE_1_2["3.5.25"]


@EVERY_VERSION
@EVERY_PROFILE
def test_policy_gives_every_byte_back_and_only_if_the_section_is_named(
    version: str, tls: Tls
) -> None:
    before = set_up(version)
    host = after(tls, before)
    assert read_back(host).tls == tls  # type: ignore[union-attr]
    assert pending(plan_of(tls, host)) == []
    assert pending(build_plan(answers(tls), host)) == []
    assert pending(build_plan(ZEKE, host)) == [], "a whole plan switches nothing off"
    again = after(POLICY, host)
    for path in (MAIN_CF, MASTER_CF):
        assert again.text(path) == before.text(path)
    assert read_back(again).tls == POLICY  # type: ignore[union-attr]


def test_each_profile_leads_to_each_other_one() -> None:
    fresh = set_up()
    for one in (INTERMEDIATE, MODERN, STRICT):
        for other in (INTERMEDIATE, MODERN, STRICT):
            by_way = after(other, after(one, fresh))
            straight = after(other, fresh)
            assert options(by_way) == options(straight)
            assert in_main_cf(by_way) == in_main_cf(straight)


def test_a_whole_plan_does_not_end_strict() -> None:
    host = after(STRICT, set_up())
    assert pending(build_plan(answers(INTERMEDIATE), host)) == []
    assert ORDER not in in_main_cf(after(INTERMEDIATE, host))


def test_a_first_set_up_writes_the_profile_into_new_entries() -> None:
    host = done_by(build_plan(answers(INTERMEDIATE), FRESH), FRESH)
    assert [len(options(host, entry)) for entry in ENTRIES] == [4, 4]


@pytest.mark.parametrize(
    "plan",
    [
        build_plan(answers(INTERMEDIATE), FRESH),
        plan_of(INTERMEDIATE, set_up()),
        plan_of(POLICY, after(STRICT, set_up())),
    ],
    ids=["first", "on", "off"],
)
def test_each_changed_line_has_a_reason(plan: Plan) -> None:
    for file in plan.files:
        live, proposed = ((one or b"").splitlines() for one in (file.live, file.proposed))
        marked = {line for one in file.reasons for line in range(one.first_line, one.last_line + 1)}
        new = {number for number, one in enumerate(proposed, 1) if one not in live}
        assert new <= marked


def test_the_staged_check_expects_the_options() -> None:
    plan = plan_of(INTERMEDIATE, set_up())
    staged = next(step.action for step in plan.steps if step.id == "staged")
    assert isinstance(staged, StagedCheck)
    expected = dict(staged.expected)
    assert expected["submission/inet/tls_preempt_cipherlist"] == "yes"
    assert expected[EXCLUDED] == "aNULL, EXPORT"
    assert expected["smtps/inet"].endswith("-o tls_preempt_cipherlist=yes")


# What the operator set.


def test_an_option_of_the_operator_stays_and_is_named() -> None:
    own = with_line(
        set_up(),
        MASTER_CF,
        "  -o smtpd_tls_wrappermode=yes\n",
        f"  -o smtpd_tls_wrappermode=yes\n  -o {MANDATORY}=TLSv1.3\n",
    )
    plan = plan_of(INTERMEDIATE, own)
    host = done_by(plan, own)
    assert options(host, "smtps/inet")[MANDATORY] == "TLSv1.3"
    assert len(options(host, "smtps/inet")) == 4
    assert f"-o {MANDATORY}=TLSv1.3 of smtps/inet is your own and stays" in tls_said(plan)
    assert read_back(host).tls == INTERMEDIATE  # type: ignore[union-attr]
    off = after(POLICY, host)
    assert off.text(MASTER_CF) == own.text(MASTER_CF)


@pytest.mark.parametrize(
    "line",
    [
        f"{EXCLUDED} = aNULL, MD5, DES",
        f"{PROTOCOLS} = >=TLSv1.3",
        f"{PROTOCOLS} =",
        f"{ORDER} = no",
    ],
)
def test_a_parameter_of_the_operator_stays_and_is_named(line: str) -> None:
    before = set_up()
    own = before.with_file(MAIN_CF, live=before.text(MAIN_CF) + f"{line}\n".encode())
    plan = plan_of(STRICT, own)
    host = done_by(plan, own)
    assert f"{line}\n".encode() in host.text(MAIN_CF)
    assert f"tls: {line.rstrip()}" in tls_said(plan)
    assert after(POLICY, host).text(MAIN_CF) == own.text(MAIN_CF)
    assert line.encode() in done_by(build_plan(answers(STRICT), own), own).text(MAIN_CF)


@pytest.mark.parametrize("line", [f"{ORDER} = yes", f"{EXCLUDED} = aNULL, EXPORT"])
@pytest.mark.parametrize("sections", [(), ("tls",)])
def test_without_a_profile_a_line_that_it_would_write_stays(
    line: str, sections: tuple[str, ...]
) -> None:
    before = set_up()
    own = before.with_file(MAIN_CF, live=before.text(MAIN_CF) + f"{line}\n".encode())
    assert pending(build_plan(ZEKE, own, sections)) == []


def test_a_whole_plan_with_a_profile_takes_no_line_of_port_25_out() -> None:
    before = set_up()
    own = before.with_file(MAIN_CF, live=before.text(MAIN_CF) + f"{ORDER} = yes\n".encode())
    host = done_by(build_plan(answers(INTERMEDIATE), own), own)
    assert in_main_cf(host)[ORDER] == "yes"


@pytest.mark.parametrize(
    "option",
    [f"{MANDATORY}=>=TLSv1.2", f"{MANDATORY}=>=TLSv1.3", f"{ORDER}=yes", f"{EXCLUDED}={CIPHERS}"],
)
def test_one_option_makes_no_profile(option: str) -> None:
    own = with_line(
        set_up(),
        MASTER_CF,
        "  -o smtpd_tls_wrappermode=yes\n",
        f"  -o smtpd_tls_wrappermode=yes\n  -o {option}\n",
    )
    assert read_back(own).tls == POLICY  # type: ignore[union-attr]
    assert pending(plan_of(POLICY, own)) == []


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("-       smtpd\n  -o syslog_name=postfix/smtps", "-       stunnel\n  -o a=b", "stunnel"),
        ("  -o smtpd_tls_wrappermode=yes\n", "  wrapped -o smtpd_tls_wrappermode=yes\n", "wrapped"),
        ("  -o smtpd_tls_wrappermode=yes\n", "  -o {smtpd_tls_wrappermode=yes}x\n", "yes}x"),
    ],
)
def test_an_entry_that_smtpd_misreads_is_left_alone(old: str, new: str, why: str) -> None:
    own = with_line(set_up(), MASTER_CF, old, new)
    plan = plan_of(INTERMEDIATE, own)
    host = done_by(plan, own)
    entry = own.text(MASTER_CF).partition(b"smtps ")[2]
    assert host.text(MASTER_CF).endswith(entry)
    assert why in tls_said(plan)
    assert len(options(host)) == 4


def test_a_removed_option_is_a_hand_edit_that_can_be_kept() -> None:
    host = after(INTERMEDIATE, set_up())
    base = Bases({MASTER_CF: Base(host.text(MASTER_CF), "1")})
    edited = with_line(host, MASTER_CF, f"  -o {ORDER}=yes\nsmtps", "smtps")
    plan = build_plan(answers(INTERMEDIATE), edited, (), base)
    name = f"submission/inet/{ORDER}"
    assert [(one.name, one.conflict) for one in plan.edits if one.name == name] == [(name, True)]
    mine = Choices({(MASTER_CF, name): MINE})
    kept = build_plan(answers(INTERMEDIATE), edited, (), base, mine)
    assert done_by(kept, edited).text(MASTER_CF) == edited.text(MASTER_CF)


def test_what_is_shown_has_no_control_characters() -> None:
    before = set_up()
    own = before.with_file(MAIN_CF, live=before.text(MAIN_CF) + f"{ORDER} = \x1b[2J$x\n".encode())
    assert "\x1b" not in tls_said(plan_of(STRICT, own))


# Answers.


HOSTNAME = '[hostname]\nmyhostname = "a.example.com"\nmydomain = "example.com"\n'


def test_strict_needs_a_profile() -> None:
    problems = parse_answers(f'{HOSTNAME}[tls]\nport25 = "strict"\n')
    assert not isinstance(problems, Answers)
    assert [(one.section, one.name) for one in problems][-1:] == [("tls", "port25")]


@pytest.mark.parametrize("value", ["", "Modern", "$modern", "{{ x }}", "-o", "old\x00", "m" * 9999])
def test_another_profile_is_refused(value: str) -> None:
    problems = parse_answers(f"{HOSTNAME}[tls]\nprofile = {json.dumps(value)}\n")
    assert not isinstance(problems, Answers)
    assert [(one.section, one.name) for one in problems][-1:] == [("tls", "profile")]


def test_strict_is_accepted_by_a_word_and_once() -> None:
    plan = plan_of(STRICT, set_up())
    assert [one.name for one in plan.cautions] == ["tls-port25"]
    assert "cleartext" in plan.cautions[0].message
    assert plan_of(STRICT, after(STRICT, set_up())).cautions == ()
    assert plan_of(MODERN, set_up()).cautions == ()


# The crypto policy.


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({}, ""),
        ({STATE: "DEFAULT\n"}, "DEFAULT"),
        ({CONFIG: "# comment\n\nLEGACY\n"}, "LEGACY"),
        ({STATE: "DEFAULT:NO-SHA1\n", CONFIG: "FUTURE\n"}, "DEFAULT:NO-SHA1"),
        ({STATE: "\x1b[2J$(reboot)\n"}, ""),
        ({STATE: "-rf /\n", CONFIG: "FIPS\n"}, "FIPS"),
    ],
)
def test_the_crypto_policy_is_read(tmp_path: Path, files: dict[str, str], name: str) -> None:
    for path, text in files.items():
        (tmp_path / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path.lstrip("/")).write_text(text)
    assert read_crypto_policy(Door(tmp_path)) == name


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("DEFAULT", "excludes TLS 1.0 and 1.1"),
        ("LEGACY", "leaves TLS 1.0 and 1.1"),
        ("FUTURE", "3072 bits"),
        ("FIPS:OSPP", "FIPS 140"),
        ("OURS", "decides as it says"),
    ],
)
def test_the_crypto_policy_is_said_where_there_is_a_profile(name: str, does: str) -> None:
    host = replace(set_up(), crypto_policy=name)
    said = tls_said(plan_of(INTERMEDIATE, host))
    assert f"crypto policy is {name}, which" in said
    assert does in said
    assert tls_said(plan_of(POLICY, host)) == ""
    assert tls_said(build_plan(ZEKE, host)) == ""


# Dovecot.

WRITE = DovecotAnswers("write")


def with_dovecot(version: str = "2.3.16", **settings: str) -> Host:
    dovecot = facts.Dovecot(
        version=version,
        settings={**STOCK_2_3, **settings},
        unit=Unit("enabled", "active"),
        reads_conf_d=True,
    )
    return set_up(dovecot=dovecot)


def lines_of(tls: Tls, host: Host) -> dict[str, str]:
    plan = plan_of(tls, host, dovecot=WRITE)
    return dict(written(next((one.proposed for one in plan.files if one.path == TLS_CONF), b"")))


def test_dovecot_gets_the_profile_in_its_own_words() -> None:
    for version, order in (
        ("2.3.16", ("ssl_prefer_server_ciphers", "yes")),
        ("2.4.1", ("ssl_server_prefer_ciphers", "server")),
    ):
        lines = lines_of(INTERMEDIATE, with_dovecot(version))
        assert lines["ssl_min_protocol"] == "TLSv1.2"
        assert lines["ssl_cipher_list"].startswith("ECDHE-ECDSA-AES128-GCM-SHA256:")
        assert order in lines.items()
        assert len(lines) == 3
        assert lines_of(MODERN, with_dovecot(version)) == {"ssl_min_protocol": "TLSv1.3"}


def test_dovecot_is_staged_written_and_reloaded() -> None:
    plan = plan_of(INTERMEDIATE, with_dovecot(), dovecot=WRITE)
    steps = {step.id: step.action for step in plan.pending if step.id.startswith("tls-")}
    assert list(steps) == ["tls-dovecot-staged", "tls-dovecot-conf", "tls-dovecot-service"]
    assert isinstance(steps["tls-dovecot-staged"], CheckDovecot)
    assert steps["tls-dovecot-service"] == TurnBeside("reload", "dovecot", "active")


def test_dovecot_is_left_alone_without_write_or_profile_or_where_it_cannot_be_used() -> None:
    host = with_dovecot()
    cases = (
        (plan_of(INTERMEDIATE, host), "conf = write"),
        (plan_of(POLICY, host, dovecot=WRITE), ""),
        (build_plan(answers(POLICY, dovecot=WRITE), host), ""),
        (plan_of(INTERMEDIATE, set_up(), dovecot=WRITE), "not installed"),
        (plan_of(INTERMEDIATE, with_dovecot("2.2.36"), dovecot=WRITE), "2.2.36"),
    )
    for plan, why in cases:
        assert TLS_CONF not in [one.path for one in plan.files]
        assert why in tls_said(plan)


@pytest.mark.parametrize(
    ("version", "can"),
    [("2.3.13", False), ("2.3.14", False), ("2.3.15", True), ("2.3.16", True), ("2.4.1-4", True)],
)
def test_a_dovecot_that_does_not_know_tls_1_3_gets_intermediate(version: str, can: bool) -> None:
    host = with_dovecot(version)
    said = tls_said(plan_of(MODERN, host, dovecot=WRITE))
    assert ("port 993 gets the profile intermediate" in said) == (not can)
    lowest = lines_of(MODERN, host)["ssl_min_protocol"]
    assert lowest == ("TLSv1.3" if can else "TLSv1.2")
    assert "993 gets" not in tls_said(plan_of(INTERMEDIATE, host, dovecot=WRITE))


@pytest.mark.parametrize(
    ("name", "value"),
    [("ssl_min_protocol", "TLSv1.3"), ("ssl_cipher_list", "ECDHE+CHACHA20")],
)
def test_a_setting_of_the_operator_in_dovecot_stays_and_is_named(name: str, value: str) -> None:
    host = with_dovecot(**{name: value})
    plan = plan_of(INTERMEDIATE, host, dovecot=WRITE)
    assert name not in lines_of(INTERMEDIATE, host)
    assert f"{name} = {value} of Dovecot is your own and stays" in tls_said(plan)


def test_what_dovecot_has_already_is_not_written() -> None:
    lines = lines_of(INTERMEDIATE, with_dovecot(ssl_min_protocol="TLSv1.2"))
    assert sorted(lines) == ["ssl_cipher_list", "ssl_prefer_server_ciphers"]


def test_off_leaves_a_file_that_sets_nothing() -> None:
    host = with_dovecot()
    on = plan_of(INTERMEDIATE, host, dovecot=WRITE)
    done = done_by(on, host)
    lines = written(done.text(TLS_CONF))
    in_force = replace(done, dovecot=replace(done.dovecot, settings={**STOCK_2_3, **lines}))
    assert pending(plan_of(INTERMEDIATE, in_force, dovecot=WRITE)) == []
    whole = build_plan(answers(POLICY, dovecot=WRITE), in_force)
    assert TLS_CONF not in [one.path for one in whole.files]
    assert lines_of(POLICY, in_force) == {}
    assert lines_of(MODERN, in_force) == {"ssl_min_protocol": "TLSv1.3"}
    for conf in ("write", "leave"):
        off = plan_of(POLICY, in_force, dovecot=DovecotAnswers(conf))
        assert "tls-dovecot-service" in pending(off)
        assert f"`rm {TLS_CONF}`" in "\n".join(off.warnings)
        assert pending(plan_of(POLICY, done_by(off, in_force), dovecot=WRITE)) == []
