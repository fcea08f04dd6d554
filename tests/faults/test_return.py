"""A run that returns by itself, since its server does not come up, killed on the way back.

CI takes few of these points by turns, since an undo takes the same steps and is killed at all of
its own; POSTFIX_WIZARD_ALL_FAULTS takes them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.faults import counts
from tests.faults.conftest import Bench
from tests.faults.experiment import (
    KILL,
    MISSED,
    RESUME,
    RETURN,
    TRIES,
    Fault,
    Result,
    files,
    hit,
    journal,
    message,
    told,
)
from tests.faults.points import Seen, record
from tests.faults.rig import Reference, Rig, back_again
from tests.turns import fault_share

pytestmark = pytest.mark.lab

ONE_IN = 90
SHARDS = 3
HOLD = "import socket, time; held = socket.create_server(('', 25)); time.sleep(9999)"
HELD = "until ss -Hnlt sport = :25 | grep -q .; do sleep 0.05; done"


@pytest.fixture
def trapped(bench: Bench) -> Iterator[Bench]:
    """A host on which another program takes port 25 once the plan was made."""
    rig, _ = bench.rig()
    rig.host.run(["systemd-run", "-q", "--unit=hold", "python3", "-c", HOLD], check=True)
    rig.host.run(["sh", "-c", HELD], check=True)
    yield bench
    bench.spoilt()


@pytest.mark.promise(1, 16)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_run_that_returns_killed_on_its_way(
    trapped: Bench, shard: int, record_property: Callable[[str, object], None]
) -> None:
    rig, wanted = trapped.rig()
    undisturbed = rig.work("apply")
    assert undisturbed.outcome == "failed"
    trace = record(undisturbed.trace)
    assert not back_again(wanted.before, rig.state())
    rig.forget()
    back = [one for one in trace.seen if one.point.step.startswith(("back-", "end"))]
    calls = {RETURN: counts.Calls(trapped.name, len(back), trace.left_out)}
    results = []
    for _, seen in fault_share(back, ONE_IN * trapped.kind.rarity)[shard::SHARDS]:
        results.append(killed_return(rig, wanted, seen))
        rig.forget()
        counts.keep(f"return-{trapped.name}-{shard}", results, calls)
    counts.told(results, record_property)
    assert not counts.wrong(results), counts.wrong(results)


def killed_return(rig: Rig, wanted: Reference, seen: Seen) -> Result:
    """Kill the worker on its way back, go on with it, and compare."""
    fault = Fault(seen.point, KILL, RESUME)
    ended = hit(rig, seen, fault, tries=TRIES)
    if isinstance(ended, str):
        return Result(fault, MISSED, (ended,), RETURN)
    problems = [*journal(ended), *files(rig.etc(), wanted, fault)]
    if fault.point.step != "end":
        problems += [*message(ended, fault), *told(rig, ended)]
    code, said = rig.wizard("resume", "--yes")
    if code != 1 or ("was put back" not in said and "No run waits" not in said):
        problems.append(f"resume ended with {code}: {said}")
    problems += (f"not as before: {one}" for one in back_again(wanted.before, rig.state()))
    problems += rig.leaks(in_force=False)
    return Result(fault, ended.outcome, tuple(problems), RETURN)
