"""`postfix-wizard runs` and `attach`: the runs of the past, and the one in progress."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from wizard.commands.console import Console
from wizard.commands.following import follow_run
from wizard.commands.planning import Options, need_root
from wizard.run.history import RunSummary, newest_cut_off, runs
from wizard.run.lock import holder
from wizard.run.records import DIED, DONE
from wizard.session import Session


def run_runs(session: Session, options: Options, console: Console) -> int:
    """List the runs, oldest first, or remove old ones."""
    if options.prune or options.keep is not None or options.older_than is not None:
        from wizard.commands.prune import prune_runs  # noqa: PLC0415 - not to list runs

        return prune_runs(session, options, console)
    need_root("reading the runs")
    found = runs(session.places)
    if options.json:
        console.say_json({"version": 1, "runs": list(map(_data, found))})
        return 0
    if not found:
        console.say("No run was ever started here.")
    for run in found:
        steps = f"{run.done:3} of {run.steps} steps"
        console.say(f"{run.run}  {run.outcome:<8} {steps}  {run.by.shown or '-'}  {_said(run)}")
    return 0


_FIELDS = (
    "run",
    "started",
    "ended",
    "outcome",
    "done",
    "steps",
    "message",
    "step",
    "undoes",
    "undone",
    "returned",
    "gathers",
    "version",
    "commit",
)
"""The fields of a run in --json (docs/json.md)."""


def _data(run: RunSummary) -> dict[str, Any]:
    data = {name: getattr(run, name) for name in _FIELDS}
    return {**data, "by": asdict(run.by), "resumed_by": list(map(asdict, run.resumed_by))}


def _said(run: RunSummary) -> str:
    """Return what else is known of a run besides its outcome, with its message."""
    became = [
        words
        for so, words in (
            (run.undoes, f"{'took' if run.outcome == DONE else 'takes'} back {run.undoes}."),
            (run.undone, "Taken back since."),
            (run.outcome == DIED and run.step, f"Cut off in {run.step!r}."),
            *((one.shown, f"Resumed by {one.shown}.") for one in run.resumed_by),
        )
        if so
    ]
    # An undo releases mail on hold and removes a gathered tree: the message is no longer true.
    message = "" if run.undone and run.outcome == DONE else run.message
    return " ".join([*became, *message.splitlines()])


def run_attach(session: Session, _options: Options, console: Console) -> int:
    """Follow the run in progress from its first line; prompts are answered here."""
    need_root("attaching to a run")
    found = holder(session.places)
    if found is None:
        early = newest_cut_off(session.places)
        console.say(
            "No run is in progress; `postfix-wizard runs` lists the past ones.",
            *((early.summary, early.ways_on) if early else ()),
        )
        return 1
    return follow_run(session.places, found.run, console)
