"""A plain apply on a server that is as the answers say saves them all the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import FRESH
from tests.unit.plan.live import chosen, of_main_cf
from wizard.answers.model import Answers, host_problem
from wizard.commands.planning import with_saving
from wizard.plan.model import Plan
from wizard.planning.build import build_plan

GIVEN = chosen("limits", {})
OTHER = chosen("limits", {"message_size_limit": 5000000})


def nothing_to_do() -> Plan:
    plan = build_plan(GIVEN, of_main_cf(""))
    return replace(
        plan, steps=tuple(replace(one, done=True) for one in plan.steps), obstacles=(), warnings=()
    )


@pytest.mark.parametrize(
    "saved",
    [
        None,
        OTHER,
        chosen("relay", {"host": "smtp.example.net"}),
        chosen("hostname", {"myhostname": "mx.example.com"}),
        chosen("certificate", {"source": "self-signed"}),
    ],
)
def test_where_none_or_others_are_saved_the_run_proves_and_saves(saved: Answers) -> None:
    plan = with_saving(nothing_to_do(), GIVEN, saved)
    assert [one.id for one in plan.pending] == ["check"]
    assert "saved answers" in plan.warnings[0]


def test_where_the_same_are_saved_there_is_nothing_to_do() -> None:
    plan = nothing_to_do()
    assert with_saving(plan, GIVEN, GIVEN) is plan


def test_a_plan_with_steps_or_obstacles_stays() -> None:
    plan = build_plan(GIVEN, FRESH)
    assert with_saving(plan, GIVEN, None) is plan
    refused = replace(nothing_to_do(), obstacles=(host_problem("no"),))
    assert with_saving(refused, GIVEN, None) is refused
