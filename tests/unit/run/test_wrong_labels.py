"""What stands there already, with another label than the policy's or with none."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.run.policy import (
    ALIASES,
    BY_HAND,
    CERT,
    ETC,
    NONE,
    Policy,
    certificates,
    label_of,
    lineage,
    mark,
)
from tests.unit.run.runs import last, plan, prepared
from tests.unit.run.test_lay import source
from wizard.host.gathered import Note
from wizard.plan.actions import ReplaceFile
from wizard.plan.certificate_actions import Lay, Relink
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import Action
from wizard.run import directories, labels
from wizard.run.context import Undo
from wizard.run.directories import make_private
from wizard.run.files import read, replace
from wizard.run.gathering import begin, keep
from wizard.run.journal import open_journal
from wizard.run.paths import Places, make_run
from wizard.run.plan_undo import undo_plan
from wizard.run.records import RunStarted, StepIntended, StepStarted
from wizard.run.relabel import restore_labels
from wizard.run.request import read_request
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="root alone sets security.selinux")


def cut_off(places: Places, action: Action, undo: Undo) -> str:
    """Return a run that was killed in its only step, after it had said what undo needs."""
    run = prepared(places, plan(("step", action)))
    request = read_request(places.run(run))
    with open_journal(places.run(run).journal, run) as (journal, _):
        journal.append(RunStarted(run, request.plan_sha256, 1))
        journal.append(StepStarted("step"))
        journal.append(StepIntended("step", undo))
    return run


def refuse(monkeypatch: pytest.MonkeyPatch, code: int, below: Path) -> None:
    """Let the kernel refuse each label of a path below a directory."""
    setxattr = os.setxattr

    def refused(target: Any, name: str, value: bytes, **how: Any) -> None:
        if isinstance(target, int):
            real = Path(f"/proc/self/fd/{target}").readlink()
        else:
            real = Path(target).parent.resolve() / Path(target).name
        if name == labels.ATTRIBUTE and str(real).startswith(str(below)):
            raise OSError(code, os.strerror(code))
        setxattr(target, name, value, **how)

    monkeypatch.setattr(os, "setxattr", refused)


@pytest.mark.parametrize("had", [BY_HAND, None])
def test_a_table_that_stands_there_gets_the_policys_label(on: Policy, etc: Path, had: str) -> None:
    table = etc / "aliases.lmdb"
    table.write_bytes(b"rows")
    if had:
        mark(table, had)
    on.add(str(table), ALIASES)
    replace(str(table), b"rows", read(str(table)))
    assert label_of(table) == ALIASES


@pytest.mark.parametrize("was", ["removed", "another's", "unlabelled"])
def test_undo_labels_a_file_whatever_became_of_it(
    on: Policy, places: Places, etc: Path, was: str
) -> None:
    path = etc / "sender_access"
    path.write_bytes(b"old")
    mark(path, BY_HAND)
    run = prepared(places, plan(("t", ReplaceFile(NewFile(str(path), b"new", sha256(b"old"))))))
    assert work(places, run) == 0, last(places, run)
    if was == "removed":
        path.unlink()
    elif was == "another's":
        mark(path, BY_HAND)
    else:
        os.removexattr(path, labels.ATTRIBUTE)
    on.add(f"{etc}*", ETC)
    back = prepared(places, undo_plan(places))
    assert work(places, back) == 0, last(places, back)
    assert (path.read_bytes(), label_of(path)) == (b"old", ETC)


def test_undo_labels_a_link_and_a_file_in_a_links_place(
    on: Policy, places: Places, etc: Path
) -> None:
    links = lineage(etc)
    run = prepared(places, plan(("live", Relink("x", links))))
    assert work(places, run) == 0, last(places, run)
    certificates(on, etc)
    on.add(f"{etc}/letsencrypt/archive*", ALIASES)
    back = prepared(places, undo_plan(places))
    assert work(places, back) == 0, last(places, back)
    for link in links:
        assert stat.S_ISREG(Path(link.path).lstat().st_mode)
        assert label_of(link.path) == CERT, "not that of what the link led to"


def test_a_lineage_whose_labels_a_killed_run_did_not_come_to(
    on: Policy, places: Places, etc: Path
) -> None:
    links = lineage(etc)
    for link in links:
        Path(link.path).unlink()
        Path(link.path).symlink_to(link.target)
    for path in etc.rglob("*"):
        mark(path, BY_HAND)
    certificates(on, etc)
    files = [{"path": one.path, "was": one.was, "now": f"link:{one.target}"} for one in links]
    run = cut_off(places, Relink("x", links), {"files": files})
    assert work(places, run) == 0, last(places, run)
    found = {label_of(path) for path in etc.rglob("*")}
    assert found == {CERT, ETC}


def test_laid_files_whose_labels_a_killed_run_did_not_come_to(
    on: Policy, places: Places, etc: Path
) -> None:
    tree = places.gathered / "remote"
    path = etc / "letsencrypt/archive/x/privkey1.pem"
    file = source(tree, path, "key")
    path.parent.mkdir(parents=True)
    path.write_text("key")
    for one in etc.rglob("*"):
        mark(one, BY_HAND)
    certificates(on, etc)
    undo: Undo = {"files": [{"path": str(path), "was": "missing", "now": f"file:{sha256(b'key')}"}]}
    run = cut_off(places, Lay("certificate x", str(tree), (file,)), undo)
    assert work(places, run) == 0, last(places, run)
    assert [label_of(one) for one in (path, *path.parents[:2])] == [CERT] * 3
    assert label_of(etc / "letsencrypt") == ETC


@pytest.mark.parametrize("below", ["archive/x", "accounts/server/directory/one", "live/x", "."])
def test_the_directories_above_one_only_are_labelled_as_well(
    on: Policy, etc: Path, below: str
) -> None:
    # S23: the files of one directory have no directory in common but itself.
    top = etc / "letsencrypt" / below
    top.mkdir(parents=True)
    (etc / "letsencrypt/other").mkdir()
    (top / "file").write_text("x")
    for path in (etc, *etc.rglob("*")):
        mark(path, BY_HAND)
    certificates(on, etc)
    restore_labels([os.path.normpath(top)])
    wrong = [path for path in etc.rglob("*") if label_of(path) == BY_HAND]
    assert wrong == ([] if below == "." else [etc / "letsencrypt/other"])
    assert label_of(etc) == BY_HAND, "others' directory"


def test_directories_of_others_are_left_alone(on: Policy, etc: Path, tmp_path: Path) -> None:
    tops = [tmp_path / "srv/certificates", etc / "pki/private"]
    for top in tops:
        top.mkdir(parents=True)
        for path in (top, *top.parents[:2]):
            mark(path, BY_HAND)
    on.add("*", CERT, labels.DIRECTORY)
    restore_labels(map(str, tops))
    assert [label_of(top) for top in tops] == [CERT, CERT]
    assert [label_of(top.parent) for top in tops] == [BY_HAND, BY_HAND]


@pytest.mark.parametrize("code", [errno.EROFS, errno.EPERM, errno.EIO, errno.ENOSPC])
def test_a_lineage_that_refuses_labels_stops_no_run(
    on: Policy, places: Places, etc: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    links = lineage(etc)
    certificates(on, etc)
    refuse(monkeypatch, code, etc / "letsencrypt/archive")
    run = prepared(places, plan(("live", Relink("x", links))))
    assert work(places, run) == 0, last(places, run)
    assert {label_of(link.path) for link in links} == {CERT}


@pytest.mark.usefixtures("on")
def test_a_lineage_on_a_file_system_without_labels_is_no_complaint(
    etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage(etc)
    refuse(monkeypatch, errno.ENOTSUP, etc)
    with labels.complaints() as said:
        restore_labels([str(etc / "letsencrypt/archive/x")])
    assert said == []


def test_what_cannot_be_looked_at_stops_no_run(
    on: Policy, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage(etc)
    certificates(on, etc)
    loose = etc / "letsencrypt/archive/x"
    loose.chmod(0o777)
    lstat = os.lstat

    def gone(path: Any) -> os.stat_result:
        if str(path).endswith("chain1.pem") and "full" not in str(path):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        if str(path).endswith("cert1.pem"):
            raise OSError(errno.EIO, "Input/output error")
        return lstat(path)

    monkeypatch.setattr(os, "lstat", gone)
    with labels.complaints() as said:
        restore_labels([str(loose), str(etc / "letsencrypt/live/x")])
    assert [one for one in said if "chain1.pem" in one and "full" not in one] == []
    (unread,) = [one for one in said if "cert1.pem" in one]
    assert unread.startswith(f"{loose}/cert1.pem: looking at it: Input/output error. Repair it")
    assert any("can be written by others than root" in one for one in said)
    assert label_of(loose) == CERT
    assert label_of(etc / "letsencrypt/live/x/cert.pem") == CERT


@pytest.mark.parametrize("part", ["state", "runs", "both"])
@pytest.mark.parametrize("had", [BY_HAND, None])
def test_the_programs_directories_get_their_labels_again(
    on: Policy, places: Places, part: str, had: str
) -> None:
    # S24: made by a version without labels, or by a run that was killed right after mkdir(2).
    places.state.mkdir(mode=0o700)
    if part != "state":
        places.runs.mkdir(mode=0o700)
    if had:
        for path in (places.state, *places.state.iterdir()):
            mark(path, had)
    on.add(f"{places.state}*", ETC, labels.DIRECTORY)
    run = make_run(places, time.time())
    assert {label_of(one) for one in (places.state, places.runs, run.directory)} == {ETC}


def test_a_directory_is_asked_for_once(on: Policy, places: Places) -> None:
    for _ in range(3):
        make_private(places.state)
    assert on.calls() == [["-n", "-N", "-m", "dir", str(places.state)]]


@pytest.mark.usefixtures("on")
@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.EINVAL, errno.EPERM])
def test_a_state_directory_that_refuses_its_label_stops_no_run(
    places: Places, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    refuse(monkeypatch, code, places.state)
    assert make_run(places, time.time()).directory.is_dir()


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC, errno.EIO])
def test_a_directory_that_is_there_stops_nothing_by_its_label(
    on: Policy, places: Places, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    places.state.mkdir(mode=0o700)
    mark(places.state, BY_HAND)
    on.add(str(places.state), ETC, labels.DIRECTORY)
    refuse(monkeypatch, code, places.state)
    with labels.complaints() as said:
        assert not make_private(places.state)
    (sentence,) = said
    assert sentence.startswith(f"{places.state}: setting its SELinux label: ")


def test_a_rule_that_came_later_counts_for_the_next_program(
    on: Policy, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As docs/limits.md advises: `semanage fcontext` with var_lib_t, also after the first run.
    on.add(f"{places.state}*", BY_HAND, labels.DIRECTORY)
    make_run(places, time.time())
    on.add(f"{places.state}*", ETC, labels.DIRECTORY)
    monkeypatch.setattr(directories, "_labelled", set())
    run = make_run(places, time.time())
    assert {label_of(one) for one in (places.state, places.runs, run.directory)} == {ETC}


def test_the_answers_directory_gets_its_label_again(
    on: Policy, places: Places, tmp_path: Path
) -> None:
    # S24: /etc/postfix-wizard is there, with the label that /etc gives.
    own = tmp_path / "etc"
    own.mkdir(mode=0o755)
    mark(own, BY_HAND)
    on.add(str(own), ETC, labels.DIRECTORY)
    on.add(str(places.answers), ALIASES)
    answers = '[hostname]\nmyhostname = "mail.example.com"\n'
    run = prepared(places, plan(answers=answers))
    assert work(places, run) == 0, last(places, run)
    assert (label_of(own), label_of(places.answers)) == (ETC, ALIASES)


@pytest.mark.parametrize("copied", ["tree", "file"])
def test_what_was_gathered_has_the_labels_of_the_programs_directory(
    on: Policy, places: Places, etc: Path, copied: str
) -> None:
    # shutil copies all attributes, certbot's label with them; Postfix's commands may not read that.
    lineage(etc)
    for path in etc.rglob("*"):
        mark(path, BY_HAND)
    for kind in (labels.FILE, labels.DIRECTORY, labels.LINK):
        on.add(f"{places.gathered}/here", ETC, kind)
        on.add(f"{places.gathered}/here/*", ETC, kind)
    run = make_run(places, time.time())
    tree = begin(run, "here")
    if copied == "tree":
        shutil.copytree(etc / "letsencrypt", tree / "etc/letsencrypt", symlinks=True)
    else:
        shutil.copy2(etc / "letsencrypt/live/x/cert.pem", tree / "etc/cert.pem")
    assert BY_HAND in {label_of(path) for path in tree.rglob("*")}
    final = keep(run, "here", tree, Note("here", int(time.time())))
    assert {label_of(path) for path in (final, *final.rglob("*"))} == {ETC}


def test_a_path_without_a_pattern_among_others(on: Policy, etc: Path) -> None:
    paths = [etc / name for name in ("one", "two", "three")]
    for path in paths:
        path.write_text("old")
        mark(path, BY_HAND)
    on.add(f"{etc}/*", ETC)
    on.add(f"{etc}/two", NONE)
    with labels.complaints() as said, labels.expected(map(str, paths), labels.FILE):
        for path in paths:
            replace(str(path), b"new", read(str(path)))
    assert [label_of(path) for path in paths] == [ETC, BY_HAND, ETC]
    assert (said, len(on.calls())) == ([], 1)
