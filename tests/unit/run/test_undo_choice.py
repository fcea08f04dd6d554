"""Which run an undo without a name takes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.run.runs import OLD, plan, prepared, usual
from wizard.errors import Trouble
from wizard.plan.actions import Command
from wizard.plan.model import Plan
from wizard.run.journal import open_journal
from wizard.run.paths import Places
from wizard.run.plan_undo import newest_to_undo, undo_plan
from wizard.run.records import RunStarted, StepStarted
from wizard.run.worker import work


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir()
    (made / "main.cf").write_bytes(OLD)
    return made


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        tmp_path / "state", tmp_path / "run", tmp_path / "etc" / "answers.toml", tmp_path / "log"
    )


def asking(command: str) -> Plan:
    return plan(("ask", Command((command,))))


def done(places: Places, wanted: Plan) -> str:
    run = prepared(places, wanted)
    assert work(places, run) == 0
    return run


def killed(places: Places) -> str:
    """A run whose worker was killed in a step that had changed nothing."""
    run = prepared(places, asking("true"))
    with open_journal(places.run(run).journal, run) as (journal, _):
        journal.append(RunStarted(run, "", 1))
        journal.append(StepStarted("ask"))
    return run


@pytest.mark.promise(1)
def test_the_run_before_one_that_was_killed_and_changed_nothing_stays(
    places: Places, etc: Path
) -> None:
    """The operator means the one that was killed: `status` says that `undo` takes it back."""
    first = done(places, usual(etc))
    assert newest_to_undo(places) == first
    second = killed(places)
    with pytest.raises(Trouble) as refused:
        undo_plan(places)
    assert f"run {second}, the newest one, ended early and changed nothing" in str(refused.value)
    assert f"`postfix-wizard undo {first}`" in str(refused.value)
    assert newest_to_undo(places) == ""
    assert undo_plan(places, first).pending
    # A run that is done is no longer in question.
    done(places, asking("true"))
    assert undo_plan(places).undoes == first


def test_without_an_older_run_there_is_nothing_to_undo(places: Places) -> None:
    killed(places)
    with pytest.raises(Trouble, match="no run changed anything"):
        undo_plan(places)
