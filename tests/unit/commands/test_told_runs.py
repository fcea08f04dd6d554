"""What `status` and `runs` print of runs that cannot be read, and of those that were taken back."""

from __future__ import annotations

import io
import os
from typing import Any, cast

import pytest

from tests.factories import FRESH
from wizard.commands.console import Console
from wizard.commands.planning import Options
from wizard.commands.runs import run_attach, run_runs
from wizard.commands.status import run_status
from wizard.run.history import RunSummary
from wizard.run.paths import Places, RunPlaces
from wizard.run.records import DIED, DONE, FAILED
from wizard.session import Session
from wizard.status.drift import DriftItem

HELD = "On hold: 1 message that the present configuration would bounce (3A71A1981F3)."


class Listed(list[RunSummary]):
    """Runs with the paths of their files."""

    def run(self, name: str) -> RunPlaces:
        return Places().run(name)


class Told:
    """A session with runs and with what they left."""

    def __init__(self, *runs: RunSummary, items: tuple[DriftItem, ...] = ()) -> None:
        self.places, self._items = Listed(runs), items

    def host(self) -> Any:
        return FRESH

    def today(self, _host: Any) -> None:
        return None

    def status(self, _host: Any) -> tuple[str, tuple[DriftItem, ...]]:
        return "", self._items


@pytest.fixture(autouse=True)
def _as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("wizard.commands.runs.runs", lambda places: places)


def said(command: Any, told: Told) -> tuple[int, str]:
    console = Console(io.StringIO(), is_terminal=False, colour=False)
    code = command(cast("Session", told), Options(), console)
    assert isinstance(console.out, io.StringIO)
    return code, console.out.getvalue()


@pytest.mark.parametrize("number", [1, 2])
def test_a_status_without_a_run_that_can_be_read_is_told(number: int) -> None:
    """The only run is damaged, or the key of the host is lost: exit code 2, and never silence."""
    items = tuple(
        DriftItem(f"run.{one}", f"run {one}", "readable", "damaged", drifted=True, advice="Look.")
        for one in range(number)
    )
    code, text = said(run_status, Told(items=items))
    assert code == 2
    assert text.count("left: readable; now: damaged") == number
    assert f"{number} drifted; no run could be read that changed this host." in text


def test_a_status_without_any_run_says_so() -> None:
    code, text = said(run_status, Told())
    assert code == 1
    assert "No run of the wizard has changed this host" in text


def test_mail_on_hold_is_not_told_of_a_run_that_was_taken_back() -> None:
    """Its undo released that mail. What a failed run says is its cause, and is told as before."""
    runs = (
        RunSummary("20261129-100000-1", 1.0, DONE, message=HELD, undone=True),
        RunSummary("20261129-100000-2", 1.0, FAILED, message="It failed.", undone=True),
        RunSummary("20261129-100000-3", 1.0, DONE, message=HELD),
    )
    code, text = said(run_runs, Told(*runs))
    third, second, first = text.splitlines()
    assert code == 0
    assert first.endswith("Taken back since.")
    assert second.endswith("Taken back since. It failed.")
    assert third.endswith(HELD)


def test_an_undo_that_is_not_done_has_taken_nothing_back() -> None:
    older = "20261129-100000-1"
    runs = (RunSummary(f"{older[:-1]}2", 1.0, one, undoes=older) for one in (DIED, DONE))
    _, text = said(run_runs, Told(*runs))
    second, first = text.splitlines()
    assert f"takes back {older}." in first
    assert f"took back {older}." in second


PATH = "/etc/postfix-wizard/answers-of-the-run-that-is-told.toml"


def on_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, line: str) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    console = Console(io.StringIO(), is_terminal=True, colour=False)
    console.say_text(line)
    assert isinstance(console.out, io.StringIO)
    return console.out.getvalue().splitlines()


def test_a_line_on_a_terminal_breaks_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    line = f"  Stays: some words, and then {PATH}, and more words than the terminal is wide."
    shown = on_terminal(monkeypatch, 66, line)
    assert len(shown) > 1
    assert any(f"{PATH}," in one.split() for one in shown)
    assert all(len(one) <= 66 for one in shown)
    assert " ".join(" ".join(shown).split()) == " ".join(line.split())
    assert [len(one) - len(one.lstrip()) for one in shown] == [2, *[4] * (len(shown) - 1)]
    assert on_terminal(monkeypatch, 20, PATH) == [PATH]
    assert on_terminal(monkeypatch, 60, "") == [""]


def test_a_long_advice_of_the_status_keeps_its_paths_whole() -> None:
    long = f"/var/lib/postfix-wizard/runs/20261124-034502-1/{'x' * 60}"
    one = DriftItem("run.1", "run 1", "readable", "damaged", drifted=True, advice=f"See {long}.")
    _, text = said(run_status, Told(items=(one,)))
    assert f"{long}." in text.split()


@pytest.mark.parametrize("outcome", [DONE, FAILED])
def test_attach_after_the_end_says_how_the_run_ended_and_where_its_output_is(
    monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    """The connection broke meanwhile, and the run had promised that attach shows it again."""
    name = "20261129-100000-7"
    summary = RunSummary(name, 1.0, outcome, done=3, steps=4, message="It says this.")
    session = Told(summary)
    early = summary if outcome == FAILED else None
    monkeypatch.setattr("wizard.commands.runs.holder", lambda _places: None)
    monkeypatch.setattr("wizard.commands.runs.newest_cut_off", lambda _places: early)
    code, text = said(run_attach, session)
    assert code == 1
    assert "No run is in progress." in text
    assert text.count(summary.summary) == 1
    assert "It says this." in text
    assert f"/var/lib/postfix-wizard/runs/{name}/output" in text
    assert ("postfix-wizard resume" in text) == (outcome == FAILED)


def test_attach_on_a_host_without_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.commands.runs.holder", lambda _places: None)
    _, text = said(run_attach, Told())
    assert text.splitlines() == ["No run is in progress.", "No run was ever started here."]


def test_a_terminal_that_does_not_know_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.9 says 0 columns for it, as the terminal does."""
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((0, 0)))
    console = Console(io.StringIO(), is_terminal=True, colour=False)
    console.say_text("word " * 40)
    assert isinstance(console.out, io.StringIO)
    shown = console.out.getvalue().splitlines()
    assert max(map(len, shown)) in range(70, 81)
