"""The registry of sections against the answers, and against what the engines are made to know."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import FRESH, ROOT, ZEKE
from tests.sections import change, edit
from tests.unit.plan.test_dovecot_plan import THERE
from wizard.answers import model
from wizard.answers.model import Answers, Problem
from wizard.answers.sections.dovecot import Dovecot
from wizard.answers.sections.hostname import Hostname
from wizard.answers.toml import parse_answers
from wizard.door import Door
from wizard.host.read import read_host
from wizard.paths import DOVECOT_CONF, MAIN_CF, MANAGED
from wizard.planning.build import build_plan
from wizard.sections.registry import BY_NAME, FILES, NEEDS, SECTIONS


def test_the_registry_has_the_sections_of_the_answers_in_their_order() -> None:
    assert tuple(one.name for one in SECTIONS) == model.SECTIONS


def test_a_file_has_one_owner() -> None:
    paths = [file.path for one in SECTIONS for file in one.files]
    assert len(paths) == len(set(paths)) > 0


def test_the_facts_of_each_file_are_read() -> None:
    host = read_host(Door(Path("/nonexistent")), NEEDS)
    assert host.files.keys() == {*MANAGED, *FILES}
    assert all(host.files[path].mode == file.mode for path, file in FILES.items())
    assert host.units.keys() == {unit for one in SECTIONS for unit in one.units}


def test_a_file_of_a_section_that_cannot_be_read_is_in_the_way_of_that_section(
    tmp_path: Path,
) -> None:
    """Not in the way of others, whose plans need nothing of it."""
    (tmp_path / DOVECOT_CONF.lstrip("/")).mkdir(parents=True)
    facts = read_host(Door(tmp_path), NEEDS).files[DOVECOT_CONF]
    assert facts.live is None
    host = replace(FRESH.with_file(DOVECOT_CONF, why=facts.why), dovecot=THERE)
    answers = replace(ZEKE, dovecot=Dovecot(conf="write"))
    (problem,) = build_plan(answers, host).obstacles
    assert problem == Problem("dovecot", "", f"{DOVECOT_CONF} cannot be read: {facts.why}")
    assert build_plan(answers, host, ("limits",)).obstacles == ()
    assert build_plan(ZEKE, host).obstacles == ()


@pytest.mark.parametrize("section", model.SECTIONS)
def test_a_section_has_a_change_for_the_tests_of_all_sections(section: str) -> None:
    edited = parse_answers(edit(section, (ROOT / "examples/zeke.toml").read_text()))
    assert isinstance(edited, Answers)
    for answers in (edited, change(section, ZEKE)):
        others = {one for one in model.SECTIONS if getattr(answers, one) != getattr(ZEKE, one)}
        assert others == {section}


def test_an_empty_size_is_shown_as_postfixs_own_default() -> None:
    host = FRESH.with_file(MAIN_CF, live=b"message_size_limit =\n")
    assert (
        BY_NAME["limits"].value(host, Answers(Hostname("mail.example.jp", "example.jp")))
        == "messages up to 9.8 MiB"
    )
