"""The zones' own servers are found and asked; here resolver and server are one, on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tests.unit.dns.resolver import answering
from wizard.dns.asking import Question
from wizard.dns.authority import ask_authority

LOOPBACK = ("127.0.0.1",)
RECORDS = {
    ("zeke.example.", "NS"): "ns.zeke.example.",
    ("ns.zeke.example.", "A"): "127.0.0.1",
    ("mail.zeke.example.", "A"): "192.0.2.7",
    ("zeke.example.", "MX"): "10 mail.zeke.example.",
    ("sub.zeke.example.", "NS"): "nowhere.example.",
    ("a.sub.zeke.example.", "A"): "192.0.2.8",
    ("lost.example.", "NS"): "ns.lost.example.",
    ("ns.lost.example.", "A"): "127.0.0.77",
    ("alias.example.", "NS"): "ns.zeke.example.",
}


def respond(query: dns.message.Message) -> dns.message.Message | None:
    asked = query.question[0]
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    name = str(asked.name)
    found = RECORDS.get((name, dns.rdatatype.to_text(asked.rdtype)))
    if name == "alias.example.":
        reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "CNAME", "zeke.example."))
        name = "zeke.example."
    if found is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    else:
        reply.answer.append(dns.rrset.from_text(name, 7200, "IN", asked.rdtype, found))
    return reply


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with answering(respond) as at:
        yield at


def test_the_zone_of_each_name_is_asked(port: int) -> None:
    questions = [Question("mail.zeke.example", "A"), Question("zeke.example", "MX")]
    found = ask_authority(questions, LOOPBACK, seconds=3, port=port)
    assert {one.name: (found[one].records, found[one].ttl) for one in questions} == {
        "mail.zeke.example": (("192.0.2.7",), 7200),
        "zeke.example": (("10 mail.zeke.example",), 7200),
    }


@pytest.mark.parametrize("name", ["a.sub.zeke.example", "x.unknown.example", "a.alias.example"])
def test_a_zone_without_servers_is_not_answered_for(port: int, name: str) -> None:
    """A delegation to nowhere, no zone at all, an alias whose NS are another zone's."""
    assert ask_authority([Question(name, "A")], LOOPBACK, seconds=2, port=port) == {}


def test_a_silent_server_ends_in_time(port: int) -> None:
    wanted = Question("www.lost.example", "A")
    began = time.monotonic()
    found = ask_authority([wanted], LOOPBACK, seconds=1, port=port)
    assert not found[wanted].known
    assert time.monotonic() - began < 2


def test_no_question_and_no_resolver() -> None:
    assert ask_authority([], LOOPBACK, seconds=1) == {}
    assert ask_authority([Question("a.example", "A")], (), seconds=1) == {}
