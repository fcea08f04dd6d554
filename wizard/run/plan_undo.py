"""Choose the run to undo, and make the plan for it from the host as it is now.

A change after the run is never lost: its path is an obstacle of the plan.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial

from wizard.answers.model import Problem, host_problem
from wizard.errors import Trouble
from wizard.host.main_cf import own_parameters
from wizard.host.units import is_masked
from wizard.paths import MAIN_CF
from wizard.plan.actions import Forget, Install, KeepOriginal, ReloadZone, TurnBeside
from wizard.plan.certificate_actions import Lay
from wizard.plan.files import Past
from wizard.plan.model import FileChange, Plan, Step
from wizard.plan.undo_actions import PutBack, ReturnUnit
from wizard.planning.obstacles import masked
from wizard.run.actions.back import EDITED_ADVICE, changed_since, saved_bytes
from wizard.run.changed import BEFORE, EDITED, GONE, NEWER, Judged, judged
from wizard.run.files import leftovers
from wizard.run.history import RunSummary, plan_of, runs
from wizard.run.lock import refuse_if_locked
from wizard.run.past_step import PREFIX
from wizard.run.path_state import file_state, known_state, observe
from wizard.run.paths import Places, RunPlaces
from wizard.run.progress import Progress, progress_of
from wizard.run.records import NOT_STARTED, RUNNING, UNREADABLE
from wizard.run.release import LOCAL, refuse_other_release
from wizard.run.relevant import Later, first_take_back, later_runs
from wizard.run.seals import Seals, read_seals
from wizard.run.tidy import remains
from wizard.run.undo import steps_back, what_stays
from wizard.secrets import masked_file
from wizard.text import printable

_DOING = "taking a run back"
_MAX_WARNING = 600
"""Characters of a warning with values of main.cf."""
_EARLY = "run {}, the newest one, ended early and changed nothing that undo takes back"
_OLDER = "All is as it was before it. `postfix-wizard undo {}` takes back the run before it."
_MKDIR = "Make it with `mkdir`, then give it the owner and the mode that it had."


def undo_plan(
    places: Places,
    run: str = "",
    *,
    remove_package: bool = False,
    taken_first: Collection[str] = (),
) -> Plan:
    """Return the plan that undoes `run`, or the newest run that changed something.

    The later runs `taken_first` are undone before it, so they are no obstacles. Raises Trouble if
    there is no such run, if it is undone or is an undo itself, or if a newer run is unreadable; without
    a name also if the newest run ended early and changed nothing, since that one is meant.
    Raises NewerTrouble if a newer version of the program made a run that may be an obstacle,
    LockedTrouble if a run is in progress.
    """
    refuse_if_locked(places)
    known = runs(places)
    chosen = (
        _named(places, known, run) if run else _newest(places, known, remove_package=remove_package)
    )
    refuse_other_release(places, chosen, _DOING)
    plan, past, steps = _read(places, chosen, remove_package=remove_package)
    if not steps:
        raise Trouble(_DOING, f"run {chosen} changed nothing that undo takes back", "")
    compared = _compared(
        plan,
        past,
        steps,
        chosen,
        seals=read_seals(places.key),
        barred_by=lambda paths: later_runs(places, known, chosen, paths),
        taken_first=taken_first,
    )
    # Nothing undoes an undo.
    again = (_again(places, chosen, plan.sections),) if plan.answers else ()
    return dataclasses.replace(compared, stays=(*compared.stays, *again))


def with_later(places: Places, run: str) -> tuple[str, ...]:
    """Return `run` and all later runs that can be undone, in the order in which to undo them.

    Raises Trouble as `undo_plan` does, and if a later run is unreadable or a cut-off undo.
    """
    refuse_if_locked(places)
    known = runs(places)
    _named(places, known, run)
    found = [run]
    for one in known[next(at for at, one in enumerate(known) if one.run == run) + 1 :]:
        _refuse_unclear(one)
        if not _why_not(one) and _read(places, one.run, remove_package=False)[2]:
            found.append(one.run)
    return tuple(reversed(found))


def runs_to_undo(places: Places) -> frozenset[str]:
    """Return all runs that can be undone and changed something."""
    return frozenset(
        one.run
        for one in runs(places)
        if one.newer is None and not _why_not(one) and _has_steps(places, one.run)
    )


def has_steps(places: Places, run: str) -> bool:
    """True if the run can be undone and changed something that undo takes back."""
    one = next((one for one in runs(places) if one.run == run), None)
    if one is None or one.newer is not None or _why_not(one):
        return False
    return _has_steps(places, run)


def _has_steps(places: Places, run: str) -> bool:
    return bool(_read(places, run, remove_package=False)[2])


def newest_to_undo(places: Places) -> str:
    """Return the run that `undo_plan` chooses without a name, "" if it refuses to choose one."""
    try:
        refuse_if_locked(places)
        return _newest(places, runs(places), remove_package=False)
    except Trouble:
        return ""


def _named(places: Places, known: Sequence[RunSummary], run: str) -> str:
    found = next((one for one in known if one.run == run), None)
    if found is None:
        raise Trouble(_DOING, f"there is no run {run}", "`postfix-wizard runs` lists them.")
    found.require_known(_DOING)
    wrong = _why_not(found)
    if wrong:
        undone = next((one for one in known if one.run == found.undoes), None)
        again = _again(places, undone.run, undone.sections) if undone else ""
        advice = again or "`postfix-wizard runs` lists the runs."
        raise Trouble(_DOING, f"run {run} {wrong}", advice)
    for one in known[known.index(found) + 1 :]:
        # It is unknown what such a run changed, and the steps of an undo compare only files.
        if not one.is_settled:
            one.require_known(f"looking for what is in the way of undoing run {run}")
    return run


def _again(places: Places, run: str, sections: Sequence[str]) -> str:
    """Return the command that makes the changes of a run again after its undo."""
    path = places.run(run).plan
    named = "".join(f" --section {one}" for one in sections)
    return (
        f"{path} has the answers of run {run}: `postfix-wizard apply --answers {path}{named}` makes"
        " its changes again."
    )


def _why_not(one: RunSummary) -> str:
    if one.undoes:
        return f"took back run {one.undoes}; to have that again, apply its answers once more"
    if one.undone:
        return "was taken back already"
    if one.outcome == UNREADABLE:
        return f"cannot be read ({one.message})"
    if one.outcome == NOT_STARTED:
        return "never began"
    if one.returned:
        return "took back by itself what it had changed"
    return "is in progress" if one.outcome == RUNNING else ""


def _newest(places: Places, known: Sequence[RunSummary], *, remove_package: bool) -> str:
    begun = [one for one in known if one.outcome != NOT_STARTED]
    for one in reversed(known):
        _refuse_unclear(one)
        if not _why_not(one) and _read(places, one.run, remove_package=remove_package)[2]:
            if one.run != begun[-1].run and begun[-1].can_resume:
                raise Trouble(_DOING, _EARLY.format(begun[-1].run), _OLDER.format(one.run))
            return one.run
    raise Trouble(
        _DOING,
        "no run changed anything that is not taken back already",
        "`postfix-wizard runs` lists the runs.",
    )


def _refuse_unclear(one: RunSummary) -> None:
    """Raise Trouble if it is unknown which changes of a run are still there."""
    one.require_known(_DOING)
    if one.outcome == UNREADABLE and not one.is_settled:
        raise Trouble(
            _DOING,
            f"the newest run that is not undone, {one.run}, cannot be read ({one.message})",
            "An older run is undone by its name alone: `postfix-wizard runs` lists them.",
        )
    if one.undoes and one.can_resume:
        raise Trouble(
            _DOING,
            f"run {one.run}, which takes back {one.undoes}, is not at its end",
            "Go on with it: postfix-wizard resume",
        )


def _read(
    places: Places, run: str, *, remove_package: bool
) -> tuple[Plan, Progress, tuple[Step, ...]]:
    """Return a run's plan, how far it came, and the steps that undo it."""
    at = places.run(run)
    plan, past = plan_of(places, run), progress_of(at)
    steps = (
        *steps_back(plan, past, at, remove_package=remove_package),
        *_tidying(plan, past),
        *_sweeping(plan, past, read_seals(at.key)),
        *_clearing(plan, past, at),
    )
    return plan, past, steps


