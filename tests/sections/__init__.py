"""A change of each section's answers: each module here is named as its section, and has a `CASE`.

A module may have tests of its section, too.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wizard.answers.model import SECTIONS, Answers
from wizard.paths import MAIN_CF


@dataclass(frozen=True)
class Case:
    """A change that each host's answers can have.

    `fields` are its values; a function makes one from today's. `edit` is the same in the example's
    answers file, the text before and after it; by default the section is added with `fields`.
    `moves` are the parameters of main.cf that may change, and `files` those of main.cf, master.cf,
    sender_access and aliases that may.
    """

    fields: Mapping[str, Any]
    edit: tuple[str, str] = ("", "")
    moves: frozenset[str] = frozenset()
    files: tuple[str, ...] = (MAIN_CF,)


CASES: dict[str, Case] = {
    name: importlib.import_module(f"tests.sections.{name}").CASE for name in SECTIONS
}


def change(section: str, answers: Answers) -> Answers:
    """Return the answers with the section's change."""
    today, fields = getattr(answers, section), CASES[section].fields
    values = {
        name: value(getattr(today, name)) if callable(value) else value
        for name, value in fields.items()
    }
    return replace(answers, **{section: replace(today, **values)})


def edit(section: str, text: str) -> str:
    """Return the text of the example's answers file with the section's change."""
    old, new = CASES[section].edit
    if not old:
        lines = [f"{name} = {json.dumps(value)}" for name, value in CASES[section].fields.items()]
        old, new = "[blocklists]", "\n".join([f"[{section}]", *lines, "[blocklists]"])
    assert old in text
    return text.replace(old, new, 1)
