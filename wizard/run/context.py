"""What an action may use: its run's paths, its output, child processes, and the operator.

An action calls `intend` with what undo needs before its first effect, and returns the same or
more exact data when it is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, cast

from wizard.errors import Trouble
from wizard.plan.model import Plan
from wizard.run import commands, prompts
from wizard.run.commands import Completed
from wizard.run.directories import make_private
from wizard.run.dnf import LOCK_PATIENCE
from wizard.run.loop import Loop
from wizard.run.output import StepOutput
from wizard.run.path_state import (
    Observed,
    file_state,
    keep_replaced,
    observe,
    require,
    text_state,
    undo_of,
)
from wizard.run.paths import RunPlaces, step_name
from wizard.run.prompts import PromptServer
from wizard.run.records import Before, Record, StepIntended
from wizard.run.seals import Seals
from wizard.run.steady import steady
from wizard.run.terminal import Ask

Undo = dict[str, object]


@dataclass(frozen=True)
class Patience:
    """Time limits in seconds.

    `prompt` is how long a prompt stays open, `lock` how long dnf may wait for a lock, `service`
    how long the service may take to start. It may then take `greeting` to greet; postscreen(8)
    takes 6. `delivery` is how long a test message is followed.
    """

    prompt: float = prompts.PATIENCE
    lock: float = LOCK_PATIENCE
    service: float = 30.0
    greeting: float = 15.0
    delivery: float = 15.0


@dataclass(frozen=True)
class Context:
    """What one step may use.

    `earlier` is what an earlier attempt at this step intended, None on the first attempt.
    `before` is what was wrong before the run, None without that check. Replaced files get the
    time `stamp_ns`. `record` appends to the journal and returns when it is on disk. `attended`
    is True if somebody may answer prompts.
    """

    places: RunPlaces
    plan: Plan
    step: str
    loop: Loop
    prompt_server: PromptServer
    output: StepOutput
    record: Callable[[Record], None]
    stopping: Callable[[], bool]
    attended: bool
    stamp_ns: int
    seals: Seals
    earlier: Optional[Undo] = None
    before: Optional[Before] = None
    patience: Patience = field(default_factory=Patience)

    def intend(self, undo: Undo) -> Undo:
        """Journal what undo needs. Nothing may be changed before this returns."""
        self.record(StepIntended(self.step, undo))
        return undo

    def say(self, line: str) -> None:
        """Add one line of the wizard's own to the step's output."""
        self.output.say(line)

    def run(self, *argv: str) -> Completed:
        """Run a command. Its output goes to the step's output."""
        return self._steady(argv, lambda one: commands.run(one, self.loop, self.output))

    def require_success(self, doing: str, advice: str, *argv: str) -> None:
        """Run a command. Raises Trouble with its last output unless it exits with 0."""
        done = self.run(*argv)
        if done.status != 0:
            raise Trouble(doing, listed(argv, done), advice)

    def run_on_terminal(self, *argv: str) -> Completed:
        """Run a command that prints everything only on a terminal. It goes to the step's output."""
        return commands.run(argv, self.loop, self.output, terminal=True)

    def query(self, *argv: str, stdin: Optional[bytes] = None) -> Completed:
        """Run a command that only reads. Only the caller gets its output."""
        return self._steady(argv, lambda one: self._query(one, stdin))

    def _query(self, argv: tuple[str, ...], stdin: Optional[bytes] = None) -> Completed:
        return commands.run(argv, self.loop, None, stdin=stdin, whole=True)

    def _steady(
        self, argv: tuple[str, ...], call: Callable[[tuple[str, ...]], Completed]
    ) -> Completed:
        return steady(argv, call, self._query, self.say, self.loop.turn)

    def ask(self, question: Ask, moot: Callable[[], bool]) -> Optional[str]:
        """Ask the operator; return None at once if nobody attends."""
        if not self.attended:
            return None
        # The question has no end of line, so it would be written only with the answer.
        self.output.flush()
        return self.prompt_server.ask(
            self.step,
            question.text,
            echo=question.echo,
            patience=self.patience.prompt,
            until=lambda: moot() or self.stopping(),
        )

    def staging(self) -> Path:
        """Return the step's private directory for staged files. Make it if it is missing."""
        directory = self.places.staging / step_name(self.step)
        make_private(directory)
        return directory

    def observe(self, path: str) -> Observed:
        """Return what is at `path`, with its state. Raises Trouble."""
        return observe(path, self.seals)

    def text_state(self, text: bytes) -> str:
        """Return the state of a file that has `text` in it."""
        return text_state(text, self.seals)

    def already(self, seen: Observed, now: str) -> bool:
        """True if an earlier attempt at this step has already given the path its new state."""
        return self.earlier is not None and seen.state == now

    def require_before(self, seen: Observed, before: Optional[str], doing: str) -> None:
        """Raise Stale unless the file has the SHA-256 `before` (None: is missing)."""
        require(seen, file_state(before), doing)

    def undo_file(self, seen: Observed, now: str) -> Undo:
        """Save the bytes of a path and return what undo needs of it.

        If an earlier attempt at this step did so, return that: the state before that attempt.
        """
        for entry in cast("list[Undo]", (self.earlier or {}).get("files", [])):
            if entry["path"] == seen.path and seen.state in {entry["was"], entry["now"]}:
                return {**entry, "now": now}
        copy = keep_replaced(self.places, seen.file, self.seals) if seen.file is not None else ""
        return undo_of(seen, now, copy)


Executor = Callable[..., Undo]


_LINES = 5
_GRAVE = re.compile(r"\b(?:fatal|panic|error): ", re.IGNORECASE)
"""The severities of Postfix's messages after which a program ends (msg(3) in its source)."""


def listed(argv: Sequence[str], done: Completed) -> str:
    """Return a failed command with its status and five lines of its output, the gravest first."""
    grave = [line for line in done.said if _GRAVE.search(line)]
    others = [line for line in done.said if line not in grave]
    shown = [*grave[:_LINES], *others[max(0, len(others) + len(grave) - _LINES) :]]
    words = "; ".join(line.strip() for line in shown[:_LINES])
    return f"{commands.spelled(argv)}: {done.ended}" + (f": {words}" if words else "")
