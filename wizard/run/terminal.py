"""Run a child that needs a terminal on one of its own, and answer its questions (pty(7), pexpect).

Only the end of the output is matched, so that a million lines cost no more than reading them. The
child ignores SIGHUP and has its own session. So it survives a killed worker: a dnf that is cut off
in a transaction skips scriptlets without an error. Answers are not recorded, and the terminal does
not echo.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional, Union, cast

from wizard.environment import child_environment
from wizard.errors import Trouble
from wizard.run.commands import READ, ended, spelled
from wizard.run.loop import Exit, Loop, watched
from wizard.run.output import StepOutput
from wizard.run.sanitize import clean

if TYPE_CHECKING:
    import pexpect

ROWS, COLUMNS = 50, 100
_HEARD = 1 << 16
_END = 4096
_TURN = 0.5
_LAST_WORDS = 60.0


@dataclass(frozen=True)
class Say:
    """Answer at once, since the operator agreed to this in the review of the plan."""

    text: str


@dataclass(frozen=True)
class Ask:
    """Ask the operator `text`. `refusal` is the error if nobody answers.

    `no` is the answer that makes the child give up without harm.
    """

    text: str
    refusal: Trouble
    no: str = "n"
    echo: bool = True


@dataclass(frozen=True)
class GiveUp:
    """Send `text`, which ends the child. `trouble` says why."""

    text: str
    trouble: Trouble


Decision = Union[Say, Ask, GiveUp]


@dataclass(frozen=True)
class Lock:
    """How a program waits for a lock.

    `waiting` matches a line that says so. `blocked` takes the session's ID and returns a phrase
    that names the process with the lock, "" if the program does not wait. After `patience`
    seconds the wait is ended, with the error that `stuck` returns.
    """

    waiting: re.Pattern[str]
    blocked: Callable[[int], str]
    patience: float
    stuck: Callable[[str], Trouble]


@dataclass(frozen=True)
class Manner:
    """How a program asks and waits.

    `question` matches the end of the output if the program waits for an answer. `decide` gets the
    clean lines since the last question. `watch` is called twice a second, and an error that it
    returns ends the child. `lock` is None for a program that waits for no lock.
    """

    question: re.Pattern[str]
    decide: Callable[[tuple[str, ...]], Decision]
    watch: Callable[[], Optional[Trouble]] = lambda: None
    lock: Optional[Lock] = None


Asker = Callable[[Ask, Callable[[], bool]], Optional[str]]
"""Asks the operator until the second argument returns True. Returns None without an answer."""


def drive(argv: Sequence[str], loop: Loop, output: StepOutput, manner: Manner, asker: Asker) -> int:
    """Run `argv` on a terminal to its end and return its exit status (minus a signal's number).

    Raises Trouble for a question without an answer, once the child has given up, or if the wait
    for a lock took too long.
    """
    output.say(f"$ {spelled(argv)}")
    with _spawned(argv) as child:
        gone = Exit(loop, child.pid or 0)
        talk = _Conversation(child, loop, output, manner=manner, asker=asker, gone=gone)
        try:
            with watched(loop, child.child_fd, talk.read):
                while not gone.seen:
                    loop.turn(_TURN)
                    talk.attend()
                # The child has ended. Output that a grandchild may still write is not waited for.
                while talk.read():
                    pass
        finally:
            gone.close()
        child.wait()
    status = child.exitstatus if child.exitstatus is not None else -(child.signalstatus or 0)
    if status != 0:
        output.say(f"({ended(status)})")
    if talk.trouble is not None:
        raise talk.trouble
    return status


class _Conversation:
    """Reads the child's output since the last question, and answers it."""

    def __init__(
        self,
        child: pexpect.spawn[Any],
        loop: Loop,
        output: StepOutput,
        *,
        manner: Manner,
        asker: Asker,
        gone: Exit,
    ) -> None:
        self._child = child
        self._loop = loop
        self._output = output
        self._manner = manner
        self._asker = asker
        self._gone = gone
        self._heard = bytearray()
        self._new = False
        self._waits_since: Optional[float] = None
        self._blocked_since: Optional[float] = None
        self._checked_at = time.monotonic()
        self._who = ""
        self._give_up_at: Optional[float] = None
        self._unsent: Optional[OSError] = None
        self.trouble: Optional[Exception] = None

    def read(self) -> bool:
        """Read the child's new output; return False if there is none, or none any more."""
        try:
            data = os.read(self._child.child_fd, READ)
        except BlockingIOError:
            return False
        except OSError:
            # EIO: nobody has the terminal's other side open any more (pty(7)).
            data = b""
        if not data:
            self._loop.forget(self._child.child_fd)
            return False
        self._output.write(data)
        self._heard += data
        del self._heard[:-_HEARD]
        self._new = True
        return True

    def attend(self) -> None:
        """Answer a question, and end a wait that takes too long."""
        if self._new:
            self._new = False
            self._handle_last_line()
        now = time.monotonic()
        if now - self._checked_at >= _TURN:
            self._checked_at = now
            if self._manner.lock is not None:
                self._note_block(self._manner.lock)
            wrong = self._manner.watch() if self.trouble is None else None
            if wrong is not None:
                self._end(wrong)
        if self._manner.lock is not None:
            self._end_what_waits_too_long(self._manner.lock, now)
        if self._give_up_at is not None and now > self._give_up_at and not self._gone.seen:
            self._give_up_at = None
            if self._unsent is not None:
                self.trouble = self.trouble or _unanswered(self._unsent)
            self._terminate()

    def _end_what_waits_too_long(self, lock: Lock, now: float) -> None:
        waits = (self._waits_since, self._last_line), (self._blocked_since, lambda: self._who)
        for since, who in waits:
            if since is not None and now - since > lock.patience:
                self._waits_since = self._blocked_since = None
                self._end(lock.stuck(who()))

    def _note_block(self, lock: Lock) -> None:
        who = lock.blocked(self._child.pid or 0)
        if not who:
            self._blocked_since = None
        elif self._blocked_since is None:
            self._blocked_since = time.monotonic()
            self._output.say(f"({who}; it is waited for, {lock.patience:.0f} s at most)")
        self._who = who

    def _handle_last_line(self) -> None:
        end = self._last_line()
        lock = self._manner.lock
        if lock is not None and lock.waiting.search(end):
            self._waits_since = time.monotonic()
        elif end:
            self._waits_since = None
        # A question has no newline at its end. A line with one is an echo.
        if not self._heard.endswith((b"\n", b"\r")) and self._manner.question.search(end):
            self._reply(self._manner.decide(clean(bytes(self._heard))))

    def _last_line(self) -> str:
        lines = [line for line in clean(bytes(self._heard[-_END:])) if line.strip()]
        return lines[-1] if lines else ""

    def _reply(self, decision: Decision) -> None:
        self._heard.clear()
        if isinstance(decision, Say):
            self._send(decision.text)
            return
        if isinstance(decision, GiveUp):
            self.trouble = self.trouble or decision.trouble
            self._give_up_at = time.monotonic() + _LAST_WORDS
            self._send(decision.text)
            return
        if self.trouble is not None:
            self._send(decision.no)
            return
        answer = None
        self.trouble = decision.refusal
        try:
            answer = self._asker(decision, lambda: self._gone.seen)
        except Exception as error:  # noqa: BLE001 (raised by `drive`, once the child has ended)
            self.trouble = error
        if answer is not None:
            self.trouble = None
        elif not self._gone.seen:
            self._give_up_at = time.monotonic() + _LAST_WORDS
        self._send(decision.no if answer is None else answer)

    def _send(self, text: str) -> None:
        try:
            self._child.send(text.encode() + b"\n")
        except OSError as error:
            # A child that has just ended needs no answer. Any other would wait for ever.
            self._unsent = error
            self._give_up_at = time.monotonic()

    def _end(self, trouble: Trouble) -> None:
        self.trouble = self.trouble or trouble
        self._output.say(f"({trouble.wrong})")
        self._terminate()

    def _terminate(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child.pid or 0, signal.SIGTERM)


def _unanswered(error: OSError) -> Trouble:
    return Trouble(
        "answering what was asked on a terminal",
        f"/dev/pts: {error.strerror or error}",
        "The program was ended where it asked.",
    )


@contextlib.contextmanager
def _spawned(argv: Sequence[str]) -> Iterator[pexpect.spawn[Any]]:
    import pexpect  # noqa: PLC0415 (most runs drive no terminal, and it takes 20 ms)

    try:
        child = pexpect.spawn(
            argv[0],
            list(argv[1:]),
            timeout=None,
            maxread=READ,
            searchwindowsize=200,
            logfile=None,
            cwd="/",
            env=child_environment(),
            ignore_sighup=True,
            echo=False,
            encoding=None,
            dimensions=(ROWS, COLUMNS),
        )
    except (pexpect.ExceptionPexpect, OSError) as error:
        raise Trouble(
            f"starting {argv[0]}",
            str(error).partition("\n")[0],
            f"See that {argv[0]} is installed and can be run.",
        ) from error
    child.delaybeforesend = None
    cast("Any", child).ptyproc.delayafterclose = 0
    os.set_blocking(child.child_fd, False)
    try:
        yield child
    finally:
        child.close(force=False)
