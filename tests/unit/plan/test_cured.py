"""A main.cf that Postfix refuses, and a plan whose main.cf is the cure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Optional

import pytest

from tests.factories import FRESH
from tests.unit.plan.live import chosen, of_main_cf
from wizard.door import Door, Outcome
from wizard.host.next_main_cf import refusal
from wizard.make_plan import _with_cure
from wizard.paths import MAIN_CF
from wizard.planning.build import build_plan

NO_IPV6 = "postconf: fatal: parameter inet_interfaces: no local interface found for ::1"
BAD_NAME = (
    "postconf: fatal: file /etc/postfix/main.cf: parameter myhostname: bad parameter value: 12345"
)
NO_FILE = "postconf: fatal: open /etc/postfix/main.cf: No such file or directory"
NO_EQUALS = "postconf: fatal: /etc/postfix/main.cf, line 7: missing '=' after attribute name"
WARNING = "postconf: warning: /etc/postfix/main.cf: unused parameter: a=b"


class Postconf(Door):
    """A door whose postconf says this of the staged files, and that notes what it read."""

    def __init__(self, said: str = "", code: int = 0, is_there: bool = True) -> None:
        super().__init__()
        self.said, self.code, self.has_postfix = said, code, is_there
        self.read: list[tuple[str, str, bytes]] = []

    def run(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Outcome]:
        del timeout, data
        _, _, place, option = argv
        self.read.append((place, option, Path(place, "main.cf").read_bytes()))
        return Outcome(self.code, b"", self.said.encode()) if self.has_postfix else None


@pytest.mark.parametrize("said", ["", WARNING])
@pytest.mark.parametrize("before", [NO_IPV6, BAD_NAME, NO_FILE, NO_EQUALS])
def test_where_postfix_accepts_the_next_one_the_plan_may_run(before: str, said: str) -> None:
    host = of_main_cf("inet_protocols = all\n")
    host = replace(host, postfix=replace(host.postfix, stderr=(before,)))
    plan = build_plan(chosen("networks", {"inet_protocols": "ipv4"}), host)
    assert [one for one in plan.obstacles if before in one.message]
    door = Postconf(said)
    cured = _with_cure(door, host, plan)
    assert not [one for one in cured.obstacles if before in one.message]
    assert any(before in one and "accepts the planned one" in one for one in cured.warnings)
    main = next(one for one in plan.files if one.path == MAIN_CF)
    assert [(option, text) for _, option, text in door.read] == [
        ("-n", main.proposed),
        ("-M", main.proposed),
    ]
    assert not Path(door.read[0][0]).exists()


@pytest.mark.parametrize(
    ("said", "code"), [(NO_EQUALS, 1), (f"{WARNING}\n{BAD_NAME}", 0), ("", 1)], ids=str
)
def test_where_it_refuses_that_too_the_obstacle_says_so(said: str, code: int) -> None:
    host = of_main_cf("x\n")
    host = replace(host, postfix=replace(host.postfix, stderr=(NO_EQUALS,)))
    plan = _with_cure(Postconf(said, code), host, build_plan(chosen("limits", {}), host))
    assert [one for one in plan.obstacles if "refuses the planned one, too" in one.message]


def test_without_an_answer_of_postconf_it_stays_an_obstacle() -> None:
    assert refusal(Postconf(is_there=False), {MAIN_CF: b""}) == "postconf cannot be run"


def test_an_accepted_main_cf_and_a_copied_root_cost_nothing(tmp_path: Path) -> None:
    host = of_main_cf("")
    plan = build_plan(chosen("limits", {}), host)
    door = Postconf()
    assert _with_cure(door, host, plan) is plan
    refused = replace(FRESH, postfix=replace(FRESH.postfix, stderr=(NO_IPV6,)))
    plan = build_plan(chosen("limits", {}), refused)
    assert _with_cure(Door(tmp_path), refused, plan) is plan
    assert door.read == []
