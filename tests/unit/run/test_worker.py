from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional, cast

import pytest

from wizard.errors import LockedTrouble, Trouble
from wizard.plan.model import (
    Action,
    Command,
    KeepOriginal,
    Link,
    NewFile,
    Plan,
    Relink,
    ReplaceFile,
    SelfSign,
    Step,
)
from wizard.run import records
from wizard.run.files import sha256
from wizard.run.follow import follow
from wizard.run.history import plan_of, runs
from wizard.run.journal import open_journal, read_journal
from wizard.run.launch import launch, unit_argv
from wizard.run.lock import holder, locked, request_stop
from wizard.run.output import StepOutput
from wizard.run.paths import Places, make_run
from wizard.run.records import Output, Record, RunFinished, RunStarted, StepFinished, StepIntended
from wizard.run.request import write_request
from wizard.run.taking_back import undo_plan
from wizard.run.worker import work

OLD, NEW = b"old \xff\r\n", b"new \xff\r\n"
ROOT = Path(__file__).resolve().parents[3]


def plan(*actions: tuple[str, Action], answers: str = "") -> Plan:
    steps = tuple(Step(name, f"Title of {name}", "why", action) for name, action in actions)
    return Plan(answers, (), steps, ())


def prepared(places: Places, wanted: Plan) -> str:
    run = make_run(places, time.time())
    write_request(run, wanted, attended=False)
    return run.id


def told(places: Places, run: str) -> tuple[Record, ...]:
    reading = read_journal(places.run(run).journal)
    assert reading is not None
    assert not reading.corrupt
    return reading.records


def last(places: Places, run: str) -> RunFinished:
    record = told(places, run)[-1]
    assert isinstance(record, RunFinished)
    return record


def detached(places: Places) -> tuple[str, ...]:
    """Return a program that works in these places."""
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path; from wizard.run.paths import Places\n"
        "from wizard.run.worker import work\n"
        f"sys.exit(work(Places(*map(Path, {[str(places.state), str(places.runtime), str(places.answers)]!r})), sys.argv[2]))"
    )
    return (sys.executable, "-c", script)


def started(_unit: str, argv: Sequence[str]) -> None:
    subprocess.run(["setsid", "--fork", *argv], check=True)


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir(mode=0o755)
    (made / "main.cf").write_bytes(OLD)
    return made


def usual(etc: Path, *, before: Optional[bytes] = OLD) -> Plan:
    path = str(etc / "main.cf")
    digest = sha256(before) if before is not None else None
    return plan(
        ("original", KeepOriginal(path, f"{path}.orig", sha256(OLD))),
        ("main.cf", ReplaceFile(NewFile(path, NEW, digest))),
        ("say", Command(("echo", "hello"))),
        answers='[hostname]\nmyhostname = "mail.example.com"\n',
    )


def test_a_plan_is_taken_step_by_step_and_journalled(places: Places, etc: Path) -> None:
    run = prepared(places, usual(etc))
    assert work(places, run) == 0
    assert (etc / "main.cf").read_bytes() == NEW
    assert (etc / "main.cf.orig").read_bytes() == OLD
    assert [type(one).__name__ for one in told(places, run)] == [
        "RunStarted",
        *["StepStarted", "StepIntended", "StepFinished"] * 3,
        "StepIntended",
        "RunFinished",
    ]
    assert "hello" in places.run(run).output("say").read_text()
    assert last(places, run) == RunFinished("done", "")
    assert places.answers.read_text().startswith("[hostname]")
    assert places.answers.stat().st_mode & 0o777 == 0o600
    assert holder(places) is None
    assert [(one.outcome, one.done, one.steps) for one in runs(places)] == [("done", 3, 3)]


def undone(places: Places, run: str, step: str) -> list[dict[str, Any]]:
    """Return what undo would be told of a step's files."""
    (undo,) = [
        one.undo
        for one in told(places, run)
        if isinstance(one, StepFinished) and one.step == step and one.outcome == "done"
    ]
    return cast("list[dict[str, Any]]", undo["files"])


