"""A command with --json prints exactly one object, also if it has no result."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from tests import schemas
from wizard.answers.toml import read_answers
from wizard.cli import COMMANDS, main
from wizard.commands.apply import OtherPlanTrouble
from wizard.errors import (
    AnswersTrouble,
    LockedTrouble,
    PermissionTrouble,
    Trouble,
    UsageTrouble,
)

BEGINNINGS = {
    "plan": "make_plan",
    "apply": "need_root",
    "undo": "need_root",
    "resume": "need_root",
    "check": "need_root",
    "status": "need_root",
    "answers": "todays_answers",
    "move": "need_root",
    "log": "need_root",
    "runs": "need_root",
}
"""By command, a function that it calls before it prints anything."""

SCHEMAS = {"apply": "result", "undo": "result", "resume": "result"}
KINDS = (Trouble, UsageTrouble, AnswersTrouble, LockedTrouble, PermissionTrouble, OtherPlanTrouble)


def test_each_command_with_json_is_here() -> None:
    with_json = {one.name for one in COMMANDS if {"json", "result"} & {*one.options}}
    assert with_json == BEGINNINGS.keys()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BEGINNINGS)
def test_trouble_of_any_kind_has_one_object(
    name: str,
    kind: type[Trouble],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(*_given: object) -> NoReturn:
        raise kind("reading it", "rpm hangs", "Try again.")

    monkeypatch.setattr(importlib.import_module(f"wizard.commands.{name}"), BEGINNINGS[name], fails)
    assert main([name, "--json"]) == kind.exit_code
    said = capsys.readouterr()
    found = schemas.validate(SCHEMAS.get(name, name), said.out)
    assert found["message"] == "While reading it: rpm hangs. Try again."
    assert found["message"] in said.err
    # Without --json there are only words.
    assert main([name]) == kind.exit_code
    assert capsys.readouterr().out == ""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copied /etc of a host that was never set up."""
    etc = tmp_path / "copy/etc"
    (etc / "postfix").mkdir(parents=True)
    (etc / "os-release").write_text(
        'ID="rhel"\nNAME="Red Hat Enterprise Linux"\nVERSION_ID="9.4"\n'
    )
    for name in ("main.cf", "master.cf"):
        (etc / "postfix" / name).write_text("")
    return etc.parent


GOOD = '[hostname]\nmyhostname = "mail.example.com"\n[certificate]\nsource = "self-signed"\n'
WRONG = {
    "a key": (f"{GOOD}[networks]\nmynetwork = []\n", {"networks.mynetwork"}),
    "two": (
        f'{GOOD}[networks]\nmynetworks = ["x"]\n[limits]\nmessage_size_limit = -1\n',
        {"networks.mynetworks", "limits.message_size_limit"},
    ),
    "a section": (f"{GOOD}[network]\n", {"network"}),
    "no TOML": ("[", {""}),
    "empty": ("", {""}),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_wrong_answers_name_their_keys(
    command: str, name: str, copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, keys = WRONG[name]
    file = tmp_path / "answers.toml"
    file.write_text(text)
    file.chmod(0o600)
    options = ["--root", str(copied)] if command == "plan" else ["--yes"]
    assert main([command, "--json", "--answers", str(file), *options]) == 65
    found = schemas.validate(SCHEMAS.get(command, command), capsys.readouterr().out)
    if command == "plan" or "" not in keys:
        assert {(one["kind"], one["name"]) for one in found["blocked"]} == {
            ("obstacle", key) for key in keys
        }
    if command == "plan":
        assert (found["pending"], found["plan_id"], found["no_plan_id"]) == (
            0,
            None,
            "there is no plan",
        )
        assert len(found["obstacles"]) == len(keys)


def test_a_host_that_was_never_set_up(
    copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--json", "--root", str(copied)]) == 65
    assert "not set up before" in schemas.validate("plan", capsys.readouterr().out)["message"]
    assert main(["answers", "--json", "--root", str(copied)]) == 1
    text = capsys.readouterr().out
    found = schemas.validate("answers", text)
    assert (found["answers"], found["unexpressed"]) == (None, [])
    # These are no answers for another command.
    file = tmp_path / "answers.json"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(AnswersTrouble, match=r"an object with the sections.*not set up before"):
        read_answers(file)


def test_a_caution_that_is_named_wrongly_comes_with_its_plan(
    copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answers.toml"
    file.write_text(f'{GOOD}[networks]\nmynetworks = ["203.0.113.0/24"]\n')
    file.chmod(0o600)
    plan = ["plan", "--json", "--root", str(copied), "--answers", str(file)]
    assert main([*plan, "--accept", "public-range"]) == 65
    found = schemas.validate("plan", capsys.readouterr().out)
    assert found["pending"]
    assert "public-range=203.0.113.0/24" in found["message"]
    assert main([*plan, "--accept", "public-range=203.0.113.0/24"]) == 2
    assert schemas.validate("plan", capsys.readouterr().out)["message"] == ""


def test_an_object_that_cannot_be_written_hides_no_error(tmp_path: Path) -> None:
    words = ("plan", "--json", "--answers", str(tmp_path / "none"))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "screens", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=schemas.ROOT,
            check=False,
        )
    assert (done.returncode, "No such file" in done.stderr) == (65, True), done.stderr
