"""`unit.pid`: whether master.pid has the process that locks it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wizard.check.host.master_pid import FILE, LOCKS, judge_pid
from wizard.door import Door
from wizard.finding import RIGHT, WARNING

OTHERS = "1: POSIX  ADVISORY  READ 12 00:1f:99 0 EOF\n2: FLOCK  ADVISORY  WRITE 13 08:01:1 0 EOF\n"


@pytest.mark.parametrize(
    ("said", "holder", "verdicts"),
    [
        ("         4711\n", "4711", [RIGHT]),
        ("   4000000\n", "4711", [WARNING]),
        ("", "4711", [WARNING]),
        ("12", "4711", [WARNING]),
        # Postfix is stopped, or its lock is of another container.
        ("   4711\n", "", []),
        ("   4711\n", "0", []),
    ],
)
def test_the_pid(tmp_path: Path, said: str, holder: str, verdicts: list[str]) -> None:
    file, locks = tmp_path / FILE[1:], tmp_path / LOCKS[1:]
    for one in (file, locks):
        one.parent.mkdir(parents=True)
    file.write_text(said)
    status = file.stat()
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
    lock = f"3: FLOCK  ADVISORY  WRITE {holder} {device}:{status.st_ino} 0 EOF\n"
    locks.write_text(OTHERS + (lock if holder else ""))
    found = list(judge_pid(Door(tmp_path)))
    assert [one.verdict for one in found] == verdicts
    assert all("4711" in one.seen for one in found)


def test_without_the_file(tmp_path: Path) -> None:
    assert list(judge_pid(Door(tmp_path))) == []