def test_undo_finds_what_it_needs(places: Places, etc: Path) -> None:
    run = prepared(places, usual(etc))
    work(places, run)
    (entry,) = undone(places, run, "main.cf")
    assert entry["path"] == str(etc / "main.cf")
    assert entry["was"] == f"file:{sha256(OLD)}"
    assert entry["now"] == f"file:{sha256(NEW)}"
    copy = places.run(run).replaced / entry["copy"]
    assert copy.read_bytes() == OLD
    assert copy.stat().st_mode & 0o777 == 0o600


@pytest.mark.promise(24)
def test_everything_of_the_runs_is_private(places: Places, etc: Path) -> None:
    work(places, prepared(places, usual(etc)))
    for path in places.state.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_replaced_files_are_older_than_what_makes_postfix_wait(places: Places, etc: Path) -> None:
    work(places, prepared(places, usual(etc)))
    assert 1.5 < time.time() - (etc / "main.cf").stat().st_mtime < 60


@pytest.mark.promise(14)
def test_what_changed_since_the_review_is_stale_and_ends_the_run(places: Places, etc: Path) -> None:
    wanted = usual(etc, before=b"something else")
    run = prepared(places, wanted)
    assert work(places, run) == 1
    assert (etc / "main.cf").read_bytes() == OLD
    end = last(places, run)
    assert end.outcome == "failed"
    assert "stale: " in end.message.splitlines()[0]
    assert "not begun: Title of say" in end.message
    assert not places.answers.exists()


@pytest.mark.promise(14)
def test_a_plan_that_is_not_the_reviewed_one_is_refused(places: Places, etc: Path) -> None:
    run = prepared(places, usual(etc))
    data = places.run(run).plan.read_bytes()
    places.run(run).plan.write_bytes(data.replace(b"hello", b"hollo"))
    assert work(places, run) == 1
    assert "is not the plan that was reviewed" in last(places, run).message
    assert not (etc / "main.cf.orig").exists()
    with pytest.raises(Trouble, match="not the plan that was reviewed"):
        plan_of(places, run)


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (Command(("false",)), "false: exit status 1"),
        (Command(("no-such-program",)), "starting no-such-program"),
    ],
)
def test_a_failed_step_ends_the_run_with_the_cause_on_top(
    places: Places, action: Action, says: str
) -> None:
    run = prepared(places, plan(("bad", action), ("never", Command(("true",)))))
    assert work(places, run) == 1
    assert says in last(places, run).message.splitlines()[0]
    assert not places.run(run).output("never").exists()


