"""`postfix-wizard plan`: what would be done; changes nothing."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any, Optional

from wizard.commands.blocked import blocks, empty_plan, refuse_wrong_acceptances
from wizard.commands.console import Console
from wizard.commands.planning import Options, make_plan, say_to_copy
from wizard.commands.refused import say_refused
from wizard.errors import AnswersTrouble, Trouble
from wizard.plan import report
from wizard.plan.losses import losses
from wizard.plan.model import Plan
from wizard.run.lock import Holder, holder
from wizard.run.plan_id import COPY, NO_KEY, NO_PLAN, NOT_ROOT, plan_id
from wizard.secrets import masked_data
from wizard.session import Session

PENDING = 2
"""The exit code if steps are pending."""


def run_plan(session: Session, options: Options, console: Console) -> int:
    """Print the plan; return 0 if nothing is pending, 2 if steps are, 1 or 65 with obstacles.

    Raises AnswersTrouble after the plan if --accept names a caution without its value. With --json
    an object is printed also if no plan can be made.
    """
    try:
        plan, _ = make_plan(session, options)
    except Trouble as error:
        if options.json:
            no_plan = _as_json(empty_plan(error), options, None, ("", NO_PLAN))
            say_refused(console, no_plan, error)
        raise
    if options.json:
        found = holder(session.places) if session.door.is_live else None
        data = _as_json(plan, options, found, _plan_id(session, plan))
        try:
            refuse_wrong_acceptances(plan, options.accepted)
        except AnswersTrouble as error:
            say_refused(console, data, error)
            raise
        console.say_json(data)
    else:
        console.say(*losses(plan))
        for change in plan.files:
            console.say_diff(report.file_diff(change))
        console.say(*report.commands(plan))
        say_to_copy(plan, console)
        console.say_text(*report.notes(plan))
        refuse_wrong_acceptances(plan, options.accepted)
    if plan.obstacles:
        return os.EX_DATAERR if any(problem.section for problem in plan.obstacles) else 1
    return PENDING if plan.pending else 0


def _as_json(
    plan: Plan, options: Options, found: Optional[Holder], id_and_why_not: tuple[str, str]
) -> dict[str, Any]:
    """Return the plan as JSON, with what apply with the same options would refuse.

    `found` is the run in progress.
    """
    id_, why = id_and_why_not
    stops = [asdict(one) for one in blocks(plan, options.accepted, found)]
    more = {"blocked": masked_data(stops), "plan_id": id_ or None, "no_plan_id": why}
    return {**report.as_json(plan), **more}


def _plan_id(session: Session, plan: Plan) -> tuple[str, str]:
    """Return the ID of the plan and "", or "" and why it has none."""
    if not session.door.is_live:
        return "", COPY
    try:
        found = plan_id(plan, session.places)
    except Trouble as trouble:
        return "", str(trouble)
    return found, "" if found else NO_KEY if os.geteuid() == 0 else NOT_ROOT
