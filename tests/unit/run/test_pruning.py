"""Old runs removed: what stays, what is said of the rest afterwards, and a kill in between."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.run.runs import OLD, as_format_1, prepared
from wizard.errors import LockedTrouble, NewerTrouble, Trouble
from wizard.plan.actions import Command, ReplaceFile
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import FileChange, Plan, Step
from wizard.run.history import runs
from wizard.run.lock import locked
from wizard.run.path_state import file_state, observe
from wizard.run.paths import Places, known_runs, make_run
from wizard.run.plan_undo import undo_plan
from wizard.run.pruning import DAY_SECONDS, Limit, Pruning, choose, newest_pruned, prune
from wizard.run.seals import read_seals
from wizard.run.worker import work
from wizard.status.bases import bases
from wizard.status.expected import expected_state, expected_with_history

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")

NAMES = ("a", "b", "c")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir(mode=0o755)
    for name in NAMES:
        (made / name).write_bytes(OLD)
    return made


def written(places: Places, etc: Path, *names: str, fails: bool = False) -> str:
    """Have a run write these files anew, and return its ID."""
    steps, changes = [], []
    for name in names:
        live = (etc / name).read_bytes()
        text = b"%s %d\n" % (name.encode(), random.getrandbits(40))
        path = str(etc / name)
        steps.append(Step(name, "", "", ReplaceFile(NewFile(path, text, sha256(live)))))
        changes.append(FileChange(path, None, live, text))
    if fails:
        steps.append(Step("last", "", "", Command(("false",))))
    run = prepared(places, Plan("", (), tuple(steps), tuple(changes)))
    work(places, run)
    return run


def undone(places: Places, run: str = "") -> str:
    undo = prepared(places, undo_plan(places, run))
    assert work(places, undo) == 0
    return undo


def pruned(places: Places, limit: Limit) -> Pruning:
    chosen = choose(runs(places), limit, {})
    prune(places, chosen)
    return chosen


def wrong(places: Places, etc: Path) -> list[str]:
    """Return what is said falsely of the files, which nobody changed by hand."""
    states = {
        str(etc / name): observe(str(etc / name), read_seals(places.key)).state for name in NAMES
    }
    found = bases(places, states)
    left = expected_state(places)
    assert left.paths == expected_with_history(places).paths
    return [
        *(path for path, base in found.files.items() if base.text != Path(path).read_bytes()),
        *(path for path, mark in left.paths.items() if mark.state != states.get(path)),
        *left.unreadable,
    ]


@pytest.mark.promise(34)
def test_what_is_needed_stays(places: Places, etc: Path) -> None:
    first = written(places, etc, "a", "b", "c")
    old = [written(places, etc, "a") for _ in range(3)]
    of_b = written(places, etc, "b")
    newer = [written(places, etc, "a") for _ in range(2)]
    chosen = pruned(places, Limit(keep=1))
    assert [one.run for one in chosen.removed] == [*old, newer[0]]
    assert {one.run: why for one, why in chosen.staying} == {
        first: "it is the first set-up",
        of_b: "it says how a file or a service is now",
    }
    assert [one.run for one in chosen.undoable] == [*old, newer[0]]
    assert known_runs(places) == (first, of_b, newer[1])
    assert not wrong(places, etc)
    assert written(places, etc, "a").endswith("-8")


@pytest.mark.promise(34)
def test_after_an_undo_of_a_younger_run_no_older_text_is_taken_for_the_last(
    places: Places, etc: Path
) -> None:
    """What stands there then is from a run that was removed: not known, and never a hand edit."""
    written(places, etc, "a")
    gone = written(places, etc, "a")
    written(places, etc, "a")
    pruned(places, Limit(keep=1))
    assert newest_pruned(places) == {f"path {etc / 'a'}": gone}
    undone(places)
    found = bases(places, {str(etc / "a"): observe(str(etc / "a"), read_seals(places.key)).state})
    assert str(etc / "a") not in found.files
    assert f"The run that wrote {etc / 'a'} was removed" in found.unknown
    written(places, etc, "a")
    assert not wrong(places, etc)
    assert not bases(
        places, {str(etc / "a"): observe(str(etc / "a"), read_seals(places.key)).state}
    ).unknown


@pytest.mark.slow
@pytest.mark.promise(34)
@pytest.mark.parametrize("seed", range(12))
def test_nothing_false_is_said_however_runs_undos_and_prunes_follow_each_other(
    places: Places, etc: Path, seed: int
) -> None:
    rng = random.Random(seed)
    for _ in range(14):
        what = rng.choice(["run", "run", "run", "failed", "undo", "prune"])
        if what in {"run", "failed"}:
            names = rng.sample(NAMES, rng.randint(1, 3))
            written(places, etc, *names, fails=what == "failed")
        elif what == "undo" and any(one.can_undo for one in runs(places)):
            undone(places)
        elif what == "prune":
            number = len(known_runs(places)) and int(known_runs(places)[-1].rpartition("-")[2])
            pruned(places, Limit(keep=rng.randint(0, 4)))
            made = make_run(places, time.time())
            assert int(made.id.rpartition("-")[2]) == number + 1
            shutil.rmtree(made.directory)
        assert not wrong(places, etc), f"after {what}"


def test_an_undo_and_its_run_go_together(places: Places, etc: Path) -> None:
    first = written(places, etc, "a", "b", "c")
    second = written(places, etc, "a")
    third = undone(places)
    written(places, etc, "a")
    chosen = pruned(places, Limit(keep=1))
    assert [one.run for one in chosen.removed] == [second, third]
    assert known_runs(places)[0] == first
    # The first set-up alone was not undone: its undo stays with it.
    fifth = undone(places)
    sixth = undone(places)
    last = written(places, etc, "a", "b", "c")
    pruned(places, Limit(keep=0))
    assert {first, sixth} & set(known_runs(places)) in ({first, sixth}, set())
    assert fifth not in known_runs(places)
    assert known_runs(places)[-1] == last
    assert not wrong(places, etc)


def test_a_run_that_can_be_resumed_and_what_its_undo_needs_stay(places: Places, etc: Path) -> None:
    first = written(places, etc, "a", "b", "c")
    second = written(places, etc, "a")
    undo = prepared(places, undo_plan(places))
    stale = (etc / "a").read_bytes()
    (etc / "a").write_bytes(b"by hand\n")
    assert work(places, undo) == 1
    (etc / "a").write_bytes(stale)
    not_begun = prepared(places, Plan("", (), (), ()))
    chosen = choose(runs(places), Limit(keep=0), {})
    assert not chosen.removed
    assert {one.run: why for one, why in chosen.staying} == {
        first: "it is the first set-up",
        second: f"{undo} has not undone it to the end",
        undo: "it can be resumed",
        not_begun: "it is the newest",
    }


def test_a_run_in_progress_stops_it(places: Places, etc: Path) -> None:
    written(places, etc, "a")
    written(places, etc, "a")
    written(places, etc, "a")
    chosen = choose(runs(places), Limit(keep=1), {})
    with locked(places, "20200101-000000-1"), pytest.raises(LockedTrouble):
        prune(places, chosen)
    assert len(known_runs(places)) == 3
    changed = Pruning((replace(chosen.removed[0], undone=True),), ())
    with pytest.raises(Trouble, match="changed meanwhile"):
        prune(places, changed)


def test_a_newer_run_stops_it_and_a_damaged_one_stays(places: Places, etc: Path) -> None:
    damaged = written(places, etc, "a")
    written(places, etc, "a")
    written(places, etc, "a")
    newest = written(places, etc, "a")
    places.run(damaged).journal.write_bytes(b"0123456789abcdef {}\nmore\n")
    chosen = choose(runs(places), Limit(keep=0), {})
    assert (damaged, "it cannot be read") in [(one.run, why) for one, why in chosen.staying]
    header = places.run(newest).header
    header.write_text(json.dumps({**json.loads(header.read_bytes()), "format": 3}))
    with pytest.raises(NewerTrouble):
        choose(runs(places), Limit(keep=0), {})


def test_a_run_that_was_moved_away_stays_and_hinders_nothing(
    places: Places, etc: Path, tmp_path: Path
) -> None:
    """Only a link to it is there: what it leads to is not ours to remove."""
    made = [written(places, etc, "a") for _ in range(4)]
    there = places.run(made[1]).directory
    there.rename(tmp_path / made[1])
    there.symlink_to(tmp_path / made[1])
    chosen = pruned(places, Limit(keep=1))
    assert (made[1], "it cannot be read") in [(one.run, why) for one, why in chosen.staying]
    assert known_runs(places) == (made[0], made[1], made[3])
    assert (tmp_path / made[1] / "journal").exists()
    assert not pruned(places, Limit(keep=1)).removed


@pytest.mark.slow
@pytest.mark.promise(34)
def test_killed_at_any_point_whole_runs_are_left(
    places: Places, etc: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each call that changes the disk is the last one in turn."""
    for name in ("a", "a", "a", "a"):
        written(places, etc, name)
    whole = tmp_path / "whole"
    shutil.copytree(places.state, whole)

    class Killed(BaseException):
        pass

    at = 0
    while True:
        calls = 0

        def counted(call: object, at: int = at) -> object:
            def counting(*arguments: object, **named: object) -> object:
                nonlocal calls
                calls += 1
                if calls > at:
                    raise Killed
                return call(*arguments, **named)  # type: ignore[operator]

            return counting

        with monkeypatch.context() as patched:
            for name in ("rename", "fsync", "unlink", "rmdir"):
                patched.setattr(os, name, counted(getattr(os, name)))
            try:
                prune(places, choose(runs(places), Limit(keep=1), {}))
            except Killed:
                ended = False
            else:
                ended = True
        assert all(one.outcome == "done" for one in runs(places))
        assert known_runs(places)[-1].endswith("-4")
        assert not wrong(places, etc)
        pruned(places, Limit(keep=1))
        assert len(known_runs(places)) == 2
        assert not list(places.runs.glob(".*"))
        assert not wrong(places, etc)
        if ended:
            break
        at += 1
        shutil.rmtree(places.state)
        shutil.copytree(whole, places.state)
    assert at > 10


