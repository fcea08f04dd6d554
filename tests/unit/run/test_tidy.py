"""A secret does not outlive its use: what an undo, a return and a dead worker may leave."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.run.runs import last, plan, prepared, usual
from wizard.errors import Trouble
from wizard.host.gathered import FRESH_SECONDS, NOTE, Note, note_to_bytes
from wizard.plan.actions import Command, Forget, ReplaceFile
from wizard.plan.certificate_actions import Fetch, Lay
from wizard.plan.files import Key, LaidFile, NewFile, sha256
from wizard.plan.model import Plan
from wizard.run.files import MARK
from wizard.run.history import runs
from wizard.run.journal import open_journal
from wizard.run.paths import Places
from wizard.run.plan_undo import undo_plan
from wizard.run.records import (
    DONE,
    RunFinished,
    RunStarted,
    StepFinished,
    StepIntended,
    StepStarted,
)
from wizard.run.tidy import tidy
from wizard.run.worker import work

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="files of root"),
    pytest.mark.promise(38),
]

CANARY = b"canary-0815-secret\n"
NEW = b"canary-4711-secret\n"


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir(mode=0o755)
    (made / "sasl_passwd").write_bytes(CANARY)
    return made


def writes(etc: Path, *more: tuple[str, object]) -> Plan:
    file = NewFile(str(etc / "sasl_passwd"), NEW, sha256(CANARY), 0o600)
    return plan(("sasl_passwd", ReplaceFile(file)), *more)  # type: ignore[arg-type]


def copies(places: Places) -> list[str]:
    """The files of the wizard's own state that hold one of the two secrets."""
    found = [path for path in places.state.rglob("*") if path.is_file()]
    held = [path for path in found if b"canary-" in path.read_bytes()]
    # A plan of these tests has no marks, so its own texts do not count.
    return sorted(str(path.parent) for path in held if path.name != "plan.json")


def undo(places: Places) -> str:
    run = prepared(places, undo_plan(places))
    assert work(places, run) == 0, last(places, run)
    return run


def tree(places: Places, name: str = "remote", age: float = 0.0) -> Path:
    made = places.gathered / name
    made.mkdir(parents=True, mode=0o700)
    (made / "privkey1.pem").write_bytes(CANARY)
    (made / NOTE).write_bytes(note_to_bytes(Note("old.example.com", int(time.time() - age))))
    return made


def test_an_undo_saves_nothing_and_the_undone_run_loses_its_copies(
    places: Places, etc: Path
) -> None:
    run = prepared(places, writes(etc))
    assert work(places, run) == 0
    assert copies(places) == [str(places.run(run).replaced)], "it can still be undone"
    undo(places)
    assert (etc / "sasl_passwd").read_bytes() == CANARY
    assert copies(places) == []
    assert places.run(run).plan.is_file()
    assert places.run(run).journal.is_file()


def test_a_run_that_returned_by_itself_has_no_copies(places: Places, etc: Path) -> None:
    run = prepared(places, writes(etc, ("check", Command(("false",)))))
    assert work(places, run) == 1
    assert "was put back" in last(places, run).message
    assert (etc / "sasl_passwd").read_bytes() == CANARY
    assert copies(places) == []


@pytest.mark.promise(1)
def test_a_return_that_was_killed_before_its_end_is_gone_on_with(places: Places, etc: Path) -> None:
    """All is back by then, but what its steps staged is still there."""
    run = prepared(places, writes(etc, ("check", Command(("false",)))))
    at = places.run(run)
    header = at.header.read_bytes()
    assert work(places, run) == 1
    at.header.write_bytes(header)
    *records, _end = at.journal.read_bytes().splitlines(keepends=True)
    at.journal.write_bytes(b"".join(records))
    (at.staging / "table").mkdir(parents=True)
    (at.staging / "table/main.cf").write_bytes(CANARY)

    (summary,) = runs(places)
    assert summary.can_resume
    assert not summary.returned
    assert work(places, run) == 1
    assert "was put back" in last(places, run).message
    assert copies(places) == []
    (summary,) = runs(places)
    assert summary.returned
    assert not summary.can_resume


