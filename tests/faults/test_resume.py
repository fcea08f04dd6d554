"""A set-up whose worker was killed, gone on with by a worker that is killed as well.

The first is killed as it is about to put main.cf in its place. CI takes few points of the second
by turns, since most are a set-up's own; POSTFIX_WIZARD_ALL_FAULTS takes them all.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults import counts
from tests.faults.conftest import Bench
from tests.faults.experiment import (
    GOING_ON,
    KILL,
    MISSED,
    RESUME,
    SET_UP,
    TRIES,
    Fault,
    Result,
    clear,
    files,
    hit,
    journal,
    message,
    told,
)
from tests.faults.points import RENAMES, Seen, record
from tests.faults.rig import Reference, Rig, back_again
from tests.turns import fault_share

pytestmark = pytest.mark.lab

ONE_IN = 72
SHARDS = 4


@pytest.mark.promise(1)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_run_that_is_gone_on_with_killed_again(
    bench: Bench, shard: int, record_property: Callable[[str, object], None]
) -> None:
    rig, wanted = bench.rig()
    there = next(
        seen
        for seen in bench.agreed(SET_UP)
        if seen.point.step == "main.cf" and seen.point.call in RENAMES
    )

    def stop(rig: Rig) -> None:
        """Take all back, set up anew and stop there."""
        clear(rig)
        ended = hit(rig, there, Fault(there.point, KILL, RESUME), tries=TRIES)
        assert not isinstance(ended, str), ended

    stop(rig)
    trace = record(rig.work("resume").trace)
    calls = {GOING_ON: counts.Calls(bench.name, len(trace.seen), trace.left_out)}
    results: list[Result] = []
    for _, seen in fault_share(trace.seen, ONE_IN * bench.kind.rarity)[shard::SHARDS]:
        rig, wanted = bench.rig()
        stop(rig)
        results.append(killed_again(rig, wanted, seen, stop))
        clear(rig)
        bench.judge(results[-1:])
        counts.keep(f"resume-{bench.name}-{shard}", results, calls)
    clear(bench.rig()[0])
    counts.told(results, record_property)
    assert not counts.wrong(results), counts.wrong(results)


def killed_again(rig: Rig, wanted: Reference, seen: Seen, stop: Callable[[Rig], None]) -> Result:
    """Kill the worker that goes on, go on once more, compare, and take it all back."""
    fault = Fault(seen.point, KILL, RESUME)
    ended = hit(rig, seen, fault, RESUME, tries=TRIES, clear=stop)
    if isinstance(ended, str):
        return Result(fault, MISSED, (ended,), GOING_ON)
    problems = [*journal(ended), *files(rig.etc(), wanted, fault), *message(ended, fault)]
    problems += told(rig, ended)
    if ended.outcome != "done":
        code, said = rig.wizard("resume", "--yes")
        if code != 0 or rig.outcome(ended.run) != "done":
            problems.append(f"the second resume ended with {code}: {said}")
    problems += (
        f"not as an undisturbed set-up leaves it: {one}"
        for one in wanted.after.differences(rig.state(), times=False)
    )
    problems += rig.leaks(in_force=True)
    code, said = rig.wizard("undo", "--yes")
    if code != 0:
        problems.append(f"undo ended with {code}: {said}")
    problems += (f"not as before: {one}" for one in back_again(wanted.before, rig.state()))
    problems += rig.leaks(in_force=False)
    return Result(fault, ended.outcome, tuple(problems), GOING_ON)
