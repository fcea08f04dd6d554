"""A primary that the NS records of its zone do not name."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.unit.dns.resolver import answering
from tests.unit.dns.test_each_server import RESOLVER, ZONE, server
from wizard.dns.asking import FOUND, SILENT, Question
from wizard.dns.authority import Server, ZoneAnswers
from wizard.dns.primary import ask_hidden_primary

DMARC = Question("_dmarc.example.com", "TXT")
LISTED = ZoneAnswers("example.com", {Server("ns1.example.com", "127.0.0.1"): {}})
SOA = ("example.com.", "SOA")
AT = ("hidden.example.com.", "A")
ROWS = {
    "it has the record": ({SOA: "HIDDEN.example.com. root.example.com. 1 2 3 4 5", AT: "127.0.0.1"}, FOUND),
    "it is silent": ({SOA: "hidden.example.com. root.example.com. 1 2 3 4 5", AT: "127.0.0.3"}, SILENT),
    "it has no address": ({SOA: "hidden.example.com. root.example.com. 1 2 3 4 5"}, ""),
    "it is listed": ({SOA: "NS1.example.com. root.example.com. 1 2 3 4 5"}, None),
    "there is no SOA": ({}, None),
    "it has no name": ({SOA: ". root.example.com. 1 2 3 4 5"}, None),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "state"), ROWS.values(), ids=ROWS)
def test_a_hidden_primary(rows: Mapping[tuple[str, str], str], state: str | None) -> None:
    with answering(server({**ZONE, **rows})) as port:
        found = ask_hidden_primary((DMARC,), LISTED, RESOLVER, seconds=0.5, port=port)
    if state is None:
        assert found is None
        return
    assert found is not None
    assert found.name == "hidden.example.com"
    assert [one.state for one in found.answers.values()] == ([state] if state else [])
