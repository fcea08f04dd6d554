"""A number that is unset by default: it changes nobody's main.cf until an answer says it."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import pytest

from tests.unit.plan.test_live_values import of_main_cf
from wizard.answers.build import build_answers, to_values
from wizard.answers.form import from_texts, to_texts
from wizard.answers.model import Answers
from wizard.answers.toml import format_answers, parse_answers
from wizard.answers.unsaid import is_unsaid
from wizard.host.facts import Postfix
from wizard.planning.read_back import read_back
from wizard.postfix.main_cf import MainCf
from wizard.postfix.main_policy import propose_main_cf

NAME = "smtpd_hard_error_limit"
SET_UP = "myhostname = mail.a.example\n"


def limited(answers: Answers, number: Optional[int]) -> Answers:
    return replace(answers, limits=replace(answers.limits, smtpd_hard_error_limit=number))


@pytest.mark.parametrize(
    "live", [b"a = b\n", b"smtpd_hard_error_limit = 7\n", b"#" + NAME.encode()]
)
def test_answers_that_do_not_name_it_leave_it_as_it_is(
    answers: Answers, el9: Postfix, live: bytes
) -> None:
    assert limited(answers, None) == answers
    found = [
        propose_main_cf(live, answers, el9),
        propose_main_cf(live, answers, el9, ("limits",), answers),
    ]
    for proposal in found:
        assert MainCf.parse(proposal.text).value(NAME) == MainCf.parse(live).value(NAME)
        assert NAME not in proposal.changed


def test_an_answer_sets_it_and_the_section_alone_unsets_it(answers: Answers, el9: Postfix) -> None:
    ten = limited(answers, 10)
    proposal = propose_main_cf(b"a = b\n", ten, el9, ("limits",), answers)
    assert MainCf.parse(proposal.text).value(NAME) == "10"
    assert any("guesses addresses" in one.why for one in proposal.reasons)
    assert propose_main_cf(proposal.text, ten, el9, ("limits",), ten).text == proposal.text
    gone = propose_main_cf(proposal.text, answers, el9, ("limits",), ten)
    assert MainCf.parse(gone.text).value(NAME) is None
    assert b"#smtpd_hard_error_limit = 10\n" in gone.text


@pytest.mark.parametrize(
    ("line", "said"),
    [("", None), ("smtpd_hard_error_limit = 7\n", 7), ("smtpd_hard_error_limit =\n", None)],
)
def test_the_host_is_read_back(line: str, said: Optional[int]) -> None:
    today = read_back(of_main_cf(SET_UP + line))
    assert today is not None
    assert today.limits.smtpd_hard_error_limit == said


@pytest.mark.parametrize("text", ["${stress?{1}:{20}}", "0", "99999999999999"])
def test_what_no_answer_can_say_stays(text: str, answers: Answers, el9: Postfix) -> None:
    live = f"{SET_UP}{NAME} = {text}\n"
    today = read_back(of_main_cf(live))
    assert today is not None
    assert is_unsaid(today.limits.smtpd_hard_error_limit)
    kept = replace(answers, limits=today.limits)
    assert live.encode() == propose_main_cf(live.encode(), kept, el9, ("limits",), kept).text


def test_the_answers_file_has_no_line_without_it(answers: Answers) -> None:
    text = format_answers(limited(answers, 10))
    assert f"{NAME} = 10" in text
    assert parse_answers(text) == limited(answers, 10)
    without = format_answers(answers, text)
    assert NAME not in without
    assert parse_answers(without) == answers
    assert build_answers(to_values(answers)) == answers


def test_a_form_shows_an_empty_field_and_takes_one(answers: Answers) -> None:
    texts = to_texts("limits", to_values(answers)["limits"])
    assert texts[NAME] == ""
    values, wrong = from_texts("limits", texts)
    assert NAME not in values
    assert not wrong
    assert from_texts("limits", {**texts, NAME: "10"})[0][NAME] == 10


@pytest.mark.parametrize("given", [0, -1, True, "10", 2**31])
def test_a_number_out_of_bounds_is_refused(given: object) -> None:
    found = build_answers({"hostname": {"myhostname": "mail.a.example"}, "limits": {NAME: given}})
    assert isinstance(found, tuple)
    assert [one.name for one in found if one.section == "limits"] == [NAME]
