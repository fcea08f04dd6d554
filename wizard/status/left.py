"""What the runs left behind, as their journals tell: all of them in order, the later over the earlier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Callable, Optional, cast

from wizard.errors import Trouble
from wizard.host.aliases import ALIASES
from wizard.host.facts import DOVECOT_CONF
from wizard.plan import model
from wizard.plan.build import UNIT
from wizard.plan.model import Action, Plan
from wizard.run.history import UNREADABLE, plan_of, runs
from wizard.run.journal import read_journal
from wizard.run.paths import Places
from wizard.run.progress import Progress, progress
from wizard.run.undo import ANSWERS
from wizard.status.held import MAIN, MASTER, SENDERS
from wizard.status.history import Written


@dataclass(frozen=True)
class Mark:
    """Something in the state that a run gave it; `run` is that run's ID."""

    state: str
    run: str


@dataclass
class Left:
    """What the runs left.

    `paths` has by path the state as `wizard.run.states` words it, `tables` by path the TYPE of
    each indexed table, `lineages` by name the run that linked it. `enabled` and `active` are the
    unit's; `services` by (zone, service) whether a run left it open.
    """

    paths: dict[str, Mark] = field(default_factory=dict)
    tables: dict[str, Mark] = field(default_factory=dict)
    lineages: dict[str, Mark] = field(default_factory=dict)
    services: dict[tuple[str, str], Mark] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    """By path what the file was left with, where its run's plan shows it."""
    enabled: Optional[Mark] = None
    active: Optional[Mark] = None
    unreadable: dict[str, str] = field(default_factory=dict)
    """Why, by run, of those whose journal or plan cannot be read: what they left is not known."""
    written: list[Written] = field(default_factory=list)
    """What each run made of the files of Postfix, oldest first; the unreadable ones too."""

    @property
    def newest(self) -> str:
        """The run that changed something last, "" for none."""
        marks = (*self.paths.values(), *self.services.values(), self.enabled, self.active)
        return max((mark.run for mark in marks if mark is not None), default="")


OPEN, CLOSED = "open", "closed"
_Rule = Callable[[Left, Any, dict[str, Any], str], None]


def what_runs_left(places: Places) -> Left:
    """Read all journals, oldest first; none of them raises, a damaged one is told of."""
    left = Left()
    for one in runs(places):
        if one.outcome == UNREADABLE:
            _unreadable(left, one.run, one.message)
        elif one.started is not None:
            try:
                reading = read_journal(places.run(one.run).journal)
                past = progress(reading.records if reading else ())
                add(left, one.run, plan_of(places, one.run), past)
            except Trouble as trouble:
                _unreadable(left, one.run, str(trouble))
    return left


def _unreadable(left: Left, run: str, why: str) -> None:
    left.unreadable[run] = why
    left.written.append(Written(run, why=why))


def add(left: Left, run: str, plan: Plan, past: Progress) -> None:
    """Lay what one run changed over what those before it left."""
    proposed = {change.path: change.proposed for change in plan.files}
    for step, action in _actions(plan, past):
        terms = cast("dict[str, Any]", past.intended.get(step))
        if terms is None:
            continue
        # Of a step that was cut off, its end is what is expected: the run waits to be gone on with.
        for entry in terms.get("files", ()):
            path = entry["path"]
            left.paths[path] = Mark(entry["now"], run)
            left.texts.pop(path, None)
            if path in proposed:
                left.texts[path] = proposed[path]
        rule = _RULES.get(type(action))
        if rule is not None and step in past.done:
            rule(left, action, terms, run)
    left.written += _written(run, plan, past)


_OF_SECTIONS = frozenset({MAIN, MASTER, SENDERS, ALIASES, DOVECOT_CONF})


def _written(run: str, plan: Plan, past: Progress) -> Iterator[Written]:
    """Yield what a run made of the files of Postfix, nothing where it never came to them."""
    touched = {
        entry["path"]
        for terms in past.intended.values()
        for entry in cast("dict[str, Any]", terms).get("files", ())
    }
    files = [change for change in plan.files if change.path in _OF_SECTIONS]
    came_to_them = past.over or any(change.path in touched for change in files)
    if plan.gathers or past.returning is not None or not came_to_them:
        return
    before = {change.path: change.live for change in files}
    after = {change.path: change.proposed for change in files if change.path in touched}
    yield Written(run, plan.sections, bool(plan.undoes), before, {**before, **after})


def _actions(plan: Plan, past: Progress) -> Iterator[tuple[str, Optional[Action]]]:
    steps: Iterable[model.Step] = plan.steps
    if past.returning is not None:
        steps = (*steps, *past.returning.steps)
    yield from ((step.id, step.action) for step in steps)
    yield ANSWERS, None


def _table(left: Left, action: model.BuildTable, terms: dict[str, Any], run: str) -> None:
    # What postmap writes twice from one text is not the same twice: rows are compared instead.
    for entry in terms.get("files", ()):
        left.paths.pop(entry["path"], None)
    left.tables[action.path] = Mark(action.table_type, run)


def _laid(left: Left, action: model.Lay, _terms: dict[str, Any], _run: str) -> None:
    # certbot writes its notes anew at each renewal; lineages are judged by their links.
    for file in action.files:
        left.paths.pop(file.path, None)


def _links(left: Left, action: model.Relink, terms: dict[str, Any], run: str) -> None:
    # A renewal moves them on to the next number, and is no drift.
    for entry in terms.get("files", ()):
        left.paths.pop(entry["path"], None)
    left.lineages[action.lineage] = Mark("linked", run)


def _enabled(left: Left, action: model.EnableUnit, _terms: dict[str, Any], run: str) -> None:
    if action.unit == UNIT:
        left.enabled = Mark("enabled", run)


def _disabled(left: Left, action: model.Disable, _terms: dict[str, Any], run: str) -> None:
    if action.unit == UNIT:
        left.enabled = Mark("disabled", run)


def _turned(left: Left, _action: Any, _terms: dict[str, Any], run: str) -> None:
    left.active = Mark("active", run)


def _returned(left: Left, action: model.ReturnUnit, _terms: dict[str, Any], run: str) -> None:
    left.active = Mark(action.to, run)


def _opened(left: Left, action: model.OpenFirewall, _terms: dict[str, Any], run: str) -> None:
    for service in action.services:
        left.services[action.zone, service] = Mark(OPEN, run)


def _closed(left: Left, action: model.CloseFirewall, _terms: dict[str, Any], run: str) -> None:
    for service in action.services:
        left.services[action.zone, service] = Mark(CLOSED, run)


def _put_back(left: Left, action: model.PutBack, _terms: dict[str, Any], run: str) -> None:
    for past in action.files:
        left.paths[past.path] = Mark(past.was, run)
        source = past.path.rpartition(".")[0]
        if source in left.tables and past.was == "missing":
            del left.tables[source]
        parts = past.path.split("/")
        if past.path.startswith("/etc/letsencrypt/live/") and parts[4] in left.lineages:
            del left.lineages[parts[4]]


_RULES: dict[type, _Rule] = {
    model.BuildTable: _table,
    model.Lay: _laid,
    model.Relink: _links,
    model.EnableUnit: _enabled,
    model.Disable: _disabled,
    model.Service: _turned,
    model.ReturnUnit: _returned,
    model.OpenFirewall: _opened,
    model.CloseFirewall: _closed,
    model.PutBack: _put_back,
}
