"""A gathered tree put in place and taken back, on files."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.run.runs import last, plan, prepared, told, undone
from wizard.errors import Trouble
from wizard.host.gathered import NOTE, Note, note_to_bytes
from wizard.plan.actions import Forget
from wizard.plan.certificate_actions import Lay
from wizard.plan.files import LaidFile, sha256
from wizard.plan.undo_actions import PutBack
from wizard.run.gathering import begin, keep
from wizard.run.journal import open_journal
from wizard.run.launch import launch
from wizard.run.path_state import text_state
from wizard.run.paths import Places, RunPlaces
from wizard.run.plan_undo import undo_plan
from wizard.run.records import RunStarted, StepIntended, StepStarted
from wizard.run.request import read_request
from wizard.run.seals import read_seals
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")

KEY = b"a key that was there\n"


def source(tree: Path, path: Path, text: str, mode: int = 0o600) -> LaidFile:
    """Put a file into the tree, and return how it is to come to `path`."""
    there = Path(f"{tree}{path}")
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_text(text)
    there.chmod(mode)
    os.utime(there, ns=(5_000, 5_000))
    was = f"file:{sha256(path.read_bytes())}" if path.is_file() else "missing"
    return LaidFile(str(path), was, sha256(text.encode()), mode, 5_000)


def laid(places: Places, etc: Path) -> Lay:
    """A lineage's files, one of which takes the place of another, and one goes."""
    tree = places.gathered / "remote"
    tree.mkdir(parents=True, mode=0o700)
    (tree / NOTE).write_bytes(note_to_bytes(Note("old.example.com", int(time.time()))))
    archive = etc / "letsencrypt/archive/x"
    archive.mkdir(parents=True)
    (archive / "privkey1.pem").write_bytes(KEY)
    (archive / "privkey1.pem").chmod(0o600)
    (archive / "cert9.pem").write_text("of the other")
    files = (
        source(tree, archive / "privkey1.pem", "new key"),
        source(tree, archive / "cert1.pem", "cert", 0o644),
        source(tree, etc / "letsencrypt/live/x/README", "read me", 0o644),
        source(tree, etc / "letsencrypt/accounts/a/b/key.json", "account", 0o400),
        LaidFile(str(archive / "cert9.pem"), f"file:{sha256(b'of the other')}", None),
    )
    Path(f"{tree}{etc}/letsencrypt/accounts").chmod(0o700)
    return Lay("certificate x", str(tree), files)


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(root)): (
            path.lstat().st_mode,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(root.rglob("*"))
    }


def start(places: Places, wanted: Lay) -> str:
    return prepared(places, plan(("lay", wanted)))


def test_copied_with_owner_mode_and_time_and_taken_back(places: Places, etc: Path) -> None:
    wanted = laid(places, etc)
    before = snapshot(etc)
    run = start(places, wanted)
    assert work(places, run) == 0, last(places, run)
    key = etc / "letsencrypt/accounts/a/b/key.json"
    assert (key.read_text(), key.stat().st_mode & 0o777, key.stat().st_uid) == ("account", 0o600, 0)
    assert key.stat().st_mtime_ns == 5_000
    assert (etc / "letsencrypt/accounts").stat().st_mode & 0o777 == 0o700
    assert (etc / "letsencrypt/archive/x/privkey1.pem").read_text() == "new key"
    assert not (etc / "letsencrypt/archive/x/cert9.pem").exists()
    entries = {entry["path"] for entry in undone(places, run, "lay")}
    assert len(entries) == 5

    back = undo_plan(places, run)
    (step,) = back.pending
    assert isinstance(step.action, PutBack)
    assert step.action.directories[0] == str(etc / "letsencrypt/live")
    assert ("rmdir", str(etc / "letsencrypt/live/x")) in step.commands
    second = launch(places, back, (), attended=False, start=lambda _unit, _argv: None)
    assert work(places, second) == 0, last(places, second)
    assert snapshot(etc) == before, "what was laid is gone, what was replaced is back"
    with pytest.raises(Trouble, match="taken back already"):
        undo_plan(places, run)


def test_what_others_put_there_since_keeps_its_directory(places: Places, etc: Path) -> None:
    run = start(places, laid(places, etc))
    assert work(places, run) == 0, last(places, run)
    (etc / "letsencrypt/accounts/a/theirs").write_text("certbot's, of later")
    back = undo_plan(places, run)
    second = launch(places, back, (), attended=False, start=lambda _unit, _argv: None)
    assert work(places, second) == 0, last(places, second)
    assert [path.name for path in (etc / "letsencrypt/accounts/a").iterdir()] == ["theirs"]
    assert not (etc / "letsencrypt/live").exists()


