"""Questions about this server, put to resolvers that are right, dead or silent."""

from __future__ import annotations

import socket
import time

import dns.message
import dns.rdatatype
import dns.rrset
import pytest

from tests.unit.dns.resolver import answering
from wizard.answers.model import Answers
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.check.dns.records import judge_lookups
from wizard.check.outside import NOT_QUERIED
from wizard.dns.asking import FOUND, SILENT, Answer, Question
from wizard.dns.lookups import Lookups, look_up
from wizard.finding import RIGHT, UNKNOWN

ANSWERS = Answers(
    Hostname("mail.example.com", "example.com"), Domains(tuple(f"n{n}.example" for n in range(30)))
)


@pytest.mark.parametrize("silent", [True, False])
def test_a_resolver_that_is_down_takes_its_time_and_no_more(silent: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        if not silent:
            server.close()
        began = time.monotonic()
        found = look_up(ANSWERS, ("198.51.100.7",), ("127.0.0.1",), seconds=0.5, port=port)
        assert time.monotonic() - began < 1.5
    assert {answer.state for answer in found.answers.values()} == {SILENT}
    assert not found.of("mail.example.com", "A").known


def test_no_resolver_at_all() -> None:
    found = look_up(ANSWERS, (), ())
    assert FOUND not in {answer.state for answer in found.answers.values()}


ZONE = {
    ("example.com.", "NS"): "ns.example.com.",
    ("ns.example.com.", "A"): "127.0.0.1",
    ("example.com.", "MX"): "10 mx.foreign.example.",
    ("example.com.", "TXT"): '"v=spf1 include:spf.foreign.example mx -all"',
    ("mail.example.com.", "A"): "198.51.100.7",
    ("mx.foreign.example.", "A"): "198.51.100.7",
    ("spf.foreign.example.", "TXT"): '"v=spf1 -all"',
}


@pytest.mark.parametrize("why_not", ["", "nobody is asked"])
def test_names_of_others_are_without_queries(why_not: str) -> None:
    """With a reason not to, only names of this host and its domains get to the resolver."""
    queried: set[str] = set()

    def respond(query: dns.message.Message) -> dns.message.Message:
        (question,) = query.question
        queried.add(str(question.name))
        reply = dns.message.make_response(query)
        kind = dns.rdatatype.to_text(question.rdtype)
        text = ZONE.get((str(question.name), kind))
        if text is not None:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, text))
        return reply

    own = Answers(Hostname("mail.example.com", "example.com"), Domains(("b.example",)))
    with answering(respond) as port:
        found = look_up(own, ("198.51.100.7",), ("127.0.0.1",), port=port, why_not=why_not)
    foreign = {one for one in queried if "foreign" in one}
    assert foreign == (set() if why_not else {"mx.foreign.example.", "spf.foreign.example."})
    assert {
        "example.com.",
        "mail.example.com.",
        "b.example.",
        "7.100.51.198.in-addr.arpa.",
    } < queried
    assert found.of("mx.foreign.example", "A").why == why_not
    findings = {one.id: one for one in judge_lookups(own, found)}
    if why_not:
        assert findings["dns.spf"].verdict == UNKNOWN
        assert not found.is_observed("example.com", "MX")
    else:
        assert findings["dns.mx"].verdict == RIGHT


def test_an_exchanger_that_was_not_asked_for_is_unknown() -> None:
    mx = Answer(Question("example.com", "MX"), FOUND, ("10 mx.foreign.example",))
    address = Answer(Question("mx.foreign.example", "A"), SILENT, why=NOT_QUERIED)
    found = Lookups({one.question: one for one in (mx, address)}, ("198.51.100.7",))
    own = Answers(Hostname("mail.example.com", "example.com"), Domains(("example.com",)))
    findings = {one.id: one for one in judge_lookups(own, found)}
    for name in ("dns.mx", "dns.mx.local"):
        assert findings[name].verdict == UNKNOWN
        assert "--quiet-outside" in findings[name].seen
