"""The object of `apply --json`, `undo --json` and `resume --json`."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.unit.run.runs import NEW, OLD, plan, prepared, usual
from wizard.answers.model import host_problem
from wizard.commands import result
from wizard.commands.blocked import refuse_obstacles
from wizard.commands.console import Console
from wizard.commands.following import follow_run
from wizard.commands.planning import Options
from wizard.commands.result import with_result
from wizard.door import Door
from wizard.errors import LockedTrouble, Trouble
from wizard.plan.actions import Command
from wizard.plan.model import FileChange, Plan
from wizard.run.lock import locked
from wizard.run.paths import Places
from wizard.run.worker import work
from wizard.session import Session

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")
JSON = Options(json=True, yes=True)
Run = Callable[[Session, Options, Console], int]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    etc = tmp_path / "etc"
    etc.mkdir(mode=0o755)
    (etc / "main.cf").write_bytes(OLD)
    return Session(Door(), Places(tmp_path / "state", tmp_path / "run", etc / "answers.toml"), ())


def running(plan_of: Callable[[Session], Plan]) -> Run:
    """Return a command that shows a plan and runs it."""

    def run(session: Session, _options: Options, console: Console) -> int:
        made = plan_of(session)
        console.work.plans[:] = [made]
        refuse_obstacles(made)
        console.say("progress")
        if not made.pending:
            return 0
        name = prepared(session.places, made)
        work(session.places, name)
        return follow_run(session.places, name, console)

    return run


def printed(
    run: Run, session: Session, capsys: pytest.CaptureFixture[str], options: Options = JSON
) -> tuple[int, dict[str, Any], str]:
    """Return the exit code, the object and standard error."""
    console = Console(sys.stdout, is_terminal=True, colour=True)
    try:
        code = with_result(run)(session, options, console)
    except Trouble as trouble:
        code = trouble.exit_code
    said = capsys.readouterr()
    return code, json.loads(said.out), said.err


def of_etc(session: Session) -> Plan:
    return usual(session.places.answers.parent)


def test_a_run_that_is_done(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    code, data, err = printed(running(of_etc), session, capsys)
    assert (code, data["outcome"], data["changed"], data["returned"]) == (0, "done", True, False)
    assert [(one["id"], one["outcome"]) for one in data["steps"]] == [
        ("original", "done"),
        ("main.cf", "done"),
        ("say", "done"),
    ]
    assert all(one["seconds"] >= 0 for one in data["steps"])
    assert (session.places.runs / data["run"]).is_dir()
    assert data["version"] == 1
    assert (data["findings"], data["earlier_runs"], data["message"]) == ([], [], "")
    assert err.startswith("progress\n[1/3] Title of original\n")
    assert (session.places.answers.parent / "main.cf").read_bytes() == NEW


def test_nothing_to_do_has_no_run(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    code, data, _ = printed(running(lambda _: plan()), session, capsys)
    assert (code, data["outcome"], data["changed"], data["run"]) == (0, "nothing to do", False, "")
    assert data["steps"] == []


def test_a_run_that_only_looks_changes_nothing(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = plan(("say", Command(("false",))))
    code, data, _ = printed(running(lambda _: looks), session, capsys)
    assert (code, data["outcome"], data["changed"]) == (1, "failed", False)
    assert [one["outcome"] for one in data["steps"]] == ["failed"]
    assert "false" in data["message"]


def test_what_was_changed_before_a_failure_counts(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(session: Session) -> Plan:
        steps = of_etc(session).steps
        more = plan(("bad", Command(("false",))), ("never", Command(("true",)))).steps
        return Plan("", (), (*steps, *more), ())

    code, data, _ = printed(running(failing), session, capsys)
    assert (code, data["outcome"], data["changed"]) == (1, "failed", True)
    own = [one["outcome"] for one in data["steps"] if not one["is_return"]]
    assert own == ["done", "done", "done", "failed", "not begun"]
    # The file is put back. Its .orig stays, so the host is not as before.
    assert data["returned"]
    assert [one["id"] for one in data["steps"] if one["is_return"]] == ["back-main.cf"]
    assert (session.places.answers.parent / "main.cf").read_bytes() == OLD


def test_a_refusal_has_an_object_too(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    stopped = Plan("", (), of_etc(session).steps, (), obstacles=(host_problem("no \x1b[6n room"),))
    code, data, _ = printed(running(lambda _: stopped), session, capsys)
    assert (code, data["outcome"], data["changed"], data["run"]) == (1, "refused", False, "")
    assert "no \\x1b[6n room" in data["message"]
    assert {one["outcome"] for one in data["steps"]} == {"not begun"}
    assert [one["kind"] for one in data["blocked"]] == ["obstacle"]


def test_last_words_are_the_message(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    def run(_session: Session, _options: Options, console: Console) -> int:
        console.conclude("No run waits.")
        return 1

    code, data, err = printed(run, session, capsys)
    assert (code, data["outcome"], data["message"]) == (1, "refused", "No run waits.")
    assert err == "No run waits.\n"


def test_a_dry_run_lists_what_it_would_do(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(session: Session, _options: Options, console: Console) -> int:
        console.work.plans.append(of_etc(session))
        return 0

    code, data, _ = printed(run, session, capsys, Options(json=True, dry_run=True))
    assert (code, data["outcome"], data["changed"]) == (0, "dry run", False)
    assert [one["id"] for one in data["steps"]] == ["original", "main.cf", "say"]


def test_it_has_the_diff_of_each_file_that_changes(session: Session) -> None:
    changes = (
        FileChange("/etc/a", b"1\n", b"1\n", b"2 KEY7.zen.dq.spamhaus.net\n"),
        FileChange("/etc/b", None, None, b"new\n"),
        FileChange("/etc/c", b"0\n", b"same\n", b"same\n"),
        FileChange("/etc/d", None, None, b""),
    )

    def run(_session: Session, _options: Options, console: Console) -> int:
        console.work.plans.append(Plan("", (), (), changes))
        return 0

    out = io.StringIO()
    with_result(run)(session, JSON, Console(out, is_terminal=False, colour=False))
    files = json.loads(out.getvalue())["files"]
    assert [one["path"] for one in files] == ["/etc/a", "/etc/b"]
    assert files[0]["diff"][-2:] == ["-1", "+2 (key).zen.dq.spamhaus.net"]
    assert files[1]["diff"][-1] == "+new"


def test_an_interruption_has_an_object(session: Session) -> None:
    def run(*_: object) -> int:
        raise KeyboardInterrupt

    out = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        with_result(run)(session, JSON, Console(out, is_terminal=False, colour=False))
    assert json.loads(out.getvalue())["outcome"] == "interrupted"


def test_a_closed_standard_error_loses_the_progress_alone(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stream in (Full(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        out = io.StringIO()
        (session.places.answers.parent / "main.cf").write_bytes(OLD)
        console = Console(out, is_terminal=False, colour=False)
        assert with_result(running(of_etc))(session, JSON, console) == 0
        assert json.loads(out.getvalue())["outcome"] == "done"


def test_without_json_the_command_is_as_before(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console(sys.stdout, is_terminal=False, colour=False)
    assert with_result(running(of_etc))(session, Options(), console) == 0
    assert capsys.readouterr().out.startswith("progress\n[1/3]")


def test_an_unreadable_run_keeps_its_summary(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(session: Session, _options: Options, console: Console) -> int:
        name = prepared(session.places, of_etc(session))
        session.places.run(name).plan.write_bytes(b"{}")
        console.work.runs.append(name)
        return 1

    _, data, _ = printed(run, session, capsys)
    assert data["run"]
    assert data["steps"] == []


class Clock:
    """A monotonic clock that only sleep moves; the wall clock may jump."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.01)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("wizard.commands.waiting.time", made)
    return made


