"""One fault at one point: the worker hit, what it left, the way on, and the comparison."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tests.faults.points import STARTS, Point, Seen, record, struck
from tests.faults.rig import OTHERS_OWN, OWN, TEMPORARY, Ended, Etc, Reference, Rig, back_again
from tests.turns import shard

ALL = shard() is not None
"""Whether every error is taken at every point, on both families of hosts."""
KILL = "SIGKILL"
ERRNOS = ("ENOSPC", "EDQUOT", "EROFS", "EIO")
RESUME, UNDO = "resume", "undo"
MISSED = "missed"
ABSENT = "absent"
"""A second undisturbed set-up has no such point: a look more, while something was slow."""
SET_UP, TAKING_BACK, INSTALL, RETURN = "set-up", "undo", "install", "return"
GOING_ON = "resume"
TRIES = 20
"""Threads are started as they are needed, which moves what strace counts of `clone` by a few."""
_CONTENT = 4
"""Where an entry of /etc has its content."""
UNSAVED = "answers could not be saved"
NOTHING = re.compile(r"changed nothing|no run changed anything|No run waits")


@dataclass(frozen=True)
class Fault:
    """What is done to a point, and how the operator goes on from there."""

    point: Point
    what: str
    then: str

    def __str__(self) -> str:
        return f"{self.what} at {self.point}, then {self.then}"


@dataclass(frozen=True)
class Result:
    """What became of a fault: how the worker ended, and what was wrong (nothing, it is hoped).

    `worker` says which one was hit: a set-up's or an undo's.
    """

    fault: Fault
    outcome: str
    problems: tuple[str, ...]
    worker: str = SET_UP


@dataclass(frozen=True)
class Aim:
    """A fault with where in the trace its point is."""

    seen: Seen
    fault: Fault


def try_fault(rig: Rig, wanted: Reference, aim: Aim, back: list[Aim]) -> list[Result]:
    """Hit the worker at a point, recover, compare, and leave the host as it was.

    A set-up that ended well is taken back in the end: by an undo whose worker is hit as
    well, by the first fault of `back`, which is then taken from there and has its own result.
    """
    seen, fault = aim.seen, aim.fault
    ended = hit(rig, seen, fault, tries=TRIES)
    if isinstance(ended, str):
        clear(rig)
        again = record(rig.work("apply").trace).points
        clear(rig)
        there = fault.point in again
        return [Result(fault, MISSED, (ended,)) if there else Result(fault, ABSENT, ())]
    problems = [*journal(ended), *files(rig.etc(), wanted, fault), *message(ended, fault)]
    if fault.what == KILL:
        problems += told(rig, ended)
    stands = False
    if ended.outcome == "done" or fault.then == RESUME:
        stands, wrong = _gone_on(rig, wanted, ended)
        problems += wrong
    results = []
    # Without the answers' own step all points of the undo were others.
    if stands and back and UNSAVED not in ended.message:
        undone = hit_undo(rig, wanted, back[0])
        # One that was not met has its turn again, behind the others.
        if undone.outcome == MISSED:
            back.append(back[0])
        else:
            results.append(undone)
        del back[0]
    else:
        problems += _taken_back(rig, wanted, nothing=not stands)
    rig.forget()
    return [Result(fault, ended.outcome, tuple(problems)), *results]


def hit_undo(rig: Rig, wanted: Reference, aim: Aim) -> Result:
    """Hit the worker of an undo at a point, go on with it, and compare."""
    fault = aim.fault
    ended = hit(rig, aim.seen, fault, "undo", tries=1)
    if isinstance(ended, str):
        # It may have hit another call: then the undo failed, and the host must not stay so.
        rig.wizard("resume", "--yes")
        wrong = (ended, *back_again(wanted.before, rig.state()))
        return Result(fault, MISSED, wrong, TAKING_BACK)
    problems = [*journal(ended), *files(rig.etc(), wanted, fault), *message(ended, fault)]
    if fault.what == KILL:
        problems += told(rig, ended)
    code, said = rig.wizard("resume", "--yes") if ended.outcome != "done" else (0, "")
    if not ended.started and NOTHING.search(said):
        code, said = rig.wizard("undo", "--yes")
    if code != 0:
        problems.append(f"going on with the undo ended with {code}: {said}")
    problems += (f"not as before: {one}" for one in back_again(wanted.before, rig.state()))
    problems += rig.leaks(in_force=False)
    return Result(fault, ended.outcome, tuple(problems), TAKING_BACK)


def told(rig: Rig, ended: Ended) -> Iterator[str]:
    """Yield what `runs` does not tell of a worker that was killed."""
    code, said = rig.wizard("runs")
    line = next((one for one in said.splitlines() if one.startswith(ended.run)), "")
    how = ended.outcome if ended.started else "not started"
    if code != 0 or how not in line:
        yield f"`runs` ended with {code} and says: {said}"


def clear(rig: Rig) -> None:
    """Take back whatever was done, for another try."""
    rig.wizard("undo", "--yes")
    rig.forget()


def hit(
    rig: Rig,
    seen: Seen,
    fault: Fault,
    what: str = "apply",
    *,
    tries: int,
    clear: Callable[[Rig], None] = clear,
) -> Ended | str:
    """Run the worker into the fault; strace's count is put right where it had moved.

    Where that does not succeed, return what was met instead. `clear` is called between tries.
    """
    how = f"signal={KILL}" if fault.what == KILL else f"error={fault.what}"
    when, path = (seen.on_path, seen.point.path) if seen.is_plain else (seen.when, "")
    met: list[str] = []
    for number in range(tries):
        if number:
            clear(rig)
        ended = rig.work(what, f"inject={fault.point.call}:{how}:when={when}", path=path)
        if path and struck(ended.trace, seen):
            return ended
        found = record(ended.trace).seen
        hits = [one.point for one in found if one.was_hit]
        if hits == [fault.point]:
            return ended
        met += [str(point) for point in hits] or ["nothing"]
        moved = [one.when for one in found if one.point == fault.point]
        # One that is not there yet comes later: what was met came in more pieces than before.
        when = when if path else moved[0] if moved else when + 1
    return f"it was not met in {tries} tries: {met}"


def journal(ended: Ended) -> Iterator[str]:
    """Yield what is wrong with the journal and the worker's last words."""
    if ended.corrupt:
        yield f"the journal is corrupt: {ended.corrupt}"
    if "Traceback" in ended.told:
        yield f"the worker ended with a traceback: {ended.told}"


