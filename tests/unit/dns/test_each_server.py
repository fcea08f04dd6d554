"""Every server of a zone is asked: one that lacks the zone, is silent, is behind or refers to others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from tests.unit.dns.resolver import Respond, answering
from wizard.dns.asking import FAILED, SILENT, Question
from wizard.dns.authority import Reach, Server, ZoneAnswers, agreed, ask_each_server

RESOLVER = ("127.0.0.1",)
ZONE: Mapping[tuple[str, str], str] = {
    ("example.com.", "NS"): "ns1.example.com.\nns2.example.com.",
    ("ns1.example.com.", "A"): "127.0.0.1",
    ("ns2.example.com.", "A"): "127.0.0.2",
    ("example.com.", "MX"): "10 mail.example.com.",
    ("_dmarc.example.com.", "TXT"): '"v=DMARC1; p=none"',
}
MX, DMARC = Question("example.com", "MX"), Question("_dmarc.example.com", "TXT")
STS = Question("_mta-sts.example.com", "TXT")


def server(rows: Mapping[tuple[str, str], str], refuses: int = 0) -> Respond:
    def respond(query: dns.message.Message) -> dns.message.Message:
        (question,) = query.question
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA
        name, kind = str(question.name), dns.rdatatype.to_text(question.rdtype)
        reply.set_rcode(dns.rcode.Rcode(refuses))
        text = rows.get((name, kind))
        if name.startswith("_mta-sts") and not refuses:
            refer = dns.rrset.from_text(question.name, 60, "IN", "NS", "ns.provider.example.")
            reply.authority.append(refer)
        elif text and not refuses:
            reply.answer.append(
                dns.rrset.from_text(question.name, 60, "IN", kind, *text.split("\n"))
            )
        return reply

    return respond


def behind(**rows: str) -> dict[tuple[str, str], str]:
    return {**ZONE, **{("example.com.", kind): text for kind, text in rows.items()}}


@contextlib.contextmanager
def asked(second: Respond | None, reach: Reach = Reach()) -> Iterator[ZoneAnswers]:  # noqa: B008
    """Ask both servers of the zone; the first one is the resolver too."""
    with answering(server(ZONE)) as port, contextlib.ExitStack() as stack:
        if second is not None:
            stack.enter_context(answering(second, "127.0.0.2", port))
        (found,) = ask_each_server((MX, DMARC, STS), RESOLVER, seconds=1, port=port, reach=reach)
        yield found


def test_servers_that_agree() -> None:
    with asked(server(ZONE)) as found:
        assert (found.zone, found.why, found.disagreements) == ("example.com", "", ())
        assert [one.name for one in found.answers] == ["ns1.example.com", "ns2.example.com"]
        answer = agreed(found.of(MX))
        assert answer is not None
        assert answer.records == ("10 mail.example.com",)


def test_a_server_that_is_behind() -> None:
    with asked(server(behind(MX="5 old.example.com."))) as found:
        assert found.disagreements == (MX,)
        assert agreed(found.of(MX)) is None
        assert agreed(found.of(DMARC)) is not None


def test_a_server_without_the_zone() -> None:
    with asked(server(ZONE, refuses=dns.rcode.REFUSED)) as found:
        ((at, answer),) = found.without_answer(FAILED)
        assert (at, answer.why) == (Server("ns2.example.com", "127.0.0.2"), "REFUSED")


@pytest.mark.parametrize("second", [None, lambda _query: None])
def test_a_server_that_is_dead(second: Respond | None) -> None:
    with asked(second) as found:
        ((at, _),) = found.without_answer(SILENT, FAILED)
        assert at.name == "ns2.example.com"
        assert agreed(found.of(MX)) is not None


def test_a_referral_is_no_answer() -> None:
    with asked(server(ZONE)) as found:
        assert found.of(STS) == ()
        states = {answers[STS].state for answers in found.answers.values()}
        assert states == {FAILED}


def test_only_what_is_in_reach_is_asked() -> None:
    reach = Reach(lambda _name: True, lambda address: address == "127.0.0.1", "nobody is asked")
    queried: list[str] = []

    def second(query: dns.message.Message) -> None:
        queried.append(str(query))

    with asked(second, reach) as found:
        ((at, answer),) = found.without_answer(SILENT)
        assert (at.name, answer.why, queried) == ("ns2.example.com", "nobody is asked", [])


def test_a_zone_that_fails_is_named() -> None:
    with answering(server({}, refuses=dns.rcode.SERVFAIL)) as port:
        (found,) = ask_each_server((MX,), RESOLVER, seconds=1, port=port)
    assert (found.zone, found.answers, found.why) == ("example.com", {}, "SERVFAIL")
