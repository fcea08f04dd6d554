"""An operator at a terminal: the wizard over real ssh, worked by keys and read as a screen."""

from __future__ import annotations

import re
import shlex
from typing import Optional

from lab.host import Host
from tests.screens.terminal import Terminal

NEXT, BACK, QUIT = "\x0e", "\x10", "\x11"
ENTER, ESCAPE, SPACE = "\r", "\x1b", " "
DOWN, HOME, END, BACKTAB = "\x1b[B", "\x1b[H", "\x1b[F", "\x1b[Z"
CLEAR = END + "\x15"
"""Empties the line that is typed into."""

SOON, LONG = 30.0, 120.0
"""Seconds that a screen and a run may take on a loaded machine."""

SECTIONS = ("Hostname", "Domains", "Networks", "Certificate", "Blocklists", "More", "Review")
_SETTINGS = re.compile(rb"(?<![0-9a-f:])[0-9a-f]+(?::[0-9a-f]+){20,}")


class Login(Terminal):
    """One login that starts the wizard; the far terminal's settings are printed around it."""

    def __init__(
        self, host: Host, *words: str, size: tuple[int, int] = (80, 24), term: str = ""
    ) -> None:
        called = shlex.join(["postfix-wizard", *words])
        line = f"stty -g; {called}; code=$?; stty -g; exit $code"
        super().__init__(host.ssh_argv(line), size, **({"TERM": term} if term else {}))

    def see(self, *words: str, seconds: float = SOON) -> str:
        """Wait until all the words are in sight at once; return the whole screen."""
        for _ in range(len(words) + 1):
            for word in words:
                self.until(word, seconds)
            if all(word in self.text for word in words):
                return self.text
        raise AssertionError(f"{words} were never in sight together:\n{self.text}")

    def do(self, keys: str, *words: str, seconds: float = SOON) -> str:
        """Press keys, and wait for what they bring."""
        self.type(keys)
        return self.see(*words, seconds=seconds)

    def walk(self, *, since: str = "", until: str = "Review") -> str:
        """Press Next from one section to another."""
        first = SECTIONS.index(since) + 1 if since else 0
        for name in SECTIONS[first : SECTIONS.index(until) + 1]:
            self.do(NEXT, f"postfix-wizard  {name}")
        return self.text

    def run_plan(self, *words: str) -> str:
        """From Review: run the plan, and wait for words on the run's screen."""
        self.see("Nothing has been written yet. r runs the ")
        self.do("r", "Run the plan?")
        self.do("y", "postfix-wizard  Run ")
        return self.see(*words, seconds=LONG)

    def leave(self, keys: str = QUIT) -> Optional[int]:
        """Quit; return the wizard's exit status, which ssh hands on."""
        self.type(keys)
        self.ended(SOON)
        return self.code

    @property
    def restored(self) -> bool:
        """Whether both ends' settings are as before, and the alternate screen was left."""
        far = _SETTINGS.findall(self.raw)
        return len(far) == 2 and far[0] == far[1] and self.left_as_it_was
