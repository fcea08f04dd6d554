"""Runs of a few files, made and read back, for the tests of undo."""

from __future__ import annotations

import os
import time
from pathlib import Path

from wizard.plan.actions import (
    KeepOriginal,
    ReplaceFile,
)
from wizard.plan.certificate_actions import Relink
from wizard.plan.files import Link, NewFile, sha256
from wizard.plan.model import Action, FileChange, Plan, Step
from wizard.run.journal import read_journal
from wizard.run.paths import Places, make_run
from wizard.run.progress import Progress, progress
from wizard.run.request import write_request
from wizard.run.worker import work

OLD, NEW = b"old \xff\r\n", b"new \xff\r\n"


def old_files(tmp_path: Path) -> Path:
    """Make a directory with the files that the plan `usual` changes; return it."""
    made = tmp_path / "etc"
    (made / "archive").mkdir(parents=True, mode=0o755)
    (made / "archive" / "cert1.pem").write_bytes(OLD)
    (made / "main.cf").write_bytes(OLD)
    (made / "cert.pem").write_bytes(OLD)
    os.chown(made / "main.cf", 12, 34)
    (made / "main.cf").chmod(0o640)
    os.utime(made / "main.cf", (1_000_000, 1_000_000))
    return made


def plan(*actions: tuple[str, Action], changes: tuple[FileChange, ...] = ()) -> Plan:
    steps = tuple(Step(name, f"Title of {name}", "why", action) for name, action in actions)
    return Plan("", (), steps, changes)


def usual(etc: Path, *more: tuple[str, Action]) -> Plan:
    path = str(etc / "main.cf")
    link = Link(str(etc / "cert.pem"), "archive/cert1.pem", f"file:{sha256(OLD)}")
    return plan(
        ("original", KeepOriginal(path, f"{path}.orig", sha256(OLD))),
        ("links", Relink("example.com", (link,))),
        ("main.cf", ReplaceFile(NewFile(path, NEW, sha256(OLD)))),
        ("access", ReplaceFile(NewFile(str(etc / "access"), NEW, None))),
        *more,
        changes=(FileChange(path, None, OLD, NEW),),
    )


def taken(places: Places, wanted: Plan) -> str:
    """Run a plan to its end and return the run's ID."""
    run = make_run(places, time.time())
    write_request(run, wanted, attended=False)
    work(places, run.id)
    return run.id


def told(places: Places, run: str) -> Progress:
    reading = read_journal(places.run(run).journal)
    assert reading is not None
    return progress(reading.records)


def as_it_was(etc: Path) -> bool:
    main = (etc / "main.cf").stat()
    return (
        (etc / "main.cf").read_bytes() == OLD
        and (main.st_uid, main.st_gid, main.st_mode & 0o777) == (12, 34, 0o640)
        and main.st_mtime == 1_000_000
        and (etc / "cert.pem").read_bytes() == OLD
        and not (etc / "cert.pem").is_symlink()
        and not (etc / "access").exists()
    )
