"""The lines of the list of sections. No Textual in here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Mapping, Sequence

from rich.cells import cell_len

from screens.desk import Desk
from screens.widgets.row import Row
from screens.widgets.wrap import cut, plain
from wizard.answers.model import POLICY, SECTIONS
from wizard.drafts.draft import WRONG
from wizard.run.paths import began
from wizard.sections.registry import BY_NAME
from wizard.sections.section import BY_HAND, MISSING, UNHEALTHY, WAITS
from wizard.status.issues import AS_FOUND, AS_PLANNED, NOT_SET_UP
from wizard.status.sections import HAND, OTHER, RUN, SectionRow

if TYPE_CHECKING:
    from wizard.drafts.draft import Draft

TITLE, STATE, LAST = 13, 17, 16
"""Cells of the columns. The value has the rest of the width."""

LEAST_VALUE = 16
"""The fewest cells for a value. With fewer the last change is not shown."""
MOST_LINE = 110
"""The most cells of a section's line, unless a value needs more: the eye has to find its state."""

OTHERS, LEAST_FOLDED = "others", 2
"""The key of the row for all sections that are not in use, and how many have one row at least."""

LOOKING = "looking ..."
CHANGED_HERE, WRONG_HERE, RUN_AGAIN = "CHANGED HERE", "WRONG HERE", "TO RUN AGAIN"
_SHOWN = {MISSING: "MISSING", UNHEALTHY: "UNHEALTHY"}
_LOOKS = {
    AS_PLANNED: "right",
    AS_FOUND: "",
    BY_HAND: "caution",
    MISSING: "wrong",
    UNHEALTHY: "wrong",
    WAITS: "caution",
    NOT_SET_UP: "quiet",
    CHANGED_HERE: "strong",
    RUN_AGAIN: "strong",
    WRONG_HERE: "wrong",
}
_BY = {HAND: "by hand", OTHER: "not by a run"}
_NOTHING = "nothing is changed yet; shows what is pending"


def heads(desk: Desk, width: int) -> str:
    """Return the line above the columns."""
    width = _line_width(_known(desk), width)
    return "".join(_columns("Section", "Today", "State", "Last change", width))


def _known(desk: Desk) -> dict[str, SectionRow]:
    """Return what was read of each section. The move's checklist comes later, and says more."""
    known = {one.section: one for one in desk.sections}
    if desk.move is not None and "move" in known:
        value = f"{desk.move.remaining}, {known['move'].value}"
        known["move"] = replace(known["move"], value=value)
    return known


def _line_width(known: Mapping[str, SectionRow], width: int) -> int:
    """Return the cells for the lines of sections: of a wide terminal, those that the values need."""
    longest = max((cell_len(plain(one.value)) for one in known.values()), default=0)
    return min(width, max(MOST_LINE, TITLE + longest + 1 + STATE + LAST))


def overview_rows(desk: Desk, width: int, not_yet: str) -> list[Row]:
    """Return one line for each section, then those of the host and the review.

    `not_yet` is the state of sections that were not read yet.
    """
    draft = desk.draft
    if draft is None:
        return []
    known = _known(desk)
    blank, cells = SectionRow("", "", not_yet), _line_width(known, width)
    rows = [_row(draft, name, known.get(name, blank), cells) for name in (*SECTIONS, POLICY)]
    changed = [title_of(name) for name in draft.to_run]
    review = ", ".join(changed) if changed else _NOTHING
    unit = draft.host.unit
    return [
        *rows,
        _line(
            "Host", f"Postfix is {unit.active}, {unit.enabled} at boot", "", "", width, key="host"
        ),
        _line("Review", review, "", "", width, key="review"),
    ]


