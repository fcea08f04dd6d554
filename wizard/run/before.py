"""What is wrong on a host before a run's first step: a run does not fail for that.

The run's own checks look, by the answers that the host gave when the plan was made. So what was
right by these, and is wrong by the plan's at the end, is the run's own doing.
"""

from __future__ import annotations

from wizard.answers.model import Answers
from wizard.finding import WRONG
from wizard.plan.model import Install, Plan, Prove, Service


def is_comparable(plan: Plan) -> bool:
    """True if the plan ends with the checks, and does not itself start or install Postfix.

    Nothing is right where Postfix does not run, so a run that is to start it has no excuse. One
    section's run does not start it, and is not blamed for what was stopped before.
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
    # As for the proof itself: other runs need neither the checks nor the TOML reader.
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
