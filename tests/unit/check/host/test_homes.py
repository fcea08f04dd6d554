"""Homes in which mail can be stored, and .forward files."""

from __future__ import annotations

import fcntl
import os
import pwd
import struct
from pathlib import Path

import pytest

from wizard.check.host import homes
from wizard.check.host.homes import LARGEST_FORWARD, MOST_TARGETS, judge_homes
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG

ME = os.getuid()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the one person of this host, who is the user that runs the tests."""
    there = tmp_path / "home/taro"
    there.mkdir(parents=True)
    for parent in (tmp_path, tmp_path / "home", there):
        parent.chmod(0o755)
    entry = pwd.struct_passwd(("taro", "x", ME, ME, "", str(there), "/bin/sh"))
    monkeypatch.setattr(homes, "people_of", lambda _: ["taro"])
    monkeypatch.setattr(homes, "_entry", lambda _: entry)
    # Directories above the test's own are not these people's.
    monkeypatch.setattr(homes, "TOP", tmp_path)
    return there


def judged(maildir: str = "Maildir", *, in_homes: bool = True) -> tuple[str, str]:
    (found,) = judge_homes(Door(), maildir, {"sales"}, in_homes=in_homes)
    return found.verdict, found.seen


def test_a_home_as_it_should_be(home: Path) -> None:
    assert judged() == (RIGHT, "1 of 1")
    (home / "Maildir").mkdir(mode=0o700)
    (home / ".forward").write_text("# mine\n\\taro, root, a@b.example\n")
    assert judged() == (RIGHT, "1 of 1")


def test_homes_without_a_way_in_or_a_place(home: Path) -> None:
    home.parent.chmod(0o700)
    assert judged()[0] == WRONG
    assert judged(in_homes=False)[0] == RIGHT
    home.parent.chmod(0o755)
    home.rmdir()
    assert "No such file" in judged()[1]


@pytest.mark.parametrize(
    ("kind", "verdict"), [("file", WRONG), ("dangling", WRONG), ("0500", WRONG), ("0755", WARNING)]
)
def test_a_maildir(home: Path, kind: str, verdict: str) -> None:
    there = home / "Maildir"
    if kind == "file":
        there.touch()
    elif kind == "dangling":
        there.symlink_to("/none/mail")
    else:
        there.mkdir()
        there.chmod(int(kind, 8))
    assert judged()[0] == verdict


@pytest.mark.parametrize(
    ("text", "verdict", "word"),
    [
        ("/dev/null\n", WRONG, "thrown|throws"),
        ('"|/none/filter"\n', WRONG, "/none/filter"),
        ("no-such-name-7\n", WARNING, "no-such-name-7"),
        ("a@b.example\n", RIGHT, ""),
    ],
)
def test_a_forward(home: Path, text: str, verdict: str, word: str) -> None:
    (home / ".forward").write_text(text)
    found = judged()
    assert found[0] == verdict
    assert any(one in found[1] for one in word.split("|"))


def test_a_forward_of_others(home: Path) -> None:
    (home / ".forward").write_text("root\n")
    (home / ".forward").chmod(0o666)
    assert judged()[0] == WARNING
    # A link is not opened: it may lead to what is not the user's to show.
    (home / ".forward").unlink()
    (home / ".forward").symlink_to("/etc/shadow")
    assert judged()[0] == RIGHT


def test_a_forward_leads_to_an_alias(home: Path) -> None:
    (home / ".forward").write_text("Sales\n")
    assert judged() == (RIGHT, "1 of 1")


def test_a_large_forward_is_not_read(home: Path) -> None:
    (home / ".forward").write_text("/dev/null\n" + "#" * LARGEST_FORWARD)
    verdict, seen = judged()
    assert verdict == WARNING
    assert seen.endswith(f"is larger than {LARGEST_FORWARD} bytes: it is not judged")


def test_so_many_targets_of_a_forward_are_judged(home: Path) -> None:
    (home / ".forward").write_text("root\n" * MOST_TARGETS + "no-such-name-7\n")
    assert judged()[0] == RIGHT
    (home / ".forward").write_text("root\n" * (MOST_TARGETS - 1) + "no-such-name-7\n")
    assert judged()[0] == WARNING


def test_a_forward_that_is_no_file(home: Path) -> None:
    os.mkfifo(home / ".forward")
    assert judged()[0] == RIGHT
    (home / ".forward").unlink()
    (home / ".forward").mkdir()
    assert judged()[0] == RIGHT


def test_a_mode_is_set_with_the_rights_of_the_user(home: Path) -> None:
    """A user may put a link where root is told to change a mode."""
    there = home / "Maildir"
    there.mkdir(mode=0o755)
    there.chmod(0o755)
    (found,) = judge_homes(Door(), "Maildir", set(), in_homes=True)
    assert found.cure.commands == (("runuser", "-u", "taro", "--", "chmod", "700", str(there)),)


@pytest.mark.parametrize(
    ("name", "bit", "word"),
    [
        ("", 0x10, "immutable"),
        ("new", 0x10, "immutable"),
        ("tmp", 0x20, "append-only"),
        ("none", 0x10, ""),
    ],
)
def test_a_maildir_that_nobody_may_change(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, bit: int, word: str
) -> None:
    """A flag of chattr(1) holds for root as well; no mode shows it."""
    for one in ("cur", "new", "tmp"):
        (home / "Maildir" / one).mkdir(mode=0o700, parents=True)
    (home / "Maildir").chmod(0o700)

    def flags(descriptor: int, _: int, __: bytes) -> bytes:
        is_there = Path(f"/proc/self/fd/{descriptor}").readlink() == home / "Maildir" / name
        return struct.pack("l", bit if is_there else 0x80000)

    monkeypatch.setattr(fcntl, "ioctl", flags)
    verdict, seen = judged()
    assert (verdict, word in seen) == (WRONG if word else RIGHT, True)
