"""A run that puts back by itself what it changed, and an undo of which a part cannot go back."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.run.undoing import NEW, OLD, as_it_was, old_files, plan, taken, told, usual
from wizard.errors import Trouble
from wizard.plan.actions import (
    Command,
    ReplaceFile,
)
from wizard.plan.certificate_actions import Relink
from wizard.plan.files import Link, NewFile, sha256
from wizard.run.actions import BY_CLASS
from wizard.run.history import newest_cut_off, runs
from wizard.run.paths import Places
from wizard.run.plan_undo import (
    undo_plan,
)
from wizard.run.records import FAILED
from wizard.run.units import LOG_ADVICE
from wizard.run.ways_on import ANEW
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    return old_files(tmp_path)


@pytest.mark.promise(16)
def test_the_way_back_is_taken_by_the_run_itself(places: Places, etc: Path) -> None:
    run = taken(places, usual(etc, ("check", Command(("false",)))))
    assert as_it_was(etc)
    past = told(places, run)
    assert past.returned
    assert past.finished is not None
    assert past.finished.outcome == FAILED
    first, *_, last, how = past.finished.message.splitlines()
    assert first.startswith("While running false")
    assert last == "What the run had changed was put back."
    assert how == ANEW
    (summary,) = runs(places)
    assert summary.returned
    assert not summary.can_resume
    with pytest.raises(Trouble, match="by itself"):
        undo_plan(places, run)
    with pytest.raises(Trouble, match="it is over already"):
        work(places, run)


def test_a_failure_that_is_not_postfixs_leaves_what_is_done(places: Places, etc: Path) -> None:
    stale = ReplaceFile(NewFile(str(etc / "other"), NEW, sha256(OLD)))
    taken(places, usual(etc, ("other", stale)))
    assert (etc / "main.cf").read_bytes() == NEW
    found = newest_cut_off(places)
    assert found is not None
    assert (found.outcome, found.step) == (FAILED, "Title of other")
    (etc / "other").write_bytes(OLD)
    assert work(places, found.run) == 0
    assert newest_cut_off(places) is None


@pytest.mark.promise(16)
def test_a_run_that_is_back_names_no_resume(
    places: Places, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a unit's failure advises holds for a run that stays where it is, and not for this one."""

    def refusing(*_: object) -> Any:
        raise Trouble("restarting postfix", "it failed", LOG_ADVICE.format(unit="postfix"))

    monkeypatch.setitem(BY_CLASS, Command, replace(BY_CLASS[Command], execute=refusing))
    run = taken(places, usual(etc, ("check", Command(("true",)))))
    assert as_it_was(etc)
    past = told(places, run)
    assert past.finished is not None
    assert "`journalctl -u postfix -n 50` says why.\n" in past.finished.message
    assert past.finished.message.endswith(ANEW)
    assert "postfix-wizard resume" not in past.finished.message


@pytest.mark.promise(16)
def test_a_way_back_that_fails_is_gone_on_with(places: Places, etc: Path) -> None:
    """The second look is at the same journal: forward steps are not taken again."""
    path = etc / "main.cf"
    edit = Command(("sh", "-c", f"printf mine >>{path}; false"))
    run = taken(places, usual(etc, ("check", edit)))
    end = told(places, run).finished
    assert end is not None
    assert "FAILED" in end.message
    assert "postfix-wizard resume" in end.message
    assert path.read_bytes() == NEW + b"mine"
    path.write_bytes(NEW)
    assert work(places, run) == 1
    assert as_it_was(etc)
    assert told(places, run).returned


@pytest.mark.promise(30)
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("printf mine >>{}", "access was changed after the run"),
        ("ln {0} {0}.2", "has 2 names"),
        ("rm {0}; mkdir {0}", "is no regular file"),
        ("rm {0}; mkfifo {0}", "is no regular file"),
        ("rm {0}; ln -s elsewhere {0}", "access was changed after the run"),
    ],
)
def test_one_path_that_cannot_go_back_stops_nothing_else(
    places: Places, etc: Path, spoil: str, words: str
) -> None:
    """It is reported, and stays as it is."""
    access = etc / "access"
    run = taken(
        places, usual(etc, ("check", Command(("sh", "-c", f"{spoil.format(access)}; false"))))
    )
    end = told(places, run).finished
    assert end is not None
    assert words in end.message
    assert "FAILED in part" in end.message
    assert os.path.lexists(access)
    assert (etc / "main.cf").read_bytes() == OLD
    assert (etc / "cert.pem").read_bytes() == OLD
    assert not told(places, run).returned
    subprocess.run(["sh", "-c", f"rm -rf {access} {access}.2"], check=True)
    assert work(places, run) == 1
    assert as_it_was(etc)
    assert told(places, run).returned


@pytest.mark.promise(30)
def test_of_one_step_the_other_paths_go_back_too(places: Places, etc: Path) -> None:
    (etc / "key.pem").write_bytes(OLD)
    links = tuple(
        Link(str(etc / name), "archive/cert1.pem", f"file:{sha256(OLD)}")
        for name in ("cert.pem", "key.pem")
    )
    edit = Command(("sh", "-c", f"ln -sfn /dev/null {etc}/cert.pem; false"))
    run = taken(places, plan(("links", Relink("example.com", links)), ("check", edit)))
    assert (etc / "key.pem").read_bytes() == OLD
    assert (etc / "cert.pem").readlink() == Path("/dev/null")
    end = told(places, run).finished
    assert end is not None
    assert f"{etc}/cert.pem was changed after the run" in end.message


def test_an_undo_touches_nothing_of_a_step_with_an_edited_path(places: Places, etc: Path) -> None:
    """Nobody waits for a server there: what was changed by hand is settled first."""
    (etc / "key.pem").write_bytes(OLD)
    links = tuple(
        Link(str(etc / name), "archive/cert1.pem", f"file:{sha256(OLD)}")
        for name in ("cert.pem", "key.pem")
    )
    taken(places, plan(("links", Relink("example.com", links))))
    back = undo_plan(places)
    (etc / "cert.pem").unlink()
    (etc / "cert.pem").write_bytes(b"mine")
    taken(places, back)
    assert (etc / "key.pem").is_symlink()
    assert (etc / "cert.pem").read_bytes() == b"mine"
