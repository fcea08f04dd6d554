"""Port 25 outward: who answers, who does not, and when nothing can be known."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from tests.unit.dns.resolver import answering
from wizard.check.outbound.port_25 import (
    Internet,
    Tried,
    judge_address,
    judge_outbound,
    try_outbound,
)
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding

NAME = "mail.zeke.ne.jp"
SHUT, OPEN = "shut.example", "open.example"
GREETING = b"220 mx ESMTP\r\n"
WELCOME = b"250-mx at your service, [203.0.113.77]\r\n250 SIZE 1\r\n"


@contextlib.contextmanager
def server(*said: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server on loopback that says these one after another, and then nothing; what it heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                peer, _ = listening.accept()
                with peer:
                    for words in said:
                        peer.sendall(words)
                        heard.append(peer.recv(4096))
                    heard.append(peer.recv(4096))

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], heard
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def zone(query: dns.message.Message) -> dns.message.Message | None:
    """open.example is on 127.0.0.1, shut.example where nobody listens; no other name is known."""
    reply = dns.message.make_response(query)
    question = query.question[0]
    name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
    records = {
        (OPEN, "MX"): "20 worse.open.example.",
        ("mx.open.example", "A"): "127.0.0.1",
        (SHUT, "MX"): "10 mx.shut.example.",
        ("mx.shut.example", "A"): "127.0.0.3",
        ("none.example", "MX"): "0 .",
    }
    texts = [text for key, text in records.items() if key == (name, kind)]
    if (name, kind) == (OPEN, "MX"):
        texts.append("5 mx.open.example.")
    if texts:
        reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, *texts))
    elif name == "silent.example":
        return None
    else:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply


def tried(*domains: str, port: int, seconds: float = 3.0) -> tuple[Tried, ...]:
    with answering(zone) as dns_port:
        return try_outbound(NAME, Internet(["127.0.0.1"], domains, port, dns_port), seconds)


def judged(found: tuple[Tried, ...], *, patient: bool = True) -> Finding:
    (finding,) = judge_outbound(found, patient=patient)
    assert (finding.id, finding.fatal) == ("outbound.25", False)
    return finding


def test_the_first_that_greets_is_enough() -> None:
    with server(GREETING, WELCOME, b"221 bye\r\n") as (port, heard):
        found = tried(SHUT, OPEN, "gone.example", port=port)
    assert [one.domain for one in found] == [SHUT, OPEN]
    assert b"".join(heard) == f"EHLO {NAME}\r\nQUIT\r\n".encode()
    finding = judged(found)
    assert finding.verdict == RIGHT
    assert finding.seen == "mx.open.example greets"
    (seen,) = judge_address(found[-1], ("192.168.1.1",))
    assert (seen.id, seen.verdict, seen.fatal) == ("outbound.address", WARNING, False)
    assert seen.seen == "203.0.113.77, by mx.open.example"
    assert "networks.proxy_interfaces" in seen.advice
    (seen,) = judge_address(found[-1], ("192.168.1.1", "203.0.113.77"))
    assert (seen.verdict, seen.advice) == (RIGHT, "")


def test_one_that_greets_and_says_no_address() -> None:
    with server(GREETING, b"250 mx\r\n", b"221 bye\r\n") as (port, _):
        found = tried(OPEN, port=port)
    assert judged(found).seen == "mx.open.example greets"
    assert not list(judge_address(found[-1], ()))


def test_one_that_wants_none_of_our_mail_is_told_with_its_words() -> None:
    with server(b"554 5.7.1 [203.0.113.77] is listed\r\n") as (port, _):
        finding = judged(tried(OPEN, port=port))
    assert finding.verdict == WARNING
    assert finding.seen == "mx.open.example: 554 5.7.1 [203.0.113.77] is listed"


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.2", 0)) as other:
        found = tried(SHUT, port=other.getsockname()[1])
    finding = judged(found)
    assert finding.verdict == WARNING
    assert finding.seen == "mx.shut.example: connection refused"
    assert "OP25B" in finding.advice
    assert "section relay" in finding.advice
    hasty = judged(found, patient=False)
    assert (hasty.verdict, hasty.seen.partition(":")[0]) == (UNKNOWN, "not known yet")


@pytest.mark.slow
@pytest.mark.parametrize("said", [(), (b"220 never ending",), (b"no SMTP\r\n",), (GREETING,)])
def test_one_that_hangs_or_talks_nonsense_ends_in_time(said: tuple[bytes, ...]) -> None:
    begun = time.monotonic()
    with server(*said) as (port, _):
        found = tried(OPEN, port=port, seconds=0.6)
        assert time.monotonic() - begun < 2
    is_silent = said in {(), (b"220 never ending",)}
    finding = judged(found)
    assert finding.verdict == (RIGHT if said == (GREETING,) else UNKNOWN if is_silent else WARNING)
    assert is_silent == finding.advice.startswith(
        "`timeout 60 head -n 1 </dev/tcp/mx.open.example/25`"
    )
    assert is_silent == finding.seen.startswith("not known: mx.open.example: ")


@pytest.mark.parametrize(
    ("domains", "why"),
    [
        (("gone.example",), "gone.example: no name"),
        (("none.example",), "none.example: it takes no mail (RFC 7505)"),
        (("gone.example", "silent.example"), "silent.example: no answer in time"),
    ],
)
def test_without_names_nothing_is_known(domains: tuple[str, ...], why: str) -> None:
    finding = judged(tried(*domains, port=9, seconds=1.0))
    assert (finding.verdict, finding.seen) == (UNKNOWN, f"not known: {why}")


def test_a_mute_resolver_is_not_asked_for_all() -> None:
    begun = time.monotonic()
    found = tried("silent.example", *[f"{one}.example" for one in range(9)], port=9, seconds=10.0)
    assert [one.domain for one in found] == ["silent.example"]
    assert time.monotonic() - begun < 2


def test_without_a_resolver_nothing_is_known() -> None:
    found = try_outbound(NAME, Internet([], (OPEN,)), 1.0)
    assert "names no resolver" in judged(found).seen
