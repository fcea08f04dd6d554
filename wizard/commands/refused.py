"""The JSON object of a command that has no result (docs/json.md)."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from wizard.commands.console import Console
from wizard.errors import Trouble

if TYPE_CHECKING:
    from wizard.commands.planning import Options
    from wizard.session import Session

    Run = Callable[[Session, Options, Console], int]


def or_refused(empty: Mapping[str, Any]) -> Callable[[Run], Run]:
    """Return a decorator for a command that prints its object as the last thing that it does.

    With --json, a command that raises Trouble prints `empty` with the message of that, too. So a
    program reads one object, whatever the exit status is.
    """

    def decorate(run: Run) -> Run:
        @functools.wraps(run)
        def command(session: Session, options: Options, console: Console) -> int:
            try:
                return run(session, options, console)
            except Trouble as error:
                if options.json:
                    say_refused(console, empty, error)
                raise

        return command

    return decorate


def say_refused(console: Console, data: Mapping[str, Any], error: Trouble) -> None:
    """Print an object with the message of an error. The error counts, if the object cannot be printed."""
    with contextlib.suppress(OSError):
        console.say_json({**data, "message": str(error)})
        console.out.flush()
