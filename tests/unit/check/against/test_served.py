"""The certificates and the addresses of a server, as another machine meets them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.check.scripted import NAME, SMTPS, Behaviour, Pair, Server
from wizard.check.abuse.offers import TLS_PORTS
from wizard.check.against import served
from wizard.check.against.reach import Way, Ways
from wizard.check.smtp.session import Endpoint, Reply, Transcript
from wizard.finding import RIGHT, UNKNOWN, WARNING

HERE = Way("127.0.0.1", "127.0.0.1")


@pytest.mark.parametrize(("name", "verdict"), [(NAME, RIGHT), ("mail.example.org", WARNING)])
def test_the_certificate_of_each_port_is_read(
    name: str, verdict: str, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Server(Behaviour(), pair).running() as plain,
        Server(Behaviour(SMTPS, wrapped=True), pair).running() as wrapped,
    ):
        ports = tuple(
            replace(one, port=(plain if one.before else wrapped).port)
            for one in TLS_PORTS
            if one.port != 587
        )
        monkeypatch.setattr(served, "TLS_PORTS", ports)
        found = {one.id: one for one in served.certificates(HERE, name, seconds=5)}
    assert found["certificate.name"].verdict == verdict
    assert NAME in found["certificate.name"].seen
    assert found["certificate.strength"].verdict == RIGHT
    assert not any(line.startswith("MAIL") for line in (*plain.said, *wrapped.said))


def test_no_certificate_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(Behaviour(close="greeting")).running() as server:
        ports = tuple(replace(one, port=server.port) for one in TLS_PORTS)
        monkeypatch.setattr(served, "TLS_PORTS", ports)
        (found,) = served.certificates(HERE, NAME, seconds=5)
    assert (found.id, found.verdict) == ("certificate.name", UNKNOWN)


GREETED = Transcript({"greeting": Reply(220, ("hello",))})
SILENT = Transcript(stopped_at="greeting", why="no answer within 8 s")
REFUSED = Transcript({"greeting": Reply(554, ("no",))}, stopped_at="greeting", why="554 no")


@pytest.mark.parametrize(
    ("transcripts", "closed", "verdict"),
    [
        ([GREETED, GREETED], (), RIGHT),
        ([GREETED, SILENT], (), WARNING),
        ([GREETED], ("2001:db8::1",), UNKNOWN),
        ([SILENT, SILENT], (), UNKNOWN),
        ([GREETED, REFUSED], (), UNKNOWN),
        ([GREETED, REFUSED, SILENT], (), WARNING),
    ],
)
def test_each_address_greets(
    transcripts: list[Transcript],
    closed: tuple[str, ...],
    verdict: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_address = {f"192.0.2.{n}": one for n, one in enumerate(transcripts, 1)}

    def converse(where: Endpoint, *_args: Any) -> Transcript:
        return by_address[where.address]

    monkeypatch.setattr(served, "converse", converse)
    ways = Ways(tuple(Way(one, "192.0.2.9") for one in by_address), closed)
    (found,) = served.addresses(ways)
    assert (found.id, found.verdict) == ("against.addresses", verdict)


def test_one_address_is_no_finding_of_its_own() -> None:
    assert list(served.addresses(Ways((HERE,)))) == []
