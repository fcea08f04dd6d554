"""Read from the journals the state that the runs expect: a later run replaces an earlier one.

If a later run put a path back, the state is that of the run before (`wizard.run.past_run`). The kind
of a path decides how it is compared (`wizard.run.changed`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Optional

from wizard.errors import NewerTrouble, Trouble
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.model import Plan
from wizard.planning.build import UNIT
from wizard.run.action_kind import Thing
from wizard.run.actions import kind_of_action
from wizard.run.changed import CERTBOT, LINK, TABLE, kind_of, lineage_of, source_of
from wizard.run.history import RunSummary, plan_of, runs
from wizard.run.past_run import PastRun, past_run
from wizard.run.past_step import files_of
from wizard.run.paths import Places
from wizard.run.pruning import is_gone, newest_pruned
from wizard.run.records import DONE, UNREADABLE
from wizard.run.relevant import still_count
from wizard.run.seals import read_seals
from wizard.run.touched import path_name
from wizard.sections.registry import FILES
from wizard.status.history import Written


@dataclass(frozen=True)
class Mark:
    """The state that a run gave to something; `run` is the ID of the run."""

    state: str
    run: str


@dataclass(frozen=True)
class _Write:
    """What a run wrote to a path; `text` is the file's text if the run's plan has it."""

    mark: Mark
    text: Optional[bytes] = None
    table_type: str = ""


@dataclass
class ExpectedState:
    """The state of everything that the runs wrote.

    `paths` and `links` have by path the states (`wizard.run.path_state`) of files and of links of
    certificate lineages. `tables` has by path the TYPE of each indexed table. `lineages` has by
    name the run that linked the lineage. `services` has by (zone, service) OPEN or CLOSED
    (`wizard.run.actions.firewall`). `enabled` and `active` belong to the unit of Postfix.
    """

    paths: dict[str, Mark] = field(default_factory=dict)
    links: dict[str, Mark] = field(default_factory=dict)
    tables: dict[str, Mark] = field(default_factory=dict)
    lineages: dict[str, Mark] = field(default_factory=dict)
    services: dict[tuple[str, str], Mark] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    """By path: the text that the last run wrote, if its plan has the text."""
    writes: dict[str, list[_Write]] = field(default_factory=dict)
    """By path: everything that runs wrote and no run put back, oldest first."""
    enabled: Optional[Mark] = None
    active: Optional[Mark] = None
    unreadable: dict[str, str] = field(default_factory=dict)
    """By run: why its journal or plan cannot be read. What it wrote is unknown."""
    written: list[Written] = field(default_factory=list)
    """The files of Postfix before and after each run, oldest first; unreadable runs included."""

    @property
    def newest(self) -> str:
        """The ID of the last run that changed something, "" if there is none."""
        marks = (*self.paths.values(), *self.services.values(), self.enabled, self.active)
        return max((mark.run for mark in marks if mark is not None), default="")


def expected_state(places: Places) -> ExpectedState:
    """Read the journals that still count, oldest first. A damaged journal is in `unreadable`.

    `written` has only these runs. Raises NewerTrouble if a newer version of the program made a run.
    """
    return _expected_by(places, still_count(runs(places)))


def expected_with_history(places: Places) -> ExpectedState:
    """Read all runs, so that `written` is complete. Of runs that no longer count, read the plan.

    Raises NewerTrouble if a newer version of the program made a run.
    """
    summaries = runs(places)
    counting = frozenset(one.run for one in still_count(summaries))
    return _expected_by(
        places,
        summaries,
        frozenset(one.run for one in summaries if one.run not in counting and _is_complete(one)),
    )


def _is_complete(one: RunSummary) -> bool:
    """True if run.json names all files that the journal of the run names."""
    return one.outcome == DONE and one.touched is not None and not (one.undoes or one.returned)


def _expected_by(
    places: Places, summaries: Iterable[RunSummary], past_runs: Collection[str] = ()
) -> ExpectedState:
    expected = ExpectedState()
    seals = read_seals(places.key)
    for one in summaries:
        one.require_known("reading what the runs left")
        if one.outcome == UNREADABLE:
            _unreadable(expected, one.run, one.message)
        elif one.started is not None:
            try:
                if one.run in past_runs:
                    names = one.touched or ()
                    touched = {path for path in _OF_SECTIONS if path_name(path) in names}
                    expected.written += _written(
                        one.run, plan_of(places, one.run), touched, over=True
                    )
                    continue
                add(expected, past_run(places, one.run, seals))
            except Trouble as trouble:
                _unreadable(expected, one.run, str(trouble))
    _leave_out_removed(expected, places)
    return expected


def _leave_out_removed(expected: ExpectedState, places: Places) -> None:
    """Drop each state that a removed run replaced later."""
    try:
        removed = newest_pruned(places)
    except NewerTrouble:
        raise
    except Trouble as trouble:
        expected.unreadable[places.pruned.name] = str(trouble)
        return
    kinds = (
        ("path", expected.paths),
        ("path", expected.links),
        ("table", expected.tables),
        ("lineage", expected.lineages),
    )
    for kind, marks in kinds:
        for name, mark in tuple(marks.items()):
            if is_gone(removed, f"{kind} {name}", mark.run):
                del marks[name]


def _unreadable(expected: ExpectedState, run: str, why: str) -> None:
    expected.unreadable[run] = why
    expected.written.append(Written(run, why=why))


def add(expected: ExpectedState, past: PastRun) -> None:
    """Add one run's changes to those of the runs before it."""
    run, plan, so_far = past.run, past.plan, past.progress
    proposed = {change.path: change.proposed for change in plan.files}
    returning = so_far.returning.steps if so_far.returning else ()
    things = {
        step.id: kind_of_action(step.action).changes(step.action)
        for step in (*plan.steps, *returning)
    }
    changed: dict[str, None] = {}
    for name, entry in past.written():
        path = entry["path"]
        table_type = things.get(name, {}).get(("table", source_of(path)), "")
        write = _Write(Mark(entry["now"], run), proposed.get(path), table_type)
        expected.writes.setdefault(path, []).append(write)
        changed[path] = None
    taken = plan.undoes or run
    for path in past.put_back():
        expected.writes[path] = [
            one for one in expected.writes.get(path, ()) if one.mark.run != taken
        ]
        changed[path] = None
    for path in changed:
        _settle(expected, path)
    for name, states in things.items():
        if name in so_far.done and name in so_far.intended:
            for thing, state in states.items():
                _set(expected, thing, Mark(state, run))
    if so_far.returning is None:
        written_paths = {
            entry["path"] for terms in so_far.intended.values() for entry in files_of(terms)
        }
        expected.written += _written(run, plan, written_paths, over=so_far.over)