@pytest.mark.promise(1)
@pytest.mark.parametrize("where", ["before it", "after it", "after the copies went"])
def test_an_undo_that_was_killed_needs_no_copies_of_its_own(
    places: Places, etc: Path, where: str
) -> None:
    """Killed before or after its one effect, or right before it says that it is done."""
    forward = prepared(places, writes(etc))
    assert work(places, forward) == 0
    wanted = undo_plan(places)
    run = prepared(places, wanted)
    at = places.run(run)
    path, text = etc / "sasl_passwd", {"before it": NEW}.get(where, CANARY)
    was, now = (f"file:{sha256(one)}" for one in (NEW, CANARY))
    terms: dict[str, object] = {"files": [{"path": str(path), "was": was, "now": now}]}
    with open_journal(at.journal, run) as (journal, _):
        journal.append(RunStarted(run, "", 1))
        journal.append(StepStarted("back-sasl_passwd"))
        journal.append(StepIntended("back-sasl_passwd", terms))
        if where == "after the copies went":
            journal.append(StepFinished("back-sasl_passwd", DONE, 0.1, "", terms))
            for copy in places.run(forward).replaced.iterdir():
                copy.unlink()
    path.write_bytes(text)
    with pytest.raises(Trouble, match="postfix-wizard resume"):
        undo_plan(places)
    assert work(places, run) == 0, last(places, run)
    assert path.read_bytes() == CANARY
    assert copies(places) == []


def test_an_undo_that_failed_leaves_the_copies_that_a_resume_needs(
    places: Places, etc: Path
) -> None:
    forward = prepared(places, writes(etc))
    assert work(places, forward) == 0
    back = prepared(places, undo_plan(places))
    (etc / "sasl_passwd").write_bytes(b"edited in between\n")
    assert work(places, back) == 1
    assert copies(places) == [str(places.run(forward).replaced)]
    (etc / "sasl_passwd").write_bytes(NEW)
    assert work(places, back) == 0
    assert copies(places) == []


def killed_while_staging(places: Places, wanted: Plan) -> str:
    """Leave a run whose worker was killed with a secret on its way, and nothing else done."""
    run = prepared(places, wanted)
    at = places.run(run)
    with open_journal(at.journal, run) as (journal, _):
        journal.append(RunStarted(run, "", 1))
        journal.append(StepStarted("sasl_passwd"))
    (at.staging / "staged").mkdir(mode=0o700)
    (at.staging / "staged/sasl_passwd").write_bytes(CANARY)
    (at.staging / f".sasl_passwd{MARK}0123456789abcdef").write_bytes(CANARY)
    return run


def test_an_undo_empties_staging_where_nothing_else_is_to_undo(places: Places, etc: Path) -> None:
    run = killed_while_staging(places, writes(etc))
    wanted = undo_plan(places)
    (step,) = wanted.pending
    assert isinstance(step.action, Forget)
    assert wanted.undoes == run
    undo(places)
    assert copies(places) == []
    with pytest.raises(Trouble, match="no run changed anything"):
        undo_plan(places)


def test_a_resume_and_the_next_run_empty_staging(places: Places, etc: Path) -> None:
    first = killed_while_staging(places, writes(etc))
    other = prepared(places, plan(("say", Command(("echo", "hello")))))
    assert work(places, other) == 0
    assert copies(places) == [], "another run does it"
    (places.run(first).staging / "x").write_bytes(CANARY)
    assert work(places, first) == 0, last(places, first)
    assert copies(places) == [str(places.run(first).replaced)], "and so does its own resume"


@pytest.mark.promise(10)
@pytest.mark.promise(38)
def test_the_next_run_deletes_what_a_killed_prune_left(places: Places, etc: Path) -> None:
    aside = places.runs / ".pruned-20260101-000000-1/replaced"
    aside.mkdir(parents=True)
    (aside / "sasl_passwd").write_bytes(b"secret")
    work(places, prepared(places, usual(etc)))
    assert not list(places.runs.glob(".*"))


