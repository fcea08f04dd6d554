"""Refuse to undo or resume a run that was recorded on another major release of the distribution.

Such a run would write or restore files for another Postfix: after an upgrade from EL 9 to EL 10
a restored main.cf names `hash:` tables, and EL 10 has no Berkeley DB. A plan of format 1 does not
name its release. It is refused only if its own files name a type of table that this host's Postfix
does not have.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from pathlib import Path

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.distribution import major, read_distribution
from wizard.plan.actions import BuildTable
from wizard.plan.model import Plan
from wizard.run.history import RunSummary, plan_of
from wizard.run.paths import Places
from wizard.run.records import RUNNING

_BERKELEY_DB = frozenset({"hash", "btree"})
_TYPE = re.compile(rb"(?<![\w$])(hash|btree):/")
"""A table of Berkeley DB in main.cf (DATABASE_README). EL 10 has no such tables."""
LOCAL = Door(Path("/"))
"""The host of the runs."""


def current_release(door: Door = LOCAL) -> str:
    """Return the major release of this host's distribution ("9"), "" if it is unknown."""
    return major(read_distribution(door).version)


def refuse_other_release(places: Places, run: str, doing: str, door: Door = LOCAL) -> None:
    """Raise Trouble if a run was recorded on another major release than this host has now."""
    reason = other_release(plan_of(places, run), door)
    if reason:
        raise Trouble(
            doing,
            f"run {run} {reason}",
            f"Nothing was changed. The files that it replaced are in {places.run(run).replaced}: "
            "take from there by hand what you need. `postfix-wizard plan` shows what this release "
            "needs.",
        )


def ways_on(places: Places, run: RunSummary) -> str:
    """Return what the operator can do about a run that is not done, on this release."""
    try:
        reason = "" if run.outcome == RUNNING else other_release(plan_of(places, run.run))
    except Trouble:
        reason = ""
    return f"It {reason}. So it is neither resumed nor undone." if reason else run.ways_on


def other_release(plan: Plan, door: Door = LOCAL) -> str:
    """Return why a plan does not fit this host's release, in words that follow "run ID", else ""."""
    now = current_release(door)
    if plan.release:
        if not now or plan.release == now:
            return ""
        return (
            f"was recorded on release {plan.release} of this distribution, and this is release "
            f"{now}: its files are for the Postfix of that release"
        )
    named = _table_types(plan)
    missing = sorted(named - _known_types(door)) if named else []
    if not missing:
        return ""
    return (
        f"names tables of the type {', '.join(missing)}, which this host's Postfix does not have "
        "(`postconf -m` lists the types): it was recorded on another release"
    )


def _table_types(plan: Plan) -> set[str]:
    """Return the types of Berkeley DB in the texts that undo restores or a resumed run writes."""
    texts = (text for change in plan.files for text in (change.live, change.proposed) if text)
    found = {name.decode() for text in texts for name in _TYPE.findall(_without_comments(text))}
    built = (step.action for step in plan.steps)
    types = {action.table_type for action in built if isinstance(action, BuildTable)}
    return found | (types & _BERKELEY_DB)


def _without_comments(text: bytes) -> bytes:
    return b"\n".join(line for line in text.splitlines() if not line.lstrip().startswith(b"#"))


def _known_types(door: Door) -> AbstractSet[str]:
    """Return the types of `postconf -m`. If that fails, no type counts as missing."""
    outcome = door.run(("postconf", "-m"))
    if outcome is None or outcome.code != 0:
        return _BERKELEY_DB
    return set(outcome.text.split())
