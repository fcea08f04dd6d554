"""A draft outlives its process: a broken connection, a kill, a stalled terminal, a defect."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest

from tests.screens.terminal import Terminal
from tests.screens.test_drafts import OFFERED, stored

LAUNCH = str(Path(__file__).with_name("launch.py"))


NEXT = "\x0e"


@pytest.fixture
def launched() -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for one in terminals:
        one.close()


def start(launched: list[Terminal], state: Path) -> Terminal:
    argv = [sys.executable, LAUNCH, "fresh", str(state)]
    terminal = Terminal(argv, PYTHONPATH=str(Path(__file__).parents[2]))
    launched.append(terminal)
    return terminal


def typed_in_a_form(launched: list[Terminal], state: Path) -> Terminal:
    terminal = start(launched, state)
    terminal.until("Dovecot", 30)
    terminal.type(NEXT)
    terminal.until("wizard  Hostname", 30)
    terminal.type("\x15mial..x")
    terminal.until("mial..x", 30)
    return terminal


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_connection_that_breaks_in_a_form_loses_nothing(
    launched: list[Terminal], tmp_path: Path, number: int
) -> None:
    state = tmp_path / "state"
    terminal = typed_in_a_form(launched, state)
    terminal.signal(number)
    terminal.ended(10)
    assert terminal.code == 128 + number
    draft = stored(state)
    assert draft is not None
    assert draft["texts"]["hostname"]["myhostname"] == "mial..x"
    terminal = start(launched, state)
    terminal.until(OFFERED, 30)
    terminal.type("\r" + NEXT)
    terminal.until("mial..x", 30)


def test_a_process_that_is_killed_loses_no_more_than_the_last_half_second(
    launched: list[Terminal], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    terminal = typed_in_a_form(launched, state)
    terminal.until("WRONG", 30)
    terminal.read(1.0)
    terminal.signal(signal.SIGKILL)
    terminal.ended(10)
    draft = stored(state)
    assert draft is not None
    assert draft["texts"]["hostname"]["myhostname"] == "mial..x"


def test_a_terminal_that_is_stalled_and_gone_keeps_them_too(
    launched: list[Terminal], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    terminal = typed_in_a_form(launched, state)
    for number in range(200):  # unread screens fill the pty: the program blocks on its output
        terminal.resize((79 + number % 2, 24))
        time.sleep(0.02)
    terminal.signal(signal.SIGHUP)
    until = time.monotonic() + 10
    while not os.waitpid(terminal.pid, os.WNOHANG)[0] and time.monotonic() < until:
        time.sleep(0.05)
    terminal.code = 0
    assert "mial..x" in json.dumps(stored(state))


def test_a_defect_gives_the_answers_back_as_well(launched: list[Terminal], tmp_path: Path) -> None:
    state = tmp_path / "state"
    terminal = typed_in_a_form(launched, state)
    terminal.signal(signal.SIGUSR1)  # launch.py raises in the middle of it
    terminal.ended(10)
    assert terminal.code == 70
    assert "mial..x" in json.dumps(stored(state))
    assert b"What you typed is kept" in terminal.raw
