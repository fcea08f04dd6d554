"""Runs taken back: from the journal to the steps, and those steps on real files."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.factories import ZEKE
from tests.unit.run.undoing import NEW, OLD, as_it_was, old_files, plan, taken, told, usual
from wizard.answers.toml import format_answers, read_answers
from wizard.errors import LockedTrouble, Trouble
from wizard.plan.actions import (
    Command,
    ReplaceFile,
    Service,
)
from wizard.plan.certificate_actions import Relink
from wizard.plan.files import Link, NewFile, sha256
from wizard.plan.model import FileChange, Plan
from wizard.run import plan_undo
from wizard.run.follow import follow
from wizard.run.history import runs
from wizard.run.journal import open_journal
from wizard.run.lock import locked
from wizard.run.paths import Places, make_run
from wizard.run.plan_undo import (
    has_steps,
    newest_to_undo,
    runs_to_undo,
    undo_plan,
)
from wizard.run.records import RunFinished, RunStarted, StepIntended, StepStarted
from wizard.run.request import write_request
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    return old_files(tmp_path)


@pytest.mark.promise(8)
def test_a_run_is_taken_back_and_its_originals_stay(places: Places, etc: Path) -> None:
    run = taken(places, usual(etc))
    assert (etc / "cert.pem").is_symlink()
    assert has_steps(places, run)
    assert (newest_to_undo(places), runs_to_undo(places)) == (run, frozenset({run}))
    back = undo_plan(places)
    assert back.undoes == run
    assert [step.id for step in back.steps] == ["back-access", "back-main.cf", "back-links"]
    (change,) = back.files
    assert (change.live, change.proposed) == (NEW, OLD)
    taken(places, back)
    assert as_it_was(etc)
    assert (etc / "main.cf.orig").read_bytes() == OLD
    first, second = runs(places)
    assert (first.undone, second.undoes) == (True, run)
    assert not has_steps(places, run)
    assert not has_steps(places, second.run)
    assert (newest_to_undo(places), runs_to_undo(places)) == ("", frozenset())
    with pytest.raises(Trouble, match="not taken back already"):
        undo_plan(places)
    with pytest.raises(Trouble, match="was taken back already"):
        undo_plan(places, run)
    with pytest.raises(Trouble, match="apply its answers once more"):
        undo_plan(places, second.run)


@pytest.mark.parametrize(
    ("sections", "options"), [((), ""), (("limits", "dns"), " --section limits --section dns")]
)
def test_an_undo_says_how_to_make_the_changes_again(
    places: Places, etc: Path, sections: tuple[str, ...], options: str
) -> None:
    """Nothing undoes an undo, so the command names the answers of that run."""
    stored = format_answers(ZEKE)
    run = taken(places, replace(usual(etc), answers=stored, sections=sections))
    path = places.run(run).plan
    command = f"`postfix-wizard apply --answers {path}{options}`"
    back = undo_plan(places)
    assert command in back.stays[-1]
    assert read_answers(path) == ZEKE
    undo = taken(places, back)
    with pytest.raises(Trouble) as caught:
        undo_plan(places, undo)
    assert command in str(caught.value)


@pytest.mark.promise(15)
def test_what_was_edited_since_is_refused_and_no_run_begins(places: Places, etc: Path) -> None:
    taken(places, usual(etc))
    (etc / "main.cf").write_bytes(NEW + b"# mine\n")
    back = undo_plan(places)
    (problem,) = back.obstacles
    assert "main.cf was changed after the run" in problem.message
    # Edited in between: the step itself refuses too, and nothing of it is touched.
    run = taken(places, back)
    assert told(places, run).finished is not None
    assert (etc / "main.cf").read_bytes() == NEW + b"# mine\n"


def test_an_edit_of_a_file_that_the_run_made_is_shown_too(places: Places, etc: Path) -> None:
    path = str(etc / "access")
    made = ReplaceFile(NewFile(path, NEW, None))
    taken(places, plan(("access", made), changes=(FileChange(path, None, None, NEW),)))
    (etc / "access").write_bytes(NEW + b"mine\n")
    back = undo_plan(places)
    assert back.obstacles
    assert [(one.path, one.live, one.proposed) for one in back.files] == [
        (path, NEW + b"mine\n", b"")
    ]


def test_what_is_back_already_is_no_step(places: Places, etc: Path) -> None:
    taken(places, usual(etc))
    (etc / "access").unlink()
    back = undo_plan(places)
    assert [step.id for step in back.pending] == ["back-main.cf", "back-links"]


def test_what_was_removed_with_its_directory_is_told_before_it_begins(
    places: Places, etc: Path
) -> None:
    inner = etc / "live"
    inner.mkdir()
    paths = [inner / name for name in ("cert.pem", "key.pem")]
    for path in paths:
        path.write_bytes(OLD)
    links = tuple(Link(str(one), "../archive/cert1.pem", f"file:{sha256(OLD)}") for one in paths)
    taken(places, plan(("links", Relink("example.com", links))))
    shutil.rmtree(inner)
    (problem,) = undo_plan(places).obstacles
    assert f"{inner} was removed after the run" in problem.message
    inner.mkdir()
    taken(places, undo_plan(places))
    assert [path.read_bytes() for path in paths] == [OLD, OLD]


def test_a_damaged_copy_is_not_put_back(places: Places, etc: Path) -> None:
    run = taken(places, usual(etc))
    back = undo_plan(places)
    for copy in places.run(run).replaced.iterdir():
        copy.write_bytes(b"rubbish")
    again = taken(places, back)
    end = told(places, again).finished
    assert end is not None
    assert "is damaged" in end.message
    assert (etc / "main.cf").read_bytes() == NEW


def test_a_run_that_changed_nothing_has_no_undo(places: Places) -> None:
    run = taken(places, plan(("say", Command(("echo", "hello")))))
    assert not has_steps(places, run)
    assert not has_steps(places, "20261124-034502-99")
    with pytest.raises(Trouble, match="no run changed anything"):
        undo_plan(places)
    with pytest.raises(Trouble, match="changed nothing that undo takes back"):
        undo_plan(places, run)
    with pytest.raises(Trouble, match="there is no run"):
        undo_plan(places, "20261124-034502-99")


@pytest.mark.promise(5)
def test_an_undo_waits_for_no_run_in_progress(places: Places, etc: Path) -> None:
    run = taken(places, usual(etc))
    with locked(places, run), pytest.raises(LockedTrouble):
        undo_plan(places)


@pytest.mark.promise(1)
def test_an_undo_that_was_cut_off_must_be_gone_on_with(places: Places, etc: Path) -> None:
    taken(places, usual(etc))
    at = make_run(places, time.time())
    wanted = undo_plan(places)
    write_request(at, wanted, attended=False)
    with open_journal(at.journal, at.id) as (journal, _):
        journal.append(RunStarted(at.id, "", 1))
        journal.append(StepStarted("back-access"))
    with pytest.raises(Trouble, match="postfix-wizard resume"):
        undo_plan(places)
    # What is said of it names no command that refuses.
    *_, end = follow(places, at.id)
    assert isinstance(end, RunFinished)
    (said,) = (one.ways_on for one in runs(places) if one.run == at.id)
    for words in (end.message, said):
        assert "`postfix-wizard resume`" in words
        assert "`postfix-wizard undo`" not in words
    assert work(places, at.id) == 0
    assert as_it_was(etc)


@pytest.mark.parametrize(
    ("verb", "was", "found"), [("reload", "active", 1), ("start", "inactive", 0)]
)
def test_a_unit_that_was_masked_since_is_in_the_way_where_it_must_turn(
    places: Places, monkeypatch: pytest.MonkeyPatch, verb: str, was: str, found: int
) -> None:
    """One that is only stopped may be masked."""
    wanted = plan(("service", Service(verb, "postfix", was)))
    cut_off(places, wanted, "service", {"unit": "postfix", "verb": verb, "was": was})
    monkeypatch.setattr(plan_undo, "is_masked", lambda _, unit: unit == "postfix")
    problems = undo_plan(places).obstacles
    assert ["systemctl unmask postfix" in one.message for one in problems] == [True] * found


def cut_off(places: Places, wanted: Plan, step: str, undo: dict[str, object]) -> None:
    """Leave a run whose worker was killed in a step, right before or after its effect."""
    at = make_run(places, time.time())
    write_request(at, wanted, attended=False)
    with open_journal(at.journal, at.id) as (journal, _):
        journal.append(RunStarted(at.id, "", 1))
        journal.append(StepStarted(step))
        journal.append(StepIntended(step, undo))


def test_undo_takes_the_temporary_name_of_a_file_that_never_came(places: Places, etc: Path) -> None:
    path = str(etc / "access")
    entry = {"path": path, "was": "missing", "now": f"file:{sha256(NEW)}"}
    cut_off(places, usual(etc), "access", {"files": [entry]})
    left = etc / ".access.postfix-wizard-0123456789abcdef"
    left.write_bytes(b"half")
    back = undo_plan(places)
    assert [step.id for step in back.pending] == ["back-access"]
    taken(places, back)
    assert not left.exists()
    assert as_it_was(etc)


@pytest.mark.parametrize("linked", [False, True], ids=["before link(2)", "behind link(2)"])
def test_undo_takes_the_temporary_name_of_an_original(
    places: Places, etc: Path, *, linked: bool
) -> None:
    original = etc / "main.cf.orig"
    cut_off(places, usual(etc), "original", {"original": str(original)})
    left = etc / ".main.cf.orig.postfix-wizard-0123456789abcdef"
    left.write_bytes(OLD)
    if linked:
        original.hardlink_to(left)
    back = undo_plan(places)
    assert [step.id for step in back.pending] == ["back-original"]
    taken(places, back)
    assert not left.exists()
    assert original.exists() == linked
    with pytest.raises(Trouble, match="not taken back already"):
        undo_plan(places)


def test_a_full_disk_is_no_word_of_postfixs(
    places: Places, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run does not go back: with some room, it goes on."""
    monkeypatch.setattr(subprocess, "Popen", Mock(side_effect=OSError(errno.ENOSPC, "No space")))
    run = taken(places, usual(etc, ("check", Command(("true",)))))
    assert (etc / "main.cf").read_bytes() == NEW
    past = told(places, run)
    assert past.returning is None
    assert past.finished is not None
    assert past.finished.message.startswith("While starting true: No space")
    monkeypatch.undo()
    assert work(places, run) == 0
