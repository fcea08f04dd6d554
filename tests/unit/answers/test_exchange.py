"""`unexpressed`: fields that stay as they are, since no valid answer has their value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wizard.answers.exchange import Unexpressed, as_data, unexpressed_of
from wizard.answers.model import Answers
from wizard.answers.toml import format_exchange, parse_answers
from wizard.answers.unsaid import unsaid

GIVEN: dict[str, Any] = {
    "hostname": {"myhostname": "mail.example.com"},
    "certificate": {"source": "self-signed"},
    "networks": {"mynetworks": ["127.0.0.0/8"], "inet_protocols": "all"},
}


def parsed(*listed: Any, **sections: Any) -> Any:
    return parse_answers(json.dumps({**GIVEN, **sections, "unexpressed": list(listed)}))


def entry(section: str, name: str, value: str = "x", **more: Any) -> dict[str, Any]:
    return {"section": section, "name": name, "value": value, "why": "", **more}


def test_a_field_without_an_answer_is_the_live_one() -> None:
    answers = parsed(entry("networks", "mynetworks"), entry("delivery", "home_mailbox", "$x"))
    assert isinstance(answers, Answers)
    assert answers.delivery.home_mailbox == unsaid("text", "$x")
    assert answers.networks.mynetworks == ("127.0.0.0/8",)


def test_the_rules_between_fields_leave_it_alone() -> None:
    assert [one.name for one in parsed()] == ["mynetworks"]
    assert [one.name for one in parsed(entry("networks", "inet_interfaces"))] == ["mynetworks"]


def test_the_rule_of_a_single_field_stays() -> None:
    wrong = {"mynetworks": ["127.0.0.0/99"]}
    assert [one.name for one in parsed(entry("networks", "mynetworks"), networks=wrong)] == [
        "mynetworks"
    ]


@pytest.mark.parametrize(
    "listed",
    [
        3,
        {"section": "limits"},
        entry("limits", "message_size_limit", 7),  # type: ignore[arg-type]
        entry("limits", "no_such_number"),
        entry("nowhere", "x"),
        entry("blocklists.custom", "zone"),
        entry("blocklists", "custom"),
        entry("hostname", "myhostname"),
        entry("limits", "message_size_limit", more=1),
        entry("\x1b[2J", "{{"),
    ],
    ids=str,
)
def test_a_wrong_entry_is_a_problem(listed: Any) -> None:
    (problem,) = parsed(listed)
    assert problem.section == "unexpressed"


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"answers": []}, "an object with the sections"),
        ({"version": 2, "answers": GIVEN}, "reads version 1"),
        ({"answers": GIVEN}, "reads version 1"),
        ({"version": 1, "answers": GIVEN, "limits": {}}, "no such key"),
        ({"unexpressed": {}}, "a list of tables"),
    ],
    ids=str,
)
def test_another_document_is_a_problem(document: Any, says: str) -> None:
    found = parse_answers(json.dumps(document))
    assert not isinstance(found, Answers)
    assert any(says in one.message for one in found)


def test_live_values_of_any_bytes_come_back_as_json_and_harmless_as_toml() -> None:
    value = "a\x1b[2J\x9b\u202e\udcff\\ \"'''\n${x}"
    answers = parsed(entry("networks", "mynetworks"), entry("delivery", "home_mailbox", value))
    assert isinstance(answers, Answers)
    listed = tuple(unexpressed_of(answers))
    assert parse_answers(json.dumps(as_data(answers, listed))) == answers
    text = format_exchange(answers, listed)
    assert text.isprintable() or not set(text) & set("\x1b\x9b\u202e")
    again = parse_answers(text)
    assert isinstance(again, Answers)
    assert str(again.delivery.home_mailbox) == value.replace("\udcff", "\\xff")


def test_the_reason_of_a_rule_is_said() -> None:
    answers = parsed(entry("networks", "mynetworks"))
    assert list(unexpressed_of(answers)) == [
        Unexpressed(
            "networks",
            "mynetworks",
            "127.0.0.0/8",
            "[::1]/128 is missing while IPv6 is on: this host itself could not send. Add it.",
        )
    ]
