"""Configurations by other hands, read back: what they say is shown, and nothing of it moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus import CHANGES, NAMES, changed, host_of
from wizard.answers.model import SECTIONS
from wizard.door import Door
from wizard.host.read import read_host
from wizard.plan.build import build_plan
from wizard.plan.model import Plan
from wizard.plan.read_back import read_back
from wizard.postfix.main_cf import MainCf

EVERY = pytest.mark.parametrize("name", NAMES)


def moved(plan: Plan) -> list[str]:
    """Return the paths that the plan would write."""
    return [
        one.path for one in plan.files if one.proposed != (b"" if one.live is None else one.live)
    ]


@EVERY
def test_reading_back_and_planning_at_once_changes_nothing(name: str, tmp_path: Path) -> None:
    """Section by section, and all of them at once."""
    host = host_of(name, tmp_path / "root")
    today = read_back(host)
    assert today is not None
    for sections in (*((one,) for one in SECTIONS), SECTIONS):
        plan = build_plan(today, host, sections)
        assert moved(plan) == [], sections


@EVERY
@pytest.mark.parametrize("section", CHANGES)
def test_a_change_is_read_back_as_it_was_made(name: str, section: str, tmp_path: Path) -> None:
    """And doing the same twice is doing it once."""
    host = host_of(name, tmp_path / "root")
    today = read_back(host)
    assert today is not None
    wanted = changed(section, today)
    plan = build_plan(wanted, host, (section,))
    (main,) = [one for one in plan.files if one.path == "/etc/postfix/main.cf"]
    before, after = MainCf.parse(main.live or b""), MainCf.parse(main.proposed)
    assert bytes(before) == main.live
    assert bytes(after) == main.proposed
    for file in plan.files:
        place = tmp_path / "root" / file.path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.proposed)
    again = build_plan(wanted, read_host(Door(tmp_path / "root")), (section,))
    assert moved(again) == []
