"""Units in a run: their state, the end of one, and the lines that say why one failed."""

from __future__ import annotations

import time

from wizard.errors import Trouble
from wizard.host.units import RUNNING_STATES, STOPPED_STATES
from wizard.run.context import Context, listed

RESUMES = "then `postfix-wizard resume` continues."
LOG_ADVICE = f"`journalctl -u {{unit}} -n 50` says why. Repair that; {RESUMES}"
_PAUSE_SECONDS = 0.05


def unit_state(unit: str, context: Context) -> str:
    """Return the word that `systemctl is-active` prints, whatever its exit status."""
    return unit_word("is-active", unit, context)


def unit_word(verb: str, unit: str, context: Context) -> str:
    """Return the word that `systemctl is-active` or `is-enabled` prints."""
    words = context.query("systemctl", verb, unit).out.decode("ascii", "replace").split()
    return words[0] if words else "unknown"


def has_died(was: str, state: str) -> bool:
    """True if a unit that ran has failed since. Nobody decided that, as a stop by hand is decided."""
    return was in RUNNING_STATES and state == "failed"


def turn_unit(verb: str, unit: str, doing: str, context: Context) -> None:
    """Run `systemctl VERB UNIT`. Raises Trouble where that fails, after the unit's last lines."""
    argv = ("systemctl", verb, unit)
    done = context.run(*argv)
    if done.status != 0:
        show_log(unit, context)
        raise Trouble(doing, listed(argv, done), LOG_ADVICE.format(unit=unit))


def stop_unit(unit: str, doing: str, context: Context) -> None:
    """Stop a unit. One that failed does not run either: it only loses that mark.

    Raises Trouble where it still runs when the time for a service is over.
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
            show_log(unit, context)
            raise Trouble(doing, f"{unit} is {state}", LOG_ADVICE.format(unit=unit))
        context.loop.turn(_PAUSE_SECONDS)


def show_log(unit: str, context: Context) -> None:
    """Put the last lines of a unit's log into the step's output."""
    context.run("journalctl", "-u", unit, "-n", "20", "--no-pager", "-o", "cat")
