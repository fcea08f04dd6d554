"""`postfix-wizard plan`: what would be done; changes nothing."""

from __future__ import annotations

import os

from wizard.commands.console import Console
from wizard.commands.planning import Options, make_plan, say_to_copy
from wizard.plan import report
from wizard.plan.losses import losses
from wizard.session import Session

PENDING = 2
"""The exit code if steps are pending."""


def run_plan(session: Session, options: Options, console: Console) -> int:
    """Print the plan; return 0 if nothing is pending, 2 if steps are, 1 or 65 with obstacles."""
    plan, _ = make_plan(session, options)
    if options.json:
        console.say_json(report.as_json(plan))
    else:
        console.say(*losses(plan))
        for change in plan.files:
            console.say_diff(report.file_diff(change))
        console.say(*report.commands(plan))
        say_to_copy(plan, console)
        console.say_text(*report.notes(plan))
    if plan.obstacles:
        return os.EX_DATAERR if any(problem.section for problem in plan.obstacles) else 1
    return PENDING if plan.pending else 0