def _settle(expected: ExpectedState, path: str) -> None:
    """Set the expected state of a path to that of the last write that counts."""
    writes, kind = expected.writes[path], kind_of(path)
    found, name = {LINK: (expected.links, path), TABLE: (expected.tables, source_of(path))}.get(
        kind, (expected.paths, path)
    )
    found.pop(name, None)
    expected.texts.pop(path, None)
    if writes and kind is not CERTBOT:
        newest = writes[-1]
        found[name] = Mark(newest.table_type, newest.mark.run) if kind is TABLE else newest.mark
        if newest.text is not None:
            expected.texts[path] = newest.text
    if kind is LINK:
        expected.lineages = {
            lineage_of(link): Mark("linked", mark.run) for link, mark in expected.links.items()
        }


_OF_SECTIONS = frozenset({MAIN_CF, MASTER_CF, *FILES})


def _written(run: str, plan: Plan, touched: Collection[str], *, over: bool) -> Iterator[Written]:
    """Yield the files of Postfix before and after a run; nothing if the run never reached them."""
    files = [change for change in plan.files if change.path in _OF_SECTIONS]
    came_to_them = over or any(change.path in touched for change in files)
    if plan.gathers or not came_to_them:
        return
    before = {change.path: change.live for change in files}
    after = {change.path: change.proposed for change in files if change.path in touched}
    yield Written(run, plan.sections, plan.undoes, before, {**before, **after})


def _set(expected: ExpectedState, thing: Thing, mark: Mark) -> None:
    """Set the state of a service or of Postfix's unit. The journal has the states of paths."""
    kind, *name = thing
    if kind == "service":
        zone, service = name
        expected.services[zone, service] = mark
    elif thing == ("at boot", UNIT):
        expected.enabled = mark
    elif thing == ("unit", UNIT):
        expected.active = mark
