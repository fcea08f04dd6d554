"""The points of the worker that comes first, found again in those that another one saw."""

from __future__ import annotations

from pathlib import Path

from tests.faults.agreed import agreed
from tests.faults.points import Point, Recording, Seen

ONE, TWO, MORE = (Point("install", "write", "/x", number) for number in (1, 2, 3))


def test_all_take_the_first_ones_points(tmp_path: Path) -> None:
    first = Recording((Seen(ONE, 4, "", 1), Seen(TWO, 5, "", 2)), {})
    second = Recording((Seen(ONE, 7, ""), Seen(MORE, 9, "")), {})
    assert agreed(tmp_path / "points", first) == list(first.seen)
    assert agreed(tmp_path / "points", second) == [Seen(ONE, 7, ""), Seen(TWO, 5, "", 2)]
