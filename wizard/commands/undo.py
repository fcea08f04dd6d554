"""`postfix-wizard undo`: show what an undo changes, and run it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wizard.commands.blocked import refuse_obstacles
from wizard.commands.console import Console
from wizard.commands.following import follow_run
from wizard.commands.planning import (
    Options,
    need_an_answer,
    need_root,
)
from wizard.commands.result import with_result
from wizard.errors import UsageTrouble
from wizard.plan import report
from wizard.plan.diff import hunks, unified
from wizard.plan.model import Plan
from wizard.plan.summary import UNDO_HELP
from wizard.run.history import plan_of
from wizard.run.plan_undo import with_later
from wizard.secrets import masked_file
from wizard.session import Session

_DOING = "taking a run back"


@with_result
def run_undo(session: Session, options: Options, console: Console) -> int:
    """Show what would be undone, do it after a yes, and return 0 if all of it was done."""
    need_root(_DOING)
    if options.with_later and not options.run:
        raise UsageTrouble(
            _DOING, "--with-later needs a run", "`postfix-wizard runs` lists their IDs."
        )
    if not options.dry_run:
        need_an_answer(_DOING, options, console, "postfix-wizard undo --dry-run")
    runs = with_later(session.places, options.run) if options.with_later else (options.run,)
    plans = [_plan(session, options, runs, run) for run in runs]
    console.work.plans.extend(plans)
    for plan in plans:
        _show(session, plan, console)
    refused = any(plan.obstacles for plan in plans)
    # What stays is of no interest if nothing is undone: it would hide the reason.
    noted = [replace(plan, stays=()) if refused else plan for plan in plans]
    console.say_text(*dict.fromkeys(line for plan in noted for line in report.notes(plan)))
    for plan in plans:
        refuse_obstacles(plan)
    if not any(plan.pending for plan in plans):
        return 0
    console.say(UNDO_HELP)
    if options.dry_run:
        console.say("Nothing was changed.")
        return 0
    what = "the run" if len(plans) == 1 else f"these {len(plans)} runs"
    if not options.yes and not console.agrees(f"Take {what} back?"):
        console.conclude("Nothing was changed.")
        return 1
    return _take_back(session, options, plans, console)


def _plan(session: Session, options: Options, runs: Sequence[str], run: str) -> Plan:
    """Return the plan that undoes `run` after the runs that precede it in `runs`."""
    first = runs[: runs.index(run)]
    return session.undo_plan(run, remove_package=options.remove_package, taken_first=first)


def _show(session: Session, plan: Plan, console: Console) -> None:
    if not (plan.pending or plan.obstacles):
        console.say(f"All is as it was before run {plan.undoes}: nothing is left to take back.")
        return
    console.say(f"Taking back run {plan.undoes}:")
    for change in plan.files:
        console.say_diff(report.put_back_diff(change))
    console.say(*report.commands(plan))
    if plan.obstacles:
        _show_edits(session, plan, console)


def _take_back(session: Session, options: Options, plans: Sequence[Plan], console: Console) -> int:
    """Undo the runs one by one, and stop at the first that fails."""
    runs = [plan.undoes for plan in plans]
    for number, plan in enumerate(plans):
        # The earlier undos changed files since this plan was shown, so make it again.
        now = _plan(session, options, runs[number:], plan.undoes) if number else plan
        refuse_obstacles(now, _so_far(runs, number))
        if not now.pending:
            continue
        run = session.start(now, attended=console.is_terminal)
        code = follow_run(session.places, run, console)
        if code != 0:
            rest = runs[number + 1 :]
            if rest:
                console.say(f"Not taken back yet: {', '.join(rest)}.")
            return code
    return 0


def _so_far(runs: Sequence[str], number: int) -> str:
    """Return a message that names the runs undone before the one with this number, and the rest."""
    if not number:
        return "Nothing was changed."
    back, rest = ", ".join(runs[:number]), ", ".join(runs[number:])
    return f"Taken back: {back}. Not taken back yet: {rest}."


def _show_edits(session: Session, plan: Plan, console: Console) -> None:
    """Show the hand edits of the files since the run wrote them."""
    written = {
        change.path: change.proposed for change in plan_of(session.places, plan.undoes).files
    }
    for change in plan.files:
        by_run = written.get(change.path)
        if by_run is None or change.live is None or by_run == change.live:
            continue
        names = f"{change.path} (as the run left it)", f"{change.path} (now)"
        console.say_diff(unified(*names, hunks(masked_file(change.path, by_run), change.live)))
