"""What faults came to, added up over the parts of many tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults import counts
from tests.faults.experiment import KILL, MISSED, RESUME, SET_UP, TAKING_BACK, UNDO, Fault, Result
from tests.faults.points import Point

WRITE, SYNC = Point("main.cf", "write", "/etc/x", 1), Point("main.cf", "fsync", "/etc/x", 1)
FIRST = (
    Result(Fault(WRITE, KILL, RESUME), "died", ()),
    Result(Fault(WRITE, KILL, UNDO), "died", ()),
    Result(Fault(WRITE, "EIO", RESUME), "failed", ()),
    Result(Fault(WRITE, KILL, RESUME), "died", (), TAKING_BACK),
)
SECOND = (
    Result(Fault(SYNC, KILL, RESUME), MISSED, ("it was not met",)),
    Result(Fault(SYNC, "EROFS", UNDO), "failed", ("a temporary name stays",)),
)


def test_parts_are_added_up_and_a_point_killed_twice_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTFIX_WIZARD_COUNTS", str(tmp_path))
    calls = {
        SET_UP: counts.Calls("el9", 11, {"reading": 7}),
        TAKING_BACK: counts.Calls("el9", 5, {}),
    }
    counts.keep("one", FIRST, calls)
    counts.keep("two", SECOND, calls)
    *lines, last = counts.shown()
    assert "The worker of set-up: kill points 2 of 11, errnos 2" in lines
    assert last == "In all 3 kill points and 2 errnos, 1 not met, 2 with something wrong."
    whole = json.loads((tmp_path / "faults.json").read_text())
    assert whole["workers"][SET_UP]["kill"] == {"write": 1, "fsync": 1}
    assert whole["workers"][TAKING_BACK]["kill"] == {"write": 1}
    assert whole["workers"][SET_UP]["left_out"] == {"reading": 7}


def test_a_page_is_told_of_what_was_met() -> None:
    told: dict[str, object] = {}
    counts.told((*FIRST, *SECOND), told.__setitem__)
    assert told == {
        "count:points at which a worker was killed": 2,
        "count:errors injected into a worker": 2,
    }
    assert "a temporary name stays" in counts.wrong(SECOND)
