"""Runs of another version of the program: listed, never guessed at, and never changed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.factories import FRESH, ZEKE
from tests.unit.run.runs import OLD, as_format_1, prepared, replan, rewritten, usual
from wizard import __version__
from wizard.door import Door
from wizard.errors import NewerTrouble, Trouble
from wizard.plan.actions import ReplaceFile
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import FileChange, Plan, Step
from wizard.run.history import newest_cut_off, newest_unfinished, plan_of, runs
from wizard.run.journal import read_journal, set_aside
from wizard.run.launch import launch, relaunch
from wizard.run.path_state import file_state
from wizard.run.paths import Places
from wizard.run.plan_undo import undo_plan
from wizard.run.worker import work
from wizard.session import Session
from wizard.status.bases import bases
from wizard.status.expected import expected_state

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")

Change = Callable[[Places, str], None]


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir(mode=0o755)
    (made / "main.cf").write_bytes(OLD)
    return made


def written(places: Places, etc: Path, text: bytes) -> str:
    """Have a run write main.cf, and return the run's ID."""
    path = str(etc / "main.cf")
    live = (etc / "main.cf").read_bytes()
    step = Step("main.cf", "Replace main.cf", "", ReplaceFile(NewFile(path, text, sha256(live))))
    run = prepared(places, Plan("", (), (step,), (FileChange(path, None, live, text),)))
    assert work(places, run) == 0
    return run


def header(places: Places, run: str, **fields: Any) -> None:
    """Set fields of a run's run.json; None removes one."""
    path = places.run(run).header
    said = {**json.loads(path.read_bytes()), **fields}
    path.write_text(json.dumps({name: one for name, one in said.items() if one is not ...}))


def of_header(**fields: Any) -> Change:
    return lambda places, run: header(places, run, **fields)


def of_plan(old: bytes, new: bytes) -> Change:
    return lambda places, run: replan(places, run, old, new)


def of_request(old: bytes, new: bytes) -> Change:
    def change(places: Places, run: str) -> None:
        path = places.run(run).request
        assert old in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(old, new))

    return change


def of_journal(old: bytes, new: bytes) -> Change:
    def change(places: Places, run: str) -> None:
        path = places.run(run).journal
        assert old in path.read_bytes()
        path.write_bytes(rewritten(path.read_bytes(), old, new))

    return change


NEWER = {
    "a higher format": of_header(format=3),
    "a higher format with fields of its own": of_header(format=3, holds=[1], outcome="paused"),
    "a higher format, whose plan and journal are gone": of_header(format=3, outcome=7, steps="x"),
    "a format that no computer counts to": of_header(format=10**30),
    "an unknown field of run.json": of_header(colour="blue"),
    "a plan of a higher version": of_plan(b'"version":', b'"version":9'),
    "an unknown field of the plan": of_plan(b'"answers":', b'"region":"","answers":'),
    "an unknown field of a step": of_plan(b'"why":', b'"weight":3,"why":'),
    "an unknown field of an action": of_plan(b'"before":', b'"label":null,"before":'),
    "an unknown action": of_plan(b'"ReplaceFile"', b'"ReplaceTree"'),
    "a request of a higher version": of_request(b'"version": ', b'"version": 9'),
    "an unknown field of the request": of_request(b'"attended":', b'"user": "taro", "attended":'),
    "a journal of a higher version": of_journal(b'"version":', b'"version":9'),
    "an unknown record": of_journal(b'"kind":"StepStarted"', b'"kind":"StepPostponed"'),
    "an unknown field of a record": of_journal(b'"pid":', b'"user":"taro","pid":'),
    "an unknown outcome of a step": of_journal(
        b'"outcome":"done","sec', b'"outcome":"skipped","sec'
    ),
    "an unknown outcome of the run": of_journal(
        b'"outcome":"done","mess', b'"outcome":"paused","mess'
    ),
    "an unknown outcome in run.json": of_header(outcome="paused"),
    "an unknown field of the last record": of_journal(b'"message":""', b'"message":"","held":[]'),
}
OF_HEADER = [name for name in NEWER if "run.json" in name or "format" in name]


