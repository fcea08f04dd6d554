"""The parts of a result that open and close, and their lines. No Textual in here but the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Collection, Iterator, Optional, Sequence

from screens.findings import FINE, LOOKS, TITLES, Group, Paragraph, section_of, whole
from screens.messages import Finished
from screens.outcome import message
from screens.widgets.row import Row
from screens.widgets.wrap import cut, wrapped
from wizard.run.records import DONE

BACK, STAYS, ACCEPTED, MESSAGE = "back", "stays", "accepted", "message"
_TITLES = {**TITLES, BACK: "Put back", STAYS: "Stays", ACCEPTED: "Accepted"}
_LOOKS = {**LOOKS, BACK: "right", ACCEPTED: "caution"}
_TITLE_CELLS = 11
_INDENT = "    "
MAX_LINES = 3
"""Lines of an item in the list. Enter shows it whole."""


@dataclass(frozen=True)
class Item:
    """A line, the title that it is under, and its whole text in paragraphs.

    `section` is the one that it is about, "" for none.
    """

    title: str
    line: str
    paragraphs: tuple[Paragraph, ...]
    section: str = ""


@dataclass(frozen=True)
class Part:
    """Lines of one kind under a title. `key` is that of a group, or BACK, STAYS or ACCEPTED."""

    key: str
    items: tuple[Item, ...]


def parts(over: Finished, found: Sequence[Group]) -> tuple[Part, ...]:
    """Return the parts of a result: of an undo what was put back and what stays, then the findings.

    The cautions that were accepted for the run come last.
    """
    made: list[Part] = []
    if over.plan.undoes:
        made += [_texts(BACK, over.done), _texts(STAYS, over.plan.stays)]
    made += [
        Part(
            group.key,
            tuple(
                Item(TITLES[group.key], one.line, tuple(whole(one)), section_of(one.finding))
                for one in group.shown
            ),
        )
        for group in found
    ]
    made.append(_texts(ACCEPTED, [one.message for one in over.plan.cautions]))
    return tuple(part for part in made if part.items)


def _texts(key: str, texts: Sequence[str]) -> Part:
    return Part(key, tuple(Item(_TITLES[key], one, ((one, ""),)) for one in texts))


def rows(
    over: Finished, shown: Sequence[Part], opened: Collection[str], width: int
) -> Iterator[Row]:
    """Yield the lines: the message of the run's end, then each part, folded or open."""
    yield from _message_rows(over, width)
    for part in shown:
        is_open = part.key in opened
        sign = "-" if is_open else "+"
        head = f"{sign} {_TITLES[part.key]:<{_TITLE_CELLS}}"
        first = "" if is_open or part.key == FINE else part.items[0].line
        tail = f"{len(part.items):>3}  {first}".rstrip()
        yield Row(head, _LOOKS.get(part.key, ""), part.key, cut(tail, width - len(head)), "")
        if is_open:
            for number, item in enumerate(part.items):
                first, *others = wrapped(item.line, width - len(_INDENT) - 2, MAX_LINES) or ("",)
                yield Row(_INDENT + first, "", f"{part.key}:{number}")
                yield from (Row(f"{_INDENT}  {one}") for one in others)


def _message_rows(over: Finished, width: int) -> Iterator[Row]:
    """Yield the message: of a run that is done its lines, else one line that opens it."""
    if not over.message:
        return
    if over.outcome != DONE:
        text = "The whole message of the run's end"
        yield Row(f"  {'Message':<{_TITLE_CELLS}}", "", f"{MESSAGE}:0", text, "")
        return
    for number, line in enumerate(over.message.splitlines()):
        for row in wrapped(line, width):
            yield Row(row, "", f"{MESSAGE}:{number}")
    yield Row("")


def is_item(key: str) -> bool:
    """True if the row with this key is a line, not the title of a part."""
    return ":" in key


def item_at(over: Finished, shown: Sequence[Part], key: str) -> Optional[Item]:
    """Return what is under the cursor, by its row's key; None for the title of a part."""
    if not is_item(key):
        return None
    kind, _, number = key.partition(":")
    if kind == MESSAGE:
        lines = message(over).splitlines()
        return Item("Message", lines[int(number)], tuple((line, "") for line in lines))
    part = next((one for one in shown if one.key == kind), None)
    return part.items[int(number)] if part else None


def lines_of(shown: Sequence[Part], key: str) -> tuple[Paragraph, ...]:
    """Return the lines of the part with this key, as paragraphs."""
    return tuple((item.line, "") for part in shown if part.key == key for item in part.items)
