"""A run that no worker can begin is not made, or goes again; one that a worker has stays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.run.runs import OLD, prepared, usual
from wizard.errors import Trouble
from wizard.run import launch, readiness
from wizard.run.lock import locked
from wizard.run.paths import Places, known_runs

COLOURED = {
    "colours": ("\x1b[0;1;31mSystem has not been booted\x1b[0m", "System has not been booted."),
    "a title": ("\x1b]0;owned\x07refused", "refused."),
    "8-bit controls": ("\x9b31mrefused\x9b0m", "refused."),
    "a sequence that is cut off": ("refused\x1b[0;1", "refused."),
    "a question to the terminal": ("re\x1b[6nfused", "refused."),
    "a device control string": ("\x1bPq#0\x1b\\refused", "refused."),
    "a lone control": ("ref\x08used", r"ref\x08used."),
    "a marked direction": ("ref\u202eused", r"ref\u202eused."),
    "no control at all": ("[0;1;31m is text here", "[0;1;31m is text here."),
}


@pytest.mark.parametrize("name", COLOURED)
def test_an_error_shows_the_words_of_other_programs_without_colours(name: str) -> None:
    said, shown = COLOURED[name]
    assert str(Trouble("starting", said)) == f"While starting: {shown}"


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/main.cf").write_bytes(OLD)
    return tmp_path / "etc"


def refuse(_unit: str, _argv: Sequence[str]) -> None:
    raise Trouble("starting the worker", "refused")


def test_a_worker_that_is_not_started_leaves_no_run(places: Places, etc: Path) -> None:
    before = prepared(places, usual(etc))
    with pytest.raises(Trouble, match="refused"):
        launch.launch(places, usual(etc), ("true",), attended=False, start=refuse)
    assert known_runs(places) == (before,)


def test_one_that_cannot_be_written_down_leaves_none(
    places: Places, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise Trouble("replacing plan.json", "No space left on device")

    monkeypatch.setattr(launch, "write_request", full)
    with pytest.raises(Trouble, match="No space"):
        launch.launch(places, usual(etc), ("true",), attended=False, start=refuse)
    assert known_runs(places) == ()


@pytest.mark.parametrize("sign", ["the lock", "a journal"])
def test_a_worker_that_began_keeps_its_run(places: Places, etc: Path, sign: str) -> None:
    def begin(_unit: str, argv: Sequence[str]) -> None:
        run = argv[-1]
        if sign == "a journal":
            places.run(run).journal.write_bytes(b"begun")
            refuse("", ())
        with locked(places, run):
            refuse("", ())

    with pytest.raises(Trouble, match="refused"):
        launch.launch(places, usual(etc), ("true",), attended=False, start=begin)
    # The lock of this very process is free again by then, so its run goes as an empty one.
    assert bool(known_runs(places)) == (sign == "a journal")


def status(directory: str, **changes: int) -> os.statvfs_result:
    real = os.statvfs(directory)
    names = ("f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree")
    values = {name: getattr(real, name) for name in (*names, "f_favail", "f_flag", "f_namemax")}
    return os.statvfs_result(tuple((values | changes).values()))


VOLUMES = {
    "enough": ({}, ""),
    "no blocks": ({"f_bfree": 0}, "which has 0 KiB free"),
    "blocks that only root may use": ({"f_bavail": 0}, ""),
    "no inodes": ({"f_ffree": 3}, "which has 3 inodes free"),
    "a file system that counts no inodes": ({"f_files": 0, "f_ffree": 0}, ""),
    "read-only": ({"f_flag": os.ST_RDONLY}, "Read-only file system: the run writes to "),
    "read-only and full": ({"f_flag": os.ST_RDONLY, "f_bfree": 0}, "Read-only file system"),
}


@pytest.mark.promise(44)
@pytest.mark.parametrize("name", VOLUMES)
def test_a_file_system_is_judged_by_what_it_says(
    places: Places, etc: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    changes, words = VOLUMES[name]
    seen = status(str(etc), **changes)
    monkeypatch.setattr(os, "statvfs", lambda _path: seen)
    found = readiness.unready(places, usual(etc), by_systemd=False)
    assert [words in one.message for one in found] == ([True] if words else [])
    assert str(etc) in "".join(one.message for one in found) or not words
