"""The space for the queue, and mail on hold."""

from __future__ import annotations

import grp
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from wizard.check.queue import spool
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG
from wizard.postfix.settings import Settings


def test_the_queue(tmp_path: Path) -> None:
    (tmp_path / "hold").mkdir()
    space, hold = spool.judge_queue(Door(), Settings({}), str(tmp_path))
    assert (space.verdict, hold.verdict) == (RIGHT, RIGHT)
    (tmp_path / "hold/4ABC").touch()
    huge = Settings({"message_size_limit": str(10**18)})
    space, hold = spool.judge_queue(Door(), huge, str(tmp_path))
    assert (space.verdict, hold.verdict) == (WRONG, WARNING)
    assert hold.seen == "1 message"
    assert "A run or somebody put it on hold" in hold.advice
    assert list(spool.judge_queue(Door(), huge, str(tmp_path / "none"))) == []


def test_what_is_broken_and_who_may_write_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corrupt").mkdir()
    (tmp_path / "corrupt/4A1B2C3D").touch()
    group = grp.struct_group(("postdrop", "x", 90, ["taro", "hana"]))
    monkeypatch.setattr(grp, "getgrnam", {"postdrop": group}.__getitem__)
    settings = Settings({"setgid_group": "postdrop"})
    found = {one.id: one for one in spool.judge_queue(Door(), settings, str(tmp_path))}
    assert found["queue.corrupt"].verdict == WARNING
    assert found["queue.group"].seen == "taro, hana: may write into the queue past postdrop(1)"
    assert found["queue.group"].cure.commands == (
        ("gpasswd", "-d", "taro", "postdrop"),
        ("gpasswd", "-d", "hana", "postdrop"),
    )


def test_without_inodes_no_mail_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = SimpleNamespace(f_bavail=10**9, f_frsize=4096, f_files=150, f_favail=0)
    monkeypatch.setattr(os, "statvfs", lambda _: whole)
    found = {one.id: one for one in spool.judge_queue(Door(), Settings({}), str(tmp_path))}
    assert (found["queue.space"].verdict, found["queue.space"].seen) == (
        WRONG,
        "no inode of 150 is left",
    )
