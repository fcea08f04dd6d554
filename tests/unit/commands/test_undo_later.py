"""`undo RUN --with-later`: what it says where it has to end between two runs."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.run.runs import prepared
from wizard.answers.model import host_problem
from wizard.commands import undo
from wizard.commands.console import Console
from wizard.commands.planning import Options
from wizard.door import Door
from wizard.errors import Trouble
from wizard.plan.actions import ReplaceFile
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import FileChange, Plan, Step
from wizard.run.paths import Places
from wizard.run.plan_undo import undo_plan
from wizard.run.worker import work
from wizard.session import Session

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")


def written(places: Places, path: Path, text: bytes) -> str:
    live = path.read_bytes()
    step = Step("main.cf", "", "", ReplaceFile(NewFile(str(path), text, sha256(live))))
    change = FileChange(str(path), None, live, text)
    run = prepared(places, Plan("", (), (step,), (change,)))
    assert work(places, run) == 0
    return run


def test_what_was_taken_back_before_an_edit_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edit was made between the two runs, so it comes to light with the later one's undo."""
    places = Places(tmp_path / "state", tmp_path / "run", tmp_path / "etc" / "answers.toml")
    path = tmp_path / "etc/main.cf"
    path.parent.mkdir(mode=0o755)
    path.write_bytes(b"0\n")
    first = written(places, path, b"1\n")
    path.write_bytes(b"1 mine\n")
    second = written(places, path, b"2\n")

    def at_once(_places: Places, run: str, _console: Console) -> int:
        return work(places, run)

    def prepare(_session: Session, plan: Plan, **_: object) -> str:
        return prepared(places, plan)

    def plan_back(_session: Session, run: str, **more: object) -> Plan:
        return undo_plan(places, run, taken_first=more["taken_first"])  # type: ignore[arg-type]

    monkeypatch.setattr(undo, "follow_run", at_once)
    monkeypatch.setattr(Session, "start", prepare)
    monkeypatch.setattr(Session, "undo_plan", plan_back)
    console = Console(io.StringIO(), is_terminal=False, colour=False)
    options = Options(run=first, with_later=True, yes=True)
    with pytest.raises(Trouble) as caught:
        undo.run_undo(Session(Door(), places, ()), options, console)
    assert "Nothing was changed" not in caught.value.advice
    assert f"Taken back: {second}. Not taken back yet: {first}." in caught.value.advice
    assert path.read_bytes() == b"1 mine\n"


def test_the_reason_of_a_refused_undo_is_not_below_what_would_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is undone, so nothing stays."""
    plan = Plan("", (), (), (), undoes="20261129-100000-1", stays=("a", "b"))

    def shown(plan: Plan) -> str:
        monkeypatch.setattr(Session, "undo_plan", lambda *_args, **_more: plan)
        monkeypatch.setattr(undo, "_show_edits", lambda *_: None)
        console = Console(io.StringIO(), is_terminal=False, colour=False)
        session = object.__new__(Session)
        if plan.obstacles:
            with pytest.raises(Trouble, match="changed since"):
                undo.run_undo(session, Options(dry_run=True), console)
        else:
            undo.run_undo(session, Options(dry_run=True), console)
        assert isinstance(console.out, io.StringIO)
        return console.out.getvalue()

    assert shown(plan).count("Stays: ") == 2
    assert "Stays: " not in shown(replace(plan, obstacles=(host_problem("changed since"),)))
