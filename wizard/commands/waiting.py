"""`--wait SECONDS`: wait for the end of another run, then run a command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Callable

from wizard.commands.console import Console
from wizard.errors import LockedTrouble
from wizard.run.lock import TAKING, holder
from wizard.run.run_result import run_result

if TYPE_CHECKING:
    from wizard.commands.planning import Options
    from wizard.session import Session

PAUSE_SECONDS = 0.3
"""Seconds between two looks at the lock."""


def run_when_free(
    run: Callable[[Session, Options, Console], int],
    session: Session,
    options: Options,
    console: Console,
) -> int:
    """Wait up to `options.wait` seconds for the lock, then run the command and return its exit code.

    If another process was faster, the command has changed nothing. Then it begins again with what
    the host is by then. Raises LockedTrouble once the time is over.
    """
    deadline = time.monotonic() + options.wait
    while True:
        _wait(session, deadline, console)
        try:
            code = run(session, options, console)
            _refuse_overtaken(session, console, code)
        except LockedTrouble:
            if (
                len(console.work.runs) > _overtaken(session, console)
                or time.monotonic() >= deadline
            ):
                raise
            console.work.plans.clear()
            console.work.runs.clear()
        else:
            return code


def _refuse_overtaken(session: Session, console: Console, code: int) -> None:
    """Raise LockedTrouble if the worker of the last run found that another one has the lock.

    Between the look at the lock and the worker's start there are some 50 ms.
    """
    if code and _overtaken(session, console):
        name = console.work.runs[-1]
        wrong = run_result(session.places, name).summary.message
        raise LockedTrouble(f"starting run {name}", wrong, "It took no step.")


def _overtaken(session: Session, console: Console) -> int:
    """Return 1 if the last run took no step since another one had the lock, else 0."""
    for name in console.work.runs[-1:]:
        last = run_result(session.places, name)
        return int(not last.began and last.summary.message.startswith(f"While {TAKING}: "))
    return 0


def _wait(session: Session, deadline: float, console: Console) -> None:
    """Return when no run is in progress, or at the deadline of the monotonic clock."""
    said = False
    while time.monotonic() < deadline:
        found = holder(session.places)
        if found is None:
            return
        if not said:
            said = True
            name = f"run {found.run}" if found.run else "another run"
            console.say(f"Waiting for the end of {name}.")
        time.sleep(min(PAUSE_SECONDS, max(deadline - time.monotonic(), 0)))
