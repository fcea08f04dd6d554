"""A value that the operator keeps: the plan says so, and the run makes it the planned one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Optional

import pytest

from tests.factories import ZEKE as ANSWERS
from tests.unit.plan.test_by_hand import MAIN, SIZE, edited, set_up, swap
from wizard.answers.model import Answers
from wizard.answers.toml import format_answers, parse_stored
from wizard.door import Door
from wizard.make_plan import _with_own_values
from wizard.paths import SAVED_ANSWERS
from wizard.plan import report
from wizard.plan.choices import MINE, Choices
from wizard.plan.model import Plan
from wizard.planning.build import build_plan

BANNER = b"smtpd_banner = $myhostname ESMTP $mail_name"
OWN = replace(ANSWERS, limits=replace(ANSWERS.limits, message_size_limit=77_000_000))


def kept(old: bytes, new: bytes, sections: tuple[str, ...] = ()) -> Plan:
    """A plan whose one change is in conflict with a hand edit, which the operator keeps."""
    host, bases = set_up()
    plan = build_plan(
        ANSWERS, edited(host, MAIN, swap(old, new)), sections, bases, Choices(rest=MINE)
    )
    # Facts that no factory has, such as an installed package's state, are not what this is about.
    return replace(plan, steps=tuple(replace(one, done=True) for one in plan.steps), obstacles=())


def door(root: Path, saved: Optional[Answers]) -> Door:
    if saved is not None:
        path = root / SAVED_ANSWERS.lstrip("/")
        path.parent.mkdir(parents=True)
        path.write_text(format_answers(saved))
        path.chmod(0o600)
    return Door(root)


@pytest.mark.parametrize("sections", [(), ("limits",)])
def test_a_kept_value_is_saved_in_the_answers_by_a_run(
    tmp_path: Path, sections: tuple[str, ...]
) -> None:
    before = kept(SIZE, b"message_size_limit = 77000000", sections)
    assert not before.pending
    plan = _with_own_values(door(tmp_path, ANSWERS), before)
    assert [one.id for one in plan.pending] == ["check"]
    assert "you keep your own message_size_limit" in plan.warnings[-1]
    answers = parse_stored(plan.answers)
    assert isinstance(answers, Answers)
    assert answers.limits.message_size_limit == 77_000_000


def test_once_it_is_saved_nothing_is_pending_and_the_plan_says_whose_value_it_is(
    tmp_path: Path,
) -> None:
    plan = _with_own_values(door(tmp_path, OWN), kept(SIZE, b"message_size_limit = 77000000"))
    assert not plan.pending
    (said,) = report.commands(plan)
    assert "you keep your own message_size_limit" in said
    assert "the host is as the answers say" not in said


def test_a_value_that_no_answer_expresses_is_the_operators_own(tmp_path: Path) -> None:
    plan = _with_own_values(door(tmp_path, ANSWERS), kept(BANNER, b"smtpd_banner = mine ESMTP"))
    assert not plan.pending
    (said,) = report.commands(plan)
    assert "you keep your own smtpd_banner" in said


def test_without_a_kept_value_the_host_is_as_the_answers_say(tmp_path: Path) -> None:
    host, bases = set_up()
    plan = build_plan(ANSWERS, host, (), bases)
    plan = replace(plan, steps=tuple(replace(one, done=True) for one in plan.steps))
    assert _with_own_values(door(tmp_path, OWN), plan) is plan
    assert list(report.commands(plan)) == ["Nothing to do: the host is as the answers say."]
