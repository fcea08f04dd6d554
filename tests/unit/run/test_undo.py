"""Runs taken back: from the journal to the steps, and those steps on real files."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from tests.factories import ZEKE
from wizard.answers.toml import format_answers, read_answers
from wizard.errors import LockedTrouble, Trouble
from wizard.plan.actions import (
    Command,
    EnableUnit,
    Install,
    KeepOriginal,
    OpenFirewall,
    ReplaceFile,
    Service,
    StagedCheck,
    TurnBeside,
)
from wizard.plan.certificate_actions import Relink
from wizard.plan.files import Link, NewFile, sha256
from wizard.plan.model import Action, FileChange, Plan, Step
from wizard.plan.undo_actions import CloseFirewall, Disable, PutBack, Remove, ReturnUnit
from wizard.run import plan_undo
from wizard.run.actions import BY_CLASS
from wizard.run.follow import follow
from wizard.run.history import newest_cut_off, runs
from wizard.run.journal import open_journal, read_journal
from wizard.run.lock import locked
from wizard.run.paths import Places, make_run
from wizard.run.plan_undo import (
    has_steps,
    newest_to_undo,
    runs_to_undo,
    undo_plan,
    with_later,
)
from wizard.run.progress import Progress, progress
from wizard.run.records import FAILED, Returning, RunFinished, RunStarted, StepIntended, StepStarted
from wizard.run.request import write_request
from wizard.run.undo import steps_back
from wizard.run.units import LOG_ADVICE
from wizard.run.ways_on import ANEW
from wizard.run.worker import work

OLD, NEW = b"old \xff\r\n", b"new \xff\r\n"
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    (made / "archive").mkdir(parents=True, mode=0o755)
    (made / "archive" / "cert1.pem").write_bytes(OLD)
    (made / "main.cf").write_bytes(OLD)
    (made / "cert.pem").write_bytes(OLD)
    os.chown(made / "main.cf", 12, 34)
    (made / "main.cf").chmod(0o640)
    os.utime(made / "main.cf", (1_000_000, 1_000_000))
    return made


def plan(*actions: tuple[str, Action], changes: tuple[FileChange, ...] = ()) -> Plan:
    steps = tuple(Step(name, f"Title of {name}", "why", action) for name, action in actions)
    return Plan("", (), steps, changes)


def usual(etc: Path, *more: tuple[str, Action]) -> Plan:
    path = str(etc / "main.cf")
    link = Link(str(etc / "cert.pem"), "archive/cert1.pem", f"file:{sha256(OLD)}")
    return plan(
        ("original", KeepOriginal(path, f"{path}.orig", sha256(OLD))),
        ("links", Relink("example.com", (link,))),
        ("main.cf", ReplaceFile(NewFile(path, NEW, sha256(OLD)))),
        ("access", ReplaceFile(NewFile(str(etc / "access"), NEW, None))),
        *more,
        changes=(FileChange(path, None, OLD, NEW),),
    )


def taken(places: Places, wanted: Plan) -> str:
    """Run a plan to its end and return the run's ID."""
    run = make_run(places, time.time())
    write_request(run, wanted, attended=False)
    work(places, run.id)
    return run.id


def told(places: Places, run: str) -> Progress:
    reading = read_journal(places.run(run).journal)
    assert reading is not None
    return progress(reading.records)


def as_it_was(etc: Path) -> bool:
    main = (etc / "main.cf").stat()
    return (
        (etc / "main.cf").read_bytes() == OLD
        and (main.st_uid, main.st_gid, main.st_mode & 0o777) == (12, 34, 0o640)
        and main.st_mtime == 1_000_000
        and (etc / "cert.pem").read_bytes() == OLD
        and not (etc / "cert.pem").is_symlink()
        and not (etc / "access").exists()
    )


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


INTENDED: dict[str, dict[str, object]] = {
    "install": {"package": "postfix", "was": ""},
    "service": {"unit": "postfix", "verb": "start", "was": "inactive"},
    "enable": {"unit": "postfix", "was": "disabled"},
    "firewall": {"zone": "public", "added": ["smtp"]},
}