def everything(top: Path) -> dict[str, tuple[int, bytes]]:
    """Return the time and the bytes of each file, by path."""
    return {
        str(path): (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(top.rglob("*"))
    }


@pytest.mark.promise(32)
@pytest.mark.parametrize(
    ("how", "form"),
    [(how, 2) for how in NEWER] + [(how, 1) for how in NEWER if how not in OF_HEADER],
)
def test_every_command_stops_at_a_newer_run_and_changes_no_byte(
    places: Places, etc: Path, tmp_path: Path, how: str, form: int
) -> None:
    first = written(places, etc, b"one\n")
    second = written(places, etc, b"two\n")
    if form == 1:
        as_format_1(places, first)
        as_format_1(places, second)
    NEWER[how](places, second)
    before = everything(tmp_path / "state")
    main = str(etc / "main.cf")

    listed = runs(places)
    assert [one.outcome for one in listed] == ["done", "newer"]
    assert "(newer): " in listed[1].message
    assert (__version__ in listed[1].message) == (form == 2)
    started: list[str] = []

    def start(unit: str, _argv: object) -> None:
        started.append(unit)

    plan = usual(etc)
    for call in (
        lambda: undo_plan(places),
        lambda: undo_plan(places, first),
        lambda: undo_plan(places, second),
        lambda: newest_unfinished(places),
        lambda: newest_cut_off(places),
        lambda: expected_state(places),
        lambda: bases(places, {main: "file:x"}),
        lambda: relaunch(places, second, ("true",), attended=False, start=start),
        lambda: relaunch(places, first, ("true",), attended=False, start=start),
        lambda: launch(places, plan, ("true",), attended=False, start=start),
        lambda: work(places, second),
    ):
        with pytest.raises(NewerTrouble, match=second) as caught:
            call()
        said = str(caught.value)
        assert re.search(r"Install .*: it can list, resume and undo that run", said)
        assert "othing was changed" not in said
        assert caught.value.exit_code == 1
    assert not started
    assert everything(tmp_path / "state") == before


@pytest.mark.promise(32)
def test_the_message_names_the_program_and_how_far_the_run_came(places: Places, etc: Path) -> None:
    run = written(places, etc, b"one\n")
    header(places, run, format=3, version="0.9.0", commit="abcdef0123456", outcome="failed")
    header(places, run, done=6, steps=9, colour="blue")
    with pytest.raises(NewerTrouble) as caught:
        undo_plan(places)
    said = str(caught.value)
    assert "written by postfix-wizard 0.9.0 (commit abcdef012345) (newer)" in said
    assert "its format is 3, and this program reads up to 2" in said
    assert "its outcome is 'failed', and 6 of 9 steps done" in said
    assert "Install postfix-wizard 0.9.0" in said
    (one,) = runs(places)
    assert (one.done, one.steps, one.version) == (6, 9, "0.9.0")


@pytest.mark.promise(32)
def test_how_far_a_run_came_whose_plan_is_newer(places: Places, etc: Path) -> None:
    """Its journal can still be read."""
    run = written(places, etc, b"one\n")
    as_format_1(places, run)
    NEWER["an unknown action"](places, run)
    with pytest.raises(NewerTrouble, match="How far it came: 1 step done"):
        undo_plan(places)


@pytest.mark.promise(32)
def test_what_a_newer_undo_took_back_is_not_taken_back_again(places: Places, etc: Path) -> None:
    """Run 2, whose plan is not understood, undid run 1: its run.json says so."""
    first = written(places, etc, b"one\n")
    second = prepared(places, undo_plan(places))
    work(places, second)
    NEWER["an unknown field of the plan"](places, second)
    assert runs(places)[0].undone
    with pytest.raises(NewerTrouble):
        undo_plan(places)
    with pytest.raises(Trouble, match="was taken back already"):
        undo_plan(places, first)


@pytest.mark.promise(32)
@pytest.mark.parametrize("outcome", ["failed", "", 3, "died", "gone"])
def test_a_newer_undo_that_is_not_done_is_in_the_way(
    places: Places, etc: Path, outcome: object
) -> None:
    first = written(places, etc, b"one\n")
    second = prepared(places, undo_plan(places))
    work(places, second)
    header(places, second, format=4, outcome=outcome)
    with pytest.raises(NewerTrouble, match=f"in the way of undoing run {first}: run {second}"):
        undo_plan(places, first)


@pytest.mark.promise(32)
def test_an_older_run_is_undone_by_its_name_where_newer_ones_undid_each_other(
    places: Places, etc: Path
) -> None:
    first = written(places, etc, b"one\n")
    second = written(places, etc, b"two\n")
    third = prepared(places, undo_plan(places))
    work(places, third)
    for run in (second, third):
        header(places, run, format=3, colour="blue")
    with pytest.raises(NewerTrouble, match=third):
        undo_plan(places)
    fourth = launch(
        places, undo_plan(places, first), ("true",), attended=False, start=lambda *_: None
    )
    assert work(places, fourth) == 0
    assert (etc / "main.cf").read_bytes() == OLD


@pytest.mark.promise(32)
def test_a_damaged_undo_counts_too(places: Places, etc: Path) -> None:
    first = written(places, etc, b"one\n")
    second = prepared(places, undo_plan(places))
    work(places, second)
    places.run(second).plan.write_bytes(b"{")
    one, two = runs(places)
    assert (two.outcome, two.undoes) == ("unreadable", first)
    assert one.undone
    with pytest.raises(Trouble, match="no run changed anything that is not taken back"):
        undo_plan(places)


@pytest.mark.promise(32)
@pytest.mark.parametrize("name", ["journal", "plan.json", "request.json"])
def test_a_damaged_run_is_not_passed_over(places: Places, etc: Path, name: str) -> None:
    """An older run is undone by its name alone; a new run is not hindered."""
    first = written(places, etc, b"one\n")
    second = written(places, etc, b"two\n")
    (places.run(second).directory / name).write_bytes(b"0123456789abcdef {}\nmore\n")
    assert runs(places)[1].outcome == "unreadable"
    with pytest.raises(Trouble, match=f"{second}, cannot be read .* by its name"):
        undo_plan(places)
    assert undo_plan(places, first).obstacles
    launch(places, usual(etc), ("true",), attended=False, start=lambda *_: None)


@pytest.mark.promise(32)
def test_a_journal_that_an_older_program_set_aside_is_whole(places: Places, etc: Path) -> None:
    """5c83456 took a journal of version 2 for a damaged one."""
    run = written(places, etc, b"one\n")
    journal = places.run(run).journal
    aside = set_aside(journal)
    (one,) = runs(places)
    assert one.outcome == "unreadable"
    assert one.message == (
        f"An older program set its journal aside, which is whole: mv {aside} {journal}"
    )
    Path(aside).rename(journal)
    assert undo_plan(places).undoes == run
    damaged = Path(set_aside(journal))
    damaged.write_bytes(damaged.read_bytes().replace(b"StepStarted", b"StepStartad"))
    assert "was damaged" in runs(places)[0].message


@pytest.mark.promise(33)
def test_runs_of_format_1_are_listed_compared_resumed_and_undone(places: Places, etc: Path) -> None:
    first = written(places, etc, b"one\n")
    second = prepared(places, usual(etc, before=b"not there"))
    assert work(places, second) == 1
    for run in (first, second):
        as_format_1(places, run)
    assert [(one.outcome, one.done, one.steps, one.version) for one in runs(places)] == [
        ("done", 1, 1, ""),
        ("failed", 0, 3, ""),
    ]
    main = str(etc / "main.cf")
    live = {main: file_state(sha256(b"one\n"))}
    assert bases(places, live).files[main].run == first
    assert expected_state(places).paths[main].run == first
    (etc / "main.cf").write_bytes(OLD)
    assert work(places, second) == 1
    assert places.run(second).header.exists()
    assert b'"version":1' in places.run(second).journal.read_bytes()
    (etc / "main.cf").write_bytes(b"one\n")
    undo = prepared(places, undo_plan(places, first))
    assert work(places, undo) == 0
    assert (etc / "main.cf").read_bytes() == OLD


def test_a_copied_etc_has_nothing_to_do_with_the_runs_of_this_host(
    places: Places, etc: Path, tmp_path: Path
) -> None:
    answers = ZEKE
    header(places, written(places, etc, b"one\n"), format=3)
    assert Session(Door(tmp_path), places, ()).plan(answers, FRESH).pending
    with pytest.raises(NewerTrouble):
        Session(Door(), places, ()).plan(answers, FRESH)


def test_a_run_says_which_program_made_it(
    places: Places, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.run.header.commit", lambda: "0123456789ab")
    run = written(places, etc, b"one\n")
    (one,) = runs(places)
    assert (one.version, one.commit) == (__version__, "0123456789ab")
    assert plan_of(places, run).pending
    assert read_journal(places.run(run).journal) is not None
