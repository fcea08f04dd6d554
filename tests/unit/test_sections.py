"""The registry of sections against the answers, and against what the engines are made to know."""

from __future__ import annotations

from pathlib import Path

from tests.factories import FRESH
from wizard.answers import model
from wizard.answers.model import Answers
from wizard.answers.sections.hostname import Hostname
from wizard.door import Door
from wizard.host.read import read_host
from wizard.paths import MAIN_CF, MANAGED
from wizard.sections.registry import BY_NAME, SECTIONS

ROOT = Path(__file__).parents[2]


def test_the_registry_has_the_sections_of_the_answers_in_their_order() -> None:
    assert tuple(one.name for one in SECTIONS) == model.SECTIONS


def test_a_file_has_one_owner() -> None:
    paths = [file.path for one in SECTIONS for file in one.files]
    assert len(paths) == len(set(paths)) > 0


def test_the_facts_of_each_file_are_read() -> None:
    assert {file.path for one in SECTIONS for file in one.files} <= MANAGED.keys()
    assert MANAGED.keys() == read_host(Door(Path("/nonexistent"))).files.keys()


def test_no_section_is_left_out_of_the_contract_between_engines_and_sections() -> None:
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert [one.name for one in SECTIONS if f'"wizard.sections.{one.name}"' not in contract] == []


def test_an_empty_size_is_shown_as_postfixs_own_default() -> None:
    host = FRESH.with_file(MAIN_CF, live=b"message_size_limit =\n")
    assert (
        BY_NAME["limits"].value(host, Answers(Hostname("mail.example.jp", "example.jp")))
        == "messages up to 9.8 MiB"
    )
