"""Units in a run: read their state, turn and stop them, and show why one failed."""

from __future__ import annotations

import time
from typing import NoReturn

from wizard.errors import Trouble
from wizard.host.units import RUNNING_STATES, STOPPED_STATES
from wizard.run.context import Context, listed

LOG_ADVICE = "`journalctl -u {unit} -n 50` says why."
_PAUSE_SECONDS = 0.05


def unit_state(unit: str, context: Context) -> str:
    """Return the word that `systemctl is-active` prints, with any exit status."""
    return unit_word("is-active", unit, context)


def unit_word(verb: str, unit: str, context: Context) -> str:
    """Return the word that `systemctl is-active` or `is-enabled` prints."""
    words = context.query("systemctl", verb, unit).out.decode("ascii", "replace").split()
    return words[0] if words else "unknown"


def has_died(was: str, state: str) -> bool:
    """True if a unit that ran has failed since. A stop by hand is another state."""
    return was in RUNNING_STATES and state == "failed"


def turn_unit(verb: str, unit: str, doing: str, context: Context) -> None:
    """Run `systemctl VERB UNIT`. If that fails, show the unit's last lines and raise Trouble."""
    argv = ("systemctl", verb, unit)
    done = context.run(*argv)
    if done.status != 0:
        fail(unit, doing, listed(argv, done), context)


def stop_unit(unit: str, doing: str, context: Context) -> None:
    """Stop a unit. A failed unit does not run, so only its failure is reset.

    Raises Trouble if it still runs after the time limit for a service.
    """
    state = unit_state(unit, context)
    if state not in STOPPED_STATES:
        turn_unit("stop", unit, doing, context)
        state = _stopped(unit, doing, context)
    if state == "failed":
        # The unit is stopped already, so it does not matter whether systemd still knows it.
        context.run("systemctl", "reset-failed", unit)
    context.say(f"{unit} does not run.")


def _stopped(unit: str, doing: str, context: Context) -> str:
    deadline = time.monotonic() + context.patience.service
    while True:
        state = unit_state(unit, context)
        if state in STOPPED_STATES:
            return state
        if time.monotonic() > deadline:
            fail(unit, doing, f"{unit} is {state}", context)
        context.loop.turn(_PAUSE_SECONDS)


def fail(unit: str, doing: str, wrong: str, context: Context) -> NoReturn:
    """Put the last lines of a unit's log into the step's output, and raise Trouble."""
    context.run("journalctl", "-u", unit, "-n", "20", "--no-pager", "-o", "cat")
    raise Trouble(doing, wrong, LOG_ADVICE.format(unit=unit))
