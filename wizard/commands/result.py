"""The result of `apply`, `undo` and `resume` as one JSON object (docs/json.md).

A command writes its progress to a console and notes in `Console.work` what it does. With `--json`
the console is standard error. The object is made from the files of the runs, not from the progress.
"""

from __future__ import annotations

import functools
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Callable, Optional, TextIO, cast

from wizard.answers.toml import WrongAnswers
from wizard.commands.blocked import Block, blocks, empty_plan
from wizard.commands.console import Console
from wizard.commands.waiting import run_when_free
from wizard.commands.work import Work
from wizard.errors import LockedTrouble, Trouble
from wizard.plan.diff import hunks, unified
from wizard.plan.model import FileChange
from wizard.run.lock import holder
from wizard.run.plan_id import plan_id
from wizard.run.records import DONE
from wizard.run.run_result import NOT_BEGUN, RunResult, StepResult, run_result
from wizard.secrets import masked_data

if TYPE_CHECKING:
    from wizard.commands.planning import Options
    from wizard.run.paths import Places
    from wizard.session import Session

    Run = Callable[[Session, Options, Console], int]

VERSION = 1
"""The version of the JSON. A new field does not change it; a removed or changed field does."""

NOTHING_TO_DO, DRY_RUN, REFUSED, INTERRUPTED = "nothing to do", "dry run", "refused", "interrupted"
"""Outcomes of a command that began no run, or not the last one."""


def with_result(run: Run) -> Run:
    """Return the command with `--wait`, and with `--json`: then it prints one object on stdout.

    The object comes also if the command raises Trouble. The error goes to standard error, too.
    Without `--json`, a pipe that is closed before a run began is Trouble, since nothing was done.
    """

    @functools.wraps(run)
    def command(session: Session, options: Options, console: Console) -> int:
        if not options.json:
            return _in_words(run, session, options, console)
        progress = Console(cast("TextIO", _Progress()), is_terminal=False, colour=False)
        try:
            code = run_when_free(run, session, options, progress)
        except (Trouble, KeyboardInterrupt) as error:
            _print(session.places, options, progress.work, console, error)
            raise
        _print(session.places, options, progress.work, console)
        return code

    return command


def _in_words(run: Run, session: Session, options: Options, console: Console) -> int:
    try:
        return run_when_free(run, session, options, console)
    except BrokenPipeError as error:
        wrong = "nobody reads the output any more (its pipe is closed)"
        raise Trouble("showing what is to be done", wrong, "Nothing was changed.") from error


class _Progress(io.TextIOBase):
    """Standard error. What cannot be written there is lost, since the result is on stdout."""

    _is_open = True

    def write(self, text: str) -> int:
        """Write to standard error, until that fails once."""
        if sys.stderr is not None and self._is_open:
            try:
                sys.stderr.write(text)
                sys.stderr.flush()
            except OSError:
                self._is_open = False
        return len(text)


def _print(
    places: Places,
    options: Options,
    work: Work,
    console: Console,
    error: Optional[BaseException] = None,
) -> None:
    results = [run_result(places, run) for run in dict.fromkeys(work.runs)]
    found = holder(places) if isinstance(error, LockedTrouble) else None
    plans = work.plans or ([empty_plan(error)] if isinstance(error, WrongAnswers) else [])
    stops = [one for plan in plans for one in blocks(plan, options.accepted, found)]
    data = masked_data(as_data(work, results, error, stops, is_dry=options.dry_run))
    data["plan_id"] = _plan_id(places, work)
    try:
        print(json.dumps(data, indent=2), file=console.out, flush=True)
    except OSError as lost:
        if error is None:
            doing = f"printing the result ({data['outcome']}{' of run ' * bool(data['run'])}{data['run']})"
            advice = "`postfix-wizard runs` lists what the runs did."
            raise Trouble(doing, lost.strerror or str(lost), advice) from lost


def as_data(
    work: Work,
    results: Sequence[RunResult],
    error: Optional[BaseException] = None,
    stops: Sequence[Block] = (),
    *,
    is_dry: bool = False,
) -> dict[str, Any]:
    """Return the result, version 1; docs/json.md describes its fields.

    `results` are the runs of the command, the last one last. `error` ended the command, None if it
    ended by itself. `stops` is what keeps its plans from running. `is_dry` is True for a command that
    only shows a plan.
    """
    last = results[-1] if results else None
    outcome = _outcome(work, last, error, is_dry=is_dry)
    begun = last is not None and outcome == last.summary.outcome
    return {
        "version": VERSION,
        "changed": any(one.changed for one in results),
        "run": last.summary.run if last else "",
        "outcome": outcome,
        "returned": last.summary.returned if last else False,
        "steps": [asdict(one) for one in (last.steps if begun and last else _planned(work))],
        "files": [_file(one) for plan in work.plans for one in plan.files if _changes(one)],
        "findings": [asdict(one) for one in (last.findings if last else ())],
        "message": _message(work, last if begun else None, error),
        "blocked": [asdict(one) for one in (stops if outcome == REFUSED else ())],
        "earlier_runs": [one.summary.run for one in results[:-1]],
    }


def _plan_id(places: Places, work: Work) -> Optional[str]:
    """Return the ID of the last plan that the command made, None without one or without a key."""
    try:
        return plan_id(work.plans[-1], places) or None if work.plans else None
    except Trouble:
        return None


def _changes(change: FileChange) -> bool:
    return change.proposed != (change.live or b"")


def _file(change: FileChange) -> dict[str, Any]:
    found = hunks(change.live or b"", change.proposed)
    return {"path": change.path, "diff": list(unified(change.path, change.path, found))}


def _outcome(
    work: Work, last: Optional[RunResult], error: Optional[BaseException], *, is_dry: bool
) -> str:
    if isinstance(error, LockedTrouble):
        return REFUSED
    if last is not None and (error is None or last.summary.outcome != DONE):
        return last.summary.outcome
    if error is not None:
        return REFUSED if isinstance(error, Trouble) else INTERRUPTED
    if work.words:
        return REFUSED
    return DRY_RUN if is_dry and _planned(work) else NOTHING_TO_DO


def _planned(work: Work) -> list[StepResult]:
    steps = [step for plan in work.plans for step in plan.pending]
    return [StepResult(one.id, one.title, NOT_BEGUN) for one in steps]


def _message(work: Work, last: Optional[RunResult], error: Optional[BaseException]) -> str:
    if isinstance(error, Trouble):
        return str(error)
    return last.summary.message if last is not None else "\n".join(work.words)
