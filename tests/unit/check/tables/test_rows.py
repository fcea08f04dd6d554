"""Mistakes in the rows of sender_access."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.answers.model import Answers
from wizard.answers.sections.domains import Domains
from wizard.check.tables.sender_access import judge_rows
from wizard.finding import RIGHT, WARNING, WRONG
from wizard.postfix.settings import Settings


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ({"example.com": "OK", "spam.example": "550 no", "a@b.example": "dunno"}, {}),
        ({"b.example": "check_client_access cidr:/c, reject", "c.example": "strict"}, {}),
        ({"zeke.ne.jp": "REJECT", "elsewhere.ne.jp": "OK"}, {}),
        ({"zeke.ne.jp": "OK"}, {"own": WARNING}),
        ({"ne.jp": "permit"}, {"own": WARNING}),
        ({"cafe.example": "OK"}, {"own": WARNING}),
        ({"spam.example": "REJCT"}, {"actions": WRONG}),
        ({b"sp\xe4m.example".decode("utf-8", "surrogateescape"): "REJCT"}, {"actions": WRONG}),
        ({"spam.example": ""}, {"actions": WRONG}),
    ],
)
def test_rows_of_sender_access(
    answers: Answers, rows: dict[str, str], named: dict[str, str]
) -> None:
    local = replace(answers, domains=Domains(("cafe.example",)))
    own = Settings({"smtpd_restriction_classes": "strict"})
    found = {one.id[20:]: one.verdict for one in judge_rows(rows, local, own)}
    assert {key: one for key, one in found.items() if one != RIGHT} == named
