"""Show in a plan which domains it gives another class, and how many messages it puts on hold.

The run decides again, since the queue changes. A plan that changes no class is not counted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Optional

from wizard.errors import Trouble
from wizard.host.private import private_directory
from wizard.plan import hold
from wizard.plan.actions import HoldMail
from wizard.plan.hold import NONE_NOW, counted
from wizard.plan.model import Plan, Step
from wizard.postfix.classes import doubt, is_taken_over
from wizard.run.holding import class_changes, survey
from wizard.run.loop import Loop
from wizard.run.mail_queue import Run, runner

_DOING = "counting queued mail that would bounce"
_CLASSING = "comparing the address classes of domains"
_TIMEOUT_SECONDS = 20.0


def with_count(plan: Plan) -> Plan:
    """Return the plan with the number of messages that its first `HoldMail` step puts on hold.

    If that is unknown, a warning says why. Never raises.
    """
    step = _first(plan)
    if step is None or not isinstance(step.action, HoldMail):
        return plan
    try:
        warning, title = _count_affected(step, step.action)
    except Trouble as trouble:
        warning, title = f"How much mail would be put on hold is not known: {trouble}", step.title
    steps = tuple(replace(one, title=title) if one is step else one for one in plan.steps)
    return replace(plan, steps=steps, warnings=(*plan.warnings, *filter(None, (warning,))))


def with_class_cautions(plan: Plan) -> Plan:
    """Return the plan with a caution for the domains that it gives another class.

    A warning names tables that do not answer. Never raises.
    """
    step = _first(plan)
    if step is None or not isinstance(step.action, HoldMail):
        return plan
    try:
        with _runner(_CLASSING) as (directory, run):
            changes = class_changes(step.action, directory, run)
    except Trouble as trouble:
        warning = f"Which domains get another address class is not known: {trouble}"
        return replace(plan, warnings=(*plan.warnings, warning))
    taken = {one: kinds for one, kinds in changes.items() if is_taken_over(*kinds)}
    doubtful = {one: doubt(old) for one, (old, _) in changes.items() if doubt(old)}
    return replace(
        plan,
        cautions=(*plan.cautions, *hold.class_caution(taken)),
        warnings=(*plan.warnings, *hold.class_doubts(doubtful)),
    )


def _first(plan: Plan) -> Optional[Step]:
    return next((one for one in plan.pending if isinstance(one.action, HoldMail)), None)


@contextlib.contextmanager
def _runner(doing: str) -> Iterator[tuple[Path, Run]]:
    """Yield a private directory and a function that runs commands there. Raises Trouble."""
    with private_directory(doing) as directory, contextlib.closing(Loop()) as loop:
        yield directory, runner(loop, _TIMEOUT_SECONDS)


def _count_affected(step: Step, action: HoldMail) -> tuple[str, str]:
    """Return a warning, "" for none, and the step's title with the count."""
    if os.geteuid() != 0:
        raise Trouble(_DOING, "only root may read the queue with another main.cf")
    with _runner(_DOING) as (directory, run):
        found = survey(action, directory, run)
    if not found.affected:
        return "", NONE_NOW
    count = counted(len(found.affected))
    warning = (
        f"{count} in the queue would bounce: {found.changes}. The run puts that on hold first, and "
        "says how to release it."
    )
    return warning, f"{step.title} ({count} now)"