def _clearing(plan: Plan, past: Progress, run: RunPlaces) -> Iterator[Step]:
    """Yield a step for each of the wizard's own directories that still has secrets of the run."""
    for number, directory in enumerate(remains(plan, past, run), 1):
        yield Step(
            f"{PREFIX}remains-{number}",
            f"Remove {directory}",
            "It may hold keys or passwords, and nothing uses it once the run is taken back.",
            Forget(directory),
            (("rm", "-r", directory),),
        )


def _sweeping(plan: Plan, past: Progress, seals: Seals) -> Iterator[Step]:
    """Yield a step for each lineage that stays and has temporary files of a killed worker."""
    for step in plan.pending:
        if not isinstance(step.action, Lay) or not step.action.stays:
            continue
        beside = [one.path for one in step.action.files if leftovers(one.path)]
        if beside and step.id in past.intended:
            states = [(path, observe(path, seals).state) for path in beside]
            yield Step(
                PREFIX + step.id,
                f"Tidy up beside {step.action.what}",
                "A worker that was killed left temporary names; the certificate itself stays.",
                PutBack(tuple(Past(path, state, state) for path, state in states)),
            )


def _tidying(plan: Plan, past: Progress) -> Iterator[Step]:
    """Yield a step for each original with temporary files of a killed worker.

    All other files have steps anyway.
    """
    for step in plan.pending:
        if not isinstance(step.action, KeepOriginal) or step.id not in past.intended:
            continue
        original = step.action.original
        names = leftovers(original)
        if names:
            # It is not read as a file: after a kill right after link(2) it has two names.
            there = os.path.lexists(original)
            state = file_state(step.action.sha256 if there else None)
            yield Step(
                PREFIX + step.id,
                f"Tidy up beside {original}",
                "A worker that was killed left a temporary name; the original itself stays.",
                PutBack((Past(original, state, state),)),
                tuple(("rm", f"{os.path.dirname(original)}/{name}") for name in names),  # noqa: PTH120
            )


