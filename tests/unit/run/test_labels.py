"""Labels of all that the program writes, on real attributes (see `tests.unit.run.policy`)."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

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
from tests.unit.run.runs import ROOT, last, plan, prepared, told, undone
from wizard.errors import Trouble
from wizard.plan.actions import ReplaceFile
from wizard.plan.certificate_actions import Lay, Relink
from wizard.plan.files import LaidFile, NewFile, Past, sha256
from wizard.plan.undo_actions import PutBack
from wizard.run import labels
from wizard.run.directories import make_directory, make_private
from wizard.run.files import keep_original, make_link, read, replace, restore
from wizard.run.journal import open_journal
from wizard.run.path_state import observe
from wizard.run.paths import Places
from wizard.run.records import RunStarted, StepFinished, StepIntended, StepStarted
from wizard.run.relabel import restore_labels
from wizard.run.request import read_request
from wizard.run.seals import Seals
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="root alone sets security.selinux")


@pytest.mark.promise(9)
def test_a_new_file_has_the_label_of_its_final_path(on: Policy, etc: Path) -> None:
    # S21: the table is built aside, and /etc gives a new file another label than its name has.
    table = etc / "aliases.lmdb"
    on.add(f"{etc}/*", ETC)
    on.add(str(table), ALIASES)
    replace(str(table), b"rows", None)
    assert label_of(table) == ALIASES
    assert on.calls() == [["-n", "-N", "-m", "file", str(table)]]


@pytest.mark.promise(9)
def test_the_label_is_there_before_the_rename(
    on: Policy, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on.add(f"{etc}/a*", ALIASES)
    on.add(f"{etc}/l*", CERT, labels.LINK)
    renamed: list[tuple[str, Any]] = []
    rename = os.rename

    def seen(source: str, target: str, **at: Any) -> None:
        renamed.append((target, label_of(f"/proc/self/fd/{at['src_dir_fd']}/{source}")))
        rename(source, target, **at)

    monkeypatch.setattr(os, "rename", seen)
    replace(str(etc / "aliases"), b"x", None)
    make_link(str(etc / "link"), "aliases", None)
    assert renamed == [("aliases", ALIASES), ("link", CERT)]


def test_the_policy_wins_over_the_replaced_files_label(on: Policy, etc: Path) -> None:
    path = etc / "main.cf"
    path.write_bytes(b"old")
    mark(path, BY_HAND)
    os.setxattr(path, "user.note", b"stays")
    on.add(str(path), ETC)
    replace(str(path), b"new", read(str(path)))
    assert (label_of(path), os.getxattr(path, "user.note")) == (ETC, b"stays")


def test_where_the_policy_has_no_label_the_old_one_stays(on: Policy, etc: Path) -> None:
    path, new = etc / "main.cf", etc / "new"
    path.write_bytes(b"old")
    mark(path, BY_HAND)
    on.add(f"{etc}/*", NONE)
    replace(str(path), b"new", read(str(path)))
    replace(str(new), b"new", None)
    assert (label_of(path), label_of(new)) == (BY_HAND, None)


def test_a_recorded_label_of_another_policy_is_not_put_back(on: Policy, etc: Path) -> None:
    path = etc / "aliases.lmdb"
    path.write_bytes(b"old")
    mark(path, "gone_u:object_r:gone_t:s0-s15:c0.c1023")
    held = read(str(path))
    assert held is not None
    on.add(str(path), ALIASES)
    replace(str(path), b"new", held)
    restore(str(path), b"old", held.metadata, observe(str(path), Seals()).existing)
    assert (path.read_bytes(), label_of(path)) == (b"old", ALIASES)


def test_the_original_has_the_label_of_its_own_name(on: Policy, etc: Path) -> None:
    path, original = etc / "main.cf", etc / "main.cf.orig"
    path.write_bytes(b"old")
    mark(path, BY_HAND)
    on.add(str(path), ETC)
    on.add(str(original), "system_u:object_r:postfix_etc_t:s0")
    held = read(str(path))
    assert held is not None
    assert keep_original(str(path), str(original), held)
    assert label_of(original) == "system_u:object_r:postfix_etc_t:s0"
    assert label_of(path) == BY_HAND, "the file itself was only read"


def test_directories_have_the_label_of_their_path(on: Policy, etc: Path) -> None:
    on.add(f"{etc}/letsencrypt", ETC, labels.DIRECTORY)
    on.add(f"{etc}/letsencrypt/live", CERT, labels.DIRECTORY)
    on.add(f"{etc}/state*", BY_HAND, labels.DIRECTORY)
    make_directory(str(etc / "letsencrypt"), 0o755)
    make_directory(str(etc / "letsencrypt/live"), 0o700)
    assert make_private(etc / "state/runs")
    assert label_of(etc / "letsencrypt") == ETC
    assert label_of(etc / "letsencrypt/live") == CERT
    assert (label_of(etc / "state"), label_of(etc / "state/runs")) == (BY_HAND, BY_HAND)
    assert stat.S_IMODE((etc / "state/runs").stat().st_mode) == 0o700


def test_a_directory_of_a_killed_worker_gets_its_label(on: Policy, etc: Path) -> None:
    # Killed between mkdir(2) and the label: the step is taken once more.
    (etc / "live").mkdir()
    on.add(f"{etc}/live", CERT, labels.DIRECTORY)
    make_directory(str(etc / "live"), 0o700)
    assert label_of(etc / "live") == CERT


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("echo 'regex of line 7: oops' >&2; exit 1", "regex of line 7: oops"),
        ("exit 3", "exit status 3"),
        ("exit 0", "exit status 0"),
        ("echo one; echo two; exit 0", "exit status 0"),
        ("printf 'red\\033[31m\\n' >&2; exit 1", "red?[31m"),
        ("kill -9 $$", "exit status -9"),
        ("sleep 60", "no answer in 0.5 s"),
    ],
)
def test_a_policy_that_does_not_answer_stops_nothing(
    on: Policy, etc: Path, monkeypatch: pytest.MonkeyPatch, script: str, cause: str
) -> None:
    monkeypatch.setattr(labels, "_TIMEOUT_SECONDS", 0.5 if "sleep" in script else 60)
    path = etc / "it's new"
    path.write_bytes(b"old")
    mark(path, BY_HAND)
    on.break_by(script)
    with labels.complaints() as said:
        replace(str(path), b"new", read(str(path)))
    assert (path.read_bytes(), label_of(path)) == (b"new", BY_HAND)
    (sentence,) = said
    assert sentence.startswith(f"{path}: asking matchpathcon for its SELinux label: ")
    assert cause in sentence
    assert sentence.endswith(f"restorecon -RF '{etc}/it'\"'\"'s new'")
    assert sentence.isprintable()


def test_a_host_without_matchpathcon_is_named(on: Policy, etc: Path) -> None:
    (on.directory / "bin/matchpathcon").unlink()
    with labels.complaints() as said:
        replace(str(etc / "new"), b"new", None)
    assert "No such file or directory. Repair that (packages libselinux-utils" in said[0]
    assert (etc / "new").read_bytes() == b"new"


_WITHOUT_RIGHTS = """\
import sys; sys.path.insert(0, sys.argv[1])
from wizard.run import labels
labels.are_enabled = lambda: True
labels._ask = lambda paths, kind: [b"system_u:object_r:etc_aliases_t:s0\\0" for _ in paths]
with labels.complaints() as said:
    labels.set_label(sys.argv[2], sys.argv[2], labels.FILE, b"former\\0")
