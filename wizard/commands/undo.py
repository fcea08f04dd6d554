"""`postfix-wizard undo`: takes a run back, each step by its own rule, after it was shown."""

from __future__ import annotations

from wizard.commands.console import Console
from wizard.commands.following import follow_run
from wizard.commands.planning import (
    Options,
    need_an_answer,
    need_root,
    refuse_obstacles,
)
from wizard.plan import report
from wizard.plan.diff import hunks, unified
from wizard.plan.model import Plan
from wizard.secrets import masked_file
from wizard.session import Session

_DOING = "taking a run back"


def run_undo(session: Session, options: Options, console: Console) -> int:
    """Show what would be taken back, do it once it is agreed to, and return 0 when all of it was."""
    need_root(_DOING)
    if not options.dry_run:
        need_an_answer(_DOING, options, console, "postfix-wizard undo --dry-run")
    plan = session.undo_plan(options.run, remove_package=options.remove_package)
    if not (plan.pending or plan.obstacles):
        console.say(f"All is as it was before run {plan.undoes}: nothing is left to take back.")
        return 0
    console.say(f"Taking back run {plan.undoes}:")
    for change in plan.files:
        console.say_diff(report.put_back_diff(change))
    console.say(*report.commands(plan))
    console.say(*report.notes(plan))
    if plan.obstacles:
        _show_edits(session, plan, console)
        refuse_obstacles(plan)
    if options.dry_run:
        console.say("Nothing was changed.")
        return 0
    if not options.yes and not console.agrees("Take the run back?"):
        console.say("Nothing was changed.")
        return 1
    return follow_run(session, session.start(plan, attended=console.is_terminal), console)


def _show_edits(session: Session, plan: Plan, console: Console) -> None:
    """Show what was done to the files since the run left them."""
    left = {change.path: change.proposed for change in session.plan_of(plan.undoes).files}
    for change in plan.files:
        by_run = left.get(change.path)
        if by_run is None or change.live is None or by_run == change.live:
            continue
        names = f"{change.path} (as the run left it)", f"{change.path} (now)"
        console.say_diff(unified(*names, hunks(masked_file(change.path, by_run), change.live)))
