from __future__ import annotations

import errno
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Optional
from unittest.mock import Mock

import pexpect
import pytest

from wizard.errors import Trouble
from wizard.run.dnf import decide, dnf_manner
from wizard.run.loop import Loop
from wizard.run.output import StepOutput
from wizard.run.terminal import Ask, Asker, Say, drive

TABLE = """\
Dependencies resolved.
================================================================================
 Package          Architecture    Version              Repository          Size
================================================================================
Installing:
 postfix          x86_64          2:3.5.25-1.el9       appstream          1.5 M
{more}
Transaction Summary
================================================================================
Install  1 Package

Total download size: 1.5 M
"""
KEY = """\
Importing GPG key 0x8483C65D:
 Userid     : "CentOS (CentOS Official Signing Key) <security@centos.org>"
 Fingerprint: 99DB 70FA E1D7 CE22 7FB6 4882 05B5 55B3 8483 C65D
 From       : /etc/pki/rpm-gpg/RPM-GPG-KEY-centosofficial
"""
QUESTION = "Is this ok [y/N]: "


def program(tmp_path: Path, body: str) -> tuple[str, ...]:
    path = tmp_path / "dnf.py"
    path.write_text(f"import os, sys, time, signal\n{body}\n")
    return (sys.executable, str(path), "install", "postfix")


def asking(*texts: str) -> str:
    """Return a program that asks as dnf does and goes on only when told yes."""
    lines = ["assert sys.stdin.isatty() and sys.stdout.isatty()"]
    for text in texts:
        lines += [
            f"sys.stdout.write({text!r}); answer = input({QUESTION!r})",
            "if answer.lower() not in ('y', 'yes'): print('Operation aborted.'); sys.exit(1)",
        ]
    return "\n".join([*lines, "print('Complete!')"])


def answered(answer: Optional[str], seen: Optional[list[Ask]] = None) -> Asker:
    def asker(ask: Ask, _moot: Callable[[], bool]) -> Optional[str]:
        if seen is not None:
            seen.append(ask)
        return answer

    return asker


def test_the_transaction_was_agreed_to_and_the_key_is_asked(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    seen: list[Ask] = []
    argv = program(tmp_path, asking(TABLE.format(more=""), KEY))
    assert drive(argv, loop, output, dnf_manner("postfix"), answered("y", seen)) == 0
    (ask,) = seen
    assert ask.text.splitlines() == [*KEY.splitlines(), QUESTION]
    said = (tmp_path / "output").read_text()
    assert "Complete!" in said
    assert not re.search(rf"{re.escape(QUESTION)}y", said)


def test_a_key_that_nobody_trusts_stops_the_step_and_is_named(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    argv = program(tmp_path, asking(TABLE.format(more=""), KEY))
    with pytest.raises(Trouble) as caught:
        drive(argv, loop, output, dnf_manner("postfix"), answered(None))
    text = str(caught.value)
    assert "0x8483C65D" in text
    assert "99DB 70FA E1D7 CE22 7FB6 4882 05B5 55B3 8483 C65D" in text
    assert "rpm --import /etc/pki/rpm-gpg/RPM-GPG-KEY-centosofficial" in text
    assert "Operation aborted." in (tmp_path / "output").read_text()


def test_the_operators_no_is_dnfs_own_failure(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    argv = program(tmp_path, asking(KEY))
    assert drive(argv, loop, output, dnf_manner("postfix"), answered("n")) == 1


def test_an_answer_that_cannot_be_sent_ends_what_waits_for_it(
    loop: Loop, output: StepOutput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Mock(side_effect=OSError(errno.EIO, "Input/output error"))
    monkeypatch.setattr(pexpect.spawn, "send", lost)
    argv = program(tmp_path, asking(TABLE.format(more="")))
    began = time.monotonic()
    with pytest.raises(Trouble, match="/dev/pts: Input/output error"):
        drive(argv, loop, output, dnf_manner("postfix"), answered("y"))
    assert time.monotonic() - began < 30
    assert "Complete!" not in (tmp_path / "output").read_text()


def test_an_asker_that_fails_does_not_leave_dnf_behind(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    def broken(_ask: Ask, _moot: Callable[[], bool]) -> Optional[str]:
        raise Trouble("writing the journal", "No space left on device")

    with pytest.raises(Trouble, match="No space left"):
        drive(program(tmp_path, asking(KEY)), loop, output, dnf_manner("postfix"), broken)
    assert "Operation aborted." in (tmp_path / "output").read_text()


@pytest.mark.parametrize(
    "more", ["Removing:\n exim", "Downgrading:\n libpq", "Removing dependent packages:\n x"]
)
def test_a_table_that_takes_something_away_is_asked(more: str) -> None:
    lines = tuple((TABLE.format(more=more) + QUESTION).splitlines())
    assert isinstance(decide("postfix", lines), Ask)


def test_decisions() -> None:
    table = tuple((TABLE.format(more="") + QUESTION).splitlines())
    assert decide("postfix", table) == Say("y")
    unknown = decide("postfix", ("Something new", QUESTION))
    assert isinstance(unknown, Ask)
    assert "unforeseen" in str(unknown.refusal)


@pytest.mark.promise(7)
def test_one_that_waits_for_a_lock_is_ended_after_a_while(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    body = "print('Waiting for process with pid 1234 to finish.'); time.sleep(60)"
    began = time.monotonic()
    with pytest.raises(Trouble, match=r"holds dnf's or rpm's lock .*pid 1234"):
        drive(program(tmp_path, body), loop, output, dnf_manner("postfix", 0.5), answered(None))
    assert time.monotonic() - began < 10


@pytest.mark.slow
@pytest.mark.promise(7)
def test_one_that_got_the_lock_may_take_its_time(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    body = (
        "print('Waiting for process with pid 1234 to finish.', flush=True); time.sleep(0.3);"
        "print('Dependencies resolved.', flush=True); time.sleep(2)"
    )
    status = drive(
        program(tmp_path, body), loop, output, dnf_manner("postfix", 1.0), answered(None)
    )
    assert status == 0


@pytest.mark.promise(2)
def test_it_ignores_a_hang_up_and_has_its_own_session(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    body = (
        "assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN;"
        "assert os.getsid(0) == os.getpid(); os.kill(os.getpid(), signal.SIGHUP); sys.exit(7)"
    )
    assert drive(program(tmp_path, body), loop, output, dnf_manner("x"), answered(None)) == 7


def test_a_grandchild_that_keeps_the_terminal_is_not_waited_for(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    body = "if os.fork() == 0: time.sleep(8); os._exit(0)\nprint('Complete!')"
    began = time.monotonic()
    assert drive(program(tmp_path, body), loop, output, dnf_manner("x"), answered(None)) == 0
    assert time.monotonic() - began < 6
    assert "Complete!" in (tmp_path / "output").read_text()


def test_many_lines_cost_what_reading_costs(loop: Loop, output: StepOutput, tmp_path: Path) -> None:
    argv = ("seq", "300000")
    began = time.monotonic()
    assert drive(argv, loop, output, dnf_manner("x"), answered(None)) == 0
    assert time.monotonic() - began < 20
    assert (tmp_path / "output").read_bytes().endswith(b"300000\n")


def test_one_that_is_not_there_is_named(loop: Loop, output: StepOutput) -> None:
    with pytest.raises(Trouble, match="starting no-such-dnf"):
        drive(("no-such-dnf",), loop, output, dnf_manner("x"), answered(None))