print(*said, sep="\\n")
"""


def test_a_label_that_the_kernel_refuses_is_named_and_stops_nothing(etc: Path) -> None:
    # As in a container without CAP_SYS_ADMIN; on a kernel with SELinux the file's owner counts, too.
    path = etc / "aliases.lmdb"
    path.write_bytes(b"old")
    os.chown(path, 12, 12)
    script = [sys.executable, "-c", _WITHOUT_RIGHTS, str(ROOT), str(path)]
    done = subprocess.run(
        ["setpriv", "--bounding-set=-sys_admin,-fowner", *script],
        capture_output=True,
        text=True,
        check=True,
    )
    refused = f"{path}: setting its SELinux label"
    advice = f"Operation not permitted. Repair it with: restorecon -F {path}"
    assert done.stdout.splitlines() == [
        f"{refused} {ALIASES}: {advice}",
        f"{refused} former: {advice}",
    ]
    assert label_of(path) is None


def test_a_refused_label_leaves_the_replaced_files_own(
    on: Policy, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The kernel's EINVAL for a label that the loaded policy lacks: only a policy can give it.
    path = etc / "main.cf"
    path.write_bytes(b"old")
    mark(path, BY_HAND)
    setxattr = os.setxattr

    def refuse(target: Any, name: str, value: bytes, **how: Any) -> None:
        if value == CERT.encode() + b"\0":
            raise OSError(22, "Invalid argument")
        setxattr(target, name, value, **how)

    monkeypatch.setattr(os, "setxattr", refuse)
    on.add(str(path), CERT)
    with labels.complaints() as said:
        replace(str(path), b"new", read(str(path)))
    assert (path.read_bytes(), label_of(path), len(said)) == (b"new", BY_HAND, 1)
    assert f"setting its SELinux label {CERT}: Invalid argument" in said[0]


@pytest.mark.promise(9)
def test_a_full_disk_leaves_the_old_file(on: Policy, etc: Path) -> None:
    # A label that no block has room for: ext4 and tmpfs say ENOSPC or E2BIG.
    path = etc / "main.cf"
    path.write_bytes(b"old")
    on.add(str(path), f"u:r:{'x' * 70_000}")
    with labels.complaints() as said, pytest.raises(Trouble, match=str(path)):
        replace(str(path), b"new", read(str(path)))
    assert (path.read_bytes(), said) == (b"old", [])
    assert [one.name for one in etc.iterdir()] == [path.name]


def test_a_file_system_without_labels_is_no_complaint(on: Policy) -> None:
    on.add("*", ALIASES)
    with labels.complaints() as said:
        labels.set_label("/proc/self/comm", "/proc/self/comm", labels.FILE)
    assert said == []


@pytest.mark.parametrize("state", ["absent", "read-only"])
def test_without_selinux_no_process_is_started(
    on: Policy, etc: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    if state == "absent":
        (on.directory / "enforce").unlink()
    else:
        # As a container sees the selinuxfs of its host.
        place = os.statvfs("/")
        given = (*place[:8], place.f_flag | os.ST_RDONLY, *place[9:])
        monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(given))
    path = etc / "main.cf"
    path.write_bytes(b"old")
    mark(path, BY_HAND)
    replace(str(path), b"new", read(str(path)))
    replace(str(etc / "new"), b"new", None)
    make_private(etc / "state")
    make_link(str(etc / "link"), "new", None)
    restore_labels([str(etc)])
    assert on.calls() == []
    assert (label_of(path), label_of(etc / "new")) == (BY_HAND, None)


@pytest.mark.parametrize(
    "name", ["with blank", "täble", os.fsdecode(b"\xff\xfe"), "-rf", "a\nb", "$(id)", "a*"]
)
def test_odd_names_are_asked_for_as_they_are(on: Policy, etc: Path, name: str) -> None:
    on.add(f"{etc}/*", ALIASES)
    replace(str(etc / name), b"x", None)
    assert label_of(etc / name) == ALIASES


def test_many_paths_are_asked_for_in_few_calls(on: Policy, etc: Path) -> None:
    paths = [str(etc / f"cert{number}.pem") for number in range(1201)]
    on.add(f"{etc}/cert*", CERT)
    on.add(f"{etc}/cert700.pem", ALIASES)
    with labels.expected(paths, labels.FILE):
        for path in paths[695:705]:
            replace(path, b"x", None)
    assert [len(call) - 4 for call in on.calls()] == [500, 500, 201]
    assert label_of(paths[700]) == ALIASES
    assert label_of(paths[699]) == CERT
    replace(paths[3], b"x", None)
    assert len(on.calls()) == 4, "what was looked up counts inside of the block only"


@pytest.mark.promise(9)
def test_a_lineage_and_the_directories_above_it_get_their_labels(
    on: Policy, places: Places, etc: Path
) -> None:
    # S23: scp made live/ and archive/, and certbot's next lineage would inherit their label.
    links = lineage(etc)
    for path in etc.rglob("*"):
        mark(path, BY_HAND)
    other = etc / "letsencrypt/live/other"
    other.mkdir()
    mark(other, BY_HAND)
    certificates(on, etc)
    run = prepared(places, plan(("live", Relink("x", links))))
    assert work(places, run) == 0, last(places, run)
    found = {
        str(path.relative_to(etc)): label_of(path)
        for path in etc.rglob("*")
        if "other" not in path.parts
    }
    wanted = dict.fromkeys(found, CERT) | {"letsencrypt": ETC}
    assert found == wanted
    assert label_of(other) == BY_HAND, "another lineage is not the step's own"


def test_a_gathered_tree_is_labelled_where_it_is_put(on: Policy, places: Places, etc: Path) -> None:
    certificates(on, etc)
    tree = places.gathered / "remote"
    path = etc / "letsencrypt/archive/x/privkey1.pem"
    gathered = Path(f"{tree}{path}")
    gathered.parent.mkdir(parents=True)
    gathered.write_text("key")
    file = LaidFile(str(path), "missing", sha256(b"key"), 0o600, 5_000)
    run = prepared(places, plan(("lay", Lay("certificate x", str(tree), (file,)))))
    assert work(places, run) == 0, last(places, run)
    assert [label_of(one) for one in (path, *path.parents[:2])] == [CERT] * 3
    assert label_of(path.parents[2]) == ETC


def test_a_run_that_goes_on_labels_the_directories_of_its_first_attempt(
    on: Policy, places: Places, etc: Path
) -> None:
    # The worker was killed right after mkdir(2): only its intent says that the directory is its own.
    on.add(f"{etc}/hooks", CERT, labels.DIRECTORY)
    path = etc / "hooks/hook"
    action = ReplaceFile(NewFile(str(path), b"#!/bin/sh\n", None, 0o755))
    run = prepared(places, plan(("hook", action)))
    request = read_request(places.run(run))
    undo = {
        "files": [
            {
                "path": str(path),
                "was": "missing",
                "now": f"file:{sha256(b'#!/bin/sh' + bytes([10]))}",
            }
        ],
        "directories": [str(path.parent)],
    }
    with open_journal(places.run(run).journal, run) as (journal, _):
        for record in (
            RunStarted(run, request.plan_sha256, 1),
            StepStarted("hook"),
            StepIntended("hook", undo),
        ):
            journal.append(record)
    path.parent.mkdir()
    assert work(places, run) == 0, last(places, run)
    assert label_of(path.parent) == CERT


def test_undo_labels_what_it_puts_back(on: Policy, places: Places, etc: Path) -> None:
    table = etc / "aliases.lmdb"
    table.write_bytes(b"old")
    mark(table, BY_HAND)
    on.add(str(table), ALIASES)
    run = prepared(places, plan(("t", ReplaceFile(NewFile(str(table), b"new", sha256(b"old"))))))
    assert work(places, run) == 0, last(places, run)
    (entry,) = undone(places, run, "t")
    past = Past(
        entry["path"],
        entry["was"],
        entry["now"],
        copy=str(places.run(run).replaced / entry["copy"]),
        uid=entry["uid"],
        gid=entry["gid"],
        mode=entry["mode"],
        mtime_ns=entry["mtime_ns"],
        xattrs=tuple(entry["xattrs"].items()),
    )
    back = prepared(places, plan(("back", PutBack((past,)))))
    assert work(places, back) == 0, last(places, back)
    assert (table.read_bytes(), label_of(table)) == (b"old", ALIASES)


def test_a_step_that_could_not_label_is_done_and_says_so(
    on: Policy, places: Places, etc: Path
) -> None:
    path = etc / "main.cf"
    on.break_by(f"case $5 in {path}) echo no policy >&2; exit 1;; esac")
    run = prepared(places, plan(("file", ReplaceFile(NewFile(str(path), b"new", None)))))
    assert work(places, run) == 0, last(places, run)
    (step,) = [one for one in told(places, run) if isinstance(one, StepFinished)]
    assert (step.outcome, path.read_bytes()) == ("done", b"new")
    assert step.message.startswith(f"{path}: asking matchpathcon for its SELinux label: no policy")


def test_the_wizards_own_places_are_labelled(
    on: Policy, places: Places, make_run: Callable[[], Path]
) -> None:
    on.add(f"{places.state}*", BY_HAND, labels.DIRECTORY)
    directory = make_run()
    made = [path for path in (places.state, *places.state.rglob("*")) if path.is_dir()]
    assert directory in made
    assert {label_of(path) for path in made} == {BY_HAND}


@pytest.fixture
def make_run(places: Places) -> Callable[[], Path]:
    return lambda: places.run(prepared(places, plan())).directory
