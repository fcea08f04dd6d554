"""The checklist as text for people, and as JSON for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from wizard.certificates.dates import moment
from wizard.move.checklist import gone
from wizard.move.model import DONE, OPEN, TICKED, UNKNOWN, Checklist, Row
from wizard.text import hanging

VERSION = 1
"""Of the JSON form (docs/json.md)."""

WIDTH = 80
WORDS = {DONE: "done", OPEN: "OPEN", UNKNOWN: "unknown", TICKED: "ticked"}
_STATE = 9


def lines(found: Checklist, width: int = WIDTH) -> Iterator[str]:
    """Yield the list's lines, none longer than `width`, which must be at least 40."""
    yield from textwrap.wrap(found.summary, width)
    for warning in found.warnings:
        yield from textwrap.wrap(f"warning: {warning}", width, break_on_hyphens=False)
    for row in found.rows:
        yield ""
        yield head(row)
        for text in details(row):
            yield from hanging(text, width, " " * _STATE)


def head(row: Row) -> str:
    """Return an item's first line: its state, ID and title."""
    return f"{WORDS[row.state]:<{_STATE}}{row.id:<12} {row.title}"


def details(row: Row) -> Iterator[str]:
    """Yield the details of an item. For a settled one, only what was seen and when."""
    if row.state == TICKED:
        yield f"ticked by hand on {moment(row.at)}"
    else:
        yield f"seen: {row.seen}"
    if row.state == DONE:
        yield f"since {moment(row.at)}"
    if gone(row):
        yield f"It was seen done on {moment(row.was_done)} and no longer is."
    elif row.was_done and row.state == UNKNOWN:
        yield f"It was seen done on {moment(row.was_done)}."
    if row.settled:
        return
    if row.waits_for:
        yield f"after: {', '.join(row.waits_for)}"
    yield f"-> {row.what_to_do}"
    yield f"why: {row.why}"
    yield f"looked at: {row.how}"


def as_data(found: Checklist) -> dict[str, Any]:
    """Return the list as a JSON object; docs/json.md describes it."""
    return {
        "version": VERSION,
        "old_server": found.old.name,
        "open": found.open,
        "items": [asdict(row) for row in found.rows],
        "warnings": list(found.warnings),
    }
