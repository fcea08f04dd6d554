from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.run.packages_meanwhile import lock_holder

HOLD = (
    "import fcntl, sys; file = open(sys.argv[1], 'r+'); fcntl.lockf(file, fcntl.LOCK_EX);"
    "print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[str, int]]:
    lock = tmp_path / ".rpm.lock"
    lock.touch()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, lock],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield str(lock), other.pid
        assert other.stdin is not None
        other.stdin.close()


@pytest.mark.promise(7)
def test_the_holder_is_named(held: tuple[str, int]) -> None:
    path, pid = held
    assert lock_holder(path, 0).startswith(f"process {pid} (python")


def test_our_own_dnf_does_not_wait_for_itself(held: tuple[str, int]) -> None:
    path, pid = held
    assert lock_holder(path, pid) == ""


def test_a_free_or_missing_lock_has_no_holder(tmp_path: Path) -> None:
    (tmp_path / ".rpm.lock").touch()
    assert lock_holder(str(tmp_path / ".rpm.lock"), 0) == ""
    assert lock_holder(str(tmp_path / "none"), 0) == ""
