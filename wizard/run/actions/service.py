"""Turn and enable postfix.service (systemctl(1)), and wait until it greets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Optional, Union

from wizard.host.units import RUNNING_STATES
from wizard.plan.actions import EnableUnit, Service
from wizard.plan.undo_actions import Disable, ReturnUnit
from wizard.run.action_kind import ActionKind, Changes
from wizard.run.actions.greeting import (
    SMTP,
    Listener,
    Process,
    greeting,
    is_ready,
    listeners,
    processes,
)
from wizard.run.context import Context, Undo
from wizard.run.past_step import Back, PastStep, RunToUndo, Slot
from wizard.run.path_state import AGAIN, Stale
from wizard.run.units import fail, has_died, stop_unit, turn_unit, unit_state, unit_word

_PAUSE = 0.02
_WANTS = "/etc/systemd/system/multi-user.target.wants"
_NOT_THERE = frozenset({"unknown", "not-found"})
"""Words for a missing unit: `unknown` for no output of `is-enabled`, `not-found` from systemd 252."""


def turn(action: Service, context: Context) -> Undo:
    """Start, reload or restart the unit, and wait until it is active, listens and greets."""
    doing = f"doing {action.verb} of {action.unit}"
    state, verb = unit_state(action.unit, context), action.verb
    if has_died(action.was, state):
        # master(8) ends on another's reload before ours if the new main.cf needs a restart.
        context.say(f"{action.unit} was {action.was} and failed since: it is restarted.")
        state, verb = action.was, "restart"
    if context.earlier is None and (state in RUNNING_STATES) != (action.was in RUNNING_STATES):
        raise Stale(doing, f"stale: {action.unit} was {action.was}, now it is {state}", AGAIN)
    undo = context.earlier or context.intend({"unit": action.unit, "verb": verb, "was": state})
    _turned(verb, action.unit, doing, context)
    return undo


def give_back(action: ReturnUnit, context: Context) -> Undo:
    """Stop the unit, or turn it so that it reads the present files, and wait for its greeting."""
    doing = f"returning {action.unit} to what it was ({action.to})"
    state = unit_state(action.unit, context)
    undo = context.earlier or context.intend({"unit": action.unit, "was": state})
    if action.to in RUNNING_STATES:
        _turned(action.verb if state == "active" else "restart", action.unit, doing, context)
    else:
        stop_unit(action.unit, doing, context)
    return undo


def _turned(verb: str, unit: str, doing: str, context: Context) -> None:
    # After a reload a former process may still take one more client, with the old files.
    former = processes() if verb == "reload" else frozenset()
    turn_unit(verb, unit, doing, context)
    _await_service(verb, unit, doing, former, context)


def enable(action: EnableUnit, context: Context) -> Undo:
    """Have the unit started at boot. Undo restores the state right before."""
    state = unit_word("is-enabled", action.unit, context)
    undo = context.earlier or context.intend({"unit": action.unit, "was": state})
    advice = f"If it is masked: `systemctl unmask {action.unit}`."
    argv = ("systemctl", "enable", action.unit)
    context.require_success(f"enabling {action.unit}", advice, *argv)
    return undo


def disable(action: Disable, context: Context) -> Undo:
    """Have the unit no longer started at boot. A missing unit is no error."""
    state = unit_word("is-enabled", action.unit, context)
    undo = context.earlier or context.intend({"unit": action.unit, "was": state})
    if state in _NOT_THERE:
        context.say(f"{action.unit} is not installed any more.")
        return undo
    turn_unit("disable", action.unit, f"disabling {action.unit}", context)
    return undo


def _await_service(
    verb: str, unit: str, doing: str, former: frozenset[Process], context: Context
) -> None:
    deadline = time.monotonic() + context.patience.service
    state, pid = _shown(context, unit)
    while True:
        sockets = listeners(pid)
        if state == "active" and (verb == "reload" or sockets or pid <= 0):
            context.say(f"{unit} is active, its master is process {pid}.")
            _hear(sockets, unit, doing, former, context)
            return
        if state == "failed" or time.monotonic() > deadline:
            silent = "" if sockets else " and nothing of it listens on a port"
            fail(unit, doing, f"{unit} is {state}{silent}", context)
        context.loop.turn(_PAUSE)
        # Reading its sockets starts no program. systemctl is called again only if it is not
        # active yet, or its process is gone.
        if state != "active" or not Path(f"/proc/{pid}").exists():
            state, pid = _shown(context, unit)


def _hear(
    sockets: tuple[Listener, ...],
    unit: str,
    doing: str,
    former: frozenset[Process],
    context: Context,
) -> None:
    """Wait for the greeting on port 25. Raises Trouble if there is none, or another reply.

    A greeting of one of the `former` processes does not count while there is time for another try.
    """
    listener = next((one for one in sockets if one.port == SMTP), None)
    if listener is None:
        context.say(f"It does not listen on port {SMTP}, so it was not asked for its greeting.")
        return
    deadline = time.monotonic() + context.patience.greeting
    said, why, speaker = _first_line(listener, context.patience.greeting)
    while speaker in former and time.monotonic() < deadline:
        context.loop.turn(_PAUSE)
        said, why, speaker = _first_line(listener, context.patience.greeting)
    if said is not None and is_ready(said):
        context.say(f"It greets on port {SMTP}: {said}")
        return
    why = why if said is None else f"it says {said!r}"
    wrong = f"{unit} runs and does not greet on {listener.address} port {SMTP}: {why}"
    fail(unit, doing, wrong, context)


def _first_line(
    listener: Listener, patience: float
) -> tuple[Optional[str], str, Optional[Process]]:
    try:
        said, speaker = greeting(listener, patience)
    except OSError as error:
        return None, error.strerror or str(error), None
    return said, "", speaker


def _shown(context: Context, unit: str) -> tuple[str, int]:
    out = context.query("systemctl", "show", "-p", "ActiveState", "-p", "MainPID", unit).out
    fields = dict(
        line.split("=", 1) for line in out.decode("ascii", "replace").splitlines() if "=" in line
    )
    pid = fields.get("MainPID", "0")
    return fields.get("ActiveState", "unknown"), int(pid) if pid.isdigit() else 0


def _turn_back(one: PastStep) -> Iterator[Back]:
    """Yield the step that stops the unit, or the one that turns it."""
    action, terms = one.action, one.terms
    was = str(terms.get("was", action.was))
    if was in RUNNING_STATES:
        # New processes of a running Postfix read the present main.cf, so it must read the old one.
        # master(8) restarts a failed service only after a minute, also after a reload.
        failed = bool(terms) and one.id not in one.run.past.done
        verb = "restart" if failed else action.verb
        slot = Slot.TURN if terms else Slot.TURN_AFTER_FILES
        why = "It reads the old files again, and must greet."
    elif terms:
        verb, slot, why = "stop", Slot.STOP, "It did not run before."
    else:
        return
    yield one.back(
        slot,
        f"{verb.capitalize()} {action.unit}",
        why,
        ReturnUnit(action.unit, verb, was),
        ("systemctl", verb, action.unit),
    )


def _disable_again(one: PastStep) -> Iterator[Back]:
    unit = one.terms["unit"]
    if one.terms["was"] == "disabled":
        yield one.back(
            Slot.CHANGES,
            f"Do not start {unit} at boot",
            "It was not before the run.",
            Disable(unit),
            ("systemctl", "disable", unit),
        )


def _spool_and_logs(run: RunToUndo) -> Iterator[str]:
    if run.started:
        yield (
            "/var/spool/postfix, /var/lib/postfix: the queue and what Postfix remembers. Mail that"
            " waits there is delivered once Postfix runs."
        )
        yield "/var/log, /var/lib/rpm: what all programs logged meanwhile, and rpm's own lock files."


def _link_at_boot(action: Union[EnableUnit, Disable]) -> tuple[str, ...]:
    return (f"{_WANTS}/{action.unit.removesuffix('.service')}.service",)


def _at_boot(state: str) -> Changes:
    return lambda action: {("at boot", action.unit): state}


ACTION_KINDS = (
    ActionKind(
        Service,
        turn,
        undo=_turn_back,
        undo_unbegun=True,
        changes=lambda action: {("unit", action.unit): "active"},
        stays=_spool_and_logs,
        returns=True,
    ),
    ActionKind(
        ReturnUnit,
        give_back,
        changes=lambda action: {("unit", action.unit): action.to},
        reads_files=True,
    ),
    ActionKind(
        EnableUnit,
        enable,
        undo=_disable_again,
        changes=_at_boot("enabled"),
        others_write=_link_at_boot,
    ),
    ActionKind(Disable, disable, changes=_at_boot("disabled"), others_write=_link_at_boot),
)
