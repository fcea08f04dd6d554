"""Whether Postfix's user may connect to a socket."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from wizard.check.host import sockets
from wizard.finding import RIGHT, WRONG


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
