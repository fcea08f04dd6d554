"""Each number that is unset by default: it changes nobody's main.cf until an answer says it.

A new one needs no test of its own here: the cases are made of the sections' fields.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Optional

import pytest

from tests.unit.plan.live import of_main_cf
from wizard.answers.build import build_answers, to_values
from wizard.answers.field import Field
from wizard.answers.fields import FIELDS
from wizard.answers.form import from_texts, to_texts
from wizard.answers.model import Answers, narrowed
from wizard.answers.toml import format_answers, parse_answers
from wizard.answers.unsaid import is_unsaid
from wizard.commands.planning import Options, make_plan
from wizard.drafts.draft import Draft
from wizard.host.facts import Postfix
from wizard.paths import MAIN_CF
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back
from wizard.postfix.main_cf import MainCf
from wizard.postfix.main_policy import propose_main_cf
from wizard.postfix.parameters import BY_NAME
from wizard.session import local_session

SET_UP = "myhostname = mail.a.example\n"
HOSTNAME = {"hostname": {"myhostname": "mail.a.example"}}
SELF_SIGNED = {"certificate": {"source": "self-signed"}}

pytestmark = pytest.mark.parametrize(
    "field",
    [one for one in FIELDS if one.kind == "number" and one.optional],
    ids=lambda one: f"{one.section}.{one.name}",
)


def numbered(answers: Answers, field: Field, number: Optional[int]) -> Answers:
    section = replace(getattr(answers, field.section), **{field.name: number})
    return replace(answers, **{field.section: section})


def number_of(answers: Answers, field: Field) -> object:
    return getattr(getattr(answers, field.section), field.name)


def real_plan(where: Path, live: str, given: str, *sections: str) -> Plan:
    """The plan that `postfix-wizard plan --root --answers` prints, for a host with this main.cf."""
    etc = where / "etc/postfix"
    etc.mkdir(parents=True)
    (where / "etc/os-release").write_text('ID="rhel"\nVERSION_ID="9.4"\n')
    (etc / "main.cf").write_text(SET_UP + live)
    (etc / "master.cf").write_text("smtp inet n - n - - smtpd\n")
    answers = where / "answers.toml"
    answers.write_text(given)
    answers.chmod(0o600)
    return make_plan(local_session(where), Options(answers=answers, sections=sections))[0]


def main_cf(plan: Plan) -> MainCf:
    return MainCf.parse(next(one.proposed for one in plan.files if one.path == MAIN_CF))


def test_it_is_a_parameter_that_nobody_has_by_default(field: Field, answers: Answers) -> None:
    assert field.main_cf is not None
    assert field.name in BY_NAME, "its section and block have no _written in PARAMETERS"
    assert BY_NAME[field.name].section == field.section
    assert number_of(answers, field) is None
    assert field.unset is None


@pytest.mark.parametrize("alone", [True, False], ids=["its section", "all sections"])
@pytest.mark.parametrize("line", ["", "{} = {}\n", "#{} = {}\n", "{} = $x\n", "{} =\n"])
def test_an_answers_file_that_does_not_name_it_leaves_it_as_it_is(
    field: Field, line: str, tmp_path: Path, *, alone: bool
) -> None:
    live = line.format(field.name, field.lowest + 1)
    given = '[hostname]\nmyhostname = "mail.a.example"\n[certificate]\nsource = "self-signed"\n'
    plan = real_plan(tmp_path, live, given, *([field.section] if alone else []))
    assert main_cf(plan).value(field.name) == MainCf.parse(live.encode()).value(field.name)
    assert live.encode() in bytes(main_cf(plan))


def test_an_answers_file_sets_it(field: Field, tmp_path: Path) -> None:
    given = build_answers({**HOSTNAME, **SELF_SIGNED, field.section: {field.name: field.lowest}})
    assert isinstance(given, Answers)
    live = f"{field.name} = {field.lowest + 1}\n"
    plan = real_plan(tmp_path, live, format_answers(given), field.section)
    assert main_cf(plan).value(field.name) == str(field.lowest)


def test_the_emptied_field_of_a_form_comments_it_out(field: Field) -> None:
    host = of_main_cf(f"{SET_UP}{field.name} = {field.lowest}\n")
    today = read_back(host)
    assert today is not None
    draft = Draft(host, to_values(today), first=False, today=today)
    assert draft.text(field.section, field.name) == str(field.lowest)
    draft.set(field.section, field.name, "")
    assert draft.to_run == (field.section,)
    emptied = draft.answers_to_plan()
    assert isinstance(emptied, Answers)
    plan = build_plan(narrowed(emptied, today, draft.to_run), host, draft.to_run)
    assert main_cf(plan).value(field.name) is None
    assert f"#{field.name} = {field.lowest}\n".encode() in bytes(main_cf(plan))


def test_what_is_written_has_its_reason_and_is_written_once(
    field: Field, answers: Answers, el9: Postfix
) -> None:
    some = numbered(answers, field, field.lowest)
    proposal = propose_main_cf(b"a = b\n", some, el9, (field.section,), answers)
    assert MainCf.parse(proposal.text).value(field.name) == str(field.lowest)
    assert field.main_cf
    assert any(field.main_cf.why in one.why for one in proposal.reasons)
    assert propose_main_cf(proposal.text, some, el9, (field.section,), some).text == proposal.text


@pytest.mark.parametrize(
    ("line", "is_set"), [("", False), ("{} = {}\n", True), ("{} =\n", False), ("#{} = {}", False)]
)
def test_the_host_is_read_back(field: Field, line: str, *, is_set: bool) -> None:
    today = read_back(of_main_cf(SET_UP + line.format(field.name, field.lowest)))
    assert today is not None
    assert number_of(today, field) == (field.lowest if is_set else None)


@pytest.mark.parametrize("text", ["${stress?{1}:{20}}", "99999999999999"])
def test_what_no_answer_can_say_stays(
    field: Field, text: str, answers: Answers, el9: Postfix
) -> None:
    live = f"{SET_UP}{field.name} = {text}\n"
    today = read_back(of_main_cf(live))
    assert today is not None
    assert is_unsaid(number_of(today, field))
    same = replace(answers, **{field.section: getattr(today, field.section)})
    changed = propose_main_cf(live.encode(), same, el9, (field.section,), same)
    assert live.encode() == changed.text


def test_the_answers_file_has_no_line_without_it(field: Field, answers: Answers) -> None:
    some = numbered(answers, field, field.lowest)
    text = format_answers(some)
    assert f"{field.name} = {field.lowest}\n" in text
    assert parse_answers(text) == some
    without = format_answers(answers, text)
    assert field.name not in without
    assert parse_answers(without) == answers
    assert build_answers(to_values(answers)) == answers


def test_a_form_shows_an_empty_field_and_takes_one(field: Field, answers: Answers) -> None:
    texts = to_texts(field.section, to_values(answers)[field.section])
    assert texts[field.name] == ""
    values, wrong = from_texts(field.section, texts)
    assert field.name not in values
    assert not wrong
    typed = {**texts, field.name: str(field.lowest)}
    assert from_texts(field.section, typed)[0][field.name] == field.lowest


@pytest.mark.parametrize("given", ["below", "above", True, "10"])
def test_a_number_out_of_bounds_is_refused(field: Field, given: object) -> None:
    value = {"below": field.lowest - 1, "above": field.highest + 1}.get(str(given), given)
    found = build_answers({**HOSTNAME, field.section: {field.name: value}})
    assert isinstance(found, tuple)
    assert [one.name for one in found if one.section == field.section] == [field.name]
