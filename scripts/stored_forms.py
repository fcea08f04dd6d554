"""Print the stored forms: all classes and fields of plan.json, journal, request, run.json, draft.json.

    .venv/bin/python scripts/stored_forms.py >tests/unit/run/stored-forms.txt

Servers have data in these forms. CONTRIBUTING.md says what a change takes.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

sys.path.insert(0, str(Path(__file__).parents[1]))

from wizard.drafts import store
from wizard.drafts.stored import StoredDraft
from wizard.plan.model import Plan
from wizard.plan.wire import OLDEST, VERSION
from wizard.run.header import FORMAT, Header
from wizard.run.records import Record
from wizard.run.request import Request

ROOTS = (
    ("plan.json", Plan),
    ("journal, a record of each line", Record),
    ("request.json", Request),
    ("run.json", Header),
    ("draft.json, one user's draft", StoredDraft),
)

FEW = 3
"""Members of a union that are printed in one line."""


def text() -> str:
    """Return all stored forms, as tests/unit/run/stored-forms.txt has them."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield f"plan, request and journal: version {VERSION}, read from {OLDEST} on"
    yield f"run.json: format {FORMAT}"
    yield f"draft.json: version {store.VERSION}"
    seen: set[type] = set()
    for title, kind in ROOTS:
        yield from ("", f"# {title}: {_name(kind)}")
        for one in _classes(kind, seen):
            yield from ("", one.__name__, *_fields(one))


def _fields(kind: type) -> Iterator[str]:
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        default = "" if field.default is dataclasses.MISSING else f" = {field.default!r}"
        if field.default_factory is not dataclasses.MISSING:
            default = f" = {field.default_factory()!r}"
        yield f"    {field.name}: {_name(hints[field.name])}{default}"


def _classes(kind: Any, seen: set[type]) -> list[type]:
    """Return the dataclasses that a type contains and that were not seen, in the order of use."""
    found = []

    def visit(one: Any) -> None:
        if dataclasses.is_dataclass(one) and isinstance(one, type) and one not in seen:
            seen.add(one)
            found.append(one)
            for hint in get_type_hints(one).values():
                visit(hint)
        for inner in get_args(one):
            visit(inner)

    visit(kind)
    return found


def _name(kind: Any) -> str:
    if kind is type(None):
        return "None"
    if kind is ...:
        return "..."
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return (" | " if len(inner) <= FEW else "\n        | ").join(map(_name, inner))
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(_name, inner))}]"
    return str(kind.__name__)


if __name__ == "__main__":
    print(text(), end="")
