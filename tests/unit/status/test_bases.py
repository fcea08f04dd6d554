"""What the runs wrote, from the journals of runs on real files: taken back, kept, cut off, damaged."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.run.runs import prepared
from wizard.errors import LockedTrouble
from wizard.plan.actions import Command, ReplaceFile
from wizard.plan.choices import MINE, PLANNED
from wizard.plan.files import NewFile, sha256
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import Action, FileChange, Plan, Step
from wizard.plan.undo_actions import PutBack
from wizard.planning.by_hand import Base
from wizard.run.history import runs
from wizard.run.journal import open_journal
from wizard.run.lock import locked
from wizard.run.path_state import file_state, text_state
from wizard.run.paths import Places
from wizard.run.plan_undo import undo_plan
from wizard.run.records import RunStarted, StepIntended, StepStarted
from wizard.run.seals import read_seals
from wizard.run.worker import work
from wizard.status.bases import bases
from wizard.status.expected import expected_state

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "state", tmp_path / "run", tmp_path / "etc/answers.toml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "etc/main.cf"
    made.parent.mkdir(mode=0o755)
    made.write_bytes(b"stock\n")
    return made


def written(
    places: Places, file: Path, text: bytes, *edits: HandEdit, after: Action | None = None
) -> str:
    """Have a run write the file; return the run's ID."""
    live = file.read_bytes()
    steps = [Step("main.cf", "", "", ReplaceFile(NewFile(str(file), text, sha256(live))))]
    if after:
        steps.append(Step("after", "", "", after))
    change = FileChange(str(file), None, live, text)
    run = prepared(places, Plan("", (), tuple(steps), (change,), edits=edits))
    work(places, run)
    return run


def of(places: Places, file: Path) -> Base | None:
    states = {str(file): file_state(sha256(file.read_bytes()))}
    return bases(places, states).files.get(str(file))


def test_the_newest_run_that_wrote_it_counts(places: Places, file: Path) -> None:
    assert of(places, file) is None
    written(places, file, b"one\n")
    run = written(places, file, b"two\n")
    file.write_bytes(b"two, by hand\n")
    assert of(places, file) == Base(b"two\n", run)


def test_a_run_that_was_taken_back_left_nothing(places: Places, file: Path) -> None:
    """What an undo puts back may hold a hand edit, which is one still."""
    first = written(places, file, b"one\n")
    file.write_bytes(b"one, by hand\n")
    second = written(places, file, b"two\n")
    work(places, prepared(places, undo_plan(places, second)))
    assert file.read_bytes() == b"one, by hand\n"
    assert of(places, file) == Base(b"one\n", first)


def test_what_was_kept_is_known_by_what_a_run_wrote(places: Places, file: Path) -> None:
    def edit(name: str, choice: str, *, conflict: bool) -> HandEdit:
        return HandEdit(str(file), name, "ours", "mine", "ours", "x", conflict, choice)

    edits = (
        edit("kept", MINE, conflict=True),
        edit("written-over", PLANNED, conflict=True),
        edit("foreign", "", conflict=False),
    )
    run = written(places, file, b"one\n", *edits)
    assert of(places, file) == Base(b"one\n", run, (("kept", "ours"), ("foreign", "ours")))


def test_a_run_that_failed_later_wrote_it_all_the_same(places: Places, file: Path) -> None:
    stale = ReplaceFile(NewFile(f"{file}.other", b"", sha256(b"not there")))
    run = written(places, file, b"one\n", after=stale)
    assert file.read_bytes() == b"one\n"
    assert of(places, file) == Base(b"one\n", run)


def test_a_run_that_returned_left_nothing(places: Places, file: Path) -> None:
    written(places, file, b"one\n", after=Command(("false",)))
    assert file.read_bytes() == b"stock\n"
    assert of(places, file) is None


@pytest.mark.parametrize("damaged", ["journal", "plan.json"])
def test_a_run_that_cannot_be_read(places: Places, file: Path, damaged: str) -> None:
    """What runs before it wrote is no base either: the damaged one may have written since."""
    written(places, file, b"one\n")
    run = written(places, file, b"two\n")
    at = places.run(run).directory / damaged
    data = at.read_bytes()
    at.write_bytes(data[:100] + b"x" + data[101:])
    found = bases(places, {str(file): "file:x"})
    assert not found.files
    assert run in found.unknown


def test_one_damaged_run_hides_nothing_that_is_newer(places: Places, file: Path) -> None:
    first = written(places, file, b"one\n")
    at = places.run(first).journal
    at.write_bytes(b"x" + at.read_bytes()[1:])
    second = written(places, file, b"two\n")
    file.write_bytes(b"two, by hand\n")
    found = bases(places, {str(file): "file:x"})
    assert found.files == {str(file): Base(b"two\n", second)}
    assert not found.unknown


