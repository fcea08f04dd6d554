"""The sections through the runs: as what each was left, and which run changed it last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Optional

from wizard.answers.model import POLICY, SECTIONS
from wizard.sections.registry import BY_NAME
from wizard.sections.section import Texts
from wizard.status.settings import SettingsBySection, settings_by_section


@dataclass(frozen=True)
class Written:
    """What one run made of the files of Postfix: how they were before it, and after.

    `sections` are those that it was planned for, all where none is named. `undoes` is the run that
    it took back, "" for one that goes forward. `why` says, of a run that cannot be read, why: what
    it wrote is then not known. A path that it did not look at is in neither of the texts.
    """

    run: str
    sections: tuple[str, ...] = ()
    undoes: str = ""
    before: Texts = field(default_factory=dict)
    after: Texts = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True)
class LastState:
    """A section as the runs left it.

    `values` is what the last run that was planned for it left it saying, None where none was or
    that is not known (then `why` tells). `run` left it so; `changed` is the run that changed it
    last, "" where none did, or where somebody did so since by hand (`by_hand`) and a run kept it.
    """

    values: Optional[Mapping[str, str]] = None
    run: str = ""
    changed: str = ""
    by_hand: bool = False
    why: str = ""
    texts: Texts = field(default_factory=dict)


def last_states(runs: Iterable[Written]) -> dict[str, LastState]:
    """Lay the runs over each other, oldest first.

    A section that a run was not planned for is not left by it: what was done to that section by
    hand meanwhile stays a change by hand. A run that was taken back wrote nothing: each section is
    then as the run before it wrote it, whatever was there by hand in between.
    """
    found = dict.fromkeys((*SECTIONS, POLICY), LastState())
    before_run: dict[str, dict[str, LastState]] = {}
    read = _Reader()
    there: Texts = {}
    for one in runs:
        before_run[one.run] = dict(found)
        if one.why:
            found = dict.fromkeys(found, LastState(why=f"run {one.run} cannot be read: {one.why}"))
            continue
        was = {**there, **one.before}
        there = {**was, **one.after}
        before, after = read(was), read(there)
        for section, last in found.items():
            differs = after[section] != before[section]
            if one.undoes:
                earlier = before_run.get(one.undoes, {}).get(section, last)
                found[section] = _taken_back(one, last, earlier, differs=differs)
            elif differs or _is_planned(one, section):
                edited = last.values is not None and before[section] != last.values
                changed = one.run if differs else "" if edited else last.changed
                by_hand = not differs and (edited or last.by_hand)
                found[section] = LastState(after[section], one.run, changed, by_hand, texts=there)
    return found


def _is_planned(one: Written, section: str) -> bool:
    if section in BY_NAME and not BY_NAME[section].is_planned(one.after):
        return False
    return not one.sections or section in one.sections


def _taken_back(one: Written, last: LastState, earlier: LastState, *, differs: bool) -> LastState:
    """Return a section after a run was taken back; `earlier` is how it was before that run."""
    state = earlier if last.run == one.undoes else last
    changed = one.run if differs else state.changed
    return replace(state, changed=changed, by_hand=state.by_hand and not differs)


class _Reader:
    """Reads texts, the same ones once: a run finds what the one before it left."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, Optional[bytes]], ...], SettingsBySection] = {}

    def __call__(self, texts: Texts) -> SettingsBySection:
        key = tuple(sorted(texts.items()))
        if key not in self._known:
            self._known[key] = settings_by_section(texts)
        return self._known[key]
