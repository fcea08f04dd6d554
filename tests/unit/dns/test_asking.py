"""Questions against a resolver of our own on loopback, which says whatever is asked of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tests.unit.dns.resolver import answering
from wizard.dns.asking import (
    FAILED,
    FOUND,
    NO_NAME,
    NO_RECORD,
    SILENT,
    Question,
    ask_all,
    reversed_name,
)

LOOPBACK = ("127.0.0.1",)


def respond(query: dns.message.Message) -> dns.message.Message | None:
    """Answer by the question's first label."""
    asked = query.question[0]
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    label = asked.name.labels[0]
    if label == b"silent":
        return None
    if label == b"absent":
        reply.set_rcode(dns.rcode.NXDOMAIN)
    elif label == b"broken":
        reply.set_rcode(dns.rcode.SERVFAIL)
    elif label == b"refused":
        reply.set_rcode(dns.rcode.REFUSED)
    elif label == b"alias":
        reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "CNAME", "real.example."))
        reply.answer.append(dns.rrset.from_text("real.example.", 60, "IN", "A", "192.0.2.7"))
    elif label == b"hostile":
        reply.answer.append(
            dns.rrset.from_text(asked.name, 60, "IN", "TXT", r'"\027[31mred\010\000"')
        )
    elif label == b"mx":
        rows = ("20 b.example.", "10 a.example.")
        reply.answer.append(dns.rrset.from_text(asked.name, 300, "IN", "MX", *rows))
    return reply


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A resolver's port."""
    with answering(respond) as at:
        yield at


@pytest.mark.parametrize(
    ("name", "kind", "state", "records"),
    [
        ("mx.example", "MX", FOUND, ("10 a.example", "20 b.example")),
        ("alias.example", "A", FOUND, ("192.0.2.7",)),
        ("empty.example", "A", NO_RECORD, ()),
        ("absent.example", "A", NO_NAME, ()),
        ("broken.example", "A", FAILED, ()),
        ("refused.example", "A", FAILED, ()),
        ("hostile.example", "TXT", FOUND, (r'"\027[31mred\010\000"',)),
        ("a..b", "A", FAILED, ()),
        ("x" * 64 + ".example", "A", FAILED, ()),
        ("mx.example", "NO-SUCH-TYPE", FAILED, ()),
    ],
)
def test_states(port: int, name: str, kind: str, state: str, records: tuple[str, ...]) -> None:
    """Each end that a question may have is told apart, and none raises."""
    (answer,) = ask_all([Question(name, kind)], LOOPBACK, port=port)
    assert (answer.state, answer.records) == (state, records)
    assert answer.why or answer.state != FAILED


def test_the_name_behind_an_alias_is_told(port: int) -> None:
    """A CNAME is seen, since an MX may name none."""
    (answer,) = ask_all([Question("alias.example", "A")], LOOPBACK, port=port)
    assert (answer.canonical, answer.ttl) == ("real.example", 60)


def test_twenty_silent_ones_take_the_time_of_two(port: int) -> None:
    """No question waits for another, and each ends within its time."""
    questions = [Question(f"silent.{number}.example", "A") for number in range(20)]
    began = time.monotonic()
    answers = ask_all(questions, LOOPBACK, seconds=0.5, port=port)
    assert {answer.state for answer in answers} == {SILENT}
    assert [answer.question for answer in answers] == questions
    assert time.monotonic() - began < 2.5


@pytest.mark.parametrize("resolvers", [(), ("not-an-address",), ("fe80::1%nowhere",)])
def test_no_resolver_is_a_failure_with_a_reason(resolvers: tuple[str, ...]) -> None:
    """A resolv.conf that names none, or nonsense."""
    (answer,) = ask_all([Question("mx.example", "A")], resolvers, seconds=0.5)
    assert not answer.known
    assert answer.why


def test_reversed_names() -> None:
    """PTR names of both families."""
    assert reversed_name("192.0.2.1") == "1.2.0.192.in-addr.arpa"
    assert reversed_name("::1").endswith(".0.0.ip6.arpa")
