"""A first set-up, hit at every point: whole files, a way on, and one of two right outcomes.

The worker is the one-file program's, in its own unit, under strace. It is killed before each
of its calls that change anything or start a program, and each of these is failed; `resume` and
`undo` take turns. CI takes one errno a point, POSTFIX_WIZARD_ALL_FAULTS all four.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.faults import counts
from tests.faults.conftest import Bench
from tests.faults.experiment import (
    ALL,
    ERRNOS,
    KILL,
    MISSED,
    RESUME,
    SET_UP,
    TAKING_BACK,
    TRIES,
    UNDO,
    Fault,
    Result,
    killed_undo,
    try_fault,
)
from tests.faults.points import RIGHT_AFTER_A_START, Point, Seen

pytestmark = pytest.mark.lab

SHARDS = 32


def faults(number: int, point: Point) -> Iterator[Fault]:
    """Yield what is done to a point; both ways on are taken at every point, and by turns."""
    ways = (RESUME, UNDO) if number % 2 else (UNDO, RESUME)
    yield from (Fault(point, KILL, way) for way in (ways if ALL else ways[:1]))
    if point.call in RIGHT_AFTER_A_START:
        return
    turn = number % len(ERRNOS)
    for further, name in enumerate(ERRNOS if ALL else ERRNOS[turn : turn + 1]):
        yield Fault(point, name, ways[(further + 1) % 2])


@pytest.mark.promise(1, 4, 9)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_first_set_up_hit_at_every_point(
    bench: Bench, shard: int, record_property: Callable[[str, object], None]
) -> None:
    """What was set up in spite of a fault is taken back by an undo that is killed as well."""
    points, back = (bench.agreed(what)[shard::SHARDS] for what in (SET_UP, TAKING_BACK))
    results: list[Result] = []
    for number, seen in enumerate(points):
        for fault in faults(number + shard, seen.point):
            rig, wanted = bench.rig()
            new = try_fault(rig, wanted, seen, fault, back)
            results += new
            bench.judge(new)
            counts.keep(f"set-up-{bench.suite}-{shard}", results, bench.left_out())
    for seen in back:
        results.append(set_up_and_undone(bench, seen))
        bench.judge(results[-1:])
        counts.keep(f"set-up-{bench.suite}-{shard}", results, bench.left_out())
    counts.told(results, record_property)
    assert not counts.wrong(results), counts.wrong(results)


def set_up_and_undone(bench: Bench, seen: Seen) -> Result:
    """Set up for an undo that no set-up in spite of a fault was left for."""
    for _ in range(TRIES):
        rig, wanted = bench.rig()
        assert rig.work("apply").outcome == "done"
        result = killed_undo(rig, wanted, seen)
        rig.forget()
        if result.outcome != MISSED:
            break
    return result
