"""Each action that a plan can have has one kind, in one list."""

from __future__ import annotations

from typing import get_args

from wizard.plan.model import Action
from wizard.run.actions import ACTION_KINDS


def test_every_action_has_one_kind() -> None:
    names = [kind.data.__name__ for kind in ACTION_KINDS]
    assert sorted(names) == sorted(kind.__name__ for kind in get_args(Action))
