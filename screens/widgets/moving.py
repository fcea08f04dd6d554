"""Move the focus between the fields of a screen by the arrow keys."""

from __future__ import annotations

from typing import Sequence, TypeVar

from textual.widget import Widget

LIST = "sections"
"""The ID of the list of sections."""


def focus_beside(widget: Widget, by: int) -> bool:
    """Focus the widget before this one (-1) or after it (1). Return False if there is none.

    The arrow keys stay in the form: what is typed after one that goes too far must not be lost, or
    open a section. Tab and Esc go to the list.
    """
    chain = [one for one in widget.screen.focus_chain if one.id != LIST]
    to = chain.index(widget) + by if widget in chain else -1
    if not 0 <= to < len(chain):
        return False
    chain[to].focus()
    return True


Field = TypeVar("Field", bound=Widget)


def page_away(fields: Sequence[Field], here: Field, lines: int) -> Field:
    """Return the field so many lines below this one (above it, if negative), or the first or last."""
    y = here.virtual_region.y + lines
    above = [one for one in fields if one.virtual_region.y <= y]
    return (above or fields[:1])[-1]
