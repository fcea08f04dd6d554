"""`postfix-wizard runs` and `attach`: the runs of the past, and the one in progress."""

from __future__ import annotations

import json
from dataclasses import asdict

from wizard.commands.console import Console
from wizard.commands.following import follow_run
from wizard.commands.planning import Options, need_root
from wizard.session import Session


def run_runs(session: Session, options: Options, console: Console) -> int:
    """List the runs, oldest first."""
    need_root("reading the runs")
    found = session.runs()
    if options.json:
        runs = [asdict(run) for run in found]
        print(json.dumps({"version": 1, "runs": runs}, indent=2), file=console.out)
        return 0
    if not found:
        console.say("No run was ever started here.")
    for run in found:
        console.say(f"{run.run}  {run.outcome:<8} {run.done:3} of {run.steps} steps  {run.message}")
    return 0


def run_attach(session: Session, _options: Options, console: Console) -> int:
    """Follow the run in progress from its first line; prompts are answered here."""
    need_root("attaching to a run")
    run = session.running()
    if run is None:
        console.say("No run is in progress; `postfix-wizard runs` lists the past ones.")
        return 1
    return follow_run(session, run, console)