def folded(desk: Desk, rows: Sequence[Row], width: int, not_yet: str) -> list[Row]:
    """Return the rows with one for all sections that this host does not use, if they are several."""
    known, draft = _known(desk), desk.draft
    unused = [row for row in rows if draft and _is_unused(draft, row.key, known)]
    if len(unused) < LEAST_FOLDED:
        return list(rows)
    names = ", ".join(title_of(row.key) for row in unused)
    state = NOT_SET_UP if all(row.key in known for row in unused) else not_yet
    one = _line(OTHERS.capitalize(), names, state, "", _line_width(known, width), key=OTHERS)
    used = [row for row in rows if row not in unused]
    sections = [row for row in used if row.key in SECTIONS]
    return [*sections, one, *used[len(sections) :]]


def _is_unused(draft: Draft, name: str, known: Mapping[str, SectionRow]) -> bool:
    is_optional = name in BY_NAME and BY_NAME[name].unused is not None
    state = known[name].state if name in known else NOT_SET_UP
    return is_optional and state == NOT_SET_UP and not _here(draft, name)


def redoable(desk: Desk) -> frozenset[str]:
    """Return the sections that a run wrote, and those that are to be run again already."""
    written = {one.section for one in desk.sections if one.by in (RUN, HAND)}
    draft = desk.draft
    chosen = {*draft.again, *((POLICY,) if draft.policy else ())} if draft else set()
    return frozenset(written | chosen)


def why_of(desk: Desk, key: str) -> str:
    """Return the foot's text for a row."""
    if key == "review":
        return "Everything that would be done, before anything is: files, commands, notes."
    if key == "host":
        return "What was found here, and the last run: going on with it, or taking it back."
    if key == OTHERS:
        return "This host does not use these sections. Enter lists them."
    if key == "move" and desk.move is not None:
        return f"{desk.move.summary} `m` shows the list, and what to do."
    row = next((one for one in desk.sections if one.section == key), None)
    if row is None:
        return ""
    return plain(" ".join(row.why) or _all_well(row))


def title_of(section: str) -> str:
    """Return a section's name in the list."""
    return (section in BY_NAME and BY_NAME[section].title) or section.capitalize()


def _all_well(row: SectionRow) -> str:
    if row.state == NOT_SET_UP:
        return "It is not in use here."
    if row.state == AS_FOUND:
        return "No run was planned for it: it is as somebody set it up, and stays so."
    by = f" Run {row.run} changed it last." if row.by == RUN else ""
    return f"Unchanged since the last run.{by}"


def _row(draft: Draft, name: str, known: SectionRow, width: int) -> Row:
    state = _here(draft, name) or known.state
    return _line(title_of(name), known.value, state, _last(known), width, key=name)


def _here(draft: Draft, name: str) -> str:
    """Return the state of a section that was changed in these screens, "" for the others."""
    if name not in draft.to_run:
        return ""
    if name == POLICY or name in draft.again:
        return RUN_AGAIN
    return WRONG_HERE if draft.state(name) == WRONG else CHANGED_HERE


def _last(row: SectionRow) -> str:
    if row.by == RUN:
        return began(row.run)
    if not row.section or row.state == NOT_SET_UP:
        return ""
    return _BY.get(row.by, "not known")


def _line(title: str, value: str, state: str, last: str, width: int, *, key: str) -> Row:
    title, value, shown, last = _columns(title, value, _SHOWN.get(state, state), last, width)
    word = shown.rstrip()
    look, rest = _LOOKS.get(state, ""), shown[len(word) :] + last
    return Row(title + value, "", key, word, look, rest, bar=len(title))


def _columns(
    title: str, value: str, state: str, last: str, width: int
) -> tuple[str, str, str, str]:
    """Fit the columns into the width. Without room the last change is dropped, then the value."""
    room = width - TITLE - STATE - LAST
    if room < LEAST_VALUE:
        room, last = width - TITLE - STATE, ""
    if not state and not last:
        room = width - TITLE
    if room < LEAST_VALUE and state:
        return _fit(title, TITLE), "", cut(state, max(1, width - TITLE)), ""
    return _fit(title, TITLE), _fit(value, room), _fit(state, STATE) if state else "", last


def _fit(text: str, width: int) -> str:
    """Return text cut or padded to a column, with a blank at its end."""
    if width <= 0:
        return ""
    shown = cut(plain(text), width - 1)
    return shown + " " * (width - cell_len(shown))
