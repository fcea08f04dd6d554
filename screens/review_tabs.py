"""The tabs of Review: the summary, what changes, the commands, the notes, then what stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional, Sequence

from screens.diffs import FileDiff, file_diff
from wizard.plan.model import Plan

SUMMARY, FILE, TO_COPY, COMMANDS, NOTES = "Summary", "file", "to copy", "Commands", "Notes"
"""The kinds of tabs."""


@dataclass(frozen=True)
class Tab:
    """One tab. `label` is its number and name, `diff` that of its file."""

    kind: str
    name: str
    diff: Optional[FileDiff] = None
    number: int = 0

    @property
    def label(self) -> str:
        """The number and the name; the name of an unchanged file is in brackets."""
        return f"{self.number} ({self.name})" if self.is_unchanged else f"{self.number} {self.name}"

    @property
    def is_unchanged(self) -> bool:
        """True if the plan does not write its file."""
        return self.kind == FILE and self.diff is not None and self.diff.is_live

    @property
    def changes(self) -> bool:
        """True if the plan writes its file."""
        return self.kind == FILE and not self.is_unchanged

    @property
    def path(self) -> str:
        """The path of its file, "" without one."""
        return self.diff.path if self.diff is not None and self.kind == FILE else ""


def make_tabs(plan: Plan) -> tuple[Tab, ...]:
    """Return the tabs of a plan. Comparing its files takes a while: for threads."""
    files = [Tab(FILE, diff.name, diff) for diff in map(file_diff, plan.files)]
    to_copy = [Tab(TO_COPY, f"{diff.name}: to copy", diff) for diff in map(file_diff, plan.to_copy)]
    noted = plan.warnings or plan.stays or plan.foreign
    found = (
        Tab(SUMMARY, SUMMARY),
        *(one for one in files if one.changes),
        *to_copy,
        Tab(COMMANDS, COMMANDS),
        *((Tab(NOTES, NOTES),) if noted else ()),
        *(one for one in files if one.is_unchanged),
    )
    return tuple(replace(one, number=number) for number, one in enumerate(found, 1))


def changes_of(tabs: Sequence[Tab], *, live: bool) -> tuple[tuple[int, int], ...]:
    """Return all changes in order: the index of the tab, and that of the change in its file."""
    return tuple(
        (at, number)
        for at, tab in enumerate(tabs)
        if tab.changes and tab.diff is not None
        for number in range(len(tab.diff.shown(live=live)))
    )
