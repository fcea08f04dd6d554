"""Print plain lines on the operator's terminal, and ask there. Only diffs have colours."""

from __future__ import annotations

import contextlib
import getpass
import io
import json
import os
import select
import shutil
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Iterable, Optional, TextIO

from wizard.commands.work import Work
from wizard.run.sanitize import clean_line
from wizard.secrets import masked
from wizard.text import between_words

_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
_RESET = "\x1b[0m"
_LOOK = 0.5
"""Seconds between two checks whether a prompt is still open."""


def _coloured(line: str) -> str:
    colour = _COLOURS.get(line[:1], "")
    return f"{colour}{line}{_RESET}" if colour else line


_COLUMNS = 80
"""The width of a terminal that does not know its own, such as a serial console (tty_ioctl(4))."""


@dataclass(frozen=True)
class Console:
    """The output for lines. `is_terminal` is True if somebody can read and answer there.

    `work` is what the command did so far.
    """

    out: TextIO
    is_terminal: bool
    colour: bool
    work: Work = field(default_factory=Work)

    def say(self, *lines: str) -> None:
        """Print lines without terminal controls and with masked keys."""
        for line in lines:
            print(masked(clean_line(line)), file=self.out, flush=not self.is_terminal)

    def conclude(self, *lines: str) -> None:
        """Print the last words of a command that begins no run."""
        self.work.words.extend(lines)
        self.say(*lines)

    def say_text(self, *lines: str) -> None:
        """Print sentences; on a terminal they break between words."""
        if not self.is_terminal:
            self.say(*lines)
            return
        width = shutil.get_terminal_size().columns or _COLUMNS
        self.say(*(part for line in lines for part in between_words(line, width)))

    def say_json(self, data: Mapping[str, Any]) -> None:
        """Print an object of docs/json.md. Who makes it masks what is secret in it.

        `message` says why there is no result. It is "" where `data` has none.
        """
        print(json.dumps({**data, "message": data.get("message", "")}, indent=2), file=self.out)

    def say_diff(self, lines: Iterable[str]) -> None:
        """Print lines of a diff, coloured by their first column on a terminal."""
        cleaned = map(clean_line, lines)
        self.out.writelines(
            f"{one}\n" for one in (map(_coloured, cleaned) if self.colour else cleaned)
        )

    def ask(self, question: str) -> str:
        """Ask at the terminal; an end of file is an empty answer."""
        try:
            return input(clean_line(question))
        except EOFError:
            return ""

    def ask_while(self, question: str, is_open: Callable[[], bool], *, echo: bool) -> Optional[str]:
        """Ask at the terminal as long as `is_open` returns True; return None once it does not.

        `is_open` is called every half second. An end of file is an empty answer.
        """
        # Echo is off before the question: keys that come at once are neither shown nor dropped.
        with _silent(sys.stdin, silent=not echo):
            print(clean_line(question), end=" ", file=self.out, flush=True)
            while is_open():
                if select.select([sys.stdin], [], [], _LOOK)[0]:
                    return sys.stdin.readline().rstrip("\n")
        self.say("")
        return None

    def ask_secret(self, question: str) -> Optional[str]:
        """Ask without echo at the terminal of this login, also if the output is redirected.

        Return None without a terminal. An end of file is an empty answer.
        """
        try:
            os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
        except OSError:
            return None
        try:
            return getpass.getpass(clean_line(question))
        except EOFError:
            return ""

    def agrees(self, question: str) -> bool:
        """Return True if the answer is a yes. Anything else is a no."""
        return self.ask(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


@contextlib.contextmanager
def _silent(terminal: TextIO, *, silent: bool) -> Iterator[None]:
    """Turn the terminal's echo off meanwhile (termios(3))."""
    if not silent:
        yield
        return
    before = termios.tcgetattr(terminal)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    try:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, quiet)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
        print()


def console() -> Console:
    """Return the console of this process. It is a terminal only if both input and output are."""
    # A character that the locale lacks (EUC-JP, Latin-1) must not end the program.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    is_terminal = sys.stdout.isatty() and sys.stdin.isatty()
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM", "dumb") == "dumb"
    return Console(sys.stdout, is_terminal, colour=sys.stdout.isatty() and not plain)
