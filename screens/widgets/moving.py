"""Move the focus between the fields of a screen by the arrow keys."""

from __future__ import annotations

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
