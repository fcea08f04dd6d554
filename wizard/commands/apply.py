"""`postfix-wizard apply`: plan, ask, run and follow, without a screen."""

from __future__ import annotations

import os

from wizard.commands.blocked import refuse_cautions, refuse_conflicts, refuse_obstacles
from wizard.commands.blocklists import list_warnings
from wizard.commands.console import Console
from wizard.commands.following import follow_run
from wizard.commands.planning import (
    Options,
    make_plan,
    need_an_answer,
    need_root,
    say_to_copy,
)
from wizard.commands.result import with_result
from wizard.errors import Trouble
from wizard.host.facts import Host
from wizard.plan import report
from wizard.plan.losses import losses
from wizard.plan.model import Plan
from wizard.run.lock import refuse_if_locked
from wizard.run.plan_id import plan_id
from wizard.run.seals import make_seals
from wizard.session import Session


class OtherPlanTrouble(Trouble):
    """--only names another plan than the one made now (EX_NOINPUT)."""

    exit_code = os.EX_NOINPUT


_APPLYING = "applying a plan"
_DOING = "using what was gathered"


@with_result
def run_apply(session: Session, options: Options, console: Console) -> int:
    """Show the plan, run it after a yes, and return 0 if all of it was done.

    A gather run, if one is needed, comes first and needs a yes of its own.
    """
    need_root(_APPLYING)
    need_an_answer(_APPLYING, options, console, "postfix-wizard plan")
    refuse_if_locked(session.places, _APPLYING)
    plan, host = make_plan(session, options)
    if plan.gathers:
        code = _run(session, plan, host, options, console)
        if code != 0:
            return code
        plan, host = make_plan(session, options)
        if plan.gathers:
            raise Trouble(_DOING, plan.warnings[0], "Nothing of this host was changed.")
    return _run(session, plan, host, options, console)


def _run(session: Session, plan: Plan, host: Host, options: Options, console: Console) -> int:
    console.work.plans[:] = [plan]
    if options.only is not None:
        _refuse_other(session, plan, options.only, console)
    refuse_obstacles(plan)
    refuse_conflicts(plan)
    _show(plan, console)
    if not plan.pending:
        console.say_text(*report.notes(plan))
        return 0
    console.say_text(*report.notes(plan), *list_warnings(session, plan, host))
    refuse_cautions(plan, options.accepted)
    if not options.yes and not console.agrees("Run these steps?"):
        console.conclude("Nothing was changed.")
        return 1
    run = session.start(plan, attended=console.is_terminal)
    return follow_run(session.places, run, console)


def _show(plan: Plan, console: Console) -> None:
    console.say(*losses(plan))
    for change in plan.files:
        if change.proposed != change.live:
            console.say_diff(report.file_diff(change))
    console.say(*report.commands(plan))
    say_to_copy(plan, console)


def _refuse_other(session: Session, plan: Plan, only: str, console: Console) -> None:
    """Show the plan and raise OtherPlanTrouble if its ID is another one than `only`.

    A host without a key gets one here, so that a first set-up can be reviewed by its ID, too.
    """
    make_seals(session.places.key)
    found = plan_id(plan, session.places)
    if found == only:
        return
    _show(plan, console)
    console.say_text(*report.notes(plan))
    raise OtherPlanTrouble(
        _APPLYING,
        f"the plan is another one than --only names; it is {found} now, as shown above",
        f"Nothing was changed. Review it, then run it with --only {found}.",
    )