@pytest.mark.promise(14)
def test_a_tree_or_a_target_that_changed_is_stale(places: Places, etc: Path) -> None:
    wanted = laid(places, etc)
    Path(f"{wanted.tree}{wanted.files[1].path}").write_text("another")
    run = start(places, wanted)
    assert work(places, run) == 1
    assert "is not what the plan was made from" in last(places, run).message

    (etc / "letsencrypt/archive/x/privkey1.pem").write_text("renewed meanwhile")
    run = start(places, wanted)
    assert work(places, run) == 1
    assert "stale" in last(places, run).message
    assert (etc / "letsencrypt/archive/x/privkey1.pem").read_text() == "renewed meanwhile"


@pytest.mark.promise(10)
def test_a_link_planted_in_the_tree_or_on_the_way_is_refused(places: Places, etc: Path) -> None:
    wanted = laid(places, etc)
    there = Path(f"{wanted.tree}{wanted.files[1].path}")
    there.unlink()
    there.symlink_to("/etc/shadow")
    run = start(places, wanted)
    assert work(places, run) == 1
    assert not (etc / "letsencrypt/archive/x/cert1.pem").exists()
    (etc / "elsewhere").mkdir()
    (etc / "letsencrypt/live").symlink_to(etc / "elsewhere")
    run = start(places, wanted)
    assert work(places, run) == 1
    assert list((etc / "elsewhere").iterdir()) == []


@pytest.mark.promise(1)
@pytest.mark.parametrize("done", [0, 1, 3, 5])
def test_a_killed_attempt_is_gone_on_with_and_taken_back_whole(
    places: Places, etc: Path, done: int
) -> None:
    wanted = laid(places, etc)
    before = snapshot(etc)
    run = start(places, wanted)
    whole = prepared(places, plan(("lay", wanted)))
    # The first attempt: its intent is journalled, and so many of the files were reached.
    at = places.run(run)
    terms = intent(places, whole, etc, before, at)
    with open_journal(at.journal, run) as (journal, _):
        journal.append(RunStarted(run, read_request(at).plan_sha256, 1))
        journal.append(StepStarted("lay"))
        journal.append(StepIntended("lay", terms))
    for file in wanted.files[:done]:
        path = Path(file.path)
        if file.sha256 is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(Path(f"{wanted.tree}{file.path}").read_bytes())
    assert work(places, run) == 0, last(places, run)
    assert (etc / "letsencrypt/accounts/a/b/key.json").read_text() == "account"
    back = undo_plan(places, run)
    second = launch(places, back, (), attended=False, start=lambda _unit, _argv: None)
    assert work(places, second) == 0, last(places, second)
    assert snapshot(etc) == before


def intent(
    places: Places, run: str, etc: Path, before: dict[str, tuple[int, bytes]], at: RunPlaces
) -> dict[str, object]:
    """Let another run journal and save what the one at `at` would, then undo it."""
    assert work(places, run) == 0, last(places, run)
    terms = next(one.undo for one in told(places, run) if isinstance(one, StepIntended))
    for copy in places.run(run).replaced.iterdir():
        (at.replaced / copy.name).write_bytes(copy.read_bytes())
    back = undo_plan(places, run)
    assert work(places, launch(places, back, (), attended=False, start=lambda _u, _a: None)) == 0
    assert snapshot(etc) == before
    assert list(places.run(run).replaced.iterdir()) == [], "an undone run has no copies"
    return terms


def test_only_a_gathered_tree_is_forgotten(places: Places, etc: Path) -> None:
    wanted = laid(places, etc)
    run = prepared(places, plan(("forget", Forget(str(etc)))))
    assert work(places, run) == 1
    assert (etc / "letsencrypt").is_dir()
    run = prepared(places, plan(("forget", Forget(wanted.tree))))
    assert work(places, run) == 0, last(places, run)
    assert list(places.gathered.iterdir()) == []
    run = prepared(places, plan(("forget", Forget(wanted.tree))))
    assert work(places, run) == 0, "twice is once"


RIGHTS = {
    "archive/x/privkey1.pem": (0o600, False), "archive/x/cert1.pem": (0o644, False),
    "live/x/README": (0o644, False), "renewal/x.conf": (0o644, False), "cli.ini": (0o644, False),
    "accounts/a/b/key.json": (0o600, False), "renewal-hooks/deploy/x": (0o700, True),
    "renewal-hooks/post/x": (0o600, False), "helper": (0o700, True), "secret.ini": (0o600, False),
}  # fmt: skip
"""Mode by path, and whether the old server could run it."""
HOSTILE = (0o666, 0o777, 0o4777, 0o2755, 0o6755, 0o1777, 0o7777, 0o000, 0o4755, 0o2666)


