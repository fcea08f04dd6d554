"""The rows of Review's summary, notes and hand edits."""

from __future__ import annotations

from typing import Collection, Iterator, Optional, Sequence

from screens.columns import WIDE, side_by_side
from screens.widgets.row import Row, text_rows
from screens.widgets.wrap import wrapped
from wizard.answers.accept import form_of
from wizard.answers.build import problem_text
from wizard.answers.model import Caution
from wizard.plan.choices import MINE, PLANNED
from wizard.plan.conflicts import readable, subject, values
from wizard.plan.dangers import DANGERS
from wizard.plan.foreign import text_lines
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import Plan
from wizard.plan.summary import UNDO_HELP, summary
from wizard.text import counted

FOREIGN, CAUTION, CONFLICT = "foreign:", "caution:", "conflict:"
"""Each begins the key of a row: something from another server, a caution, a conflict to decide."""

OBSTACLE = "IN THE WAY"
_STATES = {MINE: "you keep yours", PLANNED: "you take the planned", "": "NOT DECIDED"}
_BOX = " " * 4
_HEADING = 14


def summary_rows(
    plan: Plan, accepted: Collection[str], width: int, queued: Optional[int] = None
) -> Iterator[Row]:
    """Yield what the plan does, then what is in its way: obstacles, conflicts and cautions.

    `queued` is the number of messages in the queue, None if it is not known.
    """
    for line in summary(plan, queued):
        look = "quiet" if line.is_quiet else ""
        texts = wrapped("; ".join(line.texts), max(10, width - _HEADING - 1))
        for number, text in enumerate(texts):
            heading = "" if number else line.heading
            yield Row(f" {heading:<{_HEADING}}", "strong", "", text, look)
    for problem in plan.obstacles:
        yield Row("")
        said = f"{OBSTACLE}: {problem_text(problem)}"
        yield from text_rows(said, width, "wrong", words=OBSTACLE)
    for number, edit in enumerate(plan.edits):
        if edit.conflict:
            yield Row("")
            yield from _edit_rows(edit, f"{CONFLICT}{number}", width, with_path=True)
    for caution in plan.cautions:
        yield Row("")
        yield from _caution_rows(caution, width, is_accepted=form_of(caution) in accepted)


def _caution_rows(caution: Caution, width: int, *, is_accepted: bool) -> Iterator[Row]:
    text, look = ("[x] ACCEPTED", "strong") if is_accepted else ("[ ] CAUTION", "caution")
    if is_accepted:
        keys = "Space takes that back"
    elif caution.name in DANGERS:
        keys = "Enter opens its page"
    else:
        keys = "Space accepts it, Enter tells more"
    yield Row(text, look, CAUTION + form_of(caution), f" {caution.name}: {keys}", "")
    yield from text_rows(caution.message, width, "", _BOX)


def note_rows(plan: Plan, width: int) -> Iterator[Row]:
    """Yield warnings, what an undo does not take back, and what comes from another server."""
    for warning in plan.warnings:
        yield from _noted("Warning", "caution", warning, width)
    for sentence in plan.stays:
        yield from _noted("Stays", "strong", sentence, width)
    if plan.stays:
        yield from text_rows(UNDO_HELP, width, "quiet")
        yield Row("")
    for one in plan.foreign:
        box = "x" if one.accepted else " "
        state = "It comes along" if one.accepted else "It is left out"
        yield Row(f"[{box}] {one.name}", "strong", FOREIGN + one.name)
        said = f"{one.place}: {one.use}. {state}: space changes that."
        yield from text_rows(said, width, "", _BOX)
        for line in text_lines(one):
            yield Row(f"    | {line}", "value")
        yield Row("")


def _noted(word: str, look: str, text: str, width: int) -> Iterator[Row]:
    yield from text_rows(f"{word}: {text}", width, look, words=word)
    yield Row("")


def display_order(edits: Sequence[HandEdit]) -> list[int]:
    """Return the indexes of hand edits in the order in which they are shown: conflicts first."""
    return sorted(range(len(edits)), key=lambda at: not edits[at].conflict)


def edit_rows(edits: Sequence[HandEdit], width: int) -> list[Row]:
    """Return all hand edits of a file. A row's key is its index in `edits`."""
    return [
        row
        for at in display_order(edits)
        for row in (*_edit_rows(edits[at], str(at), width), Row(""))
    ]


def _edit_rows(edit: HandEdit, key: str, width: int, *, with_path: bool = False) -> Iterator[Row]:
    name = f"{subject(edit)} in {readable(edit.path)}" if with_path else subject(edit)
    if edit.conflict:
        text, look = f"CONFLICT, {_STATES[edit.choice]}", "caution" if edit.undecided else "strong"
    else:
        text, look = "YOURS, and it stays", "strong"
    yield Row(text, look, key, f": {name}", "")
    shown = [
        (heading, lines)
        for heading, lines in values(edit)
        if heading != "as planned" or edit.conflict or edit.planned != edit.now
    ]
    yield from _in_columns(shown, width) if width >= WIDE else _in_lines(shown, width)
    if edit.conflict:
        boxes = (
            f"[{'x' if edit.choice == choice else ' '}] {text}"
            for choice, text in ((MINE, "k keeps yours"), (PLANNED, "t takes the planned"))
        )
        yield Row(_BOX + "   ".join(boxes))


def _in_lines(shown: Sequence[tuple[str, Sequence[str]]], width: int) -> Iterator[Row]:
    """Yield the values under each other."""
    for heading, lines in shown:
        for number, line in enumerate(lines):
            text = f"{heading + ':' if not number else '':<18} {line}"
            look = "value" if heading == "as it stands now" else ""
            yield from text_rows(text, max(20 + len(_BOX), width), look, _BOX)


VALUES = 3
"""The most values of a hand edit: by the last run, today, planned."""


def _in_columns(shown: Sequence[tuple[str, Sequence[str]]], width: int) -> Iterator[Row]:
    """Yield the values in a column each, under their headings."""
    # Also where there is no planned value: its column stays empty, and the others are in line.
    missing = [()] * (VALUES - len(shown))
    heads = [(f"{heading}:",) for heading, _ in shown] + missing
    texts = [lines for _, lines in shown] + missing
    yield from (Row(one, "quiet") for one in side_by_side(heads, width, _BOX))
    yield from (Row(one) for one in side_by_side(texts, width, _BOX))


def before_run(plan: Plan) -> str:
    """Return what the run does to this host, and what a connection that breaks does to the run."""
    if plan.gathers:
        return (
            "Nothing of this host is changed yet: what comes is kept aside, and judged. The "
            "run goes on even if this connection breaks; its questions are asked here."
        )
    return (
        f"Now this host is changed, in {counted(len(plan.pending), 'step')}. Each file is kept as it "
        "was; the run goes on even if this connection breaks."
    )
