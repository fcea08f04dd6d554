"""Which run can be taken back, and the plan that does so, held against the host as it is now.

What was changed after the run is never lost: such a path is an obstacle of the plan.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence

from wizard.answers.model import Problem
from wizard.errors import Trouble
from wizard.plan import model
from wizard.plan.model import FileChange, Past, Plan, PutBack, Step
from wizard.run.actions.back import EDITED, changed_since, kept
from wizard.run.files import leftovers
from wizard.run.history import RUNNING, UNREADABLE, RunSummary, plan_of, runs
from wizard.run.journal import read_journal
from wizard.run.lock import refuse_if_locked
from wizard.run.paths import Places, RunPlaces
from wizard.run.progress import Progress, progress
from wizard.run.states import file_state, observe
from wizard.run.undo import PREFIX, steps_back
from wizard.secrets import masked_file

_DOING = "taking a run back"


def undo_plan(places: Places, run: str = "", *, remove_package: bool = False) -> Plan:
    """Return the plan that takes back `run`, or the newest one that changed something.

    Raises Trouble when there is none, or it is undone or itself an undo; LockedTrouble when a
    run is in progress.
    """
    refuse_if_locked(places)
    known = runs(places)
    chosen = _named(known, run) if run else _newest(places, known, remove_package=remove_package)
    at = places.run(chosen)
    plan, past = plan_of(places, chosen), _progress(at)
    steps = _steps(plan, past, at, remove_package=remove_package)
    if not steps:
        raise Trouble(_DOING, f"run {chosen} changed nothing that undo takes back", "")
    return _held_against(plan, past, steps, chosen)


def _named(known: Sequence[RunSummary], run: str) -> str:
    found = next((one for one in known if one.run == run), None)
    if found is None:
        raise Trouble(_DOING, f"there is no run {run}", "`postfix-wizard runs` lists them.")
    wrong = _why_not(found)
    if wrong:
        raise Trouble(_DOING, f"run {run} {wrong}", "`postfix-wizard runs` lists the runs.")
    return run


def _why_not(one: RunSummary) -> str:
    if one.undoes:
        return f"took back run {one.undoes}; to have that again, apply its answers once more"
    if one.undone:
        return "was taken back already"
    if one.outcome == UNREADABLE:
        return f"cannot be read ({one.message})"
    if one.returned:
        return "took back by itself what it had changed"
    return "is in progress" if one.outcome == RUNNING else ""


def _newest(places: Places, known: Sequence[RunSummary], *, remove_package: bool) -> str:
    for one in reversed(known):
        if one.undoes and one.can_resume:
            raise Trouble(
                _DOING,
                f"run {one.run}, which takes back {one.undoes}, is not at its end",
                "Go on with it: postfix-wizard resume",
            )
        if not _why_not(one) and _changed(places, one.run, remove_package=remove_package):
            return one.run
    raise Trouble(
        _DOING,
        "no run changed anything that is not taken back already",
        "`postfix-wizard runs` lists the runs.",
    )


def _changed(places: Places, run: str, *, remove_package: bool) -> bool:
    at = places.run(run)
    try:
        plan, past = plan_of(places, run), _progress(at)
    except Trouble:
        return False
    return bool(_steps(plan, past, at, remove_package=remove_package))


def _steps(plan: Plan, past: Progress, run: RunPlaces, *, remove_package: bool) -> tuple[Step, ...]:
    return (*steps_back(plan, past, run, remove_package=remove_package), *_tidying(plan, past))


def _tidying(plan: Plan, past: Progress) -> Iterator[Step]:
    """Yield a step for each original whose worker was killed over it: the rest has steps anyway."""
    for step in plan.pending:
        if not isinstance(step.action, model.KeepOriginal) or step.id not in past.intended:
            continue
        original = step.action.original
        left = leftovers(original)
        if left:
            # Not looked at as a file: killed right after link(2), it has two names.
            there = os.path.lexists(original)
            state = file_state(step.action.sha256 if there else None)
            yield Step(
                PREFIX + step.id,
                f"Tidy up beside {original}",
                "A worker that was killed left a temporary name; the original itself stays.",
                PutBack((Past(original, state, state),)),
                tuple(("rm", f"{os.path.dirname(original)}/{name}") for name in left),  # noqa: PTH120
            )


def _progress(run: RunPlaces) -> Progress:
    reading = read_journal(run.journal)
    return progress(reading.records if reading else ())


def _held_against(plan: Plan, past: Progress, steps: Sequence[Step], run: str) -> Plan:
    texts = {change.path: change for change in plan.files}
    changes: list[FileChange] = []
    edited: list[Past] = []
    looked: list[Step] = []
    for step in steps:
        files = step.action.files if isinstance(step.action, PutBack) else ()
        # A temporary name is reason enough for the step, which sweeps first.
        untidy = any(leftovers(one.path) for one in files)
        holding = step.action.directories if isinstance(step.action, PutBack) else ()
        untidy = untidy or any(map(_is_empty, holding))
        left = [(one, observe(one.path)) for one in files if one.was != one.now]
        todo = [(one, seen) for one, seen in left if seen.state != one.was]
        edited += [one for one, seen in todo if seen.state != one.now]
        for one, seen in todo:
            if one.path in texts and seen.held is not None:
                original = texts[one.path].original
                before = masked_file(one.path, kept(one)) if one.copy else b""
                live = masked_file(one.path, seen.held.text)
                changes.append(FileChange(one.path, original, live, before))
        looked.append(dataclasses.replace(step, done=bool(files) and not (todo or untidy)))
    return Plan(
        answers="",
        sections=(),
        steps=tuple(looked),
        files=tuple(sorted(changes, key=lambda one: list(texts).index(one.path))),
        warnings=tuple(_warnings(plan, past, steps)),
        obstacles=tuple(Problem("", "", f"{changed_since(one)}. {EDITED}") for one in edited),
        undoes=run,
    )


def _is_empty(directory: str) -> bool:
    return os.path.isdir(directory) and not os.listdir(directory)  # noqa: PTH112, PTH208


def _warnings(plan: Plan, past: Progress, steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step.action, model.ReloadZone):
            yield (
                f"The zone {step.action.zone} goes back to its old serial, {step.action.serial}. A "
                f"secondary server that has {step.action.was} keeps the newer records until the "
                "serial is above that: where there is one, raise it by hand and reload."
            )
    for step in plan.pending:
        if not isinstance(step.action, model.Install) or step.id not in past.begun:
            continue
        package = step.action.package
        if step.id not in past.done:
            yield (
                f"dnf was cut off while it installed {package}: `dnf reinstall {package}` makes "
                "the package whole."
            )
        if not any(isinstance(one.action, model.Remove) for one in steps):
            yield f"The package {package} stays installed; --remove-package takes it too."
