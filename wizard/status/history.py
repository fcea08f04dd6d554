"""The sections over all runs: the settings that the runs wrote last, and who changed them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Optional

from wizard.answers.model import POLICY, SECTIONS
from wizard.sections.registry import BY_NAME
from wizard.sections.section import Texts
from wizard.status.settings import settings_by_section


@dataclass(frozen=True)
class Written:
    """The files of Postfix before and after one run.

    `sections` are the planned sections; empty means all. `undoes` is the run that this run undid,
    "" if it is not an undo. `why` is the reason why the run cannot be read; what it wrote is then
    unknown. `before` and `after` have only the paths that the run's plan has.
    """

    run: str
    sections: tuple[str, ...] = ()
    undoes: str = ""
    before: Texts = field(default_factory=dict)
    after: Texts = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True)
class LastState:
    """The settings of a section after `run`, the last run that planned it.

    `values` is None if there is no such run, or if its values are unknown (see `why`). `changed` is
    the last run that changed the section. It is "" if no run did, or if the operator changed the
    section since by hand and `run` did not overwrite that (`by_hand`). `texts` are the files after
    `run`.
    """

    values: Optional[Mapping[str, str]] = None
    run: str = ""
    changed: str = ""
    by_hand: bool = False
    why: str = ""
    texts: Texts = field(default_factory=dict)


def last_states(runs: Iterable[Written]) -> dict[str, LastState]:
    """Return the last state of each section, by name. `runs` must be in order, oldest first.

    A run changes the state only of sections that it planned or whose settings it changed. So a hand
    edit in another section remains a hand edit. After an undo, each section has the state from
    before the undone run, also if the operator had edited it in between.
    """
    found = dict.fromkeys((*SECTIONS, POLICY), LastState())
    before_run: dict[str, dict[str, LastState]] = {}
    # Equal texts are read once: most runs start with the last texts.
    read = cache(lambda texts: settings_by_section(dict(texts)))
    texts_after: Texts = {}
    for one in runs:
        before_run[one.run] = dict(found)
        if one.why:
            found = dict.fromkeys(found, LastState(why=f"run {one.run} cannot be read: {one.why}"))
            continue
        texts_before = {**texts_after, **one.before}
        texts_after = {**texts_before, **one.after}
        before, after = (read(tuple(sorted(one.items()))) for one in (texts_before, texts_after))
        for section, last in found.items():
            differs = after[section] != before[section]
            if one.undoes:
                earlier = before_run.get(one.undoes, {}).get(section, last)
                found[section] = _undone(one, last, earlier, differs=differs)
            elif differs or _is_planned(one, section):
                edited = last.values is not None and before[section] != last.values
                changed = one.run if differs else "" if edited else last.changed
                by_hand = not differs and (edited or last.by_hand)
                found[section] = LastState(
                    after[section], one.run, changed, by_hand, texts=texts_after
                )
    return found


def _is_planned(one: Written, section: str) -> bool:
    if section in BY_NAME and not BY_NAME[section].is_planned(one.after):
        return False
    return not one.sections or section in one.sections


def _undone(one: Written, last: LastState, earlier: LastState, *, differs: bool) -> LastState:
    """Return a section's state after an undo; `earlier` is the state before the undone run."""
    state = earlier if last.run == one.undoes else last
    changed = one.run if differs else state.changed
    return replace(state, changed=changed, by_hand=state.by_hand and not differs)


WHY = "it says who changed a section last"


def needed_by_sections(written: Sequence[Written], old: Collection[str]) -> Mapping[str, str]:
    """Return the old runs without which a row of the list would differ, each with the reason."""
    whole = last_states(written)
    named = {run for last in whole.values() for run in (last.run, last.changed)}
    needed = named & set(old)
    fewer = last_states(one for one in written if one.run not in old or one.run in needed)
    changed = {
        section
        for section in whole
        if _without_texts(whole[section]) != _without_texts(fewer[section])
    }
    for one in written:
        if one.run in old and (not one.sections or changed & set(one.sections)) and changed:
            needed.add(one.run)
    return dict.fromkeys(needed, WHY)


def _without_texts(last: LastState) -> tuple[object, ...]:
    return (last.values, last.run, last.changed, last.by_hand, last.why)
