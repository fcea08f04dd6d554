"""The files of a queue: what keeps mail from delivery, and a queue as Postfix leaves it."""

from __future__ import annotations

import fcntl
import os
import pwd
import struct
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from wizard.check.queue.files import judge_files
from wizard.finding import RIGHT, WARNING, WRONG, Finding
from wizard.postfix.settings import Settings

DIGITS = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxy"
DAY = 86400


def base51(number: int) -> str:
    return (base51(number // 51) if number >= 51 else "") + DIGITS[number % 51]


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    me = pwd.getpwuid(os.getuid())
    monkeypatch.setattr(pwd, "getpwnam", {"mail": me}.__getitem__)
    for name in ("incoming", "active", "deferred/A", "hold", "maildrop"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def judged(queue: Path) -> Finding:
    (found,) = judge_files(Settings({"mail_owner": "mail"}), str(queue))
    return found


def message(place: Path, *, long: bool = False, ago: float = 0) -> Path:
    """A message by the name that Postfix gives it: time and inode."""
    place.mkdir(exist_ok=True)
    one = place / "new.4711"
    one.touch()
    inode = one.stat().st_ino
    name = f"4ZbcdFghjkz{base51(inode)}" if long else f"0ABC1{inode:X}"
    at = time.time() - ago
    os.utime(one, (at, at))
    return one.rename(place / name)


def test_a_queue_as_postfix_leaves_it(queue: Path) -> None:
    message(queue / "deferred/A")
    message(queue / "incoming", long=True)
    message(queue / "hold", ago=9 * DAY)
    message(queue / "active", ago=2 * DAY)
    message(queue / "deferred/A", long=True, ago=-3600)
    (queue / "maildrop/4ABC123").touch()
    (queue / "incoming/834521.4711").touch()
    assert (judged(queue).verdict, judged(queue).seen) == (RIGHT, "it may")


@pytest.mark.parametrize("name", ["notes.txt", ".backup", "dead-letter", "4ABC"])
def test_what_is_no_mail(queue: Path, name: str) -> None:
    (queue / "maildrop" / name).touch()
    found = judged(queue)
    assert (found.verdict, f"maildrop/{name}" in found.seen) == (WARNING, True)


@pytest.mark.parametrize("name", ["0ABC123", "4ZbcdFghjkz0", "12345FFFFFFFFFF"])
def test_a_queue_that_was_copied(queue: Path, name: str) -> None:
    (queue / "deferred/A" / name).touch()
    found = judged(queue)
    assert (found.verdict, name in found.seen, "postsuper" in found.advice) == (WARNING, True, True)


@pytest.mark.parametrize(
    ("place", "days"), [("deferred/A", 6), ("incoming", 2), ("deferred/A", 40)]
)
def test_a_message_that_nobody_tries(queue: Path, place: str, days: int) -> None:
    one = message(queue / place, ago=days * DAY + 60)
    found = judged(queue)
    assert found.verdict == WARNING
    assert f"{one} was to be tried {days} days ago" in found.seen


def test_a_message_of_another_owner(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = message(queue / "deferred/A")
    others = SimpleNamespace(pw_uid=os.getuid() + 1, pw_name="postfix")
    monkeypatch.setattr(pwd, "getpwnam", {"mail": others}.__getitem__)
    found = judged(queue)
    assert (found.verdict, found.cure.commands) == (
        WRONG,
        (("chown", "-h", "postfix", str(one)),),
    )


@pytest.mark.parametrize(("bit", "word"), [(0x10, "immutable"), (0x20, "append-only")])
def test_a_directory_that_nobody_may_change(
    queue: Path, monkeypatch: pytest.MonkeyPatch, bit: int, word: str
) -> None:
    def flags(descriptor: int, _: int, __: bytes) -> bytes:
        is_incoming = Path(f"/proc/self/fd/{descriptor}").readlink().name == "incoming"
        return struct.pack("l", bit if is_incoming else 0x80000)

    monkeypatch.setattr(fcntl, "ioctl", flags)
    found = judged(queue)
    assert (found.verdict, word in found.seen) == (WRONG, True)
    assert found.cure.commands[0][0] == "chattr"


def _acl(*entries: tuple[int, int, int]) -> bytes:
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one) for one in entries)


@pytest.mark.parametrize(
    ("entries", "verdict"),
    [
        ([(0x01, 7, 0xFFFFFFFF), (0x02, 7, 4711)], WARNING),
        ([(0x08, 2, 100)], WARNING),
        ([(0x02, 4, 4711)], RIGHT),
        ([(0x01, 7, 0xFFFFFFFF), (0x04, 0, 0xFFFFFFFF), (0x20, 0, 0xFFFFFFFF)], RIGHT),
    ],
)
def test_an_acl(
    queue: Path,
    monkeypatch: pytest.MonkeyPatch,
    entries: list[tuple[int, int, int]],
    verdict: str,
) -> None:
    def attribute(path: str, _: str) -> bytes:
        if path.endswith("/hold"):
            return _acl(*entries)
        raise OSError

    monkeypatch.setattr(os, "getxattr", attribute)
    assert judged(queue).verdict == verdict


def test_no_queue(tmp_path: Path) -> None:
    assert list(judge_files(Settings({}), str(tmp_path / "none"))) == []
