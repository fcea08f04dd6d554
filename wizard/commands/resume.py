"""`postfix-wizard resume`: continue a run that ended early."""

from __future__ import annotations

from wizard.commands.console import Console
from wizard.commands.following import follow_run
from wizard.commands.planning import Options, need_an_answer, need_root
from wizard.commands.result import with_result
from wizard.run.history import newest_cut_off
from wizard.run.launch import relaunch
from wizard.run.lock import refuse_if_locked
from wizard.run.release import refuse_other_release
from wizard.session import Session

_DOING = "going on with a run"


@with_result
def run_resume(session: Session, options: Options, console: Console) -> int:
    """Say what happened, continue after a yes, and return 0 if all of it was done."""
    need_root(_DOING)
    places = session.places
    refuse_if_locked(places, _DOING)
    run = newest_cut_off(places)
    if run is None:
        console.conclude(
            "No run waits to be gone on with; `postfix-wizard runs` lists the past ones."
        )
        return 1
    refuse_other_release(places, run.run, _DOING)
    need_an_answer(_DOING, options, console, "postfix-wizard runs")
    console.say(run.summary, *run.message.splitlines())
    if not options.yes and not console.agrees("Go on with it?"):
        console.conclude(
            f"Run {run.run} is not resumed; `postfix-wizard runs` says how far it came."
        )
        return 1
    relaunch(places, run.run, session.program, attended=console.is_terminal)
    return follow_run(places, run.run, console)
