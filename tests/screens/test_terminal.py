"""A real terminal: painting, bytes, signals, crashes; and what is said where there is none."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest

from screens import terminal as asked
from screens.main import main
from tests.screens.terminal import Terminal
from wizard.errors import PermissionTrouble, UsageTrouble

LAUNCH = str(Path(__file__).with_name("launch.py"))
NEXT = "\x0e"
UP, DOWN = "\x1b[A", "\x1b[B"
MOST_BYTES = 200
MOST_BYTES_OF_A_MOVE = 600
"""For Down from one field to the next: two labels, and the two lines of help in the foot."""


@pytest.fixture
def launched() -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for one in terminals:
        one.close()


def start(launched: list[Terminal], kind: str = "fresh", **environment: str) -> Terminal:
    terminal = Terminal([sys.executable, LAUNCH, kind], **environment)  # type: ignore[arg-type]
    launched.append(terminal)
    return terminal


@pytest.mark.promise(28)
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
@pytest.mark.parametrize("kind", ["fresh", "run"])
def test_a_signal_ends_it_quickly_and_restores_the_terminal(
    launched: list[Terminal], number: int, kind: str
) -> None:
    terminal = start(launched, kind)
    terminal.until("Dovecot" if kind == "fresh" else "Is this ok")
    terminal.signal(number)
    assert terminal.ended() < 2
    assert terminal.code == 128 + number
    assert terminal.left_as_it_was


@pytest.mark.promise(28)
def test_a_frozen_terminal_is_left_by_the_watchdog(launched: list[Terminal]) -> None:
    terminal = start(launched)
    terminal.until("Dovecot")
    for _ in range(60):  # unread screens fill the pty: the program blocks on its output
        terminal.resize((79, 24))
        time.sleep(0.02)
        terminal.resize((80, 24))
        time.sleep(0.02)
    terminal.signal(signal.SIGHUP)
    until = time.monotonic() + 5
    done = 0
    while not done and time.monotonic() < until:
        done, status = os.waitpid(terminal.pid, os.WNOHANG)
        time.sleep(0.05)
    assert done
    terminal.code = os.waitstatus_to_exitcode(status)
    assert terminal.code == 128 + signal.SIGHUP
    assert terminal.attributes() == terminal.before


def test_a_key_and_an_idle_screen_cost_few_bytes(launched: list[Terminal]) -> None:
    terminal = start(launched)
    terminal.until("Dovecot")
    terminal.type(NEXT)
    terminal.until("wizard  Hostname")
    terminal.read(0.8)
    costs = []
    for key in "\x7f" * 15 + "mx.example.co.jp":
        terminal.type(key)
        costs.append(terminal.read(0.12))
    assert max(costs) <= MOST_BYTES, costs
    terminal.read(1.0)
    assert terminal.read(3.0) == 0
    terminal.type("\x1b[B")
    assert 0 < terminal.read(1.0) <= MOST_BYTES_OF_A_MOVE


MOST_BYTES_OF_A_RUN = 200
"""For a line of output and for the time of a step, while nothing else changes."""


def test_a_line_of_output_and_a_second_cost_few_bytes(launched: list[Terminal]) -> None:
    terminal = start(launched, "lines")
    terminal.until("line 1 of dnf", 30)
    before, began = terminal.bytes, time.monotonic()
    terminal.until("line 7 of dnf", 30)
    # On a busy machine several lines and a second of the step come in one batch.
    seconds = int(time.monotonic() - began) + 1
    assert terminal.bytes - before <= MOST_BYTES_OF_A_RUN * (6 + seconds)
    costs = [terminal.read(0.1) for _ in range(20)]
    assert max(costs) <= MOST_BYTES_OF_A_RUN, costs
    assert 0 in costs, costs


BURSTS = {
    "\x15mail.example.jp": "mail.example.jp",
    "\x15mial\x7f\x7f\x7fail.example.jp": "mail.example.jp",
    "\x15mil.example.jp\x1b[H\x1b[Ca": "mail.example.jp",
    "\x15mail.example.jp\r\r\x15$mydomain": "mail.example.jp",
}


@pytest.mark.parametrize("keys", BURSTS)
def test_keys_that_come_at_once_are_taken_in_their_order(
    launched: list[Terminal], keys: str
) -> None:
    """A slow line hands over all that was typed meanwhile in one packet."""
    terminal = start(launched)
    terminal.until("Dovecot")
    terminal.type(NEXT + keys)
    terminal.until(f"myhostname = {BURSTS[keys]}")
    terminal.until("myorigin = $mydomain" if "\r" in keys else "myorigin = $myhostname")


def test_names_typed_ahead_land_on_the_screens_they_were_meant_for(
    launched: list[Terminal],
) -> None:
    terminal = start(launched)
    terminal.until("Dovecot")
    terminal.type(f"{NEXT}{NEXT}a.example.jp\rb.example.jp\r{NEXT}10.1.2.0/24{NEXT}{NEXT}\x10\x10")
    terminal.until("[x] 10.1.2.0/24")
    terminal.type("\x10")
    terminal.until("[x] b.example.jp")
    assert "[x] a.example.jp" in terminal.text


SLOW = 2000
"""Bytes a second of a slow line."""

MOST_SECONDS = 5
"""Until a whole screen is there over a slow line, which takes one: the rest is for a busy machine."""


def test_a_slow_line_is_usable_and_loses_nothing(launched: list[Terminal]) -> None:
    """What is typed faster than the line shows it arrives, and the screen is right at the end."""
    shown = []
    for rate in (0, SLOW):
        terminal = start(launched)
        terminal.rate = rate
        terminal.until("Dovecot", 60)
        while terminal.read(0.5):
            pass
        terminal.type(NEXT)
        took = terminal.until("wizard  Hostname")
        while terminal.read(0.5):
            took += 0.5
        assert took < MOST_SECONDS
        for key in ("\x15", *"mx.example.co.jp", DOWN, *"example.co.jp", UP, "\x7f", "p", NEXT):
            terminal.type(key)
            time.sleep(0.01)
        for key in (*"a.example.jp", "\r", *"b.example.jp", "\r", UP, " ", " ", UP, " "):
            terminal.type(key)
            time.sleep(0.01)
        terminal.until("[ ] a.example.jp", 60)
        while terminal.read(1.5):
            pass
        shown.append(terminal.text)
    assert shown[0] == shown[1]
    assert "[ ] a.example.jp" in shown[0]
    assert "[x] b.example.jp" in shown[0]


@pytest.mark.promise(28)
@pytest.mark.parametrize("kind", ["fresh", "run"])
def test_a_storm_of_resizes_down_to_one_column(launched: list[Terminal], kind: str) -> None:
    terminal = start(launched, kind)
    terminal.until("Dovecot" if kind == "fresh" else "Is this ok")
    for size in [(1, 24), (80, 1), (1, 1), (200, 60), (2, 2)] * 4:
        terminal.resize(size)
        terminal.type("\t")
        terminal.read(0.03)
    terminal.resize((80, 24))
    terminal.read(1.0)
    terminal.signal(signal.SIGTERM)
    terminal.ended()
    assert terminal.code == 128 + signal.SIGTERM, "it was alive until then"
    assert terminal.left_as_it_was
    assert b"Traceback" not in terminal.raw


@pytest.mark.promise(28)
def test_quitting_restores_the_terminal(launched: list[Terminal]) -> None:
    terminal = start(launched)
    terminal.until("Dovecot")
    terminal.type("\x11")
    terminal.ended()
    assert terminal.code == 0
    assert terminal.left_as_it_was


@pytest.mark.promise(24, 28)
def test_a_defect_ends_as_one_sentence_and_a_report(
    launched: list[Terminal], tmp_path: Path
) -> None:
    terminal = start(launched, "crash", TMPDIR=str(tmp_path))
    terminal.ended(10)
    assert terminal.code == 70
    assert terminal.left_as_it_was
    said = re.sub(r"\s+", " ", terminal.raw.rpartition(b"\x1b[?1004l")[2].decode())
    assert "came to an unforeseen end (AttributeError)" in said
    assert "Traceback" not in terminal.raw.decode()
    named = re.search(r"with the file (/tmp/postfix-wizard-[0-9a-f]{16}\.txt)", said)
    assert named
    assert list(tmp_path.iterdir()) == [], "TMPDIR has no say"
    report = Path(named[1])
    assert report.stat().st_mode & 0o777 == 0o600
    assert "AttributeError" in report.read_text()
    assert "NoneType" not in report.read_text(), "an error's own words may hold a secret"
    report.unlink()


def test_colours_are_the_terminals_own_sixteen(launched: list[Terminal]) -> None:
    terminal = start(launched)
    terminal.until("Dovecot")
    assert not re.search(rb"\x1b\[[0-9;]*[34]8;[25];", terminal.raw)


def test_no_color_sends_none(launched: list[Terminal]) -> None:
    terminal = start(launched, NO_COLOR="1")
    terminal.until("Dovecot")
    terminal.type(NEXT)
    terminal.until("wizard  Hostname")
    codes = {
        int(code)
        for found in re.findall(rb"\x1b\[([0-9;]*)m", terminal.raw)
        for code in found.split(b";")
        if code
    }
    assert not codes & {*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108)}


@pytest.mark.promise(28)
@pytest.mark.parametrize("term", ["", "dumb", "unknown"])
def test_a_terminal_that_cannot_be_drawn_on(monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setattr("sys.stdin", Yes())
    monkeypatch.setattr("sys.stdout", Yes())
    monkeypatch.setattr("sys.stderr", Yes())
    with pytest.raises(UsageTrouble, match=r"postfix-wizard plan"):
        asked.need_terminal({"TERM": term}, (80, 24))


@pytest.mark.promise(28)
@pytest.mark.parametrize("size", [(39, 24), (80, 9), (1, 1)])
def test_a_terminal_that_is_too_small(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr("sys.stdin", Yes())
    monkeypatch.setattr("sys.stdout", Yes())
    monkeypatch.setattr("sys.stderr", Yes())
    with pytest.raises(UsageTrouble, match=f"{size[0]}x{size[1]}"):
        asked.need_terminal({"TERM": "xterm"}, size)
    asked.need_terminal({"TERM": "xterm"}, (40, 10))
    asked.need_terminal({"TERM": "vt220"}, (0, 0))  # it does not know its size


class Yes:
    def isatty(self) -> bool:
        return True


@pytest.mark.promise(28)
def test_without_a_terminal_the_command_line_is_offered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("sys.stdin", None)
    assert main([]) == os.EX_USAGE
    said = capsys.readouterr().err
    assert "there is no terminal to draw on" in said
    assert "`postfix-wizard apply --answers FILE`" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("words", [[], ["--dry-run"], ["--section", "limits"]])
def test_without_root_it_is_not_the_usage_that_is_wrong(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("sys.stdin", None)
    assert main(words) == os.EX_NOPERM
    assert "Log in as root" in capsys.readouterr().err


def test_root_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(PermissionTrouble, match="a dry run included"):
        asked.need_root()


def test_a_slip_on_the_command_line_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--section", "nosuch"]) == os.EX_USAGE
    assert "invalid choice: 'nosuch'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["--dry-run", "apply", "--yes"],
        ["--answers", "a.toml", "plan", "--root", "/srv"],
        ["--section", "move", "move"],
        ["--section", "limits", "--yes"],
        ["--dry-run", "--", "\x1b[2J"],
    ],
)
def test_options_before_a_command_are_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """`--dry-run apply` must neither apply nor open the screens."""
    assert main(words) == os.EX_USAGE
    said = capsys.readouterr().err
    assert "is no option of the screens. A command comes first, then its options" in said
    assert "\x1b" not in said