@pytest.mark.promise(35)
@pytest.mark.parametrize("mode", HOSTILE)
@pytest.mark.parametrize("is_here", [False, True])
def test_no_mode_of_an_older_plan_or_tree_comes_along(
    places: Places, etc: Path, mode: int, is_here: bool
) -> None:
    """The recorded plan and the tree have the old server's modes; files that are here, too."""
    tree = places.gathered / "remote"
    files = []
    for name, (_, can_run) in RIGHTS.items():
        path = etc / "letsencrypt" / name
        if is_here:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("of this host")
            os.chown(path, 65534, 65534)
            path.chmod(mode)
        own = mode | 0o100 if can_run else mode & ~0o111
        files.append(source(tree, path, name, own))
    for directory in (tree, *tree.rglob("*")):
        if directory.is_dir():
            directory.chmod(0o2755 if directory != tree else 0o700)
    run = start(places, Lay("it", str(tree), tuple(files)))
    assert work(places, run) == 0, last(places, run)
    for name, (expected, _) in RIGHTS.items():
        status = (etc / "letsencrypt" / name).stat()
        assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (expected, 0, 0), name
    if not is_here:
        directories = {
            str(one.relative_to(etc / "letsencrypt")): one.stat().st_mode & 0o7777
            for one in (etc / "letsencrypt").rglob("*")
            if one.is_dir()
        }
        closed = ("live", "archive", "accounts")
        assert directories == {
            name: 0o700 if name.startswith(closed) else 0o755 for name in directories
        }


def test_lines_that_are_left_out_are_not_written(places: Places, etc: Path) -> None:
    tree = places.gathered / "remote"
    conf = etc / "letsencrypt/renewal/x.conf"
    whole = source(tree, conf, "a = 1\npre_hook = x\nb = 2\npost_hook = y\n", 0o666)
    kept = "a = 1\nb = 2\n"
    wanted = replace(whole, without=((2, 2), (4, 4)), result=sha256(kept.encode()))
    run = start(places, Lay("it", str(tree), (wanted,)))
    assert work(places, run) == 0, last(places, run)
    assert conf.read_text() == kept
    (entry,) = undone(places, run, "lay")
    assert entry["now"] == text_state(kept.encode(), read_seals(places.key))
    second = launch(
        places, undo_plan(places, run), (), attended=False, start=lambda _unit, _argv: None
    )
    assert work(places, second) == 0, last(places, second)
    assert not conf.exists()


@pytest.mark.parametrize(
    "change",
    [{"result": "0" * 64}, {"without": ((1, 1),)}, {"sha256": "0" * 64}, {"without": ()}],
)
def test_other_lines_than_the_plan_saw_are_not_written(
    places: Places, etc: Path, change: dict[str, Any]
) -> None:
    tree = places.gathered / "remote"
    conf = etc / "letsencrypt/renewal/x.conf"
    whole = source(tree, conf, "a = 1\npre_hook = x\n")
    wanted = replace(whole, without=((2, 2),), result=sha256(b"a = 1\n"))
    run = start(places, Lay("it", str(tree), (replace(wanted, **change),)))
    assert work(places, run) == 1
    assert "is not what the plan was made from" in last(places, run).message
    assert not conf.exists()


@pytest.mark.parametrize("kind", ["link", "hard link", "fifo", "device"])
def test_what_is_no_file_of_its_own_in_the_tree_is_refused(
    places: Places, etc: Path, kind: str
) -> None:
    tree = places.gathered / "remote"
    conf = etc / "letsencrypt/cli.ini"
    wanted = source(tree, conf, "a")
    there = Path(f"{tree}{conf}")
    if kind == "hard link":
        there.with_name("other").hardlink_to(there)
    else:
        there.unlink()
        if kind == "link":
            there.symlink_to("/etc/shadow")
        elif kind == "fifo":
            os.mkfifo(there)
        else:
            os.mknod(there, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    run = start(places, Lay("it", str(tree), (wanted,)))
    assert work(places, run) == 1
    assert not conf.exists()


def test_a_kept_tree_is_roots_alone(places: Places, tmp_path: Path) -> None:
    at = places.run("20260101-000000-1")
    directory = begin(at, "remote")
    tree = directory / "etc/letsencrypt"
    for name, mode in {"hook": 0o4777, "cli.ini": 0o666, "none": 0o000, "other": 0o001}.items():
        (tree / "a").mkdir(parents=True, exist_ok=True)
        (tree / "a" / name).write_text("")
        (tree / "a" / name).chmod(mode)
    (tree / "a").chmod(0o3777)
    (tree / "link").symlink_to(tmp_path / "victim")
    (tmp_path / "victim").write_text("")
    (tmp_path / "victim").chmod(0o644)
    final = keep(at, "remote", directory, Note("root@old", 1))
    modes = {
        path.name: path.lstat().st_mode & 0o7777
        for path in final.rglob("*")
        if not path.is_symlink()
    }
    assert modes == {
        "etc": 0o700, "letsencrypt": 0o700, "a": 0o700, "hook": 0o700, "cli.ini": 0o600,
        "none": 0o600, "other": 0o700, "note.json": 0o600,
    }  # fmt: skip
    assert (tmp_path / "victim").stat().st_mode & 0o7777 == 0o644
