"""What a caller may not decide: directories that others can change, and root's environment."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from screens.crash import report_crash
from screens.main import main
from wizard import caller
from wizard.caller import FROM_CALLER, OWN, clean, is_safe, temporary_directories

pytestmark = [
    pytest.mark.promise(37),
    pytest.mark.skipif(os.geteuid() != 0, reason="owners"),
]

EVE = 65534


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A directory of root's, three below another."""
    made = tmp_path / "a/b/c"
    made.mkdir(parents=True)
    return made


def owned(path: Path, owner: int = EVE) -> None:
    os.chown(path, owner, owner, follow_symlinks=False)


def moved_beyond(at: Path, *, owner: int = 0, mode: int = 0o755) -> None:
    """Have a link lead to where the directory is now, in a hall of that owner and mode."""
    hall = at.parent / "hall"
    hall.mkdir(mode=0o755)
    at.rename(hall / "there")
    at.symlink_to("hall/there")
    owned(hall, owner)
    hall.chmod(mode)


def each(*changes: Callable[[Path], object]) -> Callable[[Path], object]:
    """Return a change that makes all of these."""
    return lambda at: [change(at) for change in changes]


HARM: dict[str, Callable[[Path], object]] = {
    "itself is a stranger's": owned,
    "itself is open to all": lambda at: at.chmod(0o777),
    "itself is open to a group": lambda at: at.chmod(0o775),
    "itself is a stranger's, and sticky": each(owned, lambda at: at.chmod(0o1777)),
    "its parent is a stranger's": lambda at: owned(at.parent),
    "its parent is open to all": lambda at: at.parent.chmod(0o777),
    "its parent is open to a group": lambda at: at.parent.chmod(0o770),
    "what is two above it is a stranger's": lambda at: owned(at.parents[1]),
    "what is two above it is open": lambda at: at.parents[1].chmod(0o757),
    "it is a link into a stranger's hall": lambda at: moved_beyond(at, owner=EVE),
    "it is a link into an open hall": lambda at: moved_beyond(at, mode=0o777),
    "its parent is a link into a stranger's hall": lambda at: moved_beyond(at.parent, owner=EVE),
    "it is a link to itself": each(Path.rmdir, lambda at: at.symlink_to(at)),
    "it is a link of a stranger's": each(moved_beyond, owned),
    "its link goes through a stranger's and back": each(
        lambda at: at.parent.joinpath("hall/there").mkdir(parents=True),
        lambda at: at.parent.joinpath("hall/x").symlink_to("/home"),
        Path.rmdir,
        lambda at: at.symlink_to("hall/x/../there"),
    ),
    "it is a file": each(Path.rmdir, Path.touch),
    "it is a FIFO": each(Path.rmdir, os.mkfifo),
    "it is missing": Path.rmdir,
    "its parent is missing": each(Path.rmdir, lambda at: at.parent.rmdir()),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_directory_that_others_can_change_is_not_safe(deep: Path, harm: str) -> None:
    assert is_safe(str(deep), 0)
    HARM[harm](deep)
    assert not is_safe(str(deep), 0)


def sticky_parent(at: Path) -> None:
    at.parent.chmod(0o1777)


FINE: dict[str, Callable[[Path], object]] = {
    "it is sticky and root's": lambda at: at.chmod(0o1777),
    "its parent is sticky and root's": sticky_parent,
    "it is a link of root's": moved_beyond,
    "its parent is a link of root's": lambda at: moved_beyond(at.parent),
    "two links": each(moved_beyond, lambda at: moved_beyond(at.parent)),
    "an absolute link": each(Path.rmdir, lambda at: at.symlink_to(at.parents[2])),
}


@pytest.mark.parametrize("how", FINE)
def test_a_directory_that_only_root_can_change_is_safe(deep: Path, how: str) -> None:
    FINE[how](deep)
    assert is_safe(str(deep), 0)
    assert is_safe(f"{deep}/", 0)


def test_a_user_may_use_what_is_theirs_or_roots(deep: Path) -> None:
    owned(deep)
    assert is_safe(str(deep), EVE)
    assert not is_safe(str(deep), EVE - 1)
    owned(deep.parent, EVE - 1)
    assert not is_safe(str(deep), EVE)


def test_the_root_itself() -> None:
    assert is_safe("/", 0)
    assert set(temporary_directories(0)) <= {"/tmp", "/run", "/var/lib"}


def test_roots_environment_has_nothing_of_the_callers() -> None:
    environment = {
        "TERM": "xterm",
        "NO_COLOR": "1",
        "SUDO_USER": "taro",
        "SSH_CONNECTION": "x",
        "LC_ALL": "de_DE",
        "OPENSSL_CONF": "/home/eve/openssl.cnf",
        "SSLKEYLOGFILE": "/etc/cron.d/x",
        "TZ": ":/dev/zero",
        "TEXTUAL_DRIVER": "x:y",
        "TEXTUAL_LOG": "/etc/x",
        **dict.fromkeys(("TMPDIR", "HOME", "PATH", "XDG_CACHE_HOME"), "/home/eve"),
    }
    theirs = dict(environment)
    clean(environment, 0)
    assert environment == {
        "TERM": "xterm",
        "NO_COLOR": "1",
        "SUDO_USER": "taro",
        "SSH_CONNECTION": "x",
        **OWN,
    }
    assert not FROM_CALLER & set(OWN)
    clean(theirs, EVE)
    assert theirs["TMPDIR"] == "/home/eve", "another user's own affair"


def test_roots_umask_is_ours() -> None:
    before = os.umask(0o777)
    try:
        clean({}, EVE)
        assert os.umask(0o777) == 0o777, "another user's own affair"
        clean({}, 0)
        assert os.umask(before) == 0o022
    finally:
        os.umask(before)


def test_a_caller_that_ignores_sigchld_hides_no_exit_status() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert subprocess.run(["false"], check=False).returncode == 0, "so it is lost"
        assert main(["--version"]) == 0
        assert subprocess.run(["false"], check=False).returncode == 1
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_crash_report_goes_to_the_first_safe_place_with_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [tmp_path / name for name in ("eves", "full", "good")]
    for one in places:
        one.mkdir()
    owned(places[0])
    (places[1] / "x").write_text("x")
    monkeypatch.setenv("TMPDIR", str(places[0]))
    monkeypatch.setattr(caller, "TEMPORARY", tuple(map(str, places)))
    real = os.open

    def no_room(path: str, *rest: int) -> int:
        if "/full/" in path:
            raise OSError(28, "No space left on device")
        return real(path, *rest)

    monkeypatch.setattr(os, "open", no_room)
    said = report_crash(ValueError("hunter2"))
    monkeypatch.undo()
    (report,) = places[2].iterdir()
    assert str(report) in said
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert "hunter2" not in report.read_text()
    assert list(places[0].iterdir()) == []
    monkeypatch.setattr(caller, "TEMPORARY", (str(places[0]),))
    assert "no directory is safe from other users" in report_crash(ValueError())
