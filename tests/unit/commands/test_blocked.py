"""`blocked[]` of `plan --json`: what apply with the same options refuses, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations
from typing import Any

import pytest

from tests.unit.run.runs import plan
from wizard.answers.accept import read_accepted
from wizard.answers.model import Caution, Problem, host_problem
from wizard.commands.blocked import (
    blocks,
    refuse_cautions,
    refuse_conflicts,
    refuse_obstacles,
    refuse_wrong_acceptances,
)
from wizard.errors import AnswersTrouble, Trouble
from wizard.plan.actions import Command
from wizard.plan.choices import MINE
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import Plan
from wizard.run.lock import Holder

PENDING = plan(("say", Command(("true",))))
RANGE = Caution("public-range", "Strangers may send.", ("203.0.113.0/24",))
RELOAD = Caution("firewall-reload", "Rules are lost.")
EDIT = HandEdit("/etc/postfix/main.cf", "biff", "yes", "maybe\x1b[6n", None, "RUN", conflict=True)
PARTS: dict[str, dict[str, Any]] = {
    "obstacle": {"obstacles": (Problem("dns", "zone_file", "is not there"), host_problem("full"))},
    "conflict": {"edits": (EDIT,)},
    "caution": {"cautions": (RANGE, RELOAD)},
}
WORDS: tuple[tuple[str, ...], ...] = (
    (),
    ("public-range",),
    ("public-range=203.0.113.0/24",),
    ("public-range=203.0.113.0/24", "firewall-reload"),
    ("public-range=203.0.113.0/25", "firewall-reload"),
)


def would_begin(made: Plan, words: tuple[str, ...]) -> bool:
    try:
        refuse_obstacles(made)
        refuse_conflicts(made)
        if made.pending:
            refuse_cautions(made, read_accepted(words))
    except Trouble:
        return False
    return True


@pytest.mark.parametrize("words", WORDS, ids=",".join)
@pytest.mark.parametrize(
    "kinds",
    list(chain.from_iterable(combinations(PARTS, count) for count in range(4))),
    ids=",".join,
)
@pytest.mark.parametrize("base", [PENDING, plan()], ids=["pending", "nothing"])
def test_it_is_empty_where_apply_would_begin(
    base: Plan, kinds: tuple[str, ...], words: tuple[str, ...]
) -> None:
    made = base
    for kind in kinds:
        made = replace(made, **PARTS[kind])
    assert (not blocks(made, read_accepted(words), None)) == would_begin(made, words)


def test_each_has_its_kind_its_name_and_what_accepts_it() -> None:
    made = PENDING
    for part in PARTS.values():
        made = replace(made, **part)
    found = blocks(made, read_accepted(()), Holder(7, "20261201-000000-1", 0.0))
    assert [(one.kind, one.name, one.accept) for one in found] == [
        ("lock", "20261201-000000-1", ""),
        ("obstacle", "dns.zone_file", ""),
        ("obstacle", "", ""),
        ("conflict", "/etc/postfix/main.cf: biff", ""),
        ("caution", "public-range", "public-range=203.0.113.0/24"),
        ("caution", "firewall-reload", "firewall-reload"),
    ]
    assert all(one.message for one in found)
    assert not any("\x1b" in one.message for one in found)


def test_a_chosen_conflict_blocks_nothing() -> None:
    made = replace(PENDING, edits=(replace(EDIT, choice=MINE),))
    assert not blocks(made, read_accepted(()), None)


@pytest.mark.parametrize("words", [("public-range",), ("public-range=10.0.0.0/8",)], ids=",".join)
def test_a_bare_name_is_refused_with_the_whole_form(words: tuple[str, ...]) -> None:
    made = replace(PENDING, cautions=(RANGE,))
    with pytest.raises(AnswersTrouble) as caught:
        refuse_wrong_acceptances(made, read_accepted(words))
    assert "add: --accept public-range=203.0.113.0/24" in str(caught.value)
    assert f"{words[0]} does not name this value." in str(caught.value)


@pytest.mark.parametrize("words", [(), ("public-range=203.0.113.0/24",), ("other",)], ids=",".join)
def test_plan_refuses_no_other_acceptance(words: tuple[str, ...]) -> None:
    refuse_wrong_acceptances(replace(PENDING, cautions=(RANGE,)), read_accepted(words))
