"""A step waits for another program's transaction, not for ever, and says why a file is another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.run.runs import OLD, last, prepared, told, usual
from wizard.run import packages_meanwhile
from wizard.run.context import Patience
from wizard.run.paths import Places
from wizard.run.records import DONE, FAILED, STOPPED
from wizard.run.worker import work

HOLD = (
    "import fcntl, sys, time; file = open(sys.argv[1], 'r+'); fcntl.lockf(file, fcntl.LOCK_EX);"
    "print('held', flush=True); time.sleep(float(sys.argv[2]))"
)


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/main.cf").write_bytes(OLD)
    return tmp_path / "etc"


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = tmp_path / ".rpm.lock"
    path.touch()
    monkeypatch.setattr(packages_meanwhile, "LOCK_PATHS", ("/nowhere/.rpm.lock", str(path)))
    return str(path)


def holding(lock: str, seconds: float) -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, lock, str(seconds)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield other.pid
        other.kill()


@pytest.mark.promise(7)
def test_each_step_waits_for_the_end_of_a_transaction(places: Places, etc: Path, lock: str) -> None:
    run = prepared(places, usual(etc))
    for pid in holding(lock, 1.0):
        assert work(places, run) == 0
        said = places.run(run).output("original").read_text()
        assert f"process {pid} (python" in said
        assert "holds rpm's lock, so it installs packages; waiting 300 seconds at most." in said
    assert last(places, run).outcome == DONE


@pytest.mark.promise(7)
def test_one_that_does_not_end_is_not_waited_for_for_ever(
    places: Places, etc: Path, lock: str
) -> None:
    run = prepared(places, usual(etc))
    for _ in holding(lock, 60.0):
        began = time.monotonic()
        assert work(places, run, replace(Patience(), lock=1.0)) == 0
    # The seconds are those of the run: no later step waits once more.
    assert time.monotonic() - began < 2.5
    said = places.run(run).output("main.cf").read_text()
    assert "going on all the same" in said
    assert "waiting" not in said


def test_a_stop_ends_the_waiting(places: Places, etc: Path, lock: str) -> None:
    run = prepared(places, usual(etc))
    for _ in holding(lock, 60.0):
        threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
        assert work(places, run) == 1
    end = last(places, run)
    assert end.outcome == STOPPED
    assert "stopped as requested while process" in end.message
    assert not (etc / "main.cf.orig").exists()
    assert work(places, run) == 0


def test_nothing_is_said_where_nobody_installs(places: Places, etc: Path, lock: str) -> None:
    del lock
    run = prepared(places, usual(etc))
    assert work(places, run) == 0
    assert "rpm" not in places.run(run).output("original").read_text()


def test_a_file_that_a_package_changed_is_explained(
    places: Places, etc: Path, lock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del lock
    run = prepared(places, usual(etc))
    (etc / "main.cf").write_bytes(OLD + b"added = by %post\n")
    words = "Another program installed postfix-3.5.25-2.el9 at 06:02"
    monkeypatch.setattr("wizard.run.worker.package_news", lambda _context: words)
    assert work(places, run) == 1
    end = last(places, run)
    assert end.outcome == FAILED
    assert "stale: " in end.message
    assert words in end.message
    assert (etc / "main.cf").read_bytes() == OLD + b"added = by %post\n"
    assert told(places, run)
    assert packages_meanwhile.PACKAGE == "postfix"
