"""Find what is wrong on a host before a run's first step. A run does not fail for that.

The same checks run before the first step, with the answers that were read from the host for the
plan. So a check that is right before the run and wrong at its end is the run's own fault.
"""

from __future__ import annotations

from wizard.answers.model import Answers
from wizard.finding import WRONG
from wizard.plan.actions import Install, Prove, Service
from wizard.plan.model import Plan


def is_comparable(plan: Plan) -> bool:
    """True if the plan ends with the checks, and does not itself start or install Postfix.

    If Postfix does not run, all checks are wrong, so nothing excuses a run that starts it. A run
    of one section does not start it, and does not fail if Postfix was stopped before.
    """
    proves = any(isinstance(step.action, Prove) for step in plan.pending)
    starts = any(
        (isinstance(step.action, Install) and not step.done)
        or (isinstance(step.action, Service) and step.action.was != "active")
        for step in plan.steps
    )
    return proves and not starts and bool(plan.today)


def wrong_before(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Return what is wrong now (`check.counting.key_of`). Takes about a second. Raises Trouble."""
    # As in actions/proof.py: other runs need neither the checks nor the TOML reader.
    from wizard.answers.toml import parse_stored  # noqa: PLC0415
    from wizard.check.counting import key_of, tolerated  # noqa: PLC0415
    from wizard.check.prove import prove  # noqa: PLC0415
    from wizard.door import Door  # noqa: PLC0415

    today = parse_stored(plan.today)
    if not isinstance(today, Answers):
        return ()
    found = prove(
        today, Door(), sections=plan.sections, expected=(), tolerated=tolerated(plan), is_quick=True
    )
    return tuple(sorted({key_of(one) for one in found if one.verdict == WRONG}))
