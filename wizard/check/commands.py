"""Commands that are asked side by side, and what each told or why it told nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Optional, TypeVar

from wizard.door import Door, Outcome
from wizard.errors import Trouble
from wizard.host.later import Later
from wizard.text import first_line

T = TypeVar("T")


@dataclass(frozen=True)
class Told:
    """A command's outcome; `why` says why there is none, then the rest is empty."""

    outcome: Outcome
    why: str = ""

    @property
    def text(self) -> str:
        """Standard output; a hostile byte survives only until it is cleaned for showing."""
        return self.outcome.text

    @property
    def failure(self) -> str:
        """Why there is no usable answer: it never ran, or it ended with an error. Else ""."""
        if self.why:
            return self.why
        if self.outcome.code == 0:
            return ""
        words = first_line(self.outcome.stderr) or first_line(self.outcome.stdout)
        return words or f"it ended with {self.outcome.code}"


Asked = Callable[[], Told]

NOTHING = Outcome(0, b"", b"")


def ask(door: Door, argv: Sequence[str], *, timeout: float = 10) -> Asked:
    """Start a command that only reads; call the result to wait for what it told.

    Neither raises: a program that is not there or does not answer is a Told with a `why`.
    """
    try:
        running = door.start(argv, timeout=timeout)
    except Trouble as trouble:
        why = trouble.wrong
        return lambda: Told(NOTHING, why)
    if running is None:
        return lambda: Told(NOTHING, f"there is no {argv[0]}")

    def wait() -> Told:
        try:
            return Told(running.outcome())
        except Trouble as trouble:
            return Told(NOTHING, f"{argv[0]}: {trouble.wrong}")

    return wait


def begin(
    reader: Callable[[Door], Later[Optional[T]]], door: Door
) -> Callable[[], tuple[Optional[T], str]]:
    """Begin to read a fact of the host; what is told is the fact, or None and why there is none."""
    try:
        later = reader(door)
    except Trouble as trouble:
        why = str(trouble)
        return lambda: (None, why)

    def finish() -> tuple[Optional[T], str]:
        try:
            fact = later()
        except Trouble as trouble:
            return None, str(trouble)
        return fact, "" if fact is not None else "there is no such program here"

    return finish
