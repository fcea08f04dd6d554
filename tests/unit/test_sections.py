"""The registry of sections against the answers."""

from __future__ import annotations

from wizard.answers import model
from wizard.sections.registry import SECTIONS


def test_the_registry_has_the_sections_of_the_answers_in_their_order() -> None:
    assert tuple(one.name for one in SECTIONS) == model.SECTIONS


def test_a_file_has_one_owner() -> None:
    paths = [file.path for one in SECTIONS for file in one.files]
    assert len(paths) == len(set(paths)) > 0
