"""Without a target: what the DNS says of a server, and no verdict that it does not support."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from wizard.check.against import guess as module
from wizard.check.against.guess import Guess, guess, softened
from wizard.dns.asking import FOUND, NO_RECORD, Answer, Question
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding

HERE = "203.0.113.1"


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], tuple[str, ...]]:
    records: dict[tuple[str, str], tuple[str, ...]] = {}

    def ask(questions: Sequence[Question], _resolvers: Any, **_named: Any) -> tuple[Answer, ...]:
        return tuple(
            Answer(one, FOUND if (one.name, one.kind) in records else NO_RECORD, found)
            for one in questions
            for found in [records.get((one.name, one.kind), ())]
        )

    monkeypatch.setattr(module, "ask_all", ask)
    return records


Zone = dict[tuple[str, str], tuple[str, ...]]


def test_the_domain_is_the_one_whose_mx_is_the_server(zone: Zone) -> None:
    zone["example.com", "MX"] = ("10 mail.example.com", "20 backup.example.net")
    assert guess("mail.example.com", [HERE], ()) == Guess(
        "mail.example.com", "example.com", is_domain_sure=True
    )


def test_an_mx_of_another_name_may_lead_there(zone: Zone) -> None:
    zone["mail.example.com", "MX"] = ("10 mx.example.net",)
    zone["mx.example.net", "A"] = (HERE,)
    assert guess("mail.example.com", [HERE], ()).is_domain_sure
    zone["mx.example.net", "A"] = ("198.51.100.1",)
    assert not guess("mail.example.com", [HERE], ()).is_domain_sure


def test_a_backup_is_not_the_server_of_the_domain(zone: Zone) -> None:
    zone["example.com", "MX"] = ("10 mail.example.com", "20 backup.example.com")
    found = guess("backup.example.com", [HERE], ())
    assert found == Guess("backup.example.com", "backup.example.com", is_domain_sure=False)


def test_an_address_has_the_name_that_leads_back(zone: Zone) -> None:
    zone["1.113.0.203.in-addr.arpa", "PTR"] = ("mail.example.com",)
    assert guess(HERE, [HERE], ()).name == "[203.0.113.1]"
    zone["mail.example.com", "A"] = (HERE,)
    zone["example.com", "MX"] = ("10 mail.example.com",)
    assert guess(HERE, [HERE], ()) == Guess("mail.example.com", "example.com", is_domain_sure=True)


def found(id_: str, verdict: str) -> Finding:
    return Finding(f"stranger.{id_}", id_, "seen", "expected", verdict, "advice")


@pytest.mark.parametrize(
    ("id_", "verdict", "sure", "unsure"),
    [
        ("25.reached", WRONG, WRONG, WRONG),
        ("587.reached", WRONG, UNKNOWN, UNKNOWN),
        ("465.reached", WRONG, UNKNOWN, UNKNOWN),
        ("25.relay-null-sender", WRONG, WRONG, WRONG),
        ("25.relay-null-sender", RIGHT, RIGHT, RIGHT),
        ("25.relay-percent", RIGHT, RIGHT, UNKNOWN),
        ("25.relay-percent", WRONG, WRONG, WRONG),
        ("25.unknown-user", RIGHT, RIGHT, UNKNOWN),
        ("25.unknown-user", WARNING, WARNING, WARNING),
        ("25-tls.no-auth", WRONG, WARNING, WARNING),
        ("25.vrfy", WRONG, WARNING, WARNING),
        ("25.vrfy", RIGHT, RIGHT, RIGHT),
        ("587-tls.relay", WRONG, WRONG, WRONG),
        ("587.mail", WRONG, WRONG, WRONG),
        ("587-tls.local", WRONG, WARNING, WARNING),
        ("25-tls.weak-cipher", WRONG, WRONG, WRONG),
    ],
)
def test_no_verdict_says_more_than_is_known(id_: str, verdict: str, sure: str, unsure: str) -> None:
    for is_sure, expected in ((True, sure), (False, unsure)):
        guessed = Guess("mail.example.com", "example.com", is_domain_sure=is_sure)
        (one,) = softened([found(id_, verdict)], guessed)
        assert one.verdict == expected
        assert one.id == f"stranger.{id_}"
        assert "seen" in one.seen
