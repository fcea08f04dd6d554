"""Run read-only commands in parallel. Return the output of each, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Optional, TypeVar

from wizard.door import Door, Later, Outcome
from wizard.errors import Trouble
from wizard.limits import PROBE_SECONDS
from wizard.text import first_line

T = TypeVar("T")


@dataclass(frozen=True)
class CommandResult:
    """A command's outcome. If there is none, `why` is the reason and the outcome is empty."""

    outcome: Outcome
    why: str = ""

    @property
    def text(self) -> str:
        """Standard output. It may contain control characters; clean it before it is shown."""
        return self.outcome.text

    @property
    def failure(self) -> str:
        """Why there is no usable output: the command never ran, or it failed. "" if it succeeded."""
        if self.why:
            return self.why
        if self.outcome.code == 0:
            return ""
        words = first_line(self.outcome.stderr) or first_line(self.outcome.stdout)
        return words or f"it ended with {self.outcome.code}"


PendingCommand = Callable[[], CommandResult]

NOTHING = Outcome(0, b"", b"")


def start_command(
    door: Door, argv: Sequence[str], *, timeout: float = PROBE_SECONDS
) -> PendingCommand:
    """Start a command that only reads; call the result to wait for its outcome.

    Neither raises. If the program is missing or does not end in time, the result has a `why`.
    """
    try:
        running = door.start(argv, timeout=timeout)
    except Trouble as trouble:
        why = trouble.wrong
        return lambda: CommandResult(NOTHING, why)
    if running is None:
        return lambda: CommandResult(NOTHING, f"there is no {argv[0]}")

    def wait() -> CommandResult:
        try:
            return CommandResult(running.outcome())
        except Trouble as trouble:
            return CommandResult(NOTHING, f"{argv[0]}: {trouble.wrong}")

    return wait


def begin(
    reader: Callable[[Door], Later[Optional[T]]], door: Door
) -> Callable[[], tuple[Optional[T], str]]:
    """Begin to read a fact of the host; the result returns the fact, or None and the reason."""
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
