"""The way back to strangers, as ip(8) tells of it."""

from __future__ import annotations

import json

import pytest

from wizard.check.commands import CommandResult
from wizard.check.network.routes import judge_routes
from wizard.door import Outcome
from wizard.finding import RIGHT, UNKNOWN, WRONG

OWN = "203.0.113.1"
LEADS = CommandResult(
    Outcome(0, b"133.11.77.77 from 203.0.113.1 via 203.0.113.254 dev eth0\n", b"")
)


def fails(words: str) -> CommandResult:
    return CommandResult(Outcome(2, b"", f"RTNETLINK answers: {words}\n".encode()))


def links(state: str) -> CommandResult:
    rows = [
        {"ifname": "lo", "operstate": "UNKNOWN", "addr_info": [{"local": "127.0.0.1"}]},
        {"ifname": "eth1", "operstate": "DOWN", "addr_info": []},
        {"ifname": "eth0", "operstate": state, "addr_info": [{"local": OWN}]},
    ]
    return CommandResult(Outcome(0, json.dumps(rows).encode(), b""))


@pytest.mark.parametrize(
    ("route", "state", "verdict"),
    [
        (LEADS, "UP", RIGHT),
        (LEADS, "UNKNOWN", RIGHT),
        (LEADS, "DOWN", WRONG),
        (fails("Invalid argument"), "UP", WRONG),
        (fails("Permission denied"), "UP", WRONG),
        (fails("Operation not supported"), "UP", UNKNOWN),
    ],
)
def test_a_way_back(route: CommandResult, state: str, verdict: str) -> None:
    (found,) = judge_routes({OWN: route}, links(state))
    assert (found.id, found.verdict) == ("network.route", verdict)


def test_links_that_nobody_can_read() -> None:
    noise = CommandResult(Outcome(0, b'[{"ifname": 1}, 7]', b""))
    assert [one.verdict for one in judge_routes({OWN: LEADS}, noise)] == [RIGHT]


def test_no_default_route() -> None:
    assert not list(judge_routes({OWN: fails("Network is unreachable")}, links("UP")))
