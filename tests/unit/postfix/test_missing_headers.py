"""Missing headers: one option on 587 and 465, with and without it, and values of the operator's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import FRESH, ZEKE, done_by
from wizard.answers.sections.hardening import Hardening
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG
from wizard.host.facts import Host
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.missing_headers import CLIENTS, LOGINS, incomplete, propose_headers
from wizard.postfix.proposal import Proposal
from wizard.postfix.settings import Settings
from wizard.sections.hardening import check

COMPLETE = replace(ZEKE, hardening=Hardening(headers="complete"))
OPTION = f"  -o {CLIENTS}={LOGINS}\n".encode()


def set_up() -> Host:
    return done_by(build_plan(ZEKE, FRESH), FRESH)


def plan_of(host: Host, headers: str = "complete") -> Plan:
    answers = replace(ZEKE, hardening=Hardening(headers=headers))
    return build_plan(answers, host, ("hardening",))


def test_both_ports_get_it_and_lose_it_again() -> None:
    host = set_up()
    plan = plan_of(host)
    there = done_by(plan, host)
    assert there.text(MASTER_CF).count(OPTION) == 2
    assert there.text(MAIN_CF) == host.text(MAIN_CF)
    today, before = read_back(there), read_back(host)
    assert today
    assert before
    assert today.hardening == Hardening(headers="complete")
    assert before.hardening == Hardening()
    assert not any(step.id == "master.cf" for step in plan_of(there).pending)
    assert done_by(plan_of(there, "leave"), there).text(MASTER_CF) == host.text(MASTER_CF)
    # Answers that do not name it leave it, unless the section is named.
    assert build_plan(ZEKE, there).files == build_plan(ZEKE, there).files
    assert done_by(build_plan(ZEKE, there), there).text(MASTER_CF) == there.text(MASTER_CF)


def test_a_first_set_up_has_it_at_once() -> None:
    text = done_by(build_plan(COMPLETE, FRESH), FRESH).text(MASTER_CF)
    assert text.count(OPTION) == 2


def test_a_value_of_the_operators_stays_and_is_named() -> None:
    host = set_up()
    text = host.text(MASTER_CF)
    own = f"  -o {CLIENTS}=static:all\n".encode()
    at = text.index(b"submission inet")
    line = text.index(b"\n", at) + 1
    host = host.with_file(MASTER_CF, live=text[:line] + own + text[line:])
    plan = plan_of(host)
    assert any(f"-o {CLIENTS}=static:all is your own" in one for one in plan.warnings)
    after = done_by(plan, host)
    assert (after.text(MASTER_CF).count(OPTION), after.text(MASTER_CF).count(own)) == (1, 1)
    assert done_by(plan_of(after, "leave"), after).text(MASTER_CF).count(own) == 1


@pytest.mark.parametrize(
    ("entry", "lacks"),
    [
        ("submission inet n - n - - smtpd\n", True),
        (f"submission inet n - n - - smtpd\n  -o {CLIENTS}={LOGINS}\n", False),
        (f"submission inet n - n - - smtpd\n  -o {CLIENTS}=static:all\n", False),
        (f"submission inet n - n - - smtpd\n  -o {CLIENTS}=permit_mynetworks\n", True),
        ("smtp inet n - n - - smtpd\n", False),
    ],
)
def test_which_entry_lacks_it(entry: str, lacks: bool) -> None:
    services = MasterCf.parse(entry.encode()).services
    assert bool(incomplete(services, Settings({}))) is lacks
    added = {"always_add_missing_headers": "yes"}
    assert incomplete(services, Settings(added)) == ()


def test_an_entry_that_smtpd_would_misread_is_left() -> None:
    text = b"submission inet n - n - - smtpd\n  -o a=b stray\n"
    assert propose_headers(Proposal(text), completed=True).text == text


@pytest.mark.parametrize(
    ("option", "verdict", "fatal"),
    [
        (f"  -o {CLIENTS}={LOGINS}\n", RIGHT, True),
        ("", WRONG, True),
        (f"  -o {CLIENTS}=permit_mynetworks\n", WARNING, False),
    ],
)
def test_a_value_that_a_run_leaves_fails_none(
    option: str, verdict: str, fatal: bool, tmp_path: Path
) -> None:
    (tmp_path / "etc/postfix").mkdir(parents=True)
    entry = f"submission inet n - n - - smtpd\n  -o smtpd_tls_security_level=encrypt\n{option}"
    (tmp_path / "etc/postfix/master.cf").write_text(entry)
    (found,) = check(Door(tmp_path), Settings({}), COMPLETE)
    assert (found.verdict, found.fatal) == (verdict, fatal)
