"""The operator's terminal as plain lines: colour only where it helps, prompts unechoed."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import dataclass
from typing import Iterable, TextIO

from wizard.run.clean import clean_line

_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
_RESET = "\x1b[0m"


@dataclass(frozen=True)
class Console:
    """Where lines go, and whether somebody sits there."""

    out: TextIO
    is_terminal: bool
    colour: bool

    def say(self, *lines: str) -> None:
        """Print lines, stripped of whatever a terminal would obey."""
        for line in lines:
            print(clean_line(line), file=self.out, flush=not self.is_terminal)

    def say_diff(self, lines: Iterable[str]) -> None:
        """Print lines of a diff, coloured by their first column on a terminal."""
        for line in lines:
            colour = _COLOURS.get(line[:1], "") if self.colour else ""
            print(f"{colour}{clean_line(line)}{_RESET if colour else ''}", file=self.out)

    def ask(self, question: str, *, echo: bool = True) -> str:
        """Ask at the terminal; an end of file is an empty answer."""
        try:
            return input(clean_line(question)) if echo else getpass.getpass(clean_line(question))
        except EOFError:
            return ""

    def agrees(self, question: str) -> bool:
        """Ask for a yes; anything else is a no."""
        return self.ask(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def console() -> Console:
    """Return the console of this process: a terminal only where one can be asked as well."""
    is_terminal = sys.stdout.isatty() and sys.stdin.isatty()
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM", "dumb") == "dumb"
    return Console(sys.stdout, is_terminal, colour=sys.stdout.isatty() and not plain)
