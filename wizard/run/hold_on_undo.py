"""The undo of queued mail: put it on hold before main.cf is put back, and release it afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wizard.errors import Trouble
from wizard.paths import MAIN_CF
from wizard.plan import hold
from wizard.plan.actions import HoldMail
from wizard.plan.model import Action, Step
from wizard.plan.undo_actions import PutBack, ReleaseMail
from wizard.run.actions.back import saved_bytes
from wizard.run.files import read
from wizard.run.on_hold import messages_of
from wizard.run.seals import Seals

_COMMAND = ("postsuper", "-H", "-")


def hold_steps(
    steps: Sequence[Step], prefix: str, seals: Seals, written: bytes
) -> tuple[Step, ...]:
    """Return the step that puts mail on hold if these steps put back another main.cf.

    `written` is the main.cf of the run. A running Postfix still uses it if the file was removed.
    """
    for step in steps:
        files = step.action.files if isinstance(step.action, PutBack) else ()
        for past in files:
            if past.path == MAIN_CF and past.copy:
                try:
                    now, before = read(MAIN_CF), saved_bytes(past, seals)
                except Trouble:
                    # Nothing can be compared. The step that puts it back reports the error.
                    return ()
                live = now.text if now is not None else written
                return tuple(hold.first(live, before, prefix=prefix, is_strict=False))
    return ()


def second_hold(first: Sequence[Step], turned: Sequence[Step]) -> tuple[Step, ...]:
    """Return the second hold if a service is turned. It may take mail after the first one."""
    return tuple(map(hold.second, first)) if turned else ()


def release_steps(
    name: str, action: Action, terms: dict[str, object], prefix: str
) -> Iterator[Step]:
    """Yield the step that releases the messages that a step of the run put on hold."""
    messages = messages_of(terms)
    if isinstance(action, HoldMail) and messages:
        yield Step(
            prefix + name.replace("hold", "release"),
            f"Release {hold.counted(len(messages))} from hold",
            "The run put it on hold. Its domain has its former class again, so nothing bounces.",
            ReleaseMail(messages, action.before),
            (_COMMAND,),
        )