@pytest.mark.slow
@pytest.mark.parametrize(("days", "removed"), [(0, 1), (10, 1), (11, 0), (31, 0), (10**9 - 1, 0)])
def test_by_age_a_clock_that_was_ahead_keeps_a_run(
    places: Places, etc: Path, days: int, removed: int
) -> None:
    """Of a run in the year to come nobody can say that it is old; the first set-up stays anyway."""
    now = time.time()
    for age in (30, 10.5, -400):
        run = written(places, etc, "a")
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now - age * DAY_SECONDS))
        other = places.run(f"{stamp}-{run.rpartition('-')[2]}")
        places.run(run).directory.rename(other.directory)
        other.header.unlink()
    written(places, etc, "a")
    chosen = choose(runs(places), Limit(before=now - days * DAY_SECONDS), {})
    assert len(chosen.removed) == removed


@pytest.mark.promise(33)
def test_runs_of_format_1_are_removed_by_the_same_rule(places: Places, etc: Path) -> None:
    made = [written(places, etc, "a") for _ in range(4)]
    for run in made:
        as_format_1(places, run)
    chosen = pruned(places, Limit(keep=1))
    assert [one.run for one in chosen.removed] == made[1:3]
    assert not wrong(places, etc)


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'{"version":2}',
        b'{"version":2,"newest":{"a":1}}',
        b'{"version":"2","newest":{}}',
    ],
)
def test_a_damaged_summary_hinders_no_plan_and_no_status(
    places: Places, etc: Path, data: bytes
) -> None:
    written(places, etc, "a")
    written(places, etc, "a")
    written(places, etc, "a")
    places.pruned.write_bytes(data)
    assert "is damaged" in bases(places, {str(etc / "a"): file_state(None)}).unknown
    assert "is damaged" in expected_state(places).unreadable["pruned.json"]
    with pytest.raises(Trouble, match="is damaged"):
        pruned(places, Limit(keep=0))
    assert len(known_runs(places)) == 3
    places.pruned.write_bytes(b'{"version":3,"newest":{},"texts":{}}')
    for call in (
        lambda: bases(places, {str(etc / "a"): ""}),
        lambda: expected_state(places),
        lambda: pruned(places, Limit(keep=0)),
    ):
        with pytest.raises(NewerTrouble):
            call()
