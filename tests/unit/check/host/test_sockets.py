"""Whether Postfix's sockets are there, and whether its user may connect to one."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from wizard.check.host import sockets
from wizard.finding import RIGHT, WRONG
from wizard.postfix.master_cf import MasterCf

SERVICES = MasterCf.parse(
    b"smtp inet n - n - - smtpd\npickup fifo n - n 60 1 pickup\n"
    b"cleanup unix n - n - 0 cleanup\nrewrite unix - - n - - trivial-rewrite\n"
).services


@pytest.mark.parametrize(
    ("mode", "owner", "group", "allowed"),
    [
        (0o600, 89, 0, True),
        (0o600, 0, 0, False),
        (0o660, 0, 89, True),
        (0o640, 0, 89, False),
        (0o660, 0, 12, True),
        (0o606, 0, 89, False),
        (0o666, 0, 0, True),
        (0o066, 89, 89, False),
    ],
)
def test_who_may_write(mode: int, owner: int, group: int, allowed: bool) -> None:
    status = os.stat_result((mode, 0, 0, 0, owner, group, 0, 0, 0, 0))
    who = sockets.Identity(89, frozenset({89, 12}))
    assert sockets.allows(status, who, 2) is allowed


def test_a_socket_that_is_closed(open_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    who = sockets.Identity(65534, frozenset({65534}))
    monkeypatch.setattr(sockets, "identity", lambda: who)
    path = open_path / "auth"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o666)
        assert [one.verdict for one in sockets.judge_socket("auth", str(path))] == [RIGHT]
        path.chmod(0o600)
        (found,) = sockets.judge_socket("auth", str(path))
        assert (found.id, found.verdict) == ("socket.auth", WRONG)
        assert found.seen.startswith(f"{path} is closed to postfix: ")
        path.chmod(0o666)
        open_path.chmod(0o700)
        assert sockets.closed_to_postfix(str(path)).startswith(f"{open_path} is closed")
    path.unlink()
    assert list(sockets.judge_socket("auth", str(path))) == []


@pytest.fixture
def queue(open_path: Path) -> Path:
    """A queue directory with the sockets of three services."""
    for name in ("public", "private"):
        (open_path / name).mkdir()
    os.mkfifo(open_path / "public/pickup")
    for name in ("public/cleanup", "private/rewrite"):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(open_path / name))
    return open_path


def test_a_socket_for_each_service(queue: Path) -> None:
    (found,) = sockets.judge_own_sockets(SERVICES, str(queue))
    assert (found.id, found.verdict, found.seen) == ("socket.services", RIGHT, "3 are there")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("public/pickup", "is no FIFO"),
        ("public/cleanup", "is no socket"),
        ("private/rewrite", "is no socket"),
        ("private/rewrite", "is not there"),
    ],
)
def test_a_socket_that_is_gone_or_something_else(queue: Path, name: str, word: str) -> None:
    (queue / name).unlink()
    if "no " in word:
        (queue / name).touch()
    (found,) = sockets.judge_own_sockets(SERVICES, str(queue))
    assert found.verdict == WRONG
    assert f"{queue / name} {word}" in found.seen
    assert found.cure.commands == (("systemctl", "restart", "postfix"),)


def test_a_postfix_that_was_never_started_has_no_sockets(open_path: Path) -> None:
    assert list(sockets.judge_own_sockets(SERVICES, str(open_path))) == []
