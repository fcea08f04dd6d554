"""The step that installs Postfix, hit at every point: dnf is left alone, and is gone on with.

Its points come before the rest of a set-up's, which test_set_up.py hits on a host that has the
package already. What dnf says comes in pieces that are cut by chance; each piece is a write of
the worker's, and the points are those of the first run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from lab import host as lab_host
from lab.host import Options
from tests.faults import counts
from tests.faults.agreed import agreed, shared
from tests.faults.experiment import (
    INSTALL,
    MISSED,
    NOTHING,
    RESUME,
    TRIES,
    Fault,
    Result,
    clear,
    hit,
    journal,
    message,
)
from tests.faults.points import Recording, Seen, record
from tests.faults.rig import PYZ, Rig, State
from tests.faults.test_set_up import ONE_IN, faults
from tests.turns import fault_share

pytestmark = pytest.mark.lab

SHARDS = 8
ONCE = "writes of dnf's words that came in more pieces in one run than in the other"
_OURS = frozenset({"/etc/postfix/main.cf", "/etc/postfix/master.cf"})


@dataclass(frozen=True)
class Bare:
    """A host without Postfix, and what it is with the package alone and set up.

    Of `own`, the package's own files, the content is not compared: its key is new each time.
    """

    rig: Rig
    own: frozenset[str]
    before: State
    installed: State
    after: State
    recording: Recording

    def is_like(self, state: State, now: State) -> list[str]:
        """Return what differs."""
        return self._masked(state).differences(self._masked(now), times=False)

    def _masked(self, state: State) -> State:
        hidden = ("the package's",)
        etc = {path: hidden if path in self.own else one for path, one in state.etc.items()}
        for path in _OURS:
            etc.pop(f"{path}.orig", None)
        return State({p: e for p, e in etc.items() if p != "/etc/postfix-wizard"}, state.live)


@pytest.fixture(scope="session")
def bare(host_names: Iterator[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    rig = Rig(lab_host.boot(next(host_names), Options(pyz=str(PYZ))), with_package=False)
    install = ["dnf", "-y", "install", "postfix"]
    # What the package leaves for good, as its users, is there from now on.
    rig.host.run(install, check=True)
    rig.erase()
    before = rig.state()
    rig.host.run(install, check=True)
    installed = rig.state()
    rig.erase()
    ended = rig.work("apply")
    assert ended.outcome == "done", ended
    after = rig.state()
    wipe(rig)
    own = before.etc.keys() ^ installed.etc.keys() | {
        path for path in before.etc if before.etc[path] != installed.etc.get(path)
    }
    first, second = record(ended.trace), record(rig.work("apply").trace)
    wipe(rig)
    # dnf may say in fewer pieces what it said in more.
    again = [one for one in first.seen if one.point in second.points]
    once = len(first.seen) - len(again)
    recording = Recording(tuple(again), {**first.left_out, ONCE: once})
    points = agreed(shared(tmp_path_factory) / "points-install", recording)
    recording = Recording(tuple(points), recording.left_out)
    yield Bare(rig, frozenset(own - _OURS), before, installed, after, recording)
    rig.close()


def wipe(rig: Rig) -> None:
    """Take all back, and the package too."""
    rig.settled()
    clear(rig)
    rig.erase()


@pytest.mark.promise(1, 2, 7)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_installing_hit_at_every_point(
    bare: Bare, shard: int, record_property: Callable[[str, object], None]
) -> None:
    points = [one for one in bare.recording.seen if one.point.step == INSTALL]
    calls = {INSTALL: counts.Calls("el9", len(points), bare.recording.left_out)}
    results: list[Result] = []
    for number, seen in fault_share(points, ONE_IN)[shard::SHARDS]:
        for fault in faults(number, seen.point):
            results.append(install_hit(bare, seen, fault))
            wipe(bare.rig)
            counts.keep(f"install-{shard}", results, calls)
    counts.told(results, record_property)
    assert not counts.wrong(results), counts.wrong(results)


def install_hit(bare: Bare, seen: Seen, fault: Fault) -> Result:
    """Hit the worker while it installs, recover, and compare."""
    rig = bare.rig
    ended = hit(rig, seen, fault, tries=TRIES, clear=wipe)
    if isinstance(ended, str):
        return Result(fault, MISSED, (ended,), INSTALL)
    problems = [*journal(ended), *message(ended, fault)]
    if ended.outcome != "done" and fault.then == RESUME:
        code, said = rig.wizard("resume", "--yes")
        if code != 0:
            problems.append(f"resume ended with {code}: {said}")
    if ended.outcome == "done" or fault.then == RESUME:
        problems += bare.is_like(bare.after, rig.state())
    code, said = rig.wizard("undo", "--yes")
    if code != 0 and not NOTHING.search(said):
        problems.append(f"undo ended with {code}: {said}")
    # A dnf that outlives its worker goes on to its end.
    rig.settled()
    now = rig.state()
    ends = [bare.is_like(one, now) for one in (bare.before, bare.installed)]
    if all(ends):
        problems += [f"neither without the package nor with it alone: {one}" for one in ends[1]]
    return Result(fault, ended.outcome, tuple(problems), INSTALL)
