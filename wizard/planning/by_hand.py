"""Find hand edits: entries of a file that differ from what a run wrote.

A conflict is a hand edit that the plan would change again. The operator decides it. All other
hand edits stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Optional

from wizard.paths import PARTED
from wizard.plan.choices import OPEN, Choices
from wizard.plan.diff import changed_lines
from wizard.plan.hand_edit import HandEdit
from wizard.planning.file_entries import EntryValue, entries, items, own_of, same, service_entry_of
from wizard.postfix.proposal import Reason

YOURS = "Yours: "
"""The first word of the reason of a line that the operator added or changed."""


@dataclass(frozen=True)
class Base:
    """A file as `run` wrote it.

    `run` did not overwrite some hand edits. `earlier` has, by the names of these entries, the
    values that an earlier run wrote; None if no run ever set the entry.
    """

    text: bytes
    run: str
    earlier: tuple[tuple[str, Optional[str]], ...] = ()


@dataclass(frozen=True)
class Bases:
    """The bases by path; `unknown` says why some are missing, such as a run that is damaged."""

    files: Mapping[str, Base] = field(default_factory=dict)
    unknown: str = ""


def hand_edits(
    path: str, base: Optional[Base], live: Optional[bytes], proposed: bytes, choices: Choices
) -> Iterator[HandEdit]:
    """Yield the hand edits of one file, in the order of the file.

    A missing main.cf or master.cf is not a hand edit: the host then has no Postfix.
    """
    if base is None or (base.text == live and not base.earlier):
        return
    if live is None and path in PARTED:
        return
    expected = entries(path, base.text)
    for name, value in base.earlier:
        expected.pop(name, None)
        if value is not None:
            expected[name] = value
    now, planned = entries(path, live), entries(path, proposed)
    own = [own_of(path, one) for one in (expected, now, planned)]
    for name in dict.fromkeys((*now, *expected)):
        values = (expected.get(name), now.get(name), planned.get(name))
        old, live_value, new = zip(values, own)
        if same(path, name, old, live_value) or _is_of_missing_service(path, name, now, expected):
            continue
        conflict = not same(path, name, live_value, new) and not _survives(
            path, name, old, live_value, new
        )
        choice = choices.of(path, name) if conflict else OPEN
        yield HandEdit(path, name, *values, base.run, conflict, choice)


def _is_of_missing_service(
    path: str, name: str, now: Mapping[str, str], expected: Mapping[str, str]
) -> bool:
    """True if it is an option of a removed service entry: the entry itself is the hand edit."""
    entry = service_entry_of(path, name)
    return entry in expected and entry not in now


def _survives(
    path: str, name: str, expected: EntryValue, now: EntryValue, planned: EntryValue
) -> bool:
    """True if the planned list still has all changes that the operator made to it."""
    old, live, new = (items(path, name, *one) for one in (expected, now, planned))
    if old is None or live is None or new is None:
        return False
    before, here, after = set(old), set(live), set(new)
    return (
        here - before <= after
        and not (before - here) & after
        and [one for one in new if one in here] == [one for one in live if one in after]
    )


def earlier(edits: Iterable[HandEdit]) -> tuple[tuple[str, Optional[str]], ...]:
    """Return by name the values that a run wrote, for the hand edits that stay (`Base.earlier`)."""
    return tuple((one.name, _without_hand(one)) for one in edits if one.stays)


def _without_hand(edit: HandEdit) -> Optional[str]:
    """Return the value that a run wrote. In a list, apply the plan's own changes to it."""
    old, live, new = (
        items(edit.path, edit.name, one) for one in (edit.left, edit.now, edit.planned)
    )
    merged = not edit.conflict and live != new
    if not merged or old is None or live is None or new is None:
        return edit.left
    before, here, after = set(old), set(live), set(new)
    remaining = [one for one in old if one in after or one not in here]
    added = [one for one in new if one not in before and one not in here]
    return ", ".join((*remaining, *added))


def marked(
    base: Optional[Base], proposed: bytes, reasons: tuple[Reason, ...]
) -> tuple[Reason, ...]:
    """Return the reasons of a proposed text, with one more for each line of the operator's own."""
    if base is None:
        return reasons
    ours = {line for one in reasons for line in range(one.first_line, one.last_line + 1)}
    why = f"{YOURS}changed by hand since run {base.run}. It stays."
    mine = [
        Reason(first, last, why)
        for first, last in changed_lines(base.text, proposed)
        if not ours.intersection(range(first, last + 1))
    ]
    return tuple(sorted((*reasons, *mine), key=lambda one: one.first_line)) if mine else reasons
