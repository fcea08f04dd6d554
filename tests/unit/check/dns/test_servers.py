"""The zone's own name servers: dead, lame, behind, or all the same."""

from __future__ import annotations

import pytest

from wizard.answers.model import Answers
from wizard.answers.sections.hostname import Hostname
from wizard.check.dns.servers import judge_servers
from wizard.check.outside import NOT_QUERIED
from wizard.dns.asking import FAILED, FOUND, SILENT, Answer, Question
from wizard.dns.authority import Server, ZoneAnswers
from wizard.dns.lookups import Lookups
from wizard.finding import RIGHT, UNKNOWN, WARNING

ANSWERS = Answers(Hostname("mail.example.com", "example.com"))
MX = Question("example.com", "MX")
NS1, NS2 = Server("ns1.example.com", "192.0.2.1"), Server("ns2.example.com", "192.0.2.2")
HERE = {MX: Answer(MX, FOUND, ("10 mail.example.com",))}


def not_known(state: str, why: str) -> dict[Question, Answer]:
    return {MX: Answer(MX, state, why=why)}


@pytest.mark.parametrize(
    ("zone", "verdict", "says"),
    [
        (ZoneAnswers("example.com", {NS1: HERE, NS2: HERE}), RIGHT, "ns1.example.com, ns2"),
        (
            ZoneAnswers("example.com", {NS1: HERE, NS2: not_known(FAILED, "REFUSED")}),
            WARNING,
            "ns2.example.com (192.0.2.2) has no example.com: REFUSED",
        ),
        (
            ZoneAnswers("example.com", {NS1: HERE, NS2: not_known(FAILED, "a referral to other")}),
            WARNING,
            "a referral",
        ),
        (
            ZoneAnswers("example.com", {NS1: HERE, NS2: not_known(SILENT, "no answer in time")}),
            UNKNOWN,
            "ns2.example.com",
        ),
        (
            ZoneAnswers(
                "example.com", {Server("ns.x", ""): not_known(SILENT, "it has no address")}
            ),
            UNKNOWN,
            "no address",
        ),
        (ZoneAnswers("example.com", {NS1: not_known(SILENT, NOT_QUERIED)}), UNKNOWN, "--quiet"),
        (ZoneAnswers("example.com", why="SERVFAIL"), WARNING, "SERVFAIL"),
        (ZoneAnswers("example.com", why="no answer in time"), UNKNOWN, "no answer in time"),
        (
            ZoneAnswers("example.com", {NS1: HERE, NS2: {MX: Answer(MX, FOUND, ("5 old.x",))}}),
            WARNING,
            "example.com MX: ns1.example.com: 10 mail.example.com; ns2.example.com: 5 old.x",
        ),
        (
            ZoneAnswers(
                "example.com", {NS1: HERE, NS2: {MX: Answer(MX, FOUND, ("10 MAIL.example.com",))}}
            ),
            RIGHT,
            "ns1",
        ),
    ],
)
def test_servers(zone: ZoneAnswers, verdict: str, says: str) -> None:
    (found,) = judge_servers(Lookups({}, (), (zone,)))
    assert (found.id, found.verdict) == ("dns.servers", verdict)
    assert says in found.seen
    assert not found.fatal


def test_the_worst_zone_is_named() -> None:
    zones = (
        ZoneAnswers("example.org", why="no answer in time"),
        ZoneAnswers("example.com", why="SERVFAIL"),
    )
    (found,) = judge_servers(Lookups({}, (), zones))
    assert "SERVFAIL" in found.seen


def test_without_a_zone_nothing_is_said() -> None:
    assert list(judge_servers(Lookups({}, ()))) == []
