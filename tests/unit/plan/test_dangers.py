"""Cautions that are accepted by typing their values."""

from __future__ import annotations

import re

import pytest

from tests.factories import ROOT
from wizard.answers.model import Caution
from wizard.plan.dangers import DANGERS, is_typed, text_to_type

NETS = ("203.0.113.0/24", "198.51.100.0/24")


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (NETS[:1], "203.0.113.0/24"),
        (NETS, "203.0.113.0/24,198.51.100.0/24"),
        (("a", "b", "c", "d"), "4"),
        (("maildir:~/x y",), "maildir:~/x%20y"),
        ((), "public-range"),
    ],
)
def test_what_is_typed(values: tuple[str, ...], shown: str) -> None:
    caution = Caution("public-range", "", values)
    assert text_to_type(caution) == shown
    assert is_typed(caution, f" {shown} ")
    for other in ("", "y", "yes", shown[:-1], shown + "0"):
        assert not is_typed(caution, other)


def test_the_order_and_the_blanks_do_not_matter() -> None:
    assert is_typed(Caution("public-range", "", NETS), "198.51.100.0/24 , 203.0.113.0/24")


@pytest.mark.parametrize("name", DANGERS)
def test_a_page_says_for_which_cautions_space_does_nothing(name: str) -> None:
    page = (ROOT / "docs/howto/use.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"For the most dangerous ones \((.*?)\)", page, re.DOTALL)
    assert f"`{name}`" in found


@pytest.mark.parametrize("name", DANGERS)
def test_each_page_has_plain_sentences(name: str) -> None:
    danger = DANGERS[name]
    assert len(danger.title) <= 60
    assert danger.text.endswith(".")
    assert all(len(one.split()) <= 25 for one in danger.text.split(". "))


def test_each_page_is_about_a_caution_of_some_plan() -> None:
    texts = [one.read_text(encoding="utf-8") for one in (ROOT / "wizard").rglob("*.py")]
    written = re.compile(r'(?:Caution\(|CLASS =|TRANSPORT =)\s*"([a-z-]+)"')
    assert set(DANGERS) <= {name for text in texts for name in written.findall(text)}
