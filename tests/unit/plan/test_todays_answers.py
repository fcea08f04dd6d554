"""`answers | plan --answers -`: today's answers, written and read again, change nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.corpus import NAMES, host_of
from tests.unit.plan.live import of_main_cf
from tests.unit.plan.test_corpus import moved
from wizard.answers.exchange import as_data, unexpressed_of
from wizard.answers.model import SECTIONS, Answers
from wizard.answers.toml import format_exchange, parse_answers
from wizard.host.facts import Host
from wizard.planning.build import build_plan
from wizard.planning.read_back import lost_items, read_back


def written(host: Host, today: Answers) -> tuple[str, str]:
    """Return what `answers` and `answers --json` print."""
    unexpressed = (*unexpressed_of(today), *lost_items(host, today))
    data = as_data(today, unexpressed)
    return format_exchange(today, unexpressed), json.dumps(data, indent=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_planning_todays_answers_again_is_nothing_to_do(name: str, tmp_path: Path) -> None:
    """In both forms, and of all sections; the policy is nobody's answer."""
    host = host_of(name, tmp_path / "root")
    today = read_back(host)
    assert today is not None
    for text in written(host, today):
        again = parse_answers(text)
        assert again == today
        plan = build_plan(again, host, SECTIONS)
        assert moved(plan) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("names-in-every-list", "limits.message_size_limit", "$my_size"),
        ("tables-for-lists", "networks.mynetworks", "cidr:"),
        ("tables-for-lists", "domains.local", "/"),
        ("debian-layout", "networks.mynetworks", "[::ffff:127.0.0.0]/104"),
        ("overlapping-networks", "networks.mynetworks", "10.1.2.0/24"),
        ("unbracketed-relay", "relay.host", "smtp.provider.example:26"),
    ],
)
def test_what_no_answer_expresses_is_listed(
    name: str, field: str, value: str, tmp_path: Path
) -> None:
    host = host_of(name, tmp_path / "root")
    today = read_back(host)
    assert today is not None
    found = json.loads(written(host, today)[1])["unexpressed"]
    values = [one["value"] for one in found if f"{one['section']}.{one['name']}" == field]
    assert any(value in one for one in values), found
    assert all(one["why"] for one in found)


@pytest.mark.parametrize("lines", ["proxy_interfaces = ,\n", "# Relay host\nrelayhost =\n"])
def test_what_is_empty_already_stays_as_it_is(lines: str) -> None:
    host = of_main_cf(lines)
    today = read_back(host)
    assert today is not None
    assert moved(build_plan(today, host, SECTIONS)) == []