def test_output_that_was_lost_is_told_though_all_went_well(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(output: StepOutput, _data: bytes) -> None:
        output.failure = "output/one: No space left on device"

    monkeypatch.setattr(StepOutput, "write", full)
    run = make_run(places, time.time())
    wanted = Plan("", (), (Step("one", "One", "why", Command(("true",))),), ())
    write_request(run, wanted, attended=False)
    assert work(places, run.id) == 0
    reading = read_journal(run.journal)
    assert reading is not None
    (finished,) = [one for one in reading.records if isinstance(one, StepFinished)]
    assert "The output is not whole: output/one: No space left" in finished.message


def test_a_defect_is_journalled_in_words(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> dict[str, object]:
        raise KeyError("oops")

    monkeypatch.setattr("wizard.run.worker.execute", broken)
    run = prepared(places, plan(("x", Command(("true",)))))
    assert work(places, run) == 1
    assert "A defect in postfix-wizard: KeyError: 'oops'" in last(places, run).message
    assert "Traceback" in places.run(run).output("x").read_text()


@pytest.mark.promise(5)
def test_a_second_run_says_who_holds_the_lock(places: Places, etc: Path) -> None:
    run = prepared(places, usual(etc))
    with locked(places, "20261124-000000-1"):
        with pytest.raises(
            LockedTrouble, match=rf"run 20261124-000000-1 \(process {os.getpid()}\)"
        ):
            work(places, run)
        with pytest.raises(LockedTrouble, match="is in progress since 20"):
            launch(places, usual(etc), ("false",), attended=False)
    assert last(places, run).outcome == "failed"
    assert (etc / "main.cf").read_bytes() == OLD


@pytest.mark.promise(5)
def test_a_dead_holders_lock_is_free(places: Places, etc: Path) -> None:
    places.runtime.mkdir(mode=0o700)
    places.lock.write_text(json.dumps({"pid": 1, "run": "20261124-000000-1", "since": 0}))
    assert holder(places) is None
    assert work(places, prepared(places, usual(etc))) == 0


@pytest.mark.promise(10)
def test_links_planted_at_lock_and_output_are_refused(
    places: Places, etc: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"victim")
    run = prepared(places, usual(etc))
    places.run(run).output("say").symlink_to(victim)
    assert work(places, run) == 1
    places.lock.unlink()
    places.lock.symlink_to(victim)
    with pytest.raises(Trouble, match="symbolic link"):
        work(places, prepared(places, usual(etc)))
    assert victim.read_bytes() == b"victim"


@pytest.mark.promise(6)
def test_a_stop_takes_effect_between_steps(places: Places, etc: Path) -> None:
    wanted = plan(
        ("slow", Command(("sleep", "1"))),
        ("main.cf", ReplaceFile(NewFile(str(etc / "main.cf"), NEW, sha256(OLD)))),
    )
    run = launch(places, wanted, detached(places), attended=False, start=started)
    for event in follow(places, run):
        if isinstance(event, records.StepStarted):
            assert request_stop(places, run)
    end = last(places, run)
    assert end.outcome == "stopped"
    assert "Title of main.cf" in end.message
    assert [one.outcome for one in told(places, run) if isinstance(one, StepFinished)] == ["done"]
    assert (etc / "main.cf").read_bytes() == OLD


@pytest.mark.promise(2, 25)
def test_a_viewer_sees_all_from_the_first_record_and_output_in_its_place(
    places: Places,
) -> None:
    wanted = plan(
        ("one", Command(("sh", "-c", "seq 3; sleep 0.5; printf '\\033[31mred\\033[0m'"))),
        ("two", Command(("seq", "100000"))),
    )
    run = launch(places, wanted, detached(places), attended=False, start=started)
    live = list(follow(places, run))
    again = list(follow(places, run))
    for events in (live, again):
        kinds = [
            (type(one).__name__, getattr(one, "step", ""))
            for one in events
            if not isinstance(one, Output)
        ]
        assert kinds == [
            ("RunStarted", ""),
            *[(kind, "one") for kind in ("StepStarted", "StepIntended", "StepFinished")],
            *[(kind, "two") for kind in ("StepStarted", "StepIntended", "StepFinished")],
            ("RunFinished", ""),
        ]
        one = [
            line
            for event in events
            if isinstance(event, Output) and event.step == "one"
            for line in event.lines
        ]
        assert one[1:] == ["1", "2", "3", "red"]
        two = [
            line
            for event in events
            if isinstance(event, Output) and event.step == "two"
            for line in event.lines
        ]
        assert two[1:] == [str(number) for number in range(1, 100_001)]
        at = [number for number, event in enumerate(events) if isinstance(event, Output)]
        ends = [number for number, event in enumerate(events) if isinstance(event, StepFinished)]
        assert max(at) < ends[-1]
    outputs = [one for one in live if isinstance(one, Output) and one.step == "two"]
    assert len(outputs) < 100


def test_a_viewer_far_behind_reads_the_end_and_says_what_it_left_out(places: Places) -> None:
    wanted = plan(("say", Command(("seq", "100000"))), ("more", Command(("seq", "10"))))
    run = launch(places, wanted, detached(places), attended=False, start=started)
    for _ in follow(places, run):
        pass
    events = list(follow(places, run, behind=400_000))
    said, more = (
        [
            line
            for one in events
            if isinstance(one, Output) and one.step == step
            for line in one.lines
        ]
        for step in ("say", "more")
    )
    path = places.run(run).output("say")
    assert said[0] == f"(0.3 MB of output are left out here; all of it is in {path}.)"
    first = int(said[1])
    assert said[1:] == [str(number) for number in range(first, 100_001)]
    assert len("\n".join(said[1:])) > 250_000
    assert path.stat().st_size > 588_000
    assert more[1:] == [str(number) for number in range(1, 11)]


@pytest.mark.promise(1, 5)
def test_a_worker_that_was_killed_is_told_and_gone_on_from(places: Places, etc: Path) -> None:
    flag = etc / "flag"
    wanted = plan(
        ("first", Command(("touch", str(etc / "once")))),
        ("slow", Command(("sh", "-c", f"test -e {flag} || sleep 60"))),
        ("main.cf", ReplaceFile(NewFile(str(etc / "main.cf"), NEW, sha256(OLD)))),
    )
    run = launch(places, wanted, detached(places), attended=False, start=started)
    events = []
    for event in follow(places, run):
        events.append(event)
        if isinstance(event, StepIntended) and event.step == "slow":
            found = holder(places)
            assert found is not None
            assert found.run == run
            os.kill(found.pid, signal.SIGKILL)
    end = events[-1]
    assert isinstance(end, RunFinished)
    assert end.outcome == "died"
    assert "`postfix-wizard resume` goes on where it stopped" in end.message
    assert [(one.outcome, one.done) for one in runs(places)] == [("died", 1)]
    (etc / "once").unlink()
    flag.touch()
    assert work(places, run) == 0
    assert (etc / "main.cf").read_bytes() == NEW
    assert not (etc / "once").exists()
    assert sum(isinstance(one, RunStarted) for one in told(places, run)) == 2
    assert sum(isinstance(one, RunFinished) for one in follow(places, run)) == 1


def test_a_worker_that_never_began_is_told(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.run.follow._START", 0.6)
    run = launch(places, plan(), ("true",), attended=False, start=lambda _unit, _argv: None)
    (end,) = follow(places, run)
    assert isinstance(end, RunFinished)
    assert end.outcome == "died"
    assert "never began" in end.message
    assert [one.outcome for one in runs(places)] == ["not started"]


@pytest.mark.promise(1)
def test_resuming_after_the_rename_finds_its_own_effect(places: Places, etc: Path) -> None:
    wanted = usual(etc)
    run = prepared(places, wanted)
    work(places, run)
    whole = told(places, run)
    at = next(
        number
        for number, one in enumerate(whole)
        if isinstance(one, StepFinished) and one.step == "main.cf"
    )
    journal = places.run(run).journal
    journal.unlink()
    with open_journal(journal, run) as (again, _):
        for record in whole[:at]:
            again.append(record)
    assert work(places, run) == 0
    ended = [
        one for one in told(places, run) if isinstance(one, StepFinished) and one.step == "main.cf"
    ]
    intended = [one for one in whole if isinstance(one, StepIntended) and one.step == "main.cf"]
    assert ended[-1].undo == intended[-1].undo
    assert (etc / "main.cf").read_bytes() == NEW


def test_a_run_that_is_done_is_not_run_again(places: Places, etc: Path) -> None:
    run = prepared(places, usual(etc))
    work(places, run)
    with pytest.raises(Trouble, match="over already"):
        work(places, run)


@pytest.mark.promise(4)
def test_a_corrupt_journal_hinders_neither_the_list_nor_a_new_run(
    places: Places, etc: Path
) -> None:
    bad = prepared(places, usual(etc))
    journal = places.run(bad).journal
    journal.write_bytes(b"0123456789abcdef {}\nmore\n")
    torn = prepared(places, plan())
    places.run(torn).journal.write_bytes(b"half")
    good = prepared(places, usual(etc))
    assert work(places, good) == 0
    assert [(one.run, one.outcome) for one in runs(places)] == [
        (bad, "unreadable"),
        (torn, "not started"),
        (good, "done"),
    ]
    assert "record 0" in runs(places)[0].message


@pytest.mark.promise(4)
def test_a_damaged_journal_is_set_aside_by_the_next_start(places: Places, etc: Path) -> None:
    bad = prepared(places, usual(etc))
    assert work(places, bad) == 0
    journal = places.run(bad).journal
    journal.write_bytes(journal.read_bytes().replace(b"StepFinished", b"StepFinishes", 1))
    assert "The journal is damaged: record 4" in runs(places)[0].message
    with pytest.raises(Trouble, match="cannot be read"):
        undo_plan(places, bad)
    launch(places, plan(), ("true",), attended=False, start=lambda *_: None)
    (first, _) = runs(places)
    assert first.outcome == "unreadable"
    assert "is set aside as" in first.message
    assert not journal.exists()


@pytest.mark.promise(18)
def test_answers_are_written_only_when_they_differ(places: Places, etc: Path) -> None:
    work(places, prepared(places, usual(etc)))
    before = places.answers.stat().st_ino
    assert work(places, prepared(places, plan(answers=usual(etc).answers))) == 0
    assert places.answers.stat().st_ino == before
    places.answers.chmod(0o644)
    assert work(places, prepared(places, plan(answers="# other\n"))) == 0
    assert places.answers.read_text() == "# other\n"
    assert places.answers.stat().st_mode & 0o777 == 0o600


@pytest.mark.promise(10)
def test_answers_that_cannot_be_saved_do_not_undo_a_run(places: Places, etc: Path) -> None:
    places.answers.symlink_to(etc / "main.cf")
    run = prepared(places, plan(answers="# other\n"))
    assert work(places, run) == 0
    assert "could not be saved" in last(places, run).message
    assert (etc / "main.cf").read_bytes() == OLD


def test_links_of_a_lineage_are_made_whole(places: Places, etc: Path) -> None:
    live, archive = etc / "live" / "example.com", etc / "archive" / "example.com"
    live.mkdir(parents=True)
    archive.mkdir(parents=True)
    links = []
    for name in ("cert", "chain", "fullchain", "privkey"):
        (archive / f"{name}2.pem").write_text(name)
        (live / f"{name}.pem").write_text(name)
        was = f"file:{sha256(name.encode())}"
        links.append(Link(str(live / f"{name}.pem"), f"../../archive/example.com/{name}2.pem", was))
    (live / "chain.pem").unlink()
    links[1] = Link(links[1].path, links[1].target, "missing")
    run = prepared(places, plan(("live", Relink("example.com", tuple(links)))))
    assert work(places, run) == 0, last(places, run)
    made = {path.name: str(path.readlink()) for path in live.iterdir()}
    assert made == {
        f"{name}.pem": f"../../archive/example.com/{name}2.pem"
        for name in ("cert", "chain", "fullchain", "privkey")
    }
    before = {entry["path"]: entry["was"] for entry in undone(places, run, "live")}
    assert before == {link.path: link.was for link in links}
    kept = {path.read_text() for path in places.run(run).replaced.iterdir()}
    assert kept == {"cert", "fullchain", "privkey"}


def test_a_link_that_would_lead_nowhere_is_not_made(places: Places, etc: Path) -> None:
    link = Link(str(etc / "cert.pem"), "../archive/cert9.pem", "missing")
    run = prepared(places, plan(("live", Relink("example.com", (link,)))))
    assert work(places, run) == 1
    assert "cert9.pem, where" in last(places, run).message
    assert not os.path.lexists(link.path)


@pytest.mark.promise(24)
def test_a_self_signed_pair_is_made_and_its_key_stays_private(places: Places, etc: Path) -> None:
    cert, key = etc / "cert.pem", etc / "key.pem"
    key.write_text("old key")
    key.chmod(0o600)
    names = ("mail.example.com", "example.com")
    blind = SelfSign(str(cert), str(key), names, 30)
    run = prepared(places, plan(("sign", blind)))
    assert work(places, run) == 1
    assert f"stale: {key}" in last(places, run).message
    assert key.read_text() == "old key"
    action = SelfSign(str(cert), str(key), names, 30, (None, sha256(b"old key")))
    run = prepared(places, plan(("sign", action)))
    assert work(places, run) == 0, last(places, run)
    assert (cert.stat().st_mode & 0o777, key.stat().st_mode & 0o777) == (0o644, 0o600)
    text = subprocess.run(
        ["openssl", "x509", "-in", cert, "-noout", "-text"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert "DNS:mail.example.com, DNS:example.com" in text
    secret = key.read_text().splitlines()[3]
    kept = [path for path in places.state.rglob("*") if path.is_file()]
    assert not [path for path in kept if secret in path.read_text(errors="replace")]
    assert [path.read_text() for path in places.run(run).replaced.iterdir()] == ["old key"]
    assert not places.run(run).staging.exists()


@pytest.mark.promise(2)
def test_the_unit_outlives_login_and_leaves_dnf_alone() -> None:
    argv = unit_argv("postfix-wizard-x", ("/usr/bin/postfix-wizard", "worker", "x"))
    assert "KillMode=process" in argv
    assert argv[argv.index("--") :] == ["--", "/usr/bin/postfix-wizard", "worker", "x"]