def test_a_run_that_writes_while_the_host_is_read_is_no_hand(places: Places, file: Path) -> None:
    """What was read before the run wrote is no conflict with it: the reader has to look anew."""
    read = {str(file): file_state(sha256(file.read_bytes()))}
    run = written(places, file, b"one\n")
    with pytest.raises(LockedTrouble, match=f"a run wrote {file} meanwhile"):
        bases(places, read)
    with locked(places, run), pytest.raises(LockedTrouble, match=f"run {run} .* is in progress"):
        bases(places, read)
    file.write_bytes(b"one, by hand\n")
    assert of(places, file) == Base(b"one\n", run)


def test_a_hand_edit_that_has_two_names_is_one_still(places: Places, file: Path) -> None:
    """What no run would write over is the plan's to refuse, in its own words."""
    run = written(places, file, b"one\n")
    file.write_bytes(b"one, by hand\n")
    os.link(file, file.with_name("second"))
    assert of(places, file) == Base(b"one\n", run)


def undo(places: Places, run: str = "") -> None:
    work(places, prepared(places, undo_plan(places, run)))


def cut_off_before_its_effect(places: Places, file: Path) -> None:
    """Leave a run whose worker was killed before it wrote the file."""
    text = file.read_bytes()
    written(places, file, b"never", after=Command(("true",)))
    at = places.run(runs(places)[-1].run)
    lines = at.journal.read_bytes().splitlines(keepends=True)
    kept = next(number for number, line in enumerate(lines) if b'"StepIntended"' in line)
    at.journal.write_bytes(b"".join(lines[: kept + 1]))
    file.write_bytes(text)


def undo_cut_off(places: Places, file: Path) -> None:
    """Leave an undo whose worker was killed right after the file was back."""
    plan = undo_plan(places)
    run = prepared(places, plan)
    was = file_state(sha256(file.read_bytes()))
    (past,) = (
        one for step in plan.steps if isinstance(step.action, PutBack) for one in step.action.files
    )
    with open_journal(places.run(run).journal, run) as (journal, _):
        journal.append(RunStarted(run, "", 1))
        journal.append(StepStarted("back-main.cf"))
        entry = {"path": past.path, "was": was, "now": past.was}
        journal.append(StepIntended("back-main.cf", {"files": [entry]}))
    file.write_bytes(Path(past.copy).read_bytes())


HISTORIES: dict[str, tuple[Callable[[Places, Path], object], ...]] = {
    "a run": (lambda p, f: written(p, f, b"one"),),
    "a run, taken back": (lambda p, f: written(p, f, b"one"), lambda p, _: undo(p)),
    "two runs, the later taken back": (
        lambda p, f: written(p, f, b"one"),
        lambda p, f: written(p, f, b"two"),
        lambda p, _: undo(p),
    ),
    "a hand edit, written over, taken back": (
        lambda p, f: written(p, f, b"one"),
        lambda _, f: f.write_bytes(b"mine"),
        lambda p, f: written(p, f, b"two"),
        lambda p, _: undo(p),
    ),
    "both taken back": (
        lambda p, f: written(p, f, b"one"),
        lambda p, f: written(p, f, b"two"),
        lambda p, _: undo(p),
        lambda p, _: undo(p),
    ),
    "taken back, and written again": (
        lambda p, f: written(p, f, b"one"),
        lambda p, _: undo(p),
        lambda p, f: written(p, f, b"two"),
    ),
    "a run that returned": (
        lambda p, f: written(p, f, b"one"),
        lambda p, f: written(p, f, b"two", after=Command(("false",))),
    ),
    "a run that was killed before it wrote": (
        lambda p, f: written(p, f, b"one"),
        cut_off_before_its_effect,
    ),
    "an undo that was killed after it wrote": (
        lambda p, f: written(p, f, b"one"),
        lambda p, f: written(p, f, b"two"),
        undo_cut_off,
    ),
}


@pytest.mark.promise(29)
@pytest.mark.parametrize("name", HISTORIES)
def test_status_and_plan_agree_on_what_a_run_wrote(places: Places, file: Path, name: str) -> None:
    """Whatever happened: status compares with the very text that a plan finds hand edits by."""
    for happens in HISTORIES[name]:
        happens(places, file)
    base, mark = of(places, file), expected_state(places).paths.get(str(file))
    assert (base is None) == (mark is None)
    if base is not None and mark is not None:
        assert (text_state(base.text, read_seals(places.key)), base.run) == (mark.state, mark.run)
