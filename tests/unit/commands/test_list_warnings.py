"""A list that does not work is told before a run that names it, and only then."""

from __future__ import annotations

from typing import Any, Collection, cast

import pytest

from wizard.answers.build import build_answers
from wizard.answers.catalogue import ListZone
from wizard.answers.model import Answers
from wizard.answers.toml import format_answers
from wizard.commands.blocklists import list_warnings
from wizard.dns.blocklists import Health
from wizard.host.facts import Host
from wizard.plan.model import Plan
from wizard.session import Session

HOST = cast("Host", None)


class Asked:
    """A session in which spamcop is dead; it keeps what it was asked."""

    def __init__(self) -> None:
        self.zones: list[str] = []

    def ask_lists(
        self, zones: Collection[ListZone], _host: Host, _key_file: str, **_: Any
    ) -> tuple[Health, ...]:
        self.zones += [one.zone for one in zones]
        return tuple(
            Health(one, "lists everything", "1.0.0.127 is listed", "Leave it out.")
            if one.name == "spamcop"
            else Health(one, "works", "")
            for one in zones
        )


def told(asked: Asked, **how: Any) -> list[str]:
    answers = build_answers(
        {"hostname": {"myhostname": "mail.example.org"}, "certificate": {"source": "self-signed"}}
    )
    assert isinstance(answers, Answers)
    plan = Plan(format_answers(answers), **{"sections": (), "steps": (), "files": (), **how})
    return list(list_warnings(cast("Session", asked), plan, HOST))


def test_one_line_for_the_one_that_does_not_work() -> None:
    asked = Asked()
    assert told(asked) == [
        "Warning: blocklist bl.spamcop.net lists everything (1.0.0.127 is listed). Leave it out."
    ]
    assert asked.zones == ["bl.spamcop.net", "zen.spamhaus.org", "dbl.spamhaus.org"]


@pytest.mark.parametrize("how", [{"sections": ("hostname",)}, {"gathers": "certificate"}])
def test_nobody_asks_for_a_run_of_another_kind(how: dict[str, Any]) -> None:
    asked = Asked()
    assert told(asked, **how) == []
    assert asked.zones == []
