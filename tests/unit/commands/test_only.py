"""`apply --only PLAN_ID` runs the plan that was reviewed and no other."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from tests.unit.run.runs import OLD, prepared, usual
from wizard.commands import apply as module
from wizard.commands import plan as shown
from wizard.commands.console import Console
from wizard.commands.planning import Options
from wizard.door import Door
from wizard.errors import Trouble
from wizard.plan.model import Plan
from wizard.run.paths import Places
from wizard.run.plan_id import plan_id
from wizard.run.worker import work
from wizard.session import Session

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    etc = tmp_path / "etc"
    etc.mkdir(mode=0o755)
    (etc / "main.cf").write_bytes(OLD)
    made = Session(Door(), Places(tmp_path / "state", tmp_path / "run", etc / "answers.toml"), ())

    def start(_session: Session, plan: Plan, **_: object) -> str:
        run = prepared(made.places, plan)
        work(made.places, run)
        return run

    for one in (module, shown):
        monkeypatch.setattr(one, "make_plan", lambda *_: (usual(etc), cast("Any", None)))
    monkeypatch.setattr(module, "list_warnings", lambda *_: ())
    monkeypatch.setattr(Session, "start", start)
    return made


def applied(
    session: Session, only: str, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, Any], str]:
    console = Console(sys.stdout, is_terminal=False, colour=False)
    try:
        code = module.run_apply(session, Options(only=only, json=True, yes=True), console)
    except Trouble as trouble:
        code = trouble.exit_code
    said = capsys.readouterr()
    return code, json.loads(said.out), said.err


def test_a_first_set_up_can_be_reviewed_too(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console(sys.stdout, is_terminal=False, colour=False)
    assert shown.run_plan(session, Options(json=True), console) == 2
    data = json.loads(capsys.readouterr().out)
    assert data["plan_id"] is None
    assert "has no key yet" in data["no_plan_id"]
    assert not session.places.state.exists()
    code, data, err = applied(session, "", capsys)
    assert (code, data["outcome"], data["changed"]) == (66, "refused", False)
    assert [one["outcome"] for one in data["steps"]] == ["not begun"] * 3
    found = data["plan_id"]
    assert f"--only {found}" in data["message"]
    assert "3 steps, in this order:" in err
    assert session.places.key.stat().st_mode & 0o777 == 0o600
    assert shown.run_plan(session, Options(json=True), console) == 2
    data = json.loads(capsys.readouterr().out)
    assert (data["plan_id"], data["no_plan_id"], data["blocked"]) == (found, "", [])
    code, data, _ = applied(session, found, capsys)
    assert (code, data["outcome"]) == (0, "done")


@pytest.mark.parametrize("word", ["-", "0" * 32, "$(id)", "{{ x }}", "\x1b[2J", "é", "x" * 100_000])
def test_any_other_word_is_another_plan(
    session: Session, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, data, err = applied(session, word, capsys)
    assert (code, data["run"]) == (66, "")
    assert len(word) < 3 or (word not in err and word not in data["message"])
    assert (session.places.answers.parent / "main.cf").read_bytes() == OLD


def test_an_edit_since_the_review_makes_it_another(
    session: Session, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data, _ = applied(session, "", capsys)
    path = session.places.answers.parent / "main.cf"
    path.write_bytes(b"by hand\n")
    edited = usual(path.parent, before=b"by hand\n")
    monkeypatch.setattr(module, "make_plan", lambda *_: (edited, None))
    code, after, _ = applied(session, data["plan_id"], capsys)
    assert code == 66
    assert after["plan_id"] == plan_id(edited, session.places) != data["plan_id"]
