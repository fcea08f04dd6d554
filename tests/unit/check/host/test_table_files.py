"""Who may write tables, and how the file systems of Postfix are mounted."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from wizard.check.host import table_files
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG, Finding
from wizard.postfix.settings import Settings

DAEMON = 1


def judged(root: Path) -> Finding:
    tables = (("lmdb", "/etc/postfix/virtual"),)
    settings = Settings({"mail_owner": "daemon"})
    (found,) = table_files.judge_owners(Door(root), tables, settings)
    return found


def file(root: Path, name: str, mode: int = 0o644, uid: int = 0) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(mode)
    os.chown(path, uid, 0)


@pytest.mark.parametrize(
    ("name", "mode", "uid", "verdict"),
    [
        ("etc/postfix/virtual", 0o644, 0, RIGHT),
        ("etc/postfix/virtual", 0o664, DAEMON, RIGHT),
        ("etc/postfix/virtual", 0o666, 0, WARNING),
        ("etc/postfix/virtual.lmdb", 0o644, 2, WARNING),
        ("etc/aliases", 0o646, 0, WARNING),
        ("etc/aliases.db", 0o644, 2, WARNING),
        ("etc/postfix/other", 0o666, 2, RIGHT),
    ],
)
def test_owners(tmp_path: Path, name: str, mode: int, uid: int, verdict: str) -> None:
    file(tmp_path, name, mode, uid)
    found = judged(tmp_path)
    assert (found.id, found.verdict) == ("tables.owners", verdict)
    assert bool(found.cure) == (verdict == WARNING)


@pytest.mark.parametrize(
    ("path", "flag", "verdict"),
    [
        ("/var/spool/postfix", os.ST_RDONLY, WRONG),
        ("/var/spool/postfix", os.ST_NOSUID, RIGHT),
        ("/usr/sbin/postdrop", os.ST_NOSUID, WRONG),
        ("/usr/sbin/postdrop", os.ST_RDONLY, RIGHT),
        ("/var/lib/postfix", os.ST_RDONLY, WRONG),
    ],
)
def test_mounts(monkeypatch: pytest.MonkeyPatch, path: str, flag: int, verdict: str) -> None:
    monkeypatch.setattr(
        os,
        "statvfs",
        lambda one: SimpleNamespace(f_flag=flag if one == path else 0),
    )
    settings = Settings({"data_directory": "/var/lib/postfix"})
    (found,) = table_files.judge_mounts(settings)
    assert (found.id, found.verdict) == ("files.mounts", verdict)