def whole() -> Plan:
    return plan(
        ("install", Install("postfix", ("dnf", "install", "postfix"), ())),
        ("staged", StagedCheck((), ())),
        ("service", Service("reload", "postfix", "active")),
        ("enable", EnableUnit("postfix", "disabled")),
        ("firewall", OpenFirewall("public", ("smtp", "smtps"), ("smtp",))),
    )


def back(places: Places, past: Progress, *, remove: bool = False) -> list[Action]:
    at = places.run("20261124-034502-1")
    return [step.action for step in steps_back(whole(), past, at, remove_package=remove)]


def test_each_step_has_its_own_way_back(places: Places) -> None:
    past = Progress(done=tuple(INTENDED), intended=dict(INTENDED))
    expected = [
        ReturnUnit("postfix", "stop", "inactive"),
        CloseFirewall("public", ("smtp",)),
        Disable("postfix"),
    ]
    assert back(places, past) == expected
    removal = Remove("postfix", ("dnf", "remove", "postfix"))
    assert back(places, past, remove=True) == [*expected, removal]


def test_what_was_so_before_stays(places: Places) -> None:
    intended: dict[str, dict[str, object]] = {
        "install": {"package": "postfix", "was": "postfix-3.5.25-1"},
        "enable": {"unit": "postfix", "was": "enabled"},
        "firewall": {"zone": "public", "added": []},
    }
    assert back(places, Progress(intended=intended), remove=True) == []


def test_a_service_that_ran_reads_the_old_files_again(places: Places) -> None:
    """Its new processes read main.cf as it is, so it is turned though the run never came to it."""
    entry = {"path": "/etc/postfix/main.cf", "was": "missing", "now": "missing"}
    files: dict[str, dict[str, object]] = {"staged": {"files": [entry]}}
    *_, last = back(places, Progress(intended=files))
    assert last == ReturnUnit("postfix", "reload", "active")


def test_a_service_that_failed_is_restarted(places: Places) -> None:
    ran: dict[str, dict[str, object]] = {
        "service": {"unit": "postfix", "verb": "reload", "was": "active"}
    }
    assert back(places, Progress(intended=ran)) == [ReturnUnit("postfix", "restart", "active")]
    done = Progress(intended=ran, done=("service",))
    assert back(places, done) == [ReturnUnit("postfix", "reload", "active")]


def test_the_way_back_survives_its_journal(places: Places) -> None:
    at = make_run(places, time.time())
    past = Progress(intended=dict(INTENDED))
    record = Returning("why", steps_back(whole(), past, at, remove_package=True))
    with open_journal(at.journal, at.id) as (journal, _):
        journal.append(record)
        journal.append(RunFinished(FAILED, "why"))
    read = read_journal(at.journal)
    assert read is not None
    assert read.records[0] == record
    assert isinstance(record.steps[0].action, ReturnUnit)
    assert not any(isinstance(step.action, PutBack) for step in record.steps)


@pytest.mark.parametrize(("was", "verb"), [("active", "restart"), ("inactive", "stop")])
def test_a_unit_beside_is_turned_after_its_file_went(was: str, verb: str) -> None:
    conf = str(Path("/etc/dovecot/conf.d/99.conf"))
    made = plan(
        ("conf", ReplaceFile(NewFile(conf, NEW, None))),
        ("turn", TurnBeside("start", "dovecot", was, ("/run/lmtp",))),
    )
    entry = {"path": conf, "was": "missing", "now": f"file:{sha256(NEW)}"}
    past = progress(
        [
            StepIntended("conf", {"files": [entry]}),
            StepIntended("turn", {"unit": "dovecot", "was": was}),
        ]
    )
    run = Mock(replaced=Path("/replaced"), key=Path("/no/key"))
    back = steps_back(made, past, run)
    assert [step.id for step in back] == ["back-conf", "back-turn"]
    assert back[1].action == TurnBeside(verb, "dovecot", "active")
    assert back[1].commands == (("systemctl", verb, "dovecot"),)
