"""The worker takes the reviewed plan, step by step, and nothing that is stale."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.run.runs import (
    NEW,
    OLD,
    last,
    plan,
    prepared,
    told,
    undone,
    usual,
)
from wizard.errors import LockedTrouble, Trouble
from wizard.plan.actions import Command
from wizard.plan.model import Action, Plan, Step
from wizard.run.actions import BY_CLASS
from wizard.run.history import plan_of, runs
from wizard.run.journal import read_journal
from wizard.run.launch import launch
from wizard.run.lock import holder, locked
from wizard.run.output import StepOutput
from wizard.run.path_state import text_state
from wizard.run.paths import Places, make_run
from wizard.run.records import RunFinished, StepFinished
from wizard.run.request import write_request
from wizard.run.seals import read_seals
from wizard.run.ways_on import RESUMES_REPAIRED
from wizard.run.worker import work


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir(mode=0o755)
    (made / "main.cf").write_bytes(OLD)
    return made


def test_a_plan_is_taken_step_by_step_and_journalled(places: Places, etc: Path) -> None:
    run = prepared(places, usual(etc))
    assert work(places, run) == 0
    assert (etc / "main.cf").read_bytes() == NEW
    assert (etc / "main.cf.orig").read_bytes() == OLD
    assert [type(one).__name__ for one in told(places, run)] == [
        "RunStarted",
        *["StepStarted", "StepIntended", "StepFinished"] * 3,
        "StepIntended",
        "RunFinished",
    ]
    assert "hello" in places.run(run).output("say").read_text()
    assert last(places, run) == RunFinished("done", "")
    assert places.answers.read_text().startswith("[hostname]")
    assert places.answers.stat().st_mode & 0o777 == 0o600
    assert holder(places) is None
    assert [(one.outcome, one.done, one.steps) for one in runs(places)] == [("done", 3, 3)]


def test_undo_finds_what_it_needs(places: Places, etc: Path) -> None:
    run = prepared(places, usual(etc))
    work(places, run)
    (entry,) = undone(places, run, "main.cf")
    assert entry["path"] == str(etc / "main.cf")
    assert entry["was"] == text_state(OLD, read_seals(places.key))
    assert entry["now"] == text_state(NEW, read_seals(places.key))
    copy = places.run(run).replaced / entry["copy"]
    assert copy.read_bytes() == OLD
    assert copy.stat().st_mode & 0o777 == 0o600


@pytest.mark.promise(24)
def test_everything_of_the_runs_is_private(places: Places, etc: Path) -> None:
    work(places, prepared(places, usual(etc)))
    for path in places.state.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_replaced_files_are_older_than_what_makes_postfix_wait(places: Places, etc: Path) -> None:
    work(places, prepared(places, usual(etc)))
    assert 1.5 < time.time() - (etc / "main.cf").stat().st_mtime < 60


@pytest.mark.promise(14)
def test_what_changed_since_the_review_is_stale_and_ends_the_run(places: Places, etc: Path) -> None:
    wanted = usual(etc, before=b"something else")
    run = prepared(places, wanted)
    assert work(places, run) == 1
    assert (etc / "main.cf").read_bytes() == OLD
    end = last(places, run)
    assert end.outcome == "failed"
    assert "stale: " in end.message.splitlines()[0]
    assert end.message.endswith("1 step is left.")
    assert not places.answers.exists()


@pytest.mark.promise(14)
def test_a_plan_that_is_not_the_reviewed_one_is_refused(places: Places, etc: Path) -> None:
    run = prepared(places, usual(etc))
    data = places.run(run).plan.read_bytes()
    places.run(run).plan.write_bytes(data.replace(b"hello", b"hollo"))
    assert work(places, run) == 1
    assert "is not the plan that was reviewed" in last(places, run).message
    assert not (etc / "main.cf.orig").exists()
    with pytest.raises(Trouble, match="not the plan that was reviewed"):
        plan_of(places, run)


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (Command(("false",)), "false: exit status 1"),
        (Command(("no-such-program",)), "starting no-such-program"),
    ],
)
def test_a_failed_step_ends_the_run_with_the_cause_on_top(
    places: Places, action: Action, says: str
) -> None:
    run = prepared(places, plan(("bad", action), ("never", Command(("true",)))))
    assert work(places, run) == 1
    assert says in last(places, run).message.splitlines()[0]
    assert not places.run(run).output("never").exists()


def test_a_run_that_stays_where_it_failed_says_how_it_is_continued(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BY_CLASS, Command, replace(BY_CLASS[Command], returns=False))
    run = prepared(places, plan(("bad", Command(("false",)))))
    assert work(places, run) == 1
    assert last(places, run).message.splitlines()[-1] == RESUMES_REPAIRED


def test_output_that_was_lost_is_told_though_all_went_well(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(output: StepOutput, _data: bytes) -> None:
        output.failure = "output/one: No space left on device"

    monkeypatch.setattr(StepOutput, "write", full)
    run = make_run(places, time.time())
    wanted = Plan("", (), (Step("one", "One", "why", Command(("true",))),), ())
    write_request(run, wanted, attended=False)
    assert work(places, run.id) == 0
    reading = read_journal(run.journal)
    assert reading is not None
    (finished,) = [one for one in reading.records if isinstance(one, StepFinished)]
    assert "The output is not whole: output/one: No space left" in finished.message


def test_a_defect_is_journalled_in_words(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> dict[str, object]:
        raise KeyError("oops")

    monkeypatch.setitem(BY_CLASS, Command, replace(BY_CLASS[Command], execute=broken))
    run = prepared(places, plan(("x", Command(("true",)))))
    assert work(places, run) == 1
    assert "A defect in postfix-wizard: KeyError: 'oops'" in last(places, run).message
    assert "Traceback" in places.run(run).output("x").read_text()


@pytest.mark.promise(5)
def test_a_second_run_says_who_holds_the_lock(places: Places, etc: Path) -> None:
    run = prepared(places, usual(etc))
    with locked(places, "20261124-000000-1"):
        with pytest.raises(
            LockedTrouble, match=rf"run 20261124-000000-1 \(process {os.getpid()}\)"
        ):
            work(places, run)
        with pytest.raises(LockedTrouble, match="is in progress since 20"):
            launch(places, usual(etc), ("false",), attended=False)
    assert last(places, run).outcome == "failed"
    assert (etc / "main.cf").read_bytes() == OLD


@pytest.mark.promise(5)
def test_a_dead_holders_lock_is_free(places: Places, etc: Path) -> None:
    places.runtime.mkdir(mode=0o700)
    places.lock.write_text(json.dumps({"pid": 1, "run": "20261124-000000-1", "since": 0}))
    assert holder(places) is None
    assert work(places, prepared(places, usual(etc))) == 0


@pytest.mark.promise(10)
def test_links_planted_at_lock_and_output_are_refused(
    places: Places, etc: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"victim")
    run = prepared(places, usual(etc))
    places.run(run).output("say").symlink_to(victim)
    assert work(places, run) == 1
    places.lock.unlink()
    places.lock.symlink_to(victim)
    with pytest.raises(Trouble, match="symbolic link"):
        work(places, prepared(places, usual(etc)))
    assert victim.read_bytes() == b"victim"


@pytest.mark.promise(18)
def test_answers_are_written_only_when_they_differ(places: Places, etc: Path) -> None:
    work(places, prepared(places, usual(etc)))
    before = places.answers.stat().st_ino
    assert work(places, prepared(places, plan(answers=usual(etc).answers))) == 0
    assert places.answers.stat().st_ino == before
    places.answers.chmod(0o644)
    assert work(places, prepared(places, plan(answers="# other\n"))) == 0
    assert places.answers.read_text() == "# other\n"
    assert places.answers.stat().st_mode & 0o777 == 0o600


@pytest.mark.promise(10)
def test_answers_that_cannot_be_saved_do_not_undo_a_run(places: Places, etc: Path) -> None:
    places.answers.symlink_to(etc / "main.cf")
    run = prepared(places, plan(answers="# other\n"))
    assert work(places, run) == 0
    assert "could not be saved" in last(places, run).message
    assert (etc / "main.cf").read_bytes() == OLD
