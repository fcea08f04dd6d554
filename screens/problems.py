"""What is wrong in a form: the problems of its fields, and what a plan found in the way."""

from __future__ import annotations

from typing import Iterable

from screens.widgets.field import FormField
from wizard.drafts.draft import Draft

Problems = dict[tuple[str, str], str]
"""The first message by section and field."""


def problems_of(draft: Draft, sections: Iterable[str]) -> Problems:
    """Return what must be repaired before the next screen opens."""
    found: Problems = {}
    for section in sections:
        for one in draft.problems(section):
            found.setdefault((section, one.name), one.message)
    return found


def marks_of(draft: Draft, sections: Iterable[str]) -> Problems:
    """Return the same, and the obstacles of the last plan, which only another plan can drop."""
    found = {
        (section, one.name): one.message
        for section in sections
        for one in reversed(draft.obstacles_of(section))
    }
    return {**found, **problems_of(draft, sections)}


def others_wrong(fields: Iterable[FormField], here: FormField) -> str:
    """Name the other marked fields: they may be out of sight, or wrong since the last edit."""
    marked = [one.field.label for one in fields if one.problem and one is not here]
    return f"WRONG now: {', '.join(marked)}. " if marked else ""


def mark_at(draft: Draft, form_field: FormField, marks: Problems, *, refused: bool) -> str:
    """Return the message for a field. With `refused` the operator wanted to go on already.

    An empty field of a section that was not confirmed has none before: the list says "to do".
    """
    field = form_field.field
    is_new = draft.first and field.section not in draft.seen
    if not form_field.text and not refused and is_new:
        return ""
    return marks.get((field.section, field.name), "")
