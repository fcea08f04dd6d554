"""`postfix-wizard runs` and `attach`: the runs of the past, and the one in progress."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from wizard.commands.console import Console
from wizard.commands.following import follow_run
from wizard.commands.planning import Options, need_root
from wizard.commands.refused import or_refused
from wizard.run.history import RunSummary, newest_cut_off, runs
from wizard.run.lock import holder
from wizard.run.records import DIED, DONE
from wizard.session import Session
from wizard.text import counted


@or_refused({"version": 1, "runs": []})
def run_runs(session: Session, options: Options, console: Console) -> int:
    """List the runs, the newest first as on the screens, or remove old ones. JSON begins with the oldest."""
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
    for run in reversed(found):
        steps = f"{run.done:3} of {counted(run.steps, 'step')}"
        console.say_text(
            f"{run.run}  {run.outcome:<8} {steps}  {run.by.shown or '-'}  {_said(run)}"
        )
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


def _of_the_newest(session: Session) -> Iterator[str]:
    """Yield how the newest run ended, what can be done about it, and where its output is."""
    newest = next(reversed(runs(session.places)), None)
    if newest is None:
        yield "No run was ever started here."
        return
    yield newest.summary
    yield from (newest.message if not newest.undone else "").splitlines()
    early = newest_cut_off(session.places)
    if early is not None:
        yield from (early.summary,) if early.run != newest.run else ()
        yield early.ways_on
    yield (
        f"Its output is in {session.places.run(newest.run).outputs}, a file for each step; "
        "`postfix-wizard` shows its result, and `postfix-wizard runs` lists all runs."
    )


def run_attach(session: Session, _options: Options, console: Console) -> int:
    """Follow the run in progress from its first line; prompts are answered here."""
    need_root("attaching to a run")
    found = holder(session.places)
    if found is None:
        console.say_text("No run is in progress.", *_of_the_newest(session))
        return 1
    return follow_run(session.places, found.run, console)
