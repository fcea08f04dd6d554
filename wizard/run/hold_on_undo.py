"""Put queued mail on hold in an undo, before main.cf is put back."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.errors import Trouble
from wizard.paths import MAIN_CF
from wizard.plan import hold
from wizard.plan.model import Step
from wizard.plan.undo_actions import PutBack
from wizard.run.actions.back import saved_bytes
from wizard.run.files import read
from wizard.run.seals import Seals


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