@pytest.mark.parametrize("kind", ["link", "fifo", "file"])
def test_nothing_is_removed_through_what_stands_in_the_place_of_staging(
    places: Places, etc: Path, kind: str
) -> None:
    dead = places.run(killed_while_staging(places, writes(etc)))
    elsewhere = etc / "elsewhere"
    dead.staging.rename(elsewhere)
    make: dict[str, Callable[[], object]] = {
        "link": lambda: dead.staging.symlink_to(elsewhere),
        "fifo": lambda: os.mkfifo(dead.staging),
        "file": lambda: dead.staging.write_text("x"),
    }
    make[kind]()
    inside = elsewhere / "link"
    inside.symlink_to(etc)
    tidy(places, plan(), time.time())
    assert (elsewhere / "staged/sasl_passwd").read_bytes() == CANARY
    assert (etc / "sasl_passwd").exists()


def test_a_link_in_staging_is_not_followed(places: Places, etc: Path) -> None:
    dead = places.run(killed_while_staging(places, writes(etc)))
    (dead.staging / "deep").mkdir()
    for link in (dead.staging / "link", dead.staging / "deep/link"):
        link.symlink_to(etc)
    tidy(places, plan(), time.time())
    assert (etc / "sasl_passwd").read_bytes() == CANARY
    assert list(dead.staging.iterdir()) == []


def test_copies_of_undone_runs_of_an_older_program_go(places: Places, etc: Path) -> None:
    """It saved what an undo removed, and it left the copies of the undone run."""
    forward = prepared(places, writes(etc))
    assert work(places, forward) == 0
    back = undo(places)
    for run in (forward, back):
        (places.run(run).replaced / "0123456789abcdef-sasl_passwd").write_bytes(CANARY)
    last_one = prepared(places, writes(etc))
    assert work(places, last_one) == 0
    assert copies(places) == [str(places.run(last_one).replaced)]


def test_copies_of_a_run_that_cannot_be_read_stay(places: Places, etc: Path) -> None:
    run = prepared(places, writes(etc))
    assert work(places, run) == 0
    places.run(run).journal.write_bytes(b"rubbish\n")
    tidy(places, plan(), time.time())
    assert copies(places) == [str(places.run(run).replaced)], "nobody knows what it needs"


GATHER = plan(("fetch", Fetch("root@old.example.com", "remote")))
GATHER = Plan("", (), GATHER.steps, (), gathers="remote")


def gathered(places: Places, *, whole: bool) -> str:
    """Leave a gather run that is done, or whose worker was killed while it copied."""
    run = prepared(places, GATHER)
    at = places.run(run)
    terms: dict[str, object] = {"gathered": "remote"}
    with open_journal(at.journal, run) as (journal, _):
        journal.append(RunStarted(run, "", 1))
        journal.append(StepStarted("fetch"))
        journal.append(StepIntended("fetch", terms))
        if whole:
            tree(places)
            journal.append(StepFinished("fetch", DONE, 1.0, "", terms))
            journal.append(RunFinished(DONE, ""))
        else:
            tree(places, ".remote-0123456789abcdef")
    return run


@pytest.mark.parametrize("whole", [True, False])
def test_undo_removes_what_a_gather_run_brought(places: Places, whole: bool) -> None:
    run = gathered(places, whole=whole)
    wanted = undo_plan(places)
    assert wanted.undoes == run
    assert [type(step.action) for step in wanted.pending] == [Forget]
    undo(places)
    assert list(places.gathered.iterdir()) == []


def uses_the_tree(places: Places, etc: Path, *more: tuple[str, object]) -> Plan:
    from_tree = Lay(
        "certificate x",
        str(places.gathered / "remote"),
        (LaidFile(str(etc / "gone.pem"), "missing", "0" * 64),),
    )
    return plan(
        *more,  # type: ignore[arg-type]
        ("lay", from_tree),
        ("forget", Forget(str(places.gathered / "remote"))),
    )


def test_undo_of_the_run_that_used_a_tree_and_failed_removes_it(places: Places, etc: Path) -> None:
    gathered(places, whole=True)
    run = prepared(places, uses_the_tree(places, etc))
    assert work(places, run) == 1
    assert copies(places) == [str(places.gathered / "remote")]
    assert undo_plan(places).undoes == run
    undo(places)
    assert copies(places) == []
    with pytest.raises(Trouble, match="no run changed anything"):
        undo_plan(places)


def test_a_run_that_used_a_tree_and_returned_removes_it(places: Places, etc: Path) -> None:
    gathered(places, whole=True)
    run = prepared(places, uses_the_tree(places, etc, ("check", Command(("false",)))))
    assert work(places, run) == 1
    assert copies(places) == []