def test_it_waits_for_the_lock(
    session: Session, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    held = locked(session.places, "20261201-000000-1")
    held.__enter__()

    def sleep(seconds: float) -> None:
        clock.now += seconds
        if clock.now > 1003:
            held.__exit__(None, None, None)

    clock.sleep = sleep  # type: ignore[method-assign]
    code, data, err = printed(running(of_etc), session, capsys, Options(json=True, wait=5))
    assert (code, data["outcome"]) == (0, "done")
    assert err.startswith("Waiting for the end of run 20261201-000000-1.\nprogress\n")
    assert 1003 < clock.now < 1004


def test_after_the_time_it_is_refused(
    session: Session, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*_: object) -> int:
        raise LockedTrouble("starting a run", "another run is in progress")

    with locked(session.places, "20261201-000000-1"):
        code, data, _ = printed(run, session, capsys, Options(json=True, wait=2))
    assert (code, data["outcome"]) == (os.EX_TEMPFAIL, "refused")
    assert clock.now == 1002.0


def test_a_faster_one_is_waited_for_again(
    session: Session, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command begins anew, since the other run changed the host."""
    calls: list[int] = []

    def run(_session: Session, _options: Options, console: Console) -> int:
        calls.append(1)
        console.work.plans.append(plan())
        clock.sleep(1)
        if len(calls) < 3:
            raise LockedTrouble("starting a run", "another run is in progress")
        assert len(console.work.plans) == 1
        return 0

    assert printed(run, session, capsys, Options(json=True, wait=10))[0] == 0
    assert len(calls) == 3
    calls.clear()
    assert printed(run, session, capsys, Options(json=True, wait=1))[0] == os.EX_TEMPFAIL
    assert len(calls) == 1


@pytest.mark.parametrize("wait", [0, 60])
def test_a_run_that_finds_the_lock_taken_is_begun_anew(
    wait: int, session: Session, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another one was faster between the look at the lock and the worker's start."""
    calls: list[int] = []

    def run(session: Session, _options: Options, console: Console) -> int:
        calls.append(1)
        name = prepared(session.places, of_etc(session))
        if len(calls) > 1:
            work(session.places, name)
        else:
            with locked(session.places, "20261201-000000-1"), pytest.raises(LockedTrouble):
                work(session.places, name)
        return follow_run(session.places, name, console)

    code, data, _ = printed(run, session, capsys, Options(json=True, wait=wait))
    if wait:
        assert (code, data["outcome"], len(calls)) == (0, "done", 2)
        assert clock.now < 1060
    else:
        assert (code, data["outcome"], data["changed"]) == (os.EX_TEMPFAIL, "refused", False)
        assert "20261201-000000-1" in data["message"]
    assert (session.places.answers.parent / "main.cf").read_bytes() == (NEW if wait else OLD)


class Full(io.StringIO):
    """An output on a full device."""

    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_result_that_cannot_be_printed_is_told(session: Session) -> None:
    with pytest.raises(Trouble) as caught:
        with_result(running(of_etc))(session, JSON, Console(Full(), False, False))
    said = str(caught.value)
    assert "done of run " in said
    assert "No space left on device" in said
    stopped = Plan("", (), (), (), obstacles=(host_problem("no room"),))
    with pytest.raises(Trouble, match="no room"):
        with_result(running(lambda _: stopped))(session, JSON, Console(Full(), False, False))


def test_a_run_goes_on_without_a_reader(session: Session) -> None:
    class Closed(io.StringIO):
        lines = 0

        def write(self, text: str) -> int:
            self.lines += 1
            if self.lines > 3:
                raise BrokenPipeError(32, "Broken pipe")
            return len(text)

    with pytest.raises(Trouble, match="`postfix-wizard attach` shows it") as caught:
        with_result(running(of_etc))(session, Options(), Console(Closed(), False, False))
    assert "the output cannot be written: Broken pipe" in str(caught.value)
    assert (session.places.answers.parent / "main.cf").read_bytes() == NEW


def test_a_pipe_that_is_closed_before_the_run_is_told(session: Session) -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(Trouble, match="Nothing was changed") as caught:
        with_result(running(of_etc))(session, Options(), Console(Closed(), False, False))
    assert caught.value.exit_code == 1
    assert not session.places.runs.exists()


def test_the_words_for_what_began_no_run_are_no_outcomes_of_a_run() -> None:
    own = {result.NOTHING_TO_DO, result.DRY_RUN, result.REFUSED, result.INTERRUPTED}
    assert not own & {"done", "failed", "stopped", "died", "running", "not started", "unreadable"}
