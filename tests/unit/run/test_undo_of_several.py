"""Runs that later runs stand on: which are named, and which are undone with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.run.undoing import NEW, OLD, as_it_was, old_files, plan, taken, usual
from wizard.errors import Trouble
from wizard.plan.actions import (
    ReplaceFile,
)
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import FileChange
from wizard.run.paths import Places
from wizard.run.plan_undo import (
    newest_to_undo,
    runs_to_undo,
    undo_plan,
    with_later,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    return old_files(tmp_path)


def written_by(places: Places, path: Path, text: bytes) -> str:
    """Have a run write one file; return the run's ID."""
    live = path.read_bytes() if path.exists() else None
    action = ReplaceFile(NewFile(str(path), text, None if live is None else sha256(live)))
    change = FileChange(str(path), None, live, text)
    return taken(places, plan((path.name, action), changes=(change,)))


@pytest.mark.promise(31)
def test_later_runs_are_named_in_the_order_in_which_to_take_them_back(
    places: Places, etc: Path
) -> None:
    main, other = etc / "main.cf", etc / "other"
    first = written_by(places, main, b"1")
    unrelated = written_by(places, other, b"x")
    second, third = (written_by(places, main, text) for text in (b"2", b"3"))
    (problem,) = undo_plan(places, first).obstacles
    commands = [f"`postfix-wizard undo {run}`" for run in (third, second, first)]
    assert ", ".join(commands) in problem.message
    assert unrelated not in problem.message
    assert "by hand" not in problem.message
    assert "Take it out" not in problem.message
    assert f"`postfix-wizard undo {first} --with-later`" in problem.message
    # And the commands do what is said of them.
    for run in (third, second, first):
        taken(places, undo_plan(places, run))
    assert main.read_bytes() == OLD
    assert with_later(places, unrelated) == (unrelated,)


@pytest.mark.promise(31)
def test_a_run_and_all_later_ones_are_taken_back_in_one_go(places: Places, etc: Path) -> None:
    main, other, access = etc / "main.cf", etc / "other", etc / "access"
    before = written_by(places, access, b"1")
    first, undone = (written_by(places, main, text) for text in (b"1", b"2"))
    taken(places, undo_plan(places))
    assert newest_to_undo(places) == first
    third, fourth = written_by(places, other, b"x"), written_by(places, main, b"3")
    assert runs_to_undo(places) == {before, first, third, fourth}
    order = with_later(places, first)
    assert order == (fourth, third, first)
    assert undone not in order
    for at, run in enumerate(order):
        back = undo_plan(places, run, taken_first=order[:at])
        assert not back.obstacles
        assert back.pending
    # A change by hand is found in the plan of the run that wrote the path last.
    main.write_bytes(b"mine")
    plans = [undo_plan(places, run, taken_first=order[:at]) for at, run in enumerate(order)]
    assert [len(one.obstacles) for one in plans] == [1, 0, 0]
    main.write_bytes(b"3")
    for run in order:
        taken(places, undo_plan(places, run))
    assert (main.read_bytes(), other.exists(), access.read_bytes()) == (OLD, False, b"1")
    with pytest.raises(Trouble, match="was taken back already"):
        with_later(places, first)
    assert with_later(places, before) == (before,)


@pytest.mark.parametrize("name", ["main.cf", "cert.pem"])
def test_what_was_removed_since_comes_back(places: Places, etc: Path, name: str) -> None:
    first = taken(places, usual(etc))
    (etc / name).unlink()
    back = undo_plan(places)
    assert not back.obstacles
    shown = [(str(etc / "main.cf"), None if name == "main.cf" else NEW, OLD)]
    assert [(one.path, one.live, one.proposed) for one in back.files] == shown
    # A later run that wrote it is taken back first all the same.
    if name == "main.cf":
        second = written_by(places, etc / name, b"2")
        (etc / name).unlink()
        (problem,) = undo_plan(places, first).obstacles
        assert f"undo {second}`" in problem.message
        taken(places, undo_plan(places))
    taken(places, undo_plan(places))
    assert as_it_was(etc)


@pytest.mark.promise(31)
def test_a_run_that_bars_the_way_through_another_is_named_too(places: Places, etc: Path) -> None:
    """The last one wrote nothing of the first, but over what the second one wrote."""
    main, other = etc / "main.cf", etc / "other"
    first = written_by(places, main, b"1")
    live, both = main.read_bytes(), b"2"
    second = taken(
        places,
        plan(
            ("main.cf", ReplaceFile(NewFile(str(main), both, sha256(live)))),
            ("other", ReplaceFile(NewFile(str(other), both, None))),
        ),
    )
    third = written_by(places, other, b"3")
    (problem,) = undo_plan(places, first).obstacles
    assert f"{third} ({other}), {second} ({main})" in problem.message


@pytest.mark.promise(31)
def test_an_edit_on_top_of_a_later_run_is_told_when_that_one_is_taken_back(
    places: Places, etc: Path
) -> None:
    main, access = etc / "main.cf", etc / "access"
    first = taken(
        places,
        plan(
            ("main.cf", ReplaceFile(NewFile(str(main), b"1", sha256(OLD)))),
            ("access", ReplaceFile(NewFile(str(access), b"1", None))),
        ),
    )
    second = written_by(places, main, b"2")
    main.write_bytes(b"2 and mine")
    access.write_bytes(b"1 and mine")
    by_run, by_hand = undo_plan(places, first).obstacles
    assert f"undo {second}`" in by_run.message
    assert f"{access} was changed after the run" in by_hand.message
    (problem,) = undo_plan(places, second).obstacles
    assert f"{main} was changed after the run" in problem.message


@pytest.mark.promise(31)
def test_a_later_run_that_was_taken_back_bars_nothing(places: Places, etc: Path) -> None:
    main = etc / "main.cf"
    first = written_by(places, main, b"1")
    written_by(places, main, b"2")
    taken(places, undo_plan(places))
    back = undo_plan(places, first)
    assert not back.obstacles
    main.write_bytes(b"mine")
    (problem,) = undo_plan(places, first).obstacles
    assert "was changed after the run" in problem.message
