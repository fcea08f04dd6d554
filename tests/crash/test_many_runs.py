"""A thousand runs: what a list, a plan, an undo and the status open of them."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.run.runs import OLD, as_format_1, prepared
from wizard.plan.actions import ReplaceFile
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import FileChange, Plan, Step
from wizard.plan.wire import plan_from_bytes
from wizard.run import request
from wizard.run.history import newest_unfinished, runs
from wizard.run.path_state import file_state
from wizard.run.paths import Places, known_runs
from wizard.run.plan_undo import undo_plan
from wizard.run.worker import work
from wizard.status import expected
from wizard.status.bases import bases
from wizard.status.expected import expected_state, expected_with_history

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")

MANY = 1000
_opened: list[str] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        _opened.append(os.path.basename(str(arguments[0])))  # noqa: PTH119 (bytes and numbers too)


sys.addaudithook(_hear)
STORED = ("run.json", "plan.json", "request.json", "journal")


def opened(call: Callable[[], object]) -> Counter[str]:
    """Return which files of runs a call opens."""
    _opened.clear()
    call()
    return Counter(name for name in _opened if name in STORED)


def written(places: Places, path: Path, text: bytes) -> str:
    live = path.read_bytes()
    step = Step(path.name, "", "", ReplaceFile(NewFile(str(path), text, sha256(live))))
    run = prepared(places, Plan("", (), (step,), (FileChange(str(path), None, live, text),)))
    assert work(places, run) == 0
    return run


@pytest.fixture
def many(places: Places, tmp_path: Path) -> tuple[Places, dict[str, str], str]:
    """The first run wrote one file, a thousand later ones another; a third was never written."""
    etc = tmp_path / "etc"
    etc.mkdir(mode=0o755)
    for name in ("first", "second", "never"):
        (etc / name).write_bytes(OLD)
    written(places, etc / "first", b"one\n")
    run = written(places, etc / "second", b"two\n")
    for number in range(3, MANY + 1):
        copy = f"{run[:15]}-{number}"
        shutil.copytree(places.run(run).directory, places.run(copy).directory)
        header = places.run(copy).header
        header.write_bytes(header.read_bytes().replace(run.encode(), copy.encode()))
    states = {
        str(etc / name): file_state(sha256((etc / name).read_bytes()))
        for name in ("first", "second", "never")
    }
    return places, states, f"{run[:15]}-{MANY}"


@pytest.mark.slow
@pytest.mark.promise(34)
def test_a_thousand_runs_are_listed_by_their_small_files(
    many: tuple[Places, dict[str, str], str], record_property: Callable[[str, object], None]
) -> None:
    places, states, newest = many
    assert opened(lambda: runs(places)) == {"run.json": MANY}
    assert len(runs(places)) == MANY
    assert {one.outcome for one in runs(places)} == {"done"}
    assert opened(lambda: newest_unfinished(places)) == {"run.json": 1}
    plan = opened(lambda: bases(places, states))
    assert plan == {"run.json": MANY, "plan.json": 2, "request.json": 2, "journal": 2}
    assert {base.run for base in bases(places, states).files.values()} == {
        newest,
        runs(places)[0].run,
    }
    status = opened(lambda: expected_state(places))
    assert status == {"run.json": MANY, "plan.json": 2, "request.json": 2, "journal": 2}
    few, whole = expected_state(places), expected_with_history(places)
    assert (few.paths, few.texts, few.newest) == (whole.paths, whole.texts, whole.newest)
    listed = opened(lambda: expected_with_history(places))
    assert listed == {"run.json": MANY, "plan.json": MANY, "request.json": MANY, "journal": 2}
    undo = opened(lambda: undo_plan(places))
    assert undo["run.json"] == MANY
    assert max(undo["plan.json"], undo["journal"]) < 5
    record_property("count:runs", MANY)


def test_what_an_old_run_made_of_the_files_is_told_by_run_json_as_by_its_journal(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etc = tmp_path / "etc"
    etc.mkdir(mode=0o755)
    names = [str(etc / name) for name in ("first", "second")]
    monkeypatch.setattr(expected, "_OF_SECTIONS", frozenset(names))
    for name in names:
        Path(name).write_bytes(OLD)
    for number in range(3):
        for name in names:
            written(places, Path(name), b"%d\n" % number)
    assert work(places, prepared(places, undo_plan(places))) == 0
    written(places, Path(names[0]), b"last\n")
    by_journals = expected._expected_by(places, runs(places)).written
    assert len(by_journals) == 8
    assert expected_with_history(places).written == by_journals
    assert opened(lambda: expected_with_history(places))["journal"] < 8


@pytest.mark.promise(4)
@pytest.mark.parametrize("name", ["plan.json", "journal", "request.json"])
@pytest.mark.parametrize("with_header", [True, False])
def test_a_fifo_among_the_files_of_a_run_holds_no_plan(
    places: Places, tmp_path: Path, name: str, *, with_header: bool
) -> None:
    etc = tmp_path / "etc"
    etc.mkdir(mode=0o755)
    (etc / "first").write_bytes(OLD)
    run = written(places, etc / "first", b"one\n")
    at = places.run(run)
    if not with_header:
        at.header.unlink()
    (at.directory / name).unlink()
    os.mkfifo(at.directory / name)
    assert bases(places, {str(etc / "first"): "file:x"}).unknown
    assert expected_state(places).unreadable.keys() == {run}
    assert runs(places)[0].outcome == "unreadable"


@pytest.mark.slow
@pytest.mark.promise(33, 34)
def test_of_a_thousand_runs_of_format_1_a_plan_reads_few(
    many: tuple[Places, dict[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their bytes must be searched, but two plans alone are decoded."""
    places, states, newest = many
    for one in runs(places):
        as_format_1(places, one.run)
    decoded: list[bytes] = []

    def decoding(text: bytes) -> Plan:
        decoded.append(text)
        return plan_from_bytes(text)

    monkeypatch.setattr(request, "_decoded", decoding)
    found = bases(places, states)
    assert {base.run for base in found.files.values()} == {newest, known_runs(places)[0]}
    assert len(decoded) <= 4
