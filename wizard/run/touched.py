"""Name what a run changed, so that a reader can skip runs that do not matter.

The names are those of the things that `wizard.status.expected` follows from run to run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable, Optional, cast

from wizard import paths
from wizard.host.postfix import INDEX_SUFFIX
from wizard.plan.actions import BuildTable, EnableUnit, OpenFirewall, Service
from wizard.plan.certificate_actions import Lay, Relink
from wizard.plan.model import Plan
from wizard.plan.undo_actions import CloseFirewall, Disable, PutBack, ReturnUnit
from wizard.run.past_step import ANSWERS
from wizard.run.progress import Progress
from wizard.run.records import DONE

_INDEXES = frozenset(INDEX_SUFFIX.values())
LINEAGES = f"{paths.LINEAGES}/"


def path_name(path: str) -> str:
    """Return the name of a file or link."""
    return f"path {path}"


def touched(plan: Plan, past: Progress) -> Optional[frozenset[str]]:
    """Return the names of all things that a run changed or put back.

    None if a step was cut off, since its effect is known only from the host.
    """
    done = set(past.done)
    if past.finished is not None and past.finished.outcome == DONE:
        done.add(ANSWERS)
    if not past.intended.keys() <= done:
        return None
    names: set[str] = set()
    for terms in past.intended.values():
        files = cast("list[dict[str, Any]]", terms.get("files", ()))
        names.update(path_name(entry["path"]) for entry in files)
    back = past.returning.steps if past.returning is not None else ()
    for step in (*plan.steps, *back):
        rule = _RULES.get(type(step.action))
        # A path that an undo found as before counts as put back by it.
        if rule is not None and (step.id in done or (step.done and plan.undoes)):
            names.update(rule(step.action))
    return frozenset(names)


def _table(action: BuildTable) -> Iterator[str]:
    yield f"table {action.path}"


def _lineage(action: Relink) -> Iterator[str]:
    yield f"lineage {action.lineage}"


def _copied(action: Lay) -> Iterator[str]:
    for file in action.files:
        yield path_name(file.path)


def _at_boot(action: Any) -> Iterator[str]:
    yield f"at boot {action.unit}"


def _unit(action: Any) -> Iterator[str]:
    yield f"unit {action.unit}"


def _services(action: Any) -> Iterator[str]:
    for service in action.services:
        yield f"service {action.zone} {service}"


def _put_back(action: PutBack) -> Iterator[str]:
    for past in action.files:
        yield path_name(past.path)
        source, dot, kind = past.path.rpartition(".")
        if dot + kind in _INDEXES:
            yield f"table {source}"
        if past.path.startswith(LINEAGES):
            yield f"lineage {past.path[len(LINEAGES) :].partition('/')[0]}"


_RULES: dict[type, Callable[[Any], Iterator[str]]] = {
    BuildTable: _table,
    Relink: _lineage,
    Lay: _copied,
    EnableUnit: _at_boot,
    Disable: _at_boot,
    Service: _unit,
    ReturnUnit: _unit,
    OpenFirewall: _services,
    CloseFirewall: _services,
    PutBack: _put_back,
}
