"""Stop and start another mail server, and set the alternative of sendmail(1) (alternatives(8)).

Both have side effects, which are corrected here. A unit's `Also=` enables and disables other units
with it. alternatives enables the chosen server's unit and disables those of the other choices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Union, cast

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.mta import AUTO, read_alternative
from wizard.host.mta_facts import RUNNING, STARTED_AT_BOOT
from wizard.plan.actions import Install, SetAlternative, StopMta, UnitState
from wizard.plan.undo_actions import ReturnAlternative, ReturnMta
from wizard.run.action_kind import ActionKind
from wizard.run.context import Context, Undo
from wizard.run.past_step import Back, PastStep, Slot
from wizard.run.path_state import AGAIN, Stale

_VERBS = {"enabled": ("enable",), "enabled-runtime": ("enable", "--runtime")}
_NOT_FOUND = frozenset({"", "not-found"})


def stop(action: StopMta, context: Context) -> Undo:
    """Stop the units and do not start them at boot. Messages in their queue stay there."""
    undo = context.earlier or context.intend({"units": [one.unit for one in action.units]})
    doing = f"stopping {action.name}"
    for one in reversed(action.units):
        if _unit_word(context, "is-active", one.unit) in RUNNING:
            _called(context, doing, "systemctl", "stop", one.unit)
    for one in action.units:
        if _unit_word(context, "is-enabled", one.unit) in STARTED_AT_BOOT:
            _called(context, doing, "systemctl", "disable", one.unit)
    for one in action.units:
        state = _unit_word(context, "is-active", one.unit)
        if state in RUNNING:
            raise Trouble(
                doing,
                f"{one.unit} is {state} again right after it was stopped",
                f"Something starts it: `systemctl status {one.unit}`. Stop that.",
            )
    return undo


def give_back(action: ReturnMta, context: Context) -> Undo:
    """Give each unit its former state: first at boot, then whether it runs now."""
    undo = context.earlier or context.intend({"units": [one.unit for one in action.units]})
    doing = f"starting {action.name} again"
    there = [one for one in action.units if _is_there(one, context)]
    _give_boot_states(context, doing, {one.unit: one.enabled for one in there})
    for one in there:
        if one.active in RUNNING:
            _called(context, doing, "systemctl", "start", one.unit)
    for one in there:
        state = _unit_word(context, "is-active", one.unit)
        context.say(f"{one.unit}: {one.enabled} and {state}")
        if one.active in RUNNING and state not in RUNNING:
            raise Trouble(doing, f"{one.unit} is {state}", f"`journalctl -u {one.unit} -n 30`")
    return undo


def _is_there(one: UnitState, context: Context) -> bool:
    there = _unit_word(context, "is-enabled", one.unit) not in _NOT_FOUND
    if not there:
        context.say(f"{one.unit}: not installed any more, so it stays as it is")
    return there


def lead(action: SetAlternative, context: Context) -> Undo:
    """Set the alternative to `path`. Raises Stale if it was set to another path meanwhile."""
    doing = f"setting the alternative {action.name}"
    seen = read_alternative(_HOST)
    # The installation of a package may itself set an automatic alternative to that path.
    if context.earlier is None and seen.current != action.path and seen.state != action.was:
        raise Stale(doing, f"stale: it was {action.was}, now it is {seen.state}", AGAIN)
    with _preserving_boot_states(action.units, doing, context) as undo:
        if seen.current == action.path:
            context.say(f"{action.name} leads to {action.path} already")
        else:
            _called(context, doing, "alternatives", "--set", action.name, action.path)
    return undo


def lead_back(action: ReturnAlternative, context: Context) -> Undo:
    """Give the alternative its former mode and path. If it was set to another path since, it stays."""
    doing = f"returning the alternative {action.name} to {action.was}"
    mode, _, path = action.was.partition(":")
    with _preserving_boot_states(action.units, doing, context) as undo:
        seen = read_alternative(_HOST)
        if seen.current not in {action.path, path}:
            context.say(f"{action.name} was set to {seen.current or 'nothing'} since: it stays so")
            return undo
        if mode == AUTO and seen.state != action.was:
            _called(context, doing, "alternatives", "--auto", action.name)
            seen = read_alternative(_HOST)
        if seen.current != path or (mode != AUTO and seen.state != action.was):
            # In automatic mode the best choice counts, which may be a package installed since.
            if path not in dict(seen.choices):
                context.say(f"{path} is not installed any more: {action.name} is {seen.state}")
                return undo
            if mode == AUTO:
                context.say(
                    f"Automatic, {action.name} would lead to {seen.current}, whose package stays: "
                    f"so it is set to {path}. `alternatives --auto {action.name}` undoes that."
                )
            _called(context, doing, "alternatives", "--set", action.name, path)
        context.say(f"{action.name}: {read_alternative(_HOST).state}")
    return undo


_HOST = Door()
"""The live host. A step works on no other root."""


@contextmanager
def _preserving_boot_states(units: Iterable[str], doing: str, context: Context) -> Iterator[Undo]:
    """Restore after the block which units are started at boot, since alternatives changes that."""
    states = {unit: _unit_word(context, "is-enabled", unit) for unit in units}
    undo = context.earlier or context.intend({"enabled": states})
    yield undo
    _give_boot_states(context, doing, cast("Mapping[str, str]", undo["enabled"]))


def _give_boot_states(context: Context, doing: str, wanted: Mapping[str, str]) -> None:
    """Enable and disable the units of `wanted` until each has its state. No others are corrected."""
    for enable in (True, False):
        # Enabling a unit may enable others by `Also=`, so units are disabled afterwards.
        for unit, state in wanted.items():
            is_enabled = _unit_word(context, "is-enabled", unit)
            if is_enabled == state or (state in STARTED_AT_BOOT) is not enable:
                continue
            if enable:
                _called(context, doing, "systemctl", *_VERBS[state], unit)
            elif is_enabled in STARTED_AT_BOOT:
                _called(context, doing, "systemctl", "disable", unit)


def _called(context: Context, doing: str, *argv: str) -> None:
    context.require_success(doing, "", *argv)


def _unit_word(context: Context, verb: str, unit: str) -> str:
    """Return the word that `systemctl VERB UNIT` prints, "" if it prints none."""
    words = context.query("systemctl", verb, unit).out.decode("ascii", "replace").split()
    return words[0] if words else ""


def _start_again(one: PastStep) -> Iterator[Back]:
    action = one.action
    if _may_have_changed(one):
        yield one.back(
            Slot.OTHER_MTA,
            f"Start {action.name} again",
            "It took mail before the run.",
            ReturnMta(action.name, action.units),
            *(
                ("systemctl", verb, unit.unit)
                for unit in action.units
                for verb, is_due in (
                    ("enable", unit.enabled == "enabled"),
                    ("start", unit.active == "active"),
                )
                if is_due
            ),
        )


def _alternative_back(one: PastStep) -> Iterator[Back]:
    """Yield the step, and once more for after Postfix's package: only then is "automatic" exact.

    The other server is started before that, since dnf asks and nobody may answer.
    """
    action = one.action
    if not _may_have_changed(one):
        return
    mode, _, path = action.was.partition(":")
    argv = ("--auto", action.name) if mode == AUTO else ("--set", action.name, path)
    slot, step = one.back(
        Slot.OTHER_MTA,
        "Let sendmail(1) be what it was",
        f"It was {path} before the run.",
        ReturnAlternative(action.name, action.path, action.was, action.units),
        ("alternatives", *argv),
    )
    yield slot, step
    if mode == AUTO:
        title = "Let alternatives choose again"
        yield Slot.AFTER_PACKAGE, replace(step, id=f"{step.id}-automatic", title=title)


def _may_have_changed(one: PastStep) -> bool:
    """True if the step began, or that of a package.

    Installing Postfix already changes what sendmail(1) is and which server starts at boot.
    """
    plan, past = one.run.plan, one.run.past
    return one.began or any(
        isinstance(step.action, Install) and step.id in past.intended for step in plan.pending
    )


def _files_of_alternative(action: Union[SetAlternative, ReturnAlternative]) -> tuple[str, ...]:
    return (f"/etc/alternatives/{action.name}", f"/var/lib/alternatives/{action.name}")


ACTION_KINDS = (
    ActionKind(StopMta, stop, undo=_start_again, undo_unbegun=True),
    ActionKind(ReturnMta, give_back),
    ActionKind(
        SetAlternative,
        lead,
        undo=_alternative_back,
        undo_unbegun=True,
        others_write=_files_of_alternative,
    ),
    ActionKind(ReturnAlternative, lead_back, others_write=_files_of_alternative),
)