def _compared(
    plan: Plan,
    past: Progress,
    steps: Sequence[Step],
    run: str,
    *,
    seals: Seals,
    barred_by: _BarredBy,
    taken_first: Collection[str],
) -> Plan:
    texts = {change.path: change for change in plan.files}
    changes: list[FileChange] = []
    since: list[Judged] = []
    newer: list[Past] = []
    compared: list[Step] = []
    for step in steps:
        action = step.action if isinstance(step.action, PutBack) else PutBack(())
        # The path of a killed KeepOriginal does not change, and may have two names.
        moving = tuple(one for one in action.files if one.was != one.now)
        seen = {one.path: observe(one.path, seals) for one in moving}
        every = judged(moving, action.links, partial(known_state, seen=seen, seals=seals))
        found = [one for one in every if one.verdict != BEFORE]
        since += [one for one in found if one.verdict in {EDITED, GONE}]
        newer += [one.past for one in found if one.verdict == NEWER]
        todo = [one.past for one in found if one.verdict != NEWER]
        for one in todo:
            file = seen[one.path].file
            if one.path in texts and (file is not None or one.copy):
                original = texts[one.path].original
                live = masked_file(one.path, file.text) if file is not None else None
                before = masked_file(one.path, saved_bytes(one, seals)) if one.copy else b""
                changes.append(FileChange(one.path, original, live, before))
        # A temporary name is enough to need the step, which removes such names first.
        untidy = any(leftovers(one.path) for one in action.files)
        untidy = untidy or any(map(_is_empty, action.directories))
        done = bool(action.files) and not (todo or untidy)
        compared.append(dataclasses.replace(step, done=done))
    return Plan(
        answers="",
        sections=(),
        steps=tuple(compared),
        files=tuple(sorted(changes, key=lambda one: list(texts).index(one.path))),
        warnings=(*_warnings(plan, past, steps), *mailboxes(changes)),
        obstacles=tuple(
            dict.fromkeys((*_obstacles(since, run, barred_by, taken_first), *_masked(compared)))
        ),
        undoes=run,
        stays=tuple(what_stays(plan, past, steps, newer)),
    )


