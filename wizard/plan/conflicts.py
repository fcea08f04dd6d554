"""Hand edits as text and as JSON: the expected, live and planned value, and the decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Optional

from wizard.plan.choices import MINE, PLANNED
from wizard.plan.hand_edit import HandEdit
from wizard.secrets import masked
from wizard.text import escaped

MAX_CHARACTERS = 400
"""Characters of a value that are shown; --json has all of it."""

KEEP_MINE, TAKE_PLANNED = "--keep-mine", "--take-planned"
CHOSEN = {
    MINE: "Kept as it stands, as you chose.",
    PLANNED: "Written as planned, as you chose.",
}
NOT_CHOSEN = f"Not decided: {KEEP_MINE} leaves what stands there, {TAKE_PLANNED} writes the plan's."


def subject(edit: HandEdit) -> str:
    """Return the name of the edited entry, without the file."""
    return readable(edit.name) if edit.name else "the whole file"


def values(edit: HandEdit) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the three values, each with its heading and as lines that are safe on a terminal."""
    return (
        ("as a run left it", value_lines(edit.left)),
        ("as it stands now", value_lines(edit.now)),
        ("as planned", value_lines(edit.planned)),
    )


def value_lines(value: Optional[str]) -> tuple[str, ...]:
    """Return a value as lines without control characters."""
    if value is None:
        return ("(not set)",)
    if not value:
        return ("(empty)",)
    shown = value if len(value) <= MAX_CHARACTERS else value[:MAX_CHARACTERS]
    lines = [readable(line) for line in shown.rstrip("\n").split("\n")]
    if len(shown) < len(value):
        lines[-1] += f" ... ({len(value)} characters in all)"
    return tuple(lines)


def readable(text: str) -> str:
    """Write control characters and bytes that are not UTF-8 as escapes, and keys as marks."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return masked(escaped(text))


def report_lines(edits: Iterable[HandEdit]) -> Iterator[str]:
    """Yield the lines on each conflict, then on the other hand edits of each file."""
    own: dict[str, list[str]] = {}
    for edit in edits:
        if edit.conflict:
            yield from conflict_lines(edit)
            yield f"    {CHOSEN.get(edit.choice, NOT_CHOSEN)}"
        else:
            own.setdefault(edit.path, []).append(subject(edit))
    for path, names in own.items():
        yield f"Yours, changed by hand in {path}, and left alone: {', '.join(names)}."


def conflict_lines(edit: HandEdit) -> Iterator[str]:
    """Yield the lines on a conflict and its three values."""
    yield (
        f"Conflict in {edit.path}: {subject(edit)} was changed by hand since run {edit.run}, and"
        " this plan changes it too."
    )
    for heading, lines in values(edit):
        first, *rest = lines
        yield f"    {heading + ':':<18} {first}"
        yield from (f"    {'':<18} {line}" for line in rest)


def as_json(edit: HandEdit) -> dict[str, Any]:
    """Return a hand edit as a JSON object; docs/json.md describes it."""
    return {
        name: value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        if isinstance(value, str)
        else value
        for name, value in asdict(edit).items()
    }
