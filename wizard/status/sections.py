"""The list of sections: today's value, state and last change of each section. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.host.facts import Host
from wizard.paths import MAIN_CF
from wizard.planning.file_entries import own_of, same
from wizard.postfix.meaning import Own
from wizard.postfix.parameters import PARAMETERS, RESTRICTIONS
from wizard.run.paths import order
from wizard.secrets import masked
from wizard.sections.reading import main_cf
from wizard.sections.registry import BY_NAME
from wizard.sections.registry import SECTIONS as RECORDS
from wizard.sections.section import BY_HAND, MISSING, UNHEALTHY, WAITS, Issue
from wizard.status.drift import DriftItem
from wizard.status.expected import ExpectedState
from wizard.status.history import LastState, last_states
from wizard.status.issues import (
    AS_FOUND,
    AS_PLANNED,
    NOT_KNOWN,
    NOT_SET_UP,
    host_issues,
    item_issue,
)
from wizard.status.settings import settings_by_section

RUN, HAND, OTHER, UNKNOWN = "run", "hand", "other", "unknown"
"""Who changed a section last: a run, a hand edit since, somebody before any run, or unknown."""

_UNUSED = {one.name: one.unused for one in RECORDS if one.unused is not None}
"""By section: the value that means that this host does not use the section."""

MAX_CHARACTERS = 100
"""Characters of a value that are shown: mydestination may name ten thousand domains."""

_WORST_FIRST = (MISSING, UNHEALTHY, BY_HAND, WAITS)


@dataclass(frozen=True)
class SectionRow:
    """One section (`policy` included) of the host as it is now.

    `state` is the worst state (`wizard.status.issues`) of its issues; `why` has a sentence for each
    issue. `by` is RUN, HAND, OTHER or UNKNOWN; `run` is the ID if it is RUN, else "". `value` and
    `why` may contain control characters of the files: remove them before they are shown.
    """

    section: str
    value: str
    state: str
    why: tuple[str, ...] = ()
    by: str = OTHER
    run: str = ""


def section_rows(
    host: Host, today: Optional[Answers], expected: ExpectedState, items: Iterable[DriftItem]
) -> tuple[SectionRow, ...]:
    """Return a row for each section, in the order of the answers, and the policy last.

    `today` are the answers that were read back. None if the host was never set up: all sections
    are then NOT_SET_UP.
    """
    names = (*SECTIONS, POLICY)
    if today is None:
        return tuple(SectionRow(section, "", NOT_SET_UP) for section in names)
    # `today` has the default for a value that no answer can express, so sections prefer main.cf.
    said = {**{one.name: one.value(host, today) for one in RECORDS}, POLICY: _policy(host, today)}
    last = last_states(expected.written)
    now = settings_by_section({path: file.live for path, file in host.files.items()})
    found: dict[str, list[Issue]] = {section: [] for section in names}
    items = tuple(items)
    reported = frozenset(one.id for one in items)
    of_items = filter(None, map(item_issue, items))
    for section, issue in (*of_items, *host_issues(host, today, reported)):
        found[section].append(issue)
    own = [own_of(MAIN_CF, one or {}) for one in (last["hostname"].values, now["hostname"])]
    rows = []
    for section in names:
        changes = list(_changes(last[section], now[section], own))
        judged = [*changes, *found[section]]
        by, run = _last_change(section, last[section], expected, by_hand=bool(changes))
        state = _state(section, said[section], last[section], judged)
        why = [masked(one.why) for one in judged]
        if last[section].why:
            why.append(f"What it was left as is not known: {last[section].why}")
        rows.append(
            SectionRow(section, masked(said[section]), state, tuple(dict.fromkeys(why)), by, run)
        )
    return tuple(rows)


def _policy(host: Host, today: Answers) -> str:
    main = main_cf(host)
    own = [one for one in PARAMETERS if one.section == POLICY and one.kind != RESTRICTIONS]
    so = sum(main.value(one.name) in (one.value(today), *one.also) for one in own)
    return f"{so} of {len(own)} lines as the wizard's"


def _changes(last: LastState, now: dict[str, str], own: Sequence[Own]) -> Iterator[Issue]:
    """Yield the settings that differ from those that the last run wrote, compared as hand edits.

    `own` are the host's names: those that the last run wrote, and those of now.
    """
    if last.values is None:
        return
    for name in dict.fromkeys((*last.values, *now)):
        was, is_now = last.values.get(name), now.get(name)
        if same(MAIN_CF, name, (was, own[0]), (is_now, own[1])):
            continue
        if is_now is None:
            yield Issue(MISSING, f"{name} is gone; it was left {_short(was)}.")
        elif was is None:
            yield Issue(BY_HAND, f"{name} is set since, {_short(is_now)}.")
        else:
            why = f"{name} is {_short(is_now)}; it was left {_short(was)}."
            yield Issue(BY_HAND, why)


def _short(value: Optional[str]) -> str:
    text = value or "empty"
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}..."


def _state(section: str, value: str, last: LastState, judged: list[Issue]) -> str:
    states = {one.state for one in judged}
    worst = next((state for state in _WORST_FIRST if state in states), "")
    if worst:
        return worst
    if value == _UNUSED.get(section):
        return NOT_SET_UP
    if last.values is None:
        return NOT_KNOWN if last.why else AS_FOUND
    return AS_PLANNED


def _last_change(
    section: str, last: LastState, expected: ExpectedState, *, by_hand: bool
) -> tuple[str, str]:
    """Return who changed a section last, and the run's ID if it was a run."""
    if by_hand:
        return HAND, ""
    drift = BY_NAME[section].drift if section in BY_NAME else ()
    marks = {"firewall.*": expected.services.values(), "links.*": expected.lineages.values()}
    set_by = [mark.run for pattern in drift for mark in marks.get(pattern, ())]
    runs = [run for run in (last.changed, *set_by) if run]
    if runs:
        return RUN, max(runs, key=order)
    if last.why:
        return UNKNOWN, ""
    return (HAND if last.by_hand else OTHER), ""