_BarredBy = Callable[[Iterable[str]], tuple[Later, ...]]
"""Returns the later runs that must be undone before these paths can be put back."""


def _obstacles(
    since: Sequence[Judged], run: str, barred_by: _BarredBy, taken_first: Collection[str]
) -> Iterator[Problem]:
    """Yield the obstacles: later runs, and changes by hand that no later run explains.

    `since` are the paths that were changed or removed after the run.
    """
    later = barred_by(one.past.path for one in since) if since else ()
    if not {one.run for one in later} <= {*taken_first}:
        yield host_problem(first_take_back(run, later))
    by_runs = {path for one in later for path in one.paths}
    for one in since:
        if one.verdict == EDITED and one.past.path not in by_runs:
            yield host_problem(f"{changed_since(one.past)}. {EDITED_ADVICE}")
        directory = os.path.dirname(one.past.path)  # noqa: PTH120 (a string of the host's)
        if one.verdict == GONE and not os.path.isdir(directory):  # noqa: PTH112
            yield host_problem(
                f"{directory} was removed after the run, and a file goes back there. {_MKDIR}",
            )


def _masked(steps: Iterable[Step]) -> Iterator[Problem]:
    """Yield an obstacle for each masked unit that must be started. It can only be stopped."""
    for turn in (one.action for one in steps):
        if isinstance(turn, (ReturnUnit, TurnBeside)) and turn.verb != "stop":
            yield from [masked(turn.unit)] if is_masked(LOCAL, turn.unit) else []


def _is_empty(directory: str) -> bool:
    return os.path.isdir(directory) and not os.listdir(directory)  # noqa: PTH112, PTH208


_TRANSPORT = "mailbox_transport"


def mailboxes(changes: Iterable[FileChange]) -> Iterator[str]:
    """Yield a warning if mail for people goes back to local(8), which knows no users of Dovecot's own."""
    for change in changes:
        if change.path != MAIN_CF or change.live is None or change.proposed is None:
            continue
        now = own_parameters(change.live).get(_TRANSPORT, "")
        then = own_parameters(change.proposed).get(_TRANSPORT, "")
        if now and now != then:
            what = f"{_TRANSPORT} goes back from {now} to {then or 'nothing'}"
            yield printable(
                f"{what}, so that mail for people goes elsewhere than now. Without it local(8) delivers, "
                "and returns mail for names that Dovecot alone knows, which are neither users nor "
                "aliases of this host. Where there are such names, make each one a user or an "
                "alias of this host first, or leave the run as it is; `postqueue -p` shows the mail that waits.",
                _MAX_WARNING,
            )


def _warnings(plan: Plan, past: Progress, steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step.action, ReloadZone):
            yield (
                f"The zone {step.action.zone} goes back to its old serial, {step.action.serial}. A "
                f"secondary server that has {step.action.was} keeps the newer records until the "
                "serial is above that: where there is one, raise it by hand and reload."
            )
    for step in plan.pending:
        if not isinstance(step.action, Install) or step.id not in past.begun:
            continue
        package = step.action.package
        if step.id not in past.done:
            yield (
                f"dnf was cut off while it installed {package}: `dnf reinstall {package}` makes "
                "the package whole."
            )
