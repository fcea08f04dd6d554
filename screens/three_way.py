"""Make lines from the hand edits of one file: as the last run wrote it, now, and as planned."""

from __future__ import annotations

from typing import Iterator, Sequence

from screens.widgets.rows import Row, text_rows
from wizard.plan.choices import MINE, PLANNED
from wizard.plan.conflicts import subject, values
from wizard.plan.hand_edit import HandEdit

_STATES = {
    MINE: "you keep yours",
    PLANNED: "you take the planned",
    "": "NOT DECIDED",
}
_BLANKS = "    "


def edit_rows(edits: Sequence[HandEdit], width: int) -> list[Row]:
    """Return all hand edits of a file, conflicts first. A row's key is its index in `edits`."""
    order = sorted(range(len(edits)), key=lambda at: not edits[at].conflict)
    return [row for at in order for row in _rows(edits[at], str(at), width)]


def _rows(edit: HandEdit, key: str, width: int) -> Iterator[Row]:
    name = subject(edit)
    if edit.conflict:
        text = f"CONFLICT, {_STATES[edit.choice]}: {name}"
        yield Row(text, "caution" if edit.undecided else "strong", key)
    else:
        yield Row(f"YOURS, and it stays: {name}", "strong", key)
    for heading, lines in values(edit):
        if heading == "as planned" and not edit.conflict and edit.planned == edit.now:
            continue
        for number, line in enumerate(lines):
            shown = f"{heading + ':' if not number else '':<18} {line}"
            look = "value" if heading == "as it stands now" else ""
            yield from text_rows(shown, max(20 + len(_BLANKS), width), look, _BLANKS)
    if edit.conflict:
        boxes = (
            f"[{'x' if edit.choice == choice else ' '}] {text}"
            for choice, text in ((MINE, "k keeps yours"), (PLANNED, "t takes the planned"))
        )
        yield Row(_BLANKS + "   ".join(boxes))
    yield Row("")