def test_undo_of_a_run_that_is_done_leaves_the_tree_of_a_later_one(
    places: Places, etc: Path
) -> None:
    gathered(places, whole=True)
    done = plan(("forget", Forget(str(places.gathered / "remote"))), *_write(etc))
    run = prepared(places, done)
    assert work(places, run) == 0, last(places, run)
    gathered(places, whole=True)
    assert [step.id for step in undo_plan(places, run).pending] == ["back-sasl_passwd"]


def _write(etc: Path) -> tuple[tuple[str, ReplaceFile], ...]:
    (step,) = writes(etc).steps
    assert isinstance(step.action, ReplaceFile)
    return ((step.id, step.action),)


def test_undo_sweeps_beside_a_certificate_that_stays(places: Places, etc: Path) -> None:
    """An issued certificate stays, but not the half of its key that a killed worker left."""
    made = tree(places)
    path = etc / "privkey1.pem"
    source = Path(f"{made}{path}")
    source.parent.mkdir(parents=True)
    source.write_bytes(CANARY)
    file = LaidFile(str(path), "missing", sha256(CANARY), 0o600)
    wanted = plan(("lay", Lay("certificate x", str(made), (file,), stays=True)))
    run = prepared(places, wanted)
    at = places.run(run)
    entry = {"path": str(path), "was": "missing", "now": f"file:{sha256(CANARY)}"}
    with open_journal(at.journal, run) as (journal, _):
        journal.append(RunStarted(run, "", 1))
        journal.append(StepStarted("lay"))
        journal.append(StepIntended("lay", {"files": [entry]}))
    left = path.with_name(f".privkey1.pem{MARK}0123456789abcdef")
    for one in (path, left):
        one.write_bytes(CANARY)
    assert [step.id for step in undo_plan(places).pending] == ["back-lay"]
    undo(places)
    assert (path.exists(), left.exists()) == (True, False)


@pytest.mark.parametrize(
    ("age", "there"),
    [
        (0, True),
        (FRESH_SECONDS - 60, True),
        (FRESH_SECONDS + 60, False),
        (-3600, True),
        (-FRESH_SECONDS - 60, False),
        (365 * 86400, False),
    ],
)
def test_a_tree_goes_once_it_is_too_old_also_where_the_clock_jumped(
    places: Places, age: float, there: bool
) -> None:
    made = tree(places, age=age)
    tidy(places, plan(), time.time())
    assert made.exists() == there


def test_the_tree_of_the_run_that_goes_on_stays_however_old(places: Places, etc: Path) -> None:
    made = tree(places, age=10 * FRESH_SECONDS)
    tidy(places, uses_the_tree(places, etc), time.time())
    assert made.exists()


@pytest.mark.parametrize("note", [None, b"", b"{}", b'{"version": 99}'])
def test_a_tree_whose_note_cannot_be_read_goes(places: Places, note: bytes) -> None:
    made = tree(places)
    (made / NOTE).unlink()
    if note is not None:
        (made / NOTE).write_bytes(note)
    tidy(places, plan(), time.time())
    assert not made.exists()


def test_temporary_names_of_a_killed_screen_go_once_they_are_old(
    places: Places, tmp_path: Path
) -> None:
    """Beside the files of the wizard's directory, and beside a key that the plan names."""
    own, elsewhere = places.answers.parent, tmp_path / "keys"
    now = time.time()
    for directory in (own, elsewhere):
        directory.mkdir(mode=0o700)
        for name, age in (("old", 3600), ("ahead", -3600), ("young", 1)):
            path = directory / f".{name}.password{MARK}0123456789abcdef"
            path.write_bytes(CANARY)
            os.utime(path, (now - age, now - age))
        (directory / "relay.password").write_bytes(CANARY)
        (directory / ".theirs").write_bytes(CANARY)
    file = NewFile(
        "/etc/x",
        b"(password)",
        None,
        keys=(Key("(password)", "0" * 64, str(elsewhere / "relay.password")),),
    )
    tidy(places, plan(("x", ReplaceFile(file))), now)
    for directory in (own, elsewhere):
        names = sorted(path.name for path in directory.iterdir())
        assert names == [".theirs", f".young.password{MARK}0123456789abcdef", "relay.password"]
