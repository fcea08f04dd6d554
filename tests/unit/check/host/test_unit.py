"""Postfix's unit in systemd."""

from __future__ import annotations

import pytest

from tests.unit.check.results import told, verdicts
from wizard.check.host import units
from wizard.finding import RIGHT, WRONG


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("UnitFileState=enabled\nActiveState=active\n", (RIGHT, RIGHT)),
        ("UnitFileState=disabled\nActiveState=active\n", (RIGHT, WRONG)),
        ("UnitFileState=enabled\nActiveState=failed\n", (WRONG, RIGHT)),
        ("UnitFileState=\nActiveState=inactive\n", (WRONG, WRONG)),
    ],
)
def test_the_unit(text: str, expected: tuple[str, str]) -> None:
    found = verdicts(units.judge_unit(told(text)))
    assert (found["unit.active"], found["unit.enabled"]) == expected
