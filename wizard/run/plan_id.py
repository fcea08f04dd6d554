"""The ID of a plan: what a person reviewed, in 32 hex digits, so that a program runs just that.

It is an HMAC-SHA-256 (RFC 2104) over all that a run of the plan does and requires: the pending steps
with their files, argvs and preconditions, the answers that it saves, and the live files. Prose, times
and warnings are no part of it. A plan has hashes of files with short secrets, so a bare hash would let
a reader of the ID try them all. The key is that of this host (`wizard.run.seals`): it is random, 0600,
root's, and in every backup that undo needs. Its other texts are hex digits, so none is a plan's.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from wizard.plan.model import Plan
from wizard.run.paths import Places
from wizard.run.seals import read_seals

PURPOSE = "plan"
DIGITS = 32
PROSE_AND_TIMES = frozenset(
    {"title", "why", "what", "reasons", "mtime_ns", "renews_at", "not_after"}
)
"""Fields of steps, actions and files that say why, or when."""

NO_KEY = (
    "this host has no key yet, and a plan writes nothing: the first run makes the key, and so does"
    " `apply --only`, which then names the ID"
)
NOT_ROOT = "only root can read the key of this host"
NO_PLAN = "there is no plan"
COPY = "a plan of copied files (--root) is never applied"


def plan_id(plan: Plan, places: Places) -> str:
    """Return the ID of a plan, "" if this host has no key, or not one that this user can read.

    Raises Trouble if the key is damaged. It writes nothing.
    """
    seals = read_seals(places.key)
    if not seals.key:
        return ""
    text = json.dumps(_content(plan), separators=(",", ":"), sort_keys=True)
    return seals.mac(PURPOSE, text.encode("ascii"))[:DIGITS]


def _content(plan: Plan) -> dict[str, Any]:
    return {
        "sections": plan.sections,
        "gathers": plan.gathers,
        "undoes": plan.undoes,
        "answers": plan.answers,
        "steps": [_data(step) for step in plan.pending],
        "files": [(one.path, _data(one.live), _data(one.proposed)) for one in plan.files],
        "foreign": [(one.name, one.place) for one in plan.foreign if one.accepted],
    }


def _data(value: Any) -> Any:
    """Return a part of a plan as data for json.dumps, without prose and times."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, tuple):
        return [_data(one) for one in value]
    if not dataclasses.is_dataclass(value):
        return value
    names = [one.name for one in dataclasses.fields(value) if one.name not in PROSE_AND_TIMES]
    return [type(value).__name__, {name: _data(getattr(value, name)) for name in names}]
