"""run.json as an attacker or a crash would have it: it hinders nothing, and says nothing false."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.run.runs import NEW, OLD, plan, prepared, usual
from wizard.errors import Trouble
from wizard.plan.actions import Command, ReplaceFile
from wizard.plan.files import NewFile, sha256
from wizard.run.files import read
from wizard.run.header import MAX_BYTES, MAX_MESSAGE, MAX_TOUCHED, Header, read_header, write_header
from wizard.run.history import newest_unfinished, runs
from wizard.run.launch import launch
from wizard.run.paths import Places
from wizard.run.plan_undo import undo_plan
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir(mode=0o755)
    (made / "main.cf").write_bytes(OLD)
    return made


def fifo(path: Path) -> None:
    os.mkfifo(path)


def directory(path: Path) -> None:
    path.mkdir()


def link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def text(data: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(data)

    return write


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


def zeros(path: Path) -> None:
    os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))


def anothers(path: Path) -> None:
    path.write_bytes(b'{"format": 9}')
    os.chown(path, 12345, 12345)


def fields(**more: object) -> bytes:
    return json.dumps({"version": "0.1.0", "commit": "", "run": "", **more}).encode()


DAMAGE: dict[str, Callable[[Path], None]] = {
    "a FIFO": fifo,
    "a directory": directory,
    "a link to /dev/zero": link_to("/dev/zero"),
    "a link to nowhere": link_to("nowhere"),
    "a link to a whole one": link_to("../../whole"),
    "a device": zeros,
    "1 GB": huge,
    "another user's": anothers,
    "nothing in it": text(b""),
    "half of it": text(b'{"format":2,"version":"0.1.0","comm'),
    "no object": text(b"[2]"),
    "no format": text(fields()),
    "a format in words": text(fields(format="2")),
    "a format that is true": text(fields(format=True)),
    "a format with a point": text(fields(format=2.5)),
    "a format below all": text(fields(format=-1)),
    "a format of 5000 digits": text(b'{"format":' + b"9" * 5000 + b"}"),
    "brackets without an end": text(b"[" * 100_000),
    "another type of a field": text(fields(format=2, undoes=7)),
    "bytes that are no text": text(b"\xff\xfe\x00"),
    "the file of another run": text(fields(format=2, run="20200101-000000-7", outcome="done")),
}


@pytest.mark.slow
@pytest.mark.promise(4)
@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_run_json_hinders_nothing(places: Places, etc: Path, how: str) -> None:
    run = prepared(places, usual(etc))
    assert work(places, run) == 0
    path = places.run(run).header
    path.rename(places.state / "whole")
    DAMAGE[how](path)
    (one,) = runs(places)
    assert (one.outcome, one.done, one.steps) == ("done", 3, 3)
    assert str(path) in one.message
    assert newest_unfinished(places) is None
    second = launch(places, plan(), ("true",), attended=False, start=lambda *_: None)
    assert work(places, second) == 0
    undo = prepared(places, undo_plan(places, run))
    assert work(places, undo) == 0
    assert (etc / "main.cf").read_bytes() == OLD
    listed = runs(places)
    assert (listed[0].run, listed[0].undone) == (run, True)


@pytest.mark.slow
@pytest.mark.promise(4)
@pytest.mark.parametrize("how", DAMAGE)
def test_a_run_is_resumed_whatever_its_run_json_is(places: Places, etc: Path, how: str) -> None:
    run = prepared(places, usual(etc, before=b"not there"))
    assert work(places, run) == 1
    path = places.run(run).header
    path.rename(places.state / "whole")
    DAMAGE[how](path)
    whole = (places.state / "whole").read_bytes()
    (etc / "main.cf.orig").unlink()
    (etc / "main.cf").write_bytes(b"not there")
    work(places, run)
    assert runs(places)[0].outcome in {"done", "failed"}
    assert (places.state / "whole").read_bytes() == whole


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "failed", "message": "not so"},
        {"done": 7, "steps": 9},
        {"started": None},
        {"returned": True},
        {"touched": []},
    ],
)
def test_a_run_json_that_contradicts_the_journal_counts_for_nothing(
    places: Places, etc: Path, change: dict[str, Any]
) -> None:
    """It was completed for other files than those that are there: their sizes and times say so."""
    run = prepared(places, usual(etc))
    assert work(places, run) == 0
    right = runs(places)
    at = places.run(run)
    at.header.write_text(json.dumps({**json.loads(at.header.read_bytes()), **change}))
    os.utime(at.journal, (1_000_000, 1_000_000))
    assert runs(places) == right


def test_a_run_json_that_names_another_undone_run_than_the_plan(places: Places, etc: Path) -> None:
    """Which of them is right is not known, so neither run is undone by it."""
    first = prepared(places, usual(etc))
    work(places, first)
    second = prepared(places, plan(("say", Command(("true",)))))
    work(places, second)
    at = places.run(second)
    at.header.write_text(json.dumps({**json.loads(at.header.read_bytes()), "undoes": first}))
    os.utime(at.journal, (1_000_000, 1_000_000))
    one, two = runs(places)
    assert two.outcome == "unreadable"
    assert f"says that it undoes '{first}', its plan ''" in two.message
    assert not one.undone


@pytest.mark.promise(32)
@pytest.mark.parametrize("records", [0, 1, 2, 4])
def test_a_journal_that_lost_its_end_is_not_guessed_at(
    places: Places, etc: Path, records: int
) -> None:
    """Its lines are whole, so that it looks like one of a run that was cut off early."""
    first = prepared(places, usual(etc))
    assert work(places, first) == 0
    main = str(etc / "main.cf")
    second = prepared(
        places, plan(("main.cf", ReplaceFile(NewFile(main, b"third\n", sha256(NEW)))))
    )
    assert work(places, second) == 0
    journal = places.run(second).journal
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:records]))
    one = runs(places)[1]
    assert (one.outcome, one.can_resume, one.can_undo) == ("unreadable", False, False)
    assert "shorter than" in one.message
    with pytest.raises(Trouble, match=f"{second}, cannot be read"):
        undo_plan(places)


@pytest.mark.promise(1)
def test_killed_before_run_json_is_completed_the_journal_says_what_became_of_it(
    places: Places, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.run.worker.conclude", lambda _run: None)
    run = prepared(places, usual(etc))
    assert work(places, run) == 0
    header = read_header(places.run(run))
    assert header is not None
    assert (header.outcome, header.touched) == ("", None)
    (one,) = runs(places)
    assert (one.outcome, one.done) == ("done", 3)


def test_what_is_long_is_cut_off(places: Places) -> None:
    at = places.run(prepared(places, plan()))
    before = read(str(at.header))
    things = tuple(f"path /{number}" for number in range(MAX_TOUCHED + 1))
    write_header(at, Header(2, "", "", at.id, message="x" * MAX_BYTES, touched=things), before)
    found = read_header(at)
    assert found is not None
    assert found.touched is None
    assert len(found.message) < MAX_MESSAGE + 100
    assert at.header.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("jump", [-10 * 365 * 86400, 10 * 365 * 86400])
def test_a_clock_that_jumps_changes_no_order(
    places: Places, etc: Path, monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    first = prepared(places, usual(etc))
    work(places, first)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + jump)
    second = prepared(places, undo_plan(places))
    work(places, second)
    one, two = runs(places)
    assert (one.run, one.undone, two.run) == (first, True, second)
    assert two.ended is not None
    assert abs(two.ended - now - jump) < 60


def test_what_a_later_worker_wrote_is_not_written_over(places: Places, etc: Path) -> None:
    """A worker completes run.json when the lock is free: another one may have begun by then."""
    at = places.run(prepared(places, usual(etc)))
    before = read(str(at.header))
    header = read_header(at)
    assert header is not None
    write_header(at, replace(header, version="7.0"), before)
    with pytest.raises(Trouble, match="changed at this very moment"):
        write_header(at, replace(header, outcome="done"), before)
    found = read_header(at)
    assert found is not None
    assert (found.version, found.outcome) == ("7.0", "")
