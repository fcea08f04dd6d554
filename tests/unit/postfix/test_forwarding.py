"""Aliases that lead to other servers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import ZEKE
from tests.unit.plan.test_aliases_plan import host
from wizard.answers.sections.aliases import Aliases as AliasesAnswers
from wizard.planning.build import build_plan
from wizard.postfix.aliases import Aliases
from wizard.postfix.forwarding import forwarding_aliases

LOCAL = frozenset({"zeke.ne.jp", "localhost"})
CASES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "another server": ("root: boss@other.example", [("root", "boss@other.example")]),
    "one of two": ("a: taro, x@other.example", [("a", "x@other.example")]),
    "here": ("a: taro@Zeke.ne.jp", []),
    "no domain": ("a: taro", []),
    "with an owner": ("a: x@other.example\nowner-a: taro", []),
    "a program": ('a: "|/usr/bin/send x@other.example"', []),
    "a list": ("a: :include:/etc/list@home", []),
    "a file": ("a: /var/mail/a@b", []),
}


@pytest.mark.parametrize("name", CASES)
def test_which_aliases_lead_elsewhere(name: str) -> None:
    text, found = CASES[name]
    aliases = Aliases.parse(f"{text}\n".encode())
    assert list(forwarding_aliases(aliases, LOCAL.__contains__)) == found


def test_the_plan_warns_of_it() -> None:
    elsewhere = replace(ZEKE, aliases=AliasesAnswers("boss@other.example"))
    (said,) = [one for one in build_plan(elsewhere, host()).warnings if "SPF" in one]
    assert "root to boss@other.example" in said
    assert "owner-NAME" in said
    here = replace(ZEKE, aliases=AliasesAnswers("taro@zeke.ne.jp"))
    assert not any("SPF" in one for one in build_plan(here, host()).warnings)
