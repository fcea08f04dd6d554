"""Name what remains after an undo and was not there before the run, each thing with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from wizard.paths import LINEAGES
from wizard.plan.files import Past
from wizard.plan.model import Plan, Step
from wizard.run.actions import ACTION_KINDS
from wizard.run.changed import lineage_of
from wizard.run.past_step import RunToUndo
from wizard.run.progress import Progress


def what_stays(
    plan: Plan, past: Progress, back: Sequence[Step], newer: Sequence[Past]
) -> Iterator[str]:
    """Yield a sentence for each thing that stays, paths first, in the order of `ACTION_KINDS`.

    `back` are the steps that undo the run, `newer` the paths that other programs wrote since.
    """
    run = RunToUndo(plan, past, back=back)
    of_actions = (kind.stays(run) for kind in ACTION_KINDS)
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
