"""Make the steps that undo a run from its journal, in the order of `past_step.Slot`.

Each step's terms (docs/journal.md) give its steps of undo, by the kind of its action. The package
stays unless the caller wants it removed. `.orig` files and issued certificates always stay.

An automatic return takes the same steps. All files that can be put back are put back, and the unit
is turned. The old files fit only the old main.cf and master.cf, so only these two stop the others.
All other failures are reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from wizard.paths import LINEAGES, MAIN_CF, PARTED
from wizard.plan import hold
from wizard.plan.files import Past
from wizard.plan.model import Plan, Step
from wizard.plan.undo_actions import PutBack
from wizard.run.actions import all_kinds, kind_of_action
from wizard.run.actions.hold import first_hold
from wizard.run.changed import lineage_of
from wizard.run.past_step import (
    ANSWERS,
    PREFIX,
    Back,
    PastStep,
    RunToUndo,
    Slot,
    Terms,
    files_back,
    files_of,
    is_table,
)
from wizard.run.paths import RunPlaces
from wizard.run.progress import Progress
from wizard.run.seals import read_seals

_PLAIN = frozenset({"path", "was", "now", "uid", "gid", "mode", "mtime_ns"})
_LAST_FIRST = (Slot.CHANGES, Slot.OTHER_MTA, Slot.AFTER_PACKAGE)


def steps_back(
    plan: Plan, past: Progress, run: RunPlaces, *, remove_package: bool = False
) -> tuple[Step, ...]:
    """Return the steps that undo what was done by the journal; none if nothing was done.

    If the unit did not run before the run, it is stopped before files are put back. If it ran, it
    is turned after them. Queued mail that the old files would bounce is put on hold first.
    """
    back: dict[Slot, list[Step]] = {slot: [] for slot in Slot}
    for one in _past_steps(plan, past, run):
        for slot, step in _back(one):
            back[slot].append(step)
    for slot in _LAST_FIRST:
        back[slot].reverse()
    back[Slot.CHANGES] = list(texts_first(back[Slot.CHANGES]))
    if not any(map(_is_files, back[Slot.CHANGES])):
        back[Slot.TURN_AFTER_FILES] = []
    if not remove_package:
        back[Slot.PACKAGE] = []
    if not back[Slot.PACKAGE]:
        back[Slot.AFTER_PACKAGE] = []
    written = next((one.proposed for one in plan.files if one.path == MAIN_CF), b"")
    back[Slot.HOLD] = first_hold(back[Slot.CHANGES], read_seals(run.key), written)
    if back[Slot.TURN] or back[Slot.TURN_AFTER_FILES]:
        # The service may take mail after the first hold.
        back[Slot.HOLD_AGAIN] = list(map(hold.second, back[Slot.HOLD]))
    return tuple(chain.from_iterable(back.values()))


def _past_steps(plan: Plan, past: Progress, places: RunPlaces) -> tuple[PastStep, ...]:
    """Return the steps that a run took or was to take, in their order, and the saved answers."""
    actions = {**{step.id: step.action for step in plan.pending}, ANSWERS: None}
    files = {
        name: tuple(_past(entry, places) for entry in files_of(past.intended.get(name, {})))
        for name in actions
    }
    run = RunToUndo(plan, past, tuple(chain.from_iterable(files.values())))
    return tuple(
        PastStep(name, action, past.intended.get(name, {}), files[name], run)
        for name, action in actions.items()
    )


def _past(entry: Terms, run: RunPlaces) -> Past:
    copy = str(run.replaced / entry["copy"]) if entry.get("copy") else ""
    xattrs = tuple(sorted(entry.get("xattrs", {}).items()))
    fields = {name: value for name, value in entry.items() if name in _PLAIN}
    return Past(**fields, copy=copy, xattrs=xattrs)


def _back(one: PastStep) -> Iterator[Back]:
    if one.action is None:
        return files_back(one)
    kind = kind_of_action(one.action)
    return kind.undo(one) if one.began or kind.undo_unbegun else iter(())


def _is_files(step: Step) -> bool:
    return isinstance(step.action, PutBack) and step.id != PREFIX + ANSWERS


def texts_first(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps with those that build tables after the others that put files back."""
    tables = [step for step in steps if is_table(step.action)]
    others = [step for step in steps if step not in tables]
    last = max((at for at, step in enumerate(others) if _is_files(step)), default=-1)
    return (*others[: last + 1], *tables, *others[last + 1 :])


def steps_to_return(steps: Sequence[Step], done: Collection[str]) -> tuple[Step, ...]:
    """Return the steps that are not done, and each table and turn of a unit after the first such."""
    remaining: list[Step] = []
    for step in texts_first(steps):
        if step.id not in done or (remaining and _reads_files(step)):
            remaining.append(step)
    return tuple(remaining)


def _reads_files(step: Step) -> bool:
    return kind_of_action(step.action).reads_files or is_table(step.action)


def is_skipped(step: Step, failed: Sequence[Step]) -> bool:
    """True if a step puts files back that do not fit the present main.cf or master.cf.

    `failed` are the steps that failed before it.
    """
    return isinstance(step.action, PutBack) and any(map(_has_postfix_files, failed))


def _has_postfix_files(step: Step) -> bool:
    files = step.action.files if isinstance(step.action, PutBack) else ()
    return any(one.path in PARTED for one in files)


def what_stays(
    plan: Plan, past: Progress, back: Sequence[Step], newer: Sequence[Past]
) -> Iterator[str]:
    """Yield a sentence for each thing that stays, paths first, in the order of `all_kinds`.

    `back` are the steps that undo the run, `newer` the paths that other programs wrote since.
    """
    run = RunToUndo(plan, past, back=back)
    of_actions = (kind.stays(run) for kind in all_kinds())
    return chain(_renewed(newer), *of_actions, _own(run))


def _renewed(newer: Sequence[Past]) -> Iterator[str]:
    names = dict.fromkeys(lineage_of(one.path) for one in newer if lineage_of(one.path))
    for name in names:
        yield (
            f"{LINEAGES}/{name}: certbot renewed this certificate after the run. Its newer"
            " links are left, with the files that certbot needs to renew it again."
        )
    others = [one.path for one in newer if not lineage_of(one.path)]
    if others and not names:
        yield f"{', '.join(others)}: certbot wrote this after the run."


def _own(run: RunToUndo) -> Iterator[str]:
    if any(step.id in run.past.begun for step in run.plan.pending):
        yield (
            "/var/lib/postfix-wizard, /var/cache/postfix-wizard, /etc/postfix-wizard: the journals"
            " of all runs with the files that they replaced, the unpacked program, saved answers."
        )
