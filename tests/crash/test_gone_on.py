"""Runs looked at, killed, gone on with, and listed with a journal that is damaged."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.unit.run.runs import (
    NEW,
    OLD,
    detached,
    last,
    plan,
    prepared,
    started,
    told,
    usual,
)
from wizard.errors import Trouble
from wizard.plan.actions import Command, ReplaceFile
from wizard.plan.files import NewFile, sha256
from wizard.run.follow import follow
from wizard.run.history import runs
from wizard.run.journal import open_journal
from wizard.run.launch import launch, unit_argv
from wizard.run.lock import holder, locked, request_stop
from wizard.run.paths import Places
from wizard.run.plan_undo import undo_plan
from wizard.run.records import (
    Output,
    RunFinished,
    RunStarted,
    StepFinished,
    StepIntended,
    StepStarted,
)
from wizard.run.worker import work


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir(mode=0o755)
    (made / "main.cf").write_bytes(OLD)
    return made


@pytest.mark.promise(2, 25)
def test_a_viewer_sees_all_from_the_first_record_and_output_in_its_place(
    places: Places,
) -> None:
    wanted = plan(
        ("one", Command(("sh", "-c", "seq 3; sleep 0.5; printf '\\033[31mred\\033[0m'"))),
        ("two", Command(("seq", "100000"))),
    )
    run = launch(places, wanted, detached(places), attended=False, start=started)
    live = list(follow(places, run))
    again = list(follow(places, run))
    for events in (live, again):
        kinds = [
            (type(one).__name__, getattr(one, "step", ""))
            for one in events
            if not isinstance(one, Output)
        ]
        assert kinds == [
            ("RunStarted", ""),
            *[(kind, "one") for kind in ("StepStarted", "Began", "StepIntended", "StepFinished")],
            *[(kind, "two") for kind in ("StepStarted", "Began", "StepIntended", "StepFinished")],
            ("RunFinished", ""),
        ]
        one = [
            line
            for event in events
            if isinstance(event, Output) and event.step == "one"
            for line in event.lines
        ]
        assert one[1:] == ["1", "2", "3", "red"]
        two = [
            line
            for event in events
            if isinstance(event, Output) and event.step == "two"
            for line in event.lines
        ]
        assert two[1:] == [str(number) for number in range(1, 100_001)]
        at = [number for number, event in enumerate(events) if isinstance(event, Output)]
        ends = [number for number, event in enumerate(events) if isinstance(event, StepFinished)]
        assert max(at) < ends[-1]
    outputs = [one for one in live if isinstance(one, Output) and one.step == "two"]
    assert len(outputs) < 100


def test_a_viewer_far_behind_reads_the_end_and_says_what_it_left_out(places: Places) -> None:
    wanted = plan(("say", Command(("seq", "100000"))), ("more", Command(("seq", "10"))))
    run = launch(places, wanted, detached(places), attended=False, start=started)
    for _ in follow(places, run):
        pass
    events = list(follow(places, run, behind=400_000))
    said, more = (
        [
            line
            for one in events
            if isinstance(one, Output) and one.step == step
            for line in one.lines
        ]
        for step in ("say", "more")
    )
    path = places.run(run).output("say")
    assert said[0] == f"(0.3 MB of output are left out here; all of it is in {path}.)"
    first = int(said[1])
    assert said[1:] == [str(number) for number in range(first, 100_001)]
    assert len("\n".join(said[1:])) > 250_000
    assert path.stat().st_size > 588_000
    assert more[1:] == [str(number) for number in range(1, 11)]


@pytest.mark.promise(1, 5)
def test_a_worker_that_was_killed_is_told_and_gone_on_from(places: Places, etc: Path) -> None:
    flag = etc / "flag"
    wanted = plan(
        ("first", Command(("touch", str(etc / "once")))),
        ("slow", Command(("sh", "-c", f"test -e {flag} || sleep 60"))),
        ("main.cf", ReplaceFile(NewFile(str(etc / "main.cf"), NEW, sha256(OLD)))),
    )
    run = launch(places, wanted, detached(places), attended=False, start=started)
    events = []
    for event in follow(places, run):
        events.append(event)
        if isinstance(event, StepIntended) and event.step == "slow":
            found = holder(places)
            assert found is not None
            assert found.run == run
            os.kill(found.pid, signal.SIGKILL)
    end = events[-1]
    assert isinstance(end, RunFinished)
    assert end.outcome == "died"
    assert "`postfix-wizard resume` goes on where it stopped" in end.message
    assert [(one.outcome, one.done) for one in runs(places)] == [("died", 1)]
    (etc / "once").unlink()
    flag.touch()
    assert work(places, run) == 0
    assert (etc / "main.cf").read_bytes() == NEW
    assert not (etc / "once").exists()
    assert sum(isinstance(one, RunStarted) for one in told(places, run)) == 2
    assert sum(isinstance(one, RunFinished) for one in follow(places, run)) == 1


def test_a_worker_that_never_began_is_told(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.run.follow._START", 0.6)
    run = launch(places, plan(), ("true",), attended=False, start=lambda _unit, _argv: None)
    (end,) = follow(places, run)
    assert isinstance(end, RunFinished)
    assert end.outcome == "died"
    assert "never began" in end.message
    assert [one.outcome for one in runs(places)] == ["not started"]


@pytest.mark.promise(6)
def test_a_stop_takes_effect_between_steps(places: Places, etc: Path) -> None:
    wanted = plan(
        ("slow", Command(("sleep", "1"))),
        ("main.cf", ReplaceFile(NewFile(str(etc / "main.cf"), NEW, sha256(OLD)))),
    )
    run = launch(places, wanted, detached(places), attended=False, start=started)
    for event in follow(places, run):
        if isinstance(event, StepStarted):
            assert request_stop(places, run)
    end = last(places, run)
    assert end.outcome == "stopped"
    assert "Title of main.cf" in end.message
    assert [one.outcome for one in told(places, run) if isinstance(one, StepFinished)] == ["done"]
    assert (etc / "main.cf").read_bytes() == OLD


@pytest.mark.promise(1)
def test_resuming_after_the_rename_finds_its_own_effect(places: Places, etc: Path) -> None:
    wanted = usual(etc)
    run = prepared(places, wanted)
    work(places, run)
    whole = told(places, run)
    at = next(
        number
        for number, one in enumerate(whole)
        if isinstance(one, StepFinished) and one.step == "main.cf"
    )
    journal = places.run(run).journal
    journal.unlink()
    with open_journal(journal, run) as (again, _):
        for record in whole[:at]:
            again.append(record)
    assert work(places, run) == 0
    ended = [
        one for one in told(places, run) if isinstance(one, StepFinished) and one.step == "main.cf"
    ]
    intended = [one for one in whole if isinstance(one, StepIntended) and one.step == "main.cf"]
    assert ended[-1].undo == intended[-1].undo
    assert (etc / "main.cf").read_bytes() == NEW


def test_a_run_that_is_done_is_not_run_again(places: Places, etc: Path) -> None:
    run = prepared(places, usual(etc))
    work(places, run)
    with pytest.raises(Trouble, match="over already"):
        work(places, run)


@pytest.mark.promise(4)
def test_a_corrupt_journal_hinders_neither_the_list_nor_a_new_run(
    places: Places, etc: Path
) -> None:
    bad = prepared(places, usual(etc))
    journal = places.run(bad).journal
    journal.write_bytes(b"0123456789abcdef {}\nmore\n")
    torn = prepared(places, plan())
    places.run(torn).journal.write_bytes(b"half")
    good = prepared(places, usual(etc))
    assert work(places, good) == 0
    assert [(one.run, one.outcome) for one in runs(places)] == [
        (bad, "unreadable"),
        (torn, "not started"),
        (good, "done"),
    ]
    assert "record 0" in runs(places)[0].message


@pytest.mark.promise(4)
def test_a_damaged_journal_is_set_aside_by_the_next_start(places: Places, etc: Path) -> None:
    bad = prepared(places, usual(etc))
    assert work(places, bad) == 0
    journal = places.run(bad).journal
    journal.write_bytes(journal.read_bytes().replace(b"StepFinished", b"StepFinishes", 1))
    assert "The journal is damaged: record 4" in runs(places)[0].message
    with pytest.raises(Trouble, match="cannot be read"):
        undo_plan(places, bad)
    launch(places, plan(), ("true",), attended=False, start=lambda *_: None)
    (first, _) = runs(places)
    assert first.outcome == "unreadable"
    assert "is set aside as" in first.message
    assert not journal.exists()


@pytest.mark.promise(2)
def test_the_unit_outlives_login_and_leaves_dnf_alone() -> None:
    argv = unit_argv("postfix-wizard-x", ("/usr/bin/postfix-wizard", "worker", "x"))
    assert {"KillMode=process", "IgnoreOnIsolate=yes"} <= {*argv}
    assert argv[argv.index("--") :] == ["--", "/usr/bin/postfix-wizard", "worker", "x"]


@pytest.mark.promise(2)
def test_a_run_is_followed_until_the_next_one_may_begin(places: Places, etc: Path) -> None:
    """An undo of several runs starts each right behind the last; so does a script."""
    run = prepared(places, usual(etc))
    assert work(places, run) == 0
    released: list[float] = []

    def going(taken: threading.Event) -> None:
        with locked(places, run):
            taken.set()
            time.sleep(0.4)
            released.append(time.monotonic())

    taken = threading.Event()
    worker = threading.Thread(target=going, args=(taken,))
    worker.start()
    assert taken.wait(10)
    events = list(follow(places, run))
    assert released
    assert isinstance(events[-1], RunFinished)
    worker.join()


def test_another_run_is_not_waited_for(places: Places, etc: Path) -> None:
    run = prepared(places, usual(etc))
    assert work(places, run) == 0
    with locked(places, "20991231-000000-9"):
        began = time.monotonic()
        assert isinstance(list(follow(places, run))[-1], RunFinished)
        assert time.monotonic() - began < 5
