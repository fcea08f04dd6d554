"""The names in plan.json, the journal, request.json and run.json: on servers, so never changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import stored_forms

HERE = Path(__file__).parent
CHANGED = (
    "A stored form changed. Runs on servers have the old one, and must stay readable:\n"
    "- a field that is new needs a default; then write the new text with\n"
    "  .venv/bin/python scripts/stored_forms.py >tests/unit/run/stored-forms.txt\n"
    "- a field or class that is renamed or removed needs an alias in wizard/plan/wire.py, or a\n"
    "  higher VERSION that still reads the older ones, with a test that does so\n"
    "- once a version is released, a new field or class needs a higher VERSION as well: an older\n"
    "  program must know by it that a run is not its own\n"
    "CONTRIBUTING.md, 'Stored forms', has more."
)

Forms = dict[str, dict[str, tuple[frozenset[str], bool]]]


def forms(text: str) -> Forms:
    """Return by class and field the members of its type, and whether it has a default."""
    found: Forms = {}
    for block in re.sub(r"\n +\|", " |", text).split("\n\n"):
        name, *lines = block.splitlines()
        if not name.isidentifier():
            continue
        fields = {}
        for line in lines:
            field, _, rest = line.strip().partition(": ")
            kind, _, default = rest.partition(" = ")
            fields[field] = frozenset(kind.split(" | ")), bool(default)
        found[name] = fields
    return found


@pytest.mark.promise(33)
def test_no_stored_name_changes_unnoticed() -> None:
    now = stored_forms.text()
    assert now == (HERE / "stored-forms.txt").read_text(encoding="ascii"), CHANGED


@pytest.mark.promise(33)
def test_all_of_format_1_is_still_read(record_property: Callable[[str, object], None]) -> None:
    """Every class and field of 5c83456 is there, and what is new has a default."""
    old = forms((HERE / "stored-forms-1.txt").read_text(encoding="ascii"))
    new = forms(stored_forms.text())
    assert len(old) > 40
    for name, fields in old.items():
        for field, (kind, has_default) in fields.items():
            assert field in new[name], f"{name}.{field}: {CHANGED}"
            now, still = new[name][field]
            assert kind <= now, f"{name}.{field}: {CHANGED}"
            assert still or not has_default, f"{name}.{field}: {CHANGED}"
        for field in new[name].keys() - fields.keys():
            assert new[name][field][1], f"{name}.{field} needs a default. {CHANGED}"
    record_property("count:stored fields", sum(map(len, old.values())))
