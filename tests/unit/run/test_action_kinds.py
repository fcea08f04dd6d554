"""Each action that a plan can have has one kind, in one list."""

from __future__ import annotations

from typing import get_args

from wizard.plan.model import Action
from wizard.run.actions import BY_CLASS, all_kinds


def test_every_action_has_one_kind() -> None:
    names = [kind.data.__name__ for kind in all_kinds()]
    assert sorted(names) == sorted(kind.__name__ for kind in get_args(Action))


def test_each_kind_is_found_by_its_class() -> None:
    for action in get_args(Action):
        assert BY_CLASS[action].data is action
    assert set(all_kinds()) == set(BY_CLASS.values())
