"""Find services that a run did not turn before it ended early. They still use the former files.

A plan compares only files, and these are already as the answers say. So the turn comes from the
run's plan.
"""

from __future__ import annotations

from dataclasses import replace

from wizard.errors import Trouble
from wizard.plan.actions import Prove, Service, TurnBeside
from wizard.plan.model import Plan, Step
from wizard.plan.undo_actions import ReturnUnit
from wizard.run.past_run import past_run
from wizard.run.past_step import PREFIX
from wizard.run.paths import Places

_TURNS = (Service, TurnBeside, ReturnUnit)


def with_unread(plan: Plan, places: Places, run: str) -> Plan:
    """Return the plan with each turn of a service that the unfinished `run` did not do.

    Turns that the plan has itself do not change, nor do those of units that do not run.
    """
    try:
        turns = _not_turned(places, run)
    except Trouble:
        return plan  # a run that cannot be read has no say here; `runs` says why
    steps = tuple(_turned(step, turns) if step.done else step for step in plan.steps)
    if steps == plan.steps:
        return plan
    proven = (replace(one, done=False) if isinstance(one.action, Prove) else one for one in steps)
    return replace(plan, steps=tuple(proven))


def _not_turned(places: Places, run: str) -> dict[str, Step]:
    """Return the turns that were not done, by the ID of the step in a plan that is no undo."""
    past = past_run(places, run)
    early, done = past.plan, past.progress.done
    return {
        step.id[len(PREFIX) :] if early.undoes else step.id: step
        for step in early.pending
        if step.id not in done
        and isinstance(step.action, _TURNS)
        and step.action.verb in {"reload", "restart"}
    }


def _turned(step: Step, turns: dict[str, Step]) -> Step:
    """Return a plan's done step as pending, with the verb from the run for the same unit."""
    turn = turns.get(step.id)
    if turn is None or not isinstance(step.action, (Service, TurnBeside)):
        return step
    if not isinstance(turn.action, _TURNS):
        return step
    action = replace(step.action, verb=turn.action.verb)
    why = "A run wrote its files and ended before this: it still runs with the former ones."
    return replace(
        step, title=turn.title, why=why, action=action, commands=turn.commands, done=False
    )
