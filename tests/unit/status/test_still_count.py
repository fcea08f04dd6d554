"""Runs that do not count any more: leaving them out changes nothing of what the runs left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.status.test_expected import absent
from wizard.plan.actions import BuildTable, EnableUnit, OpenFirewall, ReplaceFile, Service
from wizard.plan.certificate_actions import Lay, Relink
from wizard.plan.files import LaidFile, NewFile, Past
from wizard.plan.model import Action, FileChange, Plan, Step
from wizard.plan.undo_actions import CloseFirewall, Disable, PutBack, ReturnUnit
from wizard.run.action_kind import ActionKind
from wizard.run.actions import all_kinds
from wizard.run.history import RunSummary
from wizard.run.past_run import PastRun
from wizard.run.progress import Progress
from wizard.run.records import DONE, FAILED, Returning, RunFinished
from wizard.run.relevant import still_count
from wizard.run.touched import touched
from wizard.status.expected import ExpectedState, add

PATHS = ("/nowhere/a", "/nowhere/b", "/nowhere/table", "/nowhere/table.db")
LINKS = tuple(f"/etc/letsencrypt/live/{name}/cert.pem" for name in ("x.example", "y.example"))
STATES = st.sampled_from(["missing", "file:1", "file:2", "file:3"])


def _terms(path: str, now: str) -> dict[str, Any]:
    return {"files": [{"path": path, "was": "missing", "now": now}]}


def _replace(path: str, now: str) -> tuple[Action, dict[str, Any]]:
    return ReplaceFile(NewFile(path, b"", None)), _terms(path, now)


def _table(_path: str, now: str) -> tuple[Action, dict[str, Any]]:
    table = PATHS[2]
    return BuildTable("hash", table, ()), _terms(PATHS[3], now)


def _links(path: str, _now: str) -> tuple[Action, dict[str, Any]]:
    link = LINKS[PATHS.index(path) % 2]
    return Relink(link.split("/")[4], ()), _terms(link, "link:target")


def _lay(path: str, now: str) -> tuple[Action, dict[str, Any]]:
    return Lay("it", "/t", (LaidFile(path, "missing", "1"),)), _terms(path, now)


def _back(path: str, now: str) -> tuple[Action, dict[str, Any]]:
    return PutBack((Past(path, now, "file:9"),)), _terms(path, now)


def _links_back(path: str, now: str) -> tuple[Action, dict[str, Any]]:
    return _back(LINKS[PATHS.index(path) % 2], now)


def _plain(action: Action) -> Any:
    return lambda _path, _now: (action, {"unit": "postfix", "was": ""})


KINDS = {
    "replace": _replace,
    "table": _table,
    "links": _links,
    "lay": _lay,
    "back": _back,
    "links back": _links_back,
    "enable": _plain(EnableUnit("postfix", "disabled")),
    "disable": _plain(Disable("postfix")),
    "start": _plain(Service("start", "postfix", "inactive")),
    "return": _plain(ReturnUnit("postfix", "stop", "inactive")),
    "open": _plain(OpenFirewall("public", ("smtp",), ())),
    "close": _plain(CloseFirewall("public", ("smtp",))),
}
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(PATHS), STATES), max_size=4
)
RUNS = st.lists(
    st.tuples(STEPS, st.sampled_from([DONE, DONE, FAILED]), st.booleans(), st.integers(0, 9)),
    max_size=8,
)
Told = tuple[RunSummary, Plan, Progress]


def test_every_rule_is_tried() -> None:
    tried = {type(made(PATHS[0], "missing")[0]) for made in KINDS.values()}
    default = ActionKind.changes
    assert {kind.data for kind in all_kinds() if kind.changes is not default} <= tried


def undo_of(run: Told, number: int, outcome: str, *, is_cut_off: bool) -> Told:
    """Return a run that takes another one back, or a part of it."""
    one, _, past = run
    entries = [entry for terms in past.intended.values() for entry in terms.get("files", ())]  # type: ignore[attr-defined]
    back = [PutBack((Past(entry["path"], "file:8", entry["now"]),)) for entry in entries]
    steps = tuple(Step(f"back-{at}", "", "", action) for at, action in enumerate(back))
    intended = {step.id: _terms(entry["path"], "file:8") for step, entry in zip(steps, entries)}
    done = tuple(intended)[:-1] if is_cut_off else tuple(intended)
    begun = Progress(True, done, tuple(intended), intended)
    outcome = FAILED if is_cut_off else outcome
    ended = replace(begun, finished=RunFinished(outcome, ""))
    plan = Plan("", (), steps, (), undoes=one.run)
    names = touched(plan, ended)
    told = RunSummary(f"{number:04}", 0.0, outcome, undoes=one.run, touched=names)
    return told, plan, ended


def run_of(
    parts: list[tuple[str, str, str]], number: int, outcome: str, *, is_cut_off: bool
) -> Told:
    steps, intended = [], {}
    for at, (kind, path, state) in enumerate(parts):
        action, terms = KINDS[kind](path, state)
        steps.append(Step(str(at), "", "", action))
        intended[str(at)] = terms
    texts = tuple(FileChange(path, None, None, b"%d" % number) for path in PATHS[:3])
    done = tuple(intended)[:-1] if is_cut_off else tuple(intended)
    past = Progress(True, done, tuple(intended), intended)
    past = replace(past, finished=RunFinished(outcome, ""))
    plan = Plan("", (), tuple(steps), texts)
    if outcome == FAILED and not is_cut_off:
        # Half of the steps are those of its own return.
        half = len(steps) // 2
        past = replace(past, returning=Returning("", tuple(steps[half:])))
        plan = replace(plan, steps=tuple(steps[:half]))
    return RunSummary(f"{number:04}", 0.0, outcome, touched=touched(plan, past)), plan, past


@given(RUNS)
@settings(max_examples=600)
def test_runs_that_do_not_count_can_be_left_out(
    drawn: list[tuple[list[tuple[str, str, str]], str, bool, int]],
) -> None:
    whole: list[Told] = []
    for number, (parts, outcome, is_cut_off, of) in enumerate(drawn):
        forward = [one for one in whole if not one[0].undoes]
        if of < len(forward):
            whole.append(undo_of(forward[of], number, outcome, is_cut_off=is_cut_off))
        else:
            whole.append(run_of(parts, number, outcome, is_cut_off=is_cut_off))
    counting = {one.run for one in still_count([one for one, _, _ in whole])}
    every, fewer = ExpectedState(), ExpectedState()
    for one, plan, past in whole:
        add(every, PastRun(one.run, plan, past, absent))
        if one.run in counting:
            add(fewer, PastRun(one.run, plan, past, absent))
    for name in ("paths", "links", "tables", "lineages", "services", "enabled", "active", "texts"):
        assert getattr(every, name) == getattr(fewer, name), name
    assert every.newest == fewer.newest
