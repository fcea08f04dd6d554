"""A typed secret in its file: born for root alone, over whatever stood there, told nowhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.secret_file import DQS_KEY, RELAY_PASSWORD, read_secret
from wizard.run.keep_secret import keep_secret

CANARY = "canary $4711 {{x}} \u3042"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own" / "relay.password"


def kept(file: Path) -> tuple[int, int]:
    status = file.lstat()
    return stat.S_IMODE(status.st_mode), status.st_uid


def test_what_is_written_is_read(file: Path) -> None:
    keep_secret(str(file), RELAY_PASSWORD, CANARY)
    assert kept(file) == (0o600, os.geteuid())
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    found = read_secret(Door(), str(file), RELAY_PASSWORD)
    assert (found.text, found.problem) == (CANARY, "")
    keep_secret(str(file), RELAY_PASSWORD, "next")
    assert file.read_bytes() == b"next\n"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.skipif(os.geteuid() != 0, reason="files of other users")
def test_a_file_that_others_could_read_is_so_no_longer(file: Path) -> None:
    file.parent.mkdir(mode=0o755)
    file.write_bytes(b"old\n")
    file.chmod(0o644)
    os.chown(file, 1000, 1000)
    keep_secret(str(file), RELAY_PASSWORD, CANARY)
    assert kept(file) == (0o600, 0)


@pytest.mark.parametrize(
    "text", ["", " x", "x ", "a\nb", "a\x00b", "\x1b[31m", "x" * 256, "\udcff"]
)
def test_what_is_no_password_is_not_written(file: Path, text: str) -> None:
    with pytest.raises(Trouble, match="what was typed"):
        keep_secret(str(file), RELAY_PASSWORD, text)
    assert not file.exists()


def test_trouble_does_not_tell_it(file: Path) -> None:
    with pytest.raises(Trouble) as raised:
        keep_secret(str(file), DQS_KEY, "canary")
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("planted", ["link", "hard link", "directory", "loose parent"])
def test_what_is_planted_there_is_refused(file: Path, planted: str) -> None:
    file.parent.mkdir(mode=0o700)
    other = file.parent.parent / "other"
    other.write_bytes(b"theirs\n")
    if planted == "link":
        file.symlink_to(other)
    elif planted == "hard link":
        os.link(other, file)
    elif planted == "directory":
        file.mkdir()
    else:
        file.parent.chmod(0o777)
    with pytest.raises(Trouble):
        keep_secret(str(file), RELAY_PASSWORD, CANARY)
    assert other.read_bytes() == b"theirs\n"


def test_a_full_disk_leaves_the_old_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_secret(str(file), RELAY_PASSWORD, "old")

    def full(_fd: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(Trouble, match="No space left") as raised:
        keep_secret(str(file), RELAY_PASSWORD, CANARY)
    monkeypatch.undo()
    assert "canary" not in str(raised.value)
    assert file.read_bytes() == b"old\n"
    assert list(file.parent.iterdir()) == [file]