def files(now: Etc, wanted: Reference, fault: Fault) -> Iterator[str]:
    """Every path is as before or as after; a killed worker alone may leave a temporary name."""
    before, after = wanted.before.etc, wanted.after.etc
    for path in sorted((now.keys() | before.keys() | after.keys()) - OTHERS_OWN):
        if TEMPORARY in path:
            if fault.what != KILL:
                yield f"{path} was left"
            continue
        entry = (now.get(path) or (None,))[:-1]
        whole = [(one.get(path) or (None,))[:-1] for one in (before, after)]
        if entry not in whole and not _is_zone_between(path, entry, whole):
            yield f"{path} is neither old nor new: {entry}"


def _is_zone_between(path: str, entry: tuple[Any, ...], whole: list[tuple[Any, ...]]) -> bool:
    """Tell whether a zone of the firewall has some of the services that several steps open."""
    if not path.startswith("/etc/firewalld/zones/"):
        return False
    old, new, ours = (
        set(one[_CONTENT].splitlines()) if len(one) > _CONTENT else set() for one in (*whole, entry)
    )
    return old & new <= ours <= old | new


def message(ended: Ended, fault: Fault) -> Iterator[str]:
    """A run that failed names the path and the cause; one that goes on needs no word."""
    if fault.what == KILL:
        # Its last record may be there though its sync was not: then all is done.
        if ended.outcome != "died" and fault.point.step != "end":
            yield f"it was killed, and its run is {ended.outcome}"
        return
    quiet = "/output/" not in fault.point.path and UNSAVED not in ended.message
    if ended.outcome == "done" and quiet:
        return
    said = "\n".join((ended.message, *ended.messages, ended.told))
    causes = {os.strerror(getattr(errno, fault.what))}
    if fault.point.call in STARTS:
        # glibc 2.31's posix_spawn(3) says EPERM of whatever its clone(2) failed with.
        causes.add(os.strerror(errno.EPERM))
    if not any(cause in said for cause in causes):
        yield f"no word of {causes}: {said}"
    place = PurePosixPath(fault.point.path)
    if fault.point.path and not any(
        str(one).replace("/runs/RUN", f"/runs/{ended.run}") in said for one in (place, place.parent)
    ):
        yield f"no word of {place}: {said}"
    if "defect" in said or "unforeseen" in said:
        yield f"it is told as a defect: {said}"


def _gone_on(rig: Rig, wanted: Reference, ended: Ended) -> tuple[bool, list[str]]:
    """Go on with a run that ended early; return whether a set-up stands, and what is wrong."""
    wrong = []
    if ended.outcome != "done":
        code, said = rig.wizard("resume", "--yes")
        if not ended.started and NOTHING.search(said):
            return False, []
        if code != 0:
            wrong.append(f"resume ended with {code}: {said}")
        if rig.outcome(ended.run) != "done":
            wrong.append(f"after resume the run is {rig.outcome(ended.run)}: {said}")
    unsaved = UNSAVED in ended.message
    wrong += [
        f"not as an undisturbed set-up leaves it: {one}"
        for one in wanted.after.differences(rig.state(), times=False)
        if not (unsaved and one.startswith(OWN))
    ]
    return True, [*wrong, *rig.leaks(in_force=True)]


def _taken_back(rig: Rig, wanted: Reference, *, nothing: bool) -> Iterator[str]:
    """Take the run back and compare; `nothing` says that there may be nothing to take back."""
    code, said = rig.wizard("undo", "--yes")
    if code != 0 and not (nothing and NOTHING.search(said)):
        yield f"undo ended with {code}: {said}"
    yield from (f"not as before: {one}" for one in back_again(wanted.before, rig.state()))
    yield from rig.leaks(in_force=False)
