"""A domain in a list and in the table of another class."""

from __future__ import annotations

import pytest

from tests.unit.check.paths.test_tables import Tables
from wizard.check.postfix.domain_classes import judge_classes
from wizard.finding import RIGHT, UNKNOWN, WRONG
from wizard.postfix.settings import Settings

OWN = {"mydestination": "localhost, here.example", "virtual_mailbox_domains": "box.example"}


@pytest.mark.parametrize(
    ("name", "rows", "verdict"),
    [
        ("virtual_alias_domains", {}, RIGHT),
        ("virtual_alias_domains", {"other.example": "x"}, RIGHT),
        ("virtual_alias_domains", {"here.example": "x"}, WRONG),
        ("virtual_alias_domains", {"box.example": "x"}, WRONG),
        ("virtual_mailbox_domains", {"here.example": "x"}, WRONG),
        ("mydestination", {"box.example": "x"}, WRONG),
    ],
)
def test_a_table_of_another_class(name: str, rows: dict[str, str], verdict: str) -> None:
    own = {**OWN, name: f"{OWN.get(name, '')} hash:d"}
    (found,) = judge_classes(Tables({"hash:d": rows}), Settings(own))
    assert (found.id, found.verdict) == ("domains.classes", verdict)
    assert (verdict == RIGHT) or "hash:d" in found.advice


def test_a_table_that_gives_no_answer_is_unknown() -> None:
    own = {**OWN, "virtual_alias_domains": "hash:d"}
    (found,) = judge_classes(Tables({}), Settings(own))
    assert found.verdict == UNKNOWN
