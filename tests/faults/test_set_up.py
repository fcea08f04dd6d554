"""A first set-up, hit at every point: whole files, a way on, and one of two right outcomes.

The worker is the one-file program's, in its own unit, under strace. It is killed before each
of its calls that change anything or start a program, and each of these is failed; `resume` and
`undo` take turns, and the undo's worker is hit in the same way. CI takes one errno a point and a share of the points
by turns (tests/turns.py), POSTFIX_WIZARD_ALL_FAULTS all four.
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
    Aim,
    Fault,
    Result,
    hit_undo,
    try_fault,
)
from tests.faults.points import RIGHT_AFTER_A_START, Point, Seen
from tests.turns import fault_share

pytestmark = pytest.mark.lab

SHARDS = 32
ONE_IN = 32
"""Of how many points CI takes one."""


def faults(number: int, point: Point) -> Iterator[Fault]:
    """Yield what is done to a point; both ways on are taken at every point, and by turns."""
    ways = (RESUME, UNDO) if number % 2 else (UNDO, RESUME)
    yield from (Fault(point, KILL, way) for way in (ways if ALL else ways[:1]))
    for further, name in enumerate(errors(number, point)):
        yield Fault(point, name, ways[(further + 1) % 2])


def errors(number: int, point: Point) -> tuple[str, ...]:
    """Return what the call at a point is failed with."""
    if point.call in RIGHT_AFTER_A_START:
        return ()
    turn = number % len(ERRNOS)
    return ERRNOS if ALL else ERRNOS[turn : turn + 1]


def faults_of_undo(number: int, seen: Seen) -> Iterator[Aim]:
    """Yield what is done to a point of an undo, which is then gone on with."""
    for what in (KILL, *errors(number, seen.point)):
        yield Aim(seen, Fault(seen.point, what, RESUME))


@pytest.mark.promise(1, 4, 9)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_first_set_up_hit_at_every_point(
    bench: Bench, shard: int, record_property: Callable[[str, object], None]
) -> None:
    """What was set up in spite of a fault is taken back by an undo that is hit as well."""
    points, undo_points = (
        fault_share(bench.agreed(what), ONE_IN * bench.kind.rarity)[shard::SHARDS]
        for what in (SET_UP, TAKING_BACK)
    )
    back = [aim for number, seen in undo_points for aim in faults_of_undo(number, seen)]
    results: list[Result] = []
    for number, seen in points:
        for fault in faults(number, seen.point):
            rig, wanted = bench.rig()
            new = try_fault(rig, wanted, Aim(seen, fault), back)
            results += new
            bench.judge(new)
            counts.keep(f"set-up-{bench.name}-{shard}", results, bench.calls())
    for aim in back:
        results.append(set_up_and_undone(bench, aim))
        bench.judge(results[-1:])
        counts.keep(f"set-up-{bench.name}-{shard}", results, bench.calls())
    counts.told(results, record_property)
    assert not counts.wrong(results), counts.wrong(results)


def set_up_and_undone(bench: Bench, aim: Aim) -> Result:
    """Set up for an undo that no set-up in spite of a fault was left for."""
    for _ in range(TRIES):
        rig, wanted = bench.rig()
        ended = rig.work("apply")
        assert ended.outcome == "done", ended.messages
        result = hit_undo(rig, wanted, aim)
        rig.forget()
        if result.outcome != MISSED:
            break
    return result
