"""`runs --prune`: what it says, what it asks, and its exit codes."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from tests.unit.run.runs import prepared
from wizard.cli import main
from wizard.commands.console import Console
from wizard.commands.planning import Options
from wizard.commands.runs import run_runs
from wizard.door import Door
from wizard.errors import UsageTrouble
from wizard.plan.actions import ReplaceFile
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import FileChange, Plan, Step
from wizard.run.paths import Places, known_runs
from wizard.run.worker import work
from wizard.session import Session

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")


class Terminal(Console):
    """A terminal at which somebody answers a question with a word."""

    def __init__(self, *, is_terminal: bool, answer: str = "") -> None:
        super().__init__(io.StringIO(), is_terminal, colour=False)
        object.__setattr__(self, "answer", answer)

    def ask(self, question: str) -> str:
        self.say(question)
        return str(getattr(self, "answer"))  # noqa: B009 (a frozen dataclass without the field)

    @property
    def said(self) -> str:
        assert isinstance(self.out, io.StringIO)
        return self.out.getvalue()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A host on which five runs wrote one file."""
    places = Places(tmp_path / "state", tmp_path / "run", tmp_path / "etc" / "answers.toml")
    path = tmp_path / "etc/main.cf"
    path.parent.mkdir(mode=0o755)
    path.write_bytes(b"0\n")
    for number in range(1, 6):
        live, text = path.read_bytes(), b"%d\n" % number
        step = Step("main.cf", "", "", ReplaceFile(NewFile(str(path), text, sha256(live))))
        change = FileChange(str(path), None, live, text)
        assert work(places, prepared(places, Plan("", (), (step,), (change,)))) == 0
    return Session(Door(), places, ())


def test_without_a_terminal_it_wants_yes_and_lists_what_goes(session: Session) -> None:
    options = Options(prune=True, keep=2)
    with pytest.raises(UsageTrouble, match="no terminal"):
        run_runs(session, options, Terminal(is_terminal=False))
    before = known_runs(session.places)
    assert len(before) == 5
    console = Terminal(is_terminal=False)
    assert run_runs(session, Options(prune=True, keep=2, yes=True), console) == 0
    assert known_runs(session.places) == (before[0], *before[3:])
    assert f"{before[0]}  stays: it is the first set-up" in console.said
    assert f"{before[1]}  is removed: done; it can still be undone" in console.said
    assert "2 runs of these can still be undone" in console.said
    assert "2 runs removed." in console.said


def test_a_no_removes_nothing(session: Session) -> None:
    console = Terminal(is_terminal=True, answer="n")
    assert run_runs(session, Options(prune=True, keep=2), console) == 1
    assert "Remove 2 runs? [y/N]" in console.said
    assert "No run was removed." in console.said
    assert len(known_runs(session.places)) == 5
    console = Terminal(is_terminal=True, answer="y")
    assert run_runs(session, Options(prune=True, older_than=0), console) == 0
    assert len(known_runs(session.places)) == 2


def test_nothing_to_remove(session: Session) -> None:
    """What a prune that was killed left is deleted all the same."""
    (session.places.runs / ".pruned-20260101-000000-1").mkdir()
    console = Terminal(is_terminal=False)
    assert run_runs(session, Options(prune=True, older_than=30, yes=True), console) == 0
    assert console.said == "No run is to be removed.\n"
    assert not list(session.places.runs.glob(".*"))


@pytest.mark.parametrize(
    "options",
    [
        Options(prune=True),
        Options(keep=3),
        Options(older_than=3),
        Options(prune=True, keep=1, older_than=1),
        Options(prune=True, keep=1, json=True),
    ],
)
def test_half_of_the_options_is_usage(session: Session, options: Options) -> None:
    with pytest.raises(UsageTrouble, match="either --keep or --older-than"):
        run_runs(session, options, Terminal(is_terminal=True))
    assert len(known_runs(session.places)) == 5


def test_the_help_says_what_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "files that they replaced are lost, and they cannot be undone any more" in told
