"""The operator's terminal as plain lines: colour only where it helps, prompts unechoed."""

from __future__ import annotations

import contextlib
import getpass
import io
import os
import select
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Iterable, Optional, TextIO

from wizard.run.clean import clean_line
from wizard.secrets import masked

_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
_RESET = "\x1b[0m"
_LOOK = 0.5
"""Seconds between two looks whether a question is still asked."""


@dataclass(frozen=True)
class Console:
    """Where lines go, and whether somebody sits there."""

    out: TextIO
    is_terminal: bool
    colour: bool

    def say(self, *lines: str) -> None:
        """Print lines, stripped of whatever a terminal would obey, and of keys."""
        for line in lines:
            print(masked(clean_line(line)), file=self.out, flush=not self.is_terminal)

    def say_diff(self, lines: Iterable[str]) -> None:
        """Print lines of a diff, coloured by their first column on a terminal."""
        for line in lines:
            colour = _COLOURS.get(line[:1], "") if self.colour else ""
            self.out.write(f"{colour}{clean_line(line)}{_RESET if colour else ''}\n")

    def ask(self, question: str) -> str:
        """Ask at the terminal; an end of file is an empty answer."""
        try:
            return input(clean_line(question))
        except EOFError:
            return ""

    def ask_while(self, question: str, asked: Callable[[], bool], *, echo: bool) -> Optional[str]:
        """Ask at the terminal as long as `asked` is true; None when it no longer is.

        `asked` is looked at every half second. An end of file is an empty answer.
        """
        # Silent before it is asked: what is typed at once is neither shown nor thrown away.
        with _silent(sys.stdin, silent=not echo):
            print(clean_line(question), end=" ", file=self.out, flush=True)
            while asked():
                if select.select([sys.stdin], [], [], _LOOK)[0]:
                    return sys.stdin.readline().rstrip("\n")
        self.say("")
        return None

    def ask_secret(self, question: str) -> Optional[str]:
        """Ask unechoed at the terminal of this login, wherever our output goes.

        None where there is no terminal; an end of file is an empty answer.
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
        """Ask for a yes; anything else is a no."""
        return self.ask(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


@contextlib.contextmanager
def _silent(terminal: TextIO, *, silent: bool) -> Iterator[None]:
    """Show nothing of what is typed meanwhile (termios(3))."""
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
    """Return the console of this process: a terminal only where one can be asked as well."""
    # A locale that lacks a character (EUC-JP, Latin-1) must not end the program over it.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    is_terminal = sys.stdout.isatty() and sys.stdin.isatty()
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM", "dumb") == "dumb"
    return Console(sys.stdout, is_terminal, colour=sys.stdout.isatty() and not plain)
