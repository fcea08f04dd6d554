"""What matchpathcon(8) and the kernel may answer: odd text, nothing, too late, no."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.run.policy import ALIASES, BY_HAND, CERT, Policy, label_of, mark
from tests.unit.run.runs import last, plan, prepared, told
from wizard.plan.actions import ReplaceFile
from wizard.plan.files import NewFile
from wizard.run import labels
from wizard.run.files import read, replace
from wizard.run.paths import Places
from wizard.run.records import StepFinished
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="root alone sets security.selinux")


@pytest.mark.parametrize(
    "answer",
    [
        "oops",
        "",
        " ",
        "a:b",
        "warning: no policy: ",
        "system_u:object_r:etc t:s0",
        "system_u:object_r:täble_t:s0",
        "system_u::etc_t:s0",
        "system_u:object_r:etc_t:s0\\tmore",
        "/etc/aliases\\tsystem_u:object_r:etc_t:s0",
        "\\033[31msystem_u:object_r:etc_t:s0",
        "<<None>>",
        "system_u:object_r:etc_t:s0\\r",
    ],
)
def test_a_text_that_is_no_label_is_never_set(on: Policy, etc: Path, answer: str) -> None:
    # In permissive mode, and without SELinux as here, the kernel takes any text.
    path = etc / "main.cf"
    path.write_bytes(b"old")
    mark(path, BY_HAND)
    on.break_by(f"printf '%b\\n' '{answer}'; exit 0")
    with labels.complaints() as said:
        replace(str(path), b"new", read(str(path)))
    assert (path.read_bytes(), label_of(path)) == (b"new", BY_HAND)
    assert len(said) == 1
    assert "it answered" in said[0]
    assert said[0].endswith(f"restorecon -RF {path}")
    assert said[0].isprintable()


@pytest.mark.parametrize(
    "label",
    [
        "system_u:object_r:etc_t",
        "system_u:object_r:etc_t:s0-s15:c0.c1023",
        "system_u:object_r:etc_t:s0:c1,c2",
        "user-1.x:object_r:etc.t:SystemLow-SystemHigh",
    ],
)
def test_each_form_of_a_label_is_taken(on: Policy, etc: Path, label: str) -> None:
    on.add(f"{etc}/*", label)
    replace(str(etc / "new"), b"new", None)
    assert label_of(etc / "new") == label


def test_warnings_beside_the_answer_are_not_the_answer(on: Policy, etc: Path) -> None:
    on.add(f"{etc}/*", ALIASES)
    on.break_by("echo 'file_contexts.local: line 3 is odd' >&2")
    with labels.complaints() as said:
        replace(str(etc / "new"), b"new", None)
    assert (label_of(etc / "new"), said) == (ALIASES, [])


def test_a_matchpathcon_that_hangs_is_waited_for_once(
    on: Policy, places: Places, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "_TIMEOUT_SECONDS", 1.0)
    on.break_by("sleep 30")
    files = [ReplaceFile(NewFile(str(etc / f"file{number}"), b"new", None)) for number in range(9)]
    steps = [(f"step{number}", file) for number, file in enumerate(files)]
    began = time.monotonic()
    run = prepared(places, plan(*steps))
    assert work(places, run) == 0, last(places, run)
    assert time.monotonic() - began < 15
    ended = [one for one in told(places, run) if isinstance(one, StepFinished)]
    assert len(ended) == len(steps)
    for number, one in enumerate(ended):
        assert one.outcome == "done"
        assert f"{etc}/file{number}: asking matchpathcon for its SELinux label: no " in one.message
    assert len(on.calls()) == 1


def test_a_label_that_the_policy_lacks_is_not_set_in_permissive_mode(
    on: Policy, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # setxattr(2) takes it there; the kernel's own test of a label says EINVAL in both modes.
    path, new = etc / "main.cf", etc / "new"
    path.write_bytes(b"old")
    mark(path, BY_HAND)
    (on.directory / "enforce").write_text("0")
    asked = on.directory / "context"
    asked.touch()
    write = os.write

    def judge(fd: int, data: Any) -> int:
        is_asked = Path(f"/proc/self/fd/{fd}").readlink() == asked
        if is_asked and data == CERT.encode() + b"\0":
            raise OSError(errno.EINVAL, "Invalid argument")
        return write(fd, data)

    monkeypatch.setattr(os, "write", judge)
    on.add(f"{etc}/*", CERT)
    with labels.complaints() as said:
        replace(str(path), b"new", read(str(path)))
        replace(str(new), b"new", None)
    assert (label_of(path), label_of(new)) == (BY_HAND, None)
    assert [one.partition(": ")[0] for one in said] == [str(path), str(new)]
    assert all("Invalid argument. Repair it" in one for one in said)


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOSPC, errno.EIO])
def test_a_kernel_that_does_not_test_labels_is_not_asked(
    on: Policy, etc: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    asked = on.directory / "context"
    asked.touch()
    write = os.write

    def refuse(fd: int, data: Any) -> int:
        if Path(f"/proc/self/fd/{fd}").readlink() == asked:
            raise OSError(code, os.strerror(code))
        return write(fd, data)

    monkeypatch.setattr(os, "write", refuse)
    on.add(f"{etc}/*", CERT)
    replace(str(etc / "new"), b"new", None)
    assert label_of(etc / "new") == CERT


@pytest.mark.parametrize("count", [2, 9])
def test_the_advice_is_for_no_directory_of_all_programs(on: Policy, count: int) -> None:
    paths = [f"/etc/table{number}" for number in range(count - 1)]
    paths.append("/var/lib/x/state")
    on.break_by("exit 1")
    with labels.complaints() as said, labels.expected(paths, labels.FILE):
        pass
    (sentence,) = said
    assert sentence.startswith(f"/etc/table0 and {count - 1} more: asking matchpathcon")
    assert sentence.partition("restorecon -RF ")[2].split() == paths


def test_the_advice_for_many_of_one_directory_is_short(on: Policy) -> None:
    paths = [f"/etc/letsencrypt/archive/x/cert{number}.pem" for number in range(300)]
    on.break_by("exit 1")
    with labels.complaints() as said, labels.expected(paths, labels.FILE):
        pass
    (sentence,) = said
    assert sentence.endswith("then: restorecon -RF /etc/letsencrypt/archive/x")
    assert len(on.calls()) == 1


def test_one_sentence_is_said_once(on: Policy, etc: Path) -> None:
    on.break_by("exit 1")
    with labels.complaints() as said:
        for text in (b"1", b"2"):
            replace(str(etc / "file"), text, read(str(etc / "file")))
    assert len(said) == 1
