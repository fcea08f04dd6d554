"""The whole proof where everything is broken: findings that say so, and no traceback."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import pytest

from wizard.answers.model import Answers
from wizard.check.dovecot import delivery
from wizard.check.dovecot.absent import Absent
from wizard.check.prove import prove
from wizard.check.report import as_table
from wizard.check.smtp.session import Transcript
from wizard.door import Door, Running
from wizard.errors import Trouble, UsageTrouble
from wizard.finding import UNKNOWN, WAITS, WARNING, WRONG


class NothingThere(Door):
    """A host without a single program or file."""

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        del argv, timeout, data
        return None

    def read_bytes(self, path: str) -> Optional[bytes]:
        del path
        return None

    def list_dir(self, path: str) -> Optional[tuple[str, ...]]:
        del path
        return None

    def lstat(self, path: str) -> Optional[os.stat_result]:
        del path
        return None


class NothingWorks(NothingThere):
    """A host on which every look fails."""

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        del timeout, data
        raise Trouble(f"starting {argv[0]}", "no memory", "Wait.")

    def read_bytes(self, path: str) -> Optional[bytes]:
        raise Trouble(f"reading {path}", "Input/output error", "Wait.")


class OnlyNoise(NothingThere):
    """A host on which every program fails loudly, with bytes no terminal should see."""

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        del argv
        noise = ("sh", "-c", "printf '\\033[2J\\377\\n'; printf '\\007broken\\n' >&2; exit 3")
        return Door.start(self, noise, timeout=timeout, data=data)


@pytest.mark.parametrize("door", [NothingThere, NothingWorks, OnlyNoise])
def test_a_broken_host_is_told_without_a_traceback(door: type[Door], answers: Answers) -> None:
    findings = list(prove(answers, door(), seconds=2))
    assert len(findings) > 20
    assert {one.verdict for one in findings} <= {WRONG, UNKNOWN, WAITS, WARNING}
    assert len({one.id for one in findings}) == len(findings)
    table = as_table(findings)
    assert table.isascii()
    assert all(line.isprintable() for line in table.splitlines() if line)


def test_the_order_is_the_same_each_time(answers: Answers) -> None:
    first, second = ([one.id for one in prove(answers, NothingThere(), seconds=2)] for _ in "12")
    assert first == second


def test_the_check_can_be_left_at_any_time(answers: Answers) -> None:
    findings = prove(answers, NothingThere(), seconds=2)
    next(findings)
    findings.close()  # type: ignore[attr-defined]


def test_another_root_is_no_server(tmp_path: Path, answers: Answers) -> None:
    with pytest.raises(UsageTrouble, match="only be talked to where it runs"):
        next(prove(answers, Door(tmp_path)))


def test_a_socket_without_a_listener_is_no_dovecot(tmp_path: Path) -> None:
    path = tmp_path / "auth"
    assert delivery.socket_fault(str(path)) == f"no socket {path}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        assert delivery.socket_fault(str(path)) == ""
    assert delivery.socket_fault(str(path)) == f"nobody listens on {path}"
    path.unlink()
    path.write_text("")
    assert delivery.socket_fault(str(path)) == f"nobody listens on {path}"


@pytest.mark.parametrize(
    ("transport", "path"),
    [
        ("lmtp:unix:private/dovecot-lmtp", "/var/spool/postfix/private/dovecot-lmtp"),
        ("lmtp:unix:/run/dovecot/lmtp", "/run/dovecot/lmtp"),
        ("lmtp:inet:127.0.0.1:24", ""),
        ("", ""),
    ],
)
def test_the_lmtp_socket(transport: str, path: str) -> None:
    assert delivery.lmtp_socket(transport) == path


def test_delivery_waits_or_is_told() -> None:
    (waits,) = delivery.judge_delivery(
        "/s", "no socket /s", Transcript(), Absent(WAITS, "waits for Dovecot", "")
    )
    assert (waits.verdict, waits.seen) == (WAITS, "waits for Dovecot")
    broken = Transcript(stopped_at="lhlo", why="LHLO: the server closed the connection")
    (wrong,) = delivery.judge_delivery("/s", "", broken, None)
    assert (wrong.verdict, wrong.fatal) == (WRONG, False)
    late = Transcript(stopped_at="lhlo", why="LHLO: no answer within 2 s", is_late=True)
    (unknown,) = delivery.judge_delivery("/s", "", late, None)
    assert unknown.verdict == UNKNOWN
    assert "`ss -xl src /s`" in unknown.advice


class WithoutPostconf(NothingThere):
    """A host on which postconf alone cannot be run."""

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        if argv[0] == "postconf":
            raise Trouble("starting postconf", "No space left on device", "Wait.")
        return super().start(argv, timeout=timeout, data=data)


def test_a_main_cf_that_could_not_be_read_is_no_table_without_a_restriction(
    answers: Answers,
) -> None:
    (found,) = [one for one in prove(answers, WithoutPostconf()) if one.id == "table.sender_access"]
    assert found.verdict == UNKNOWN
    assert "main.cf could not be read" in found.seen
