"""The conversation survives whatever a server does, within its time, and says what that was."""

from __future__ import annotations

import time

import pytest

from tests.unit.check.scripted import GOOD, NAME, Behaviour, Pair, serving
from wizard.check.smtp import scripts
from wizard.check.smtp.session import Endpoint, Exchange, Reply, Transcript, converse
from wizard.check.tls.handshake import leaf

SECONDS = 0.6


def talk(behaviour: Behaviour, pair: Pair, seconds: float = SECONDS) -> Transcript:
    with serving(behaviour, pair) as server:
        return converse(Endpoint("127.0.0.1", server.port), scripts.SMTP, seconds)


def test_a_right_server_answers_everything(pair: Pair) -> None:
    with serving(Behaviour(), pair) as server:
        transcript = converse(Endpoint("127.0.0.1", server.port), scripts.SMTP, 5)
    assert transcript.stopped_at == ""
    assert str(transcript.replies["greeting"]) == f"220 {NAME} ESMTP Postfix"
    assert transcript.replies["ehlo"].keyword("SIZE") == "10485760"
    assert transcript.replies["ehlo-tls"].keyword("STARTTLS") is None
    assert transcript.certificate == leaf(pair.cert.read_bytes())
    assert server.said == [
        "EHLO [127.0.0.1]",
        "AUTH LOGIN",
        "VRFY postmaster",
        "STARTTLS",
        "EHLO [127.0.0.1]",
        "AUTH LOGIN",
        "QUIT",
    ]


def test_the_source_address_is_bound() -> None:
    with serving(Behaviour()) as server:
        where = Endpoint("127.0.0.1", server.port, source="127.0.0.77")
        converse(where, scripts.stranger_script("zeke.ne.jp"), 5)
    assert server.sources == ["127.0.0.77"]


def test_a_stranger_never_says_data() -> None:
    with serving(Behaviour()) as server:
        script = scripts.with_helo(scripts.stranger_script("zeke.ne.jp"), "[192.0.2.1]")
        converse(Endpoint("127.0.0.1", server.port), script, 5)
    assert server.said == [
        "EHLO [192.0.2.1]",
        "MAIL FROM:<>",
        "RCPT TO:<relay-test@example.net>",
        "RCPT TO:<postmaster@zeke.ne.jp>",
        "RSET",
        "QUIT",
    ]


def test_an_auth_that_is_taken_up_is_taken_back(pair: Pair) -> None:
    replies = {**GOOD, "auth": ("334 VXNlcm5hbWU6",)}
    with serving(Behaviour(replies), pair) as server:
        transcript = converse(Endpoint("127.0.0.1", server.port), scripts.SMTP, 5)
    assert server.said[1:4] == ["AUTH LOGIN", "*", "VRFY postmaster"]
    assert transcript.replies["auth"].code == 334


@pytest.mark.slow
@pytest.mark.parametrize(
    ("phase", "at", "verb"),
    [
        ("greeting", "greeting", "greeting"),
        ("ehlo", "ehlo", "EHLO"),
        ("auth", "auth", "AUTH"),
        ("vrfy", "vrfy", "VRFY"),
        ("starttls", "tls", "STARTTLS"),
        ("ehlo-tls", "ehlo-tls", "EHLO"),
        ("auth-tls", "auth-tls", "AUTH"),
        ("quit", "quit", "QUIT"),
    ],
)
def test_a_server_that_hangs_cannot_hang_us(phase: str, at: str, verb: str, pair: Pair) -> None:
    begun = time.monotonic()
    transcript = talk(Behaviour(hang=phase), pair)
    assert time.monotonic() - begun < SECONDS + 2
    assert (transcript.stopped_at, transcript.why) == (at, f"{verb}: no answer within 0.6 s")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("phase", "at"), [("greeting", "greeting"), ("ehlo", "ehlo"), ("ehlo-tls", "ehlo-tls")]
)
def test_a_trickle_counts_as_hanging(phase: str, at: str, pair: Pair) -> None:
    begun = time.monotonic()
    transcript = talk(Behaviour(trickle=phase), pair)
    assert time.monotonic() - begun < SECONDS + 2
    assert transcript.stopped_at == at
    assert "no answer within" in transcript.why


@pytest.mark.parametrize(
    ("phase", "at"),
    [("greeting", "greeting"), ("ehlo", "ehlo"), ("auth", "auth"), ("ehlo-tls", "ehlo-tls")],
)
def test_a_server_that_hangs_up_is_told_apart(phase: str, at: str, pair: Pair) -> None:
    transcript = talk(Behaviour(close=phase), pair)
    assert transcript.stopped_at == at
    assert "closed the connection" in transcript.why


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.9\r\n", "greeting: not an SMTP reply: SSH-2.0-OpenSSH_9.9"),
        (b"\x00\xff\x1b[2J\x07\r\n", "greeting: not an SMTP reply: \\x00\\xff\\x1b[2J\\x07"),
        (b"\r\n", "greeting: not an SMTP reply: "),
        (b"220-a\r\n250 b\r\n", "greeting: one reply with two codes: 220 and 250"),
        (b"2200 x\r\n", "greeting: not an SMTP reply: 2200 x"),
        (b"220-x\r\n" * 70, "greeting: a reply of more than 64 lines"),
        (
            b"220 " + b"x" * 10_000_000,
            f"greeting: a line of more than 2048 octets: 220 {'x' * 33}...",
        ),
    ],
    ids=["ssh", "garbage", "empty", "two-codes", "four-digits", "endless", "10-MB-line"],
)
def test_what_is_no_reply_is_named(raw: bytes, why: str, pair: Pair) -> None:
    transcript = talk(Behaviour(raw={"greeting": raw}), pair)
    assert (transcript.stopped_at, transcript.why) == ("greeting", why)


@pytest.mark.promise(25)
def test_control_characters_never_reach_the_terminal(pair: Pair) -> None:
    raw = b"220 \x1b]0;owned\x07\x1b[6n\x9b31m \xe2\x80\xaemail\r\n"
    shown = str(talk(Behaviour(raw={"greeting": raw}), pair).replies["greeting"])
    assert shown.isascii()
    assert shown.isprintable()
    assert "\\x1b]0;owned\\x07" in shown


def test_a_closing_server_ends_the_talk(pair: Pair) -> None:
    transcript = talk(Behaviour({**GOOD, "vrfy": ("421 4.3.0 too busy",)}), pair)
    assert (transcript.stopped_at, transcript.why) == ("vrfy", "421 4.3.0 too busy")


def test_a_refused_starttls_is_no_handshake(pair: Pair) -> None:
    replies = {**GOOD, "starttls": ("454 4.7.0 TLS not available due to local problem",)}
    with serving(Behaviour(replies), pair) as server:
        transcript = converse(Endpoint("127.0.0.1", server.port), scripts.SMTP, 5)
    assert transcript.stopped_at == "tls"
    assert transcript.why == "454 4.7.0 TLS not available due to local problem"
    assert transcript.certificate == b""
    assert server.said[-1] == "QUIT"


def test_a_broken_handshake_is_named(pair: Pair) -> None:
    transcript = talk(Behaviour(break_handshake=True), pair, 5)
    assert transcript.stopped_at == "tls"
    assert transcript.why.startswith("STARTTLS: the server ")


CLOSED = "the server closed the connection in the TLS handshake"
NOTHING_IN_COMMON = "no TLS version or cipher in common, or the server has no key"
OLD_HELLO = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" + b"x" * 32 + b"\x00\x00\x2f\x00"


def alert(number: int) -> bytes:
    return bytes((21, 3, 3, 0, 2, 2, number))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", CLOSED),
        (b"\x16\x03", CLOSED),
        (b"\x16\x03\x03\x40\x00half a record", CLOSED),
        (alert(40), NOTHING_IN_COMMON),
        (alert(70), NOTHING_IN_COMMON),
        (alert(71), NOTHING_IN_COMMON),
        (alert(80), "the server refused the TLS handshake: alert internal error"),
        (alert(112), "the server refused the TLS handshake: alert unrecognized name"),
        (alert(120), "the server refused the TLS handshake: alert no application protocol"),
        (alert(255), "the server refused the TLS handshake: alert 255"),
        (b"220 mail.example ESMTP\r\n", "answers in plain text where TLS is due"),
        (b"H", "answers in plain text where TLS is due"),
        (b"\xff" * 100, "answers in plain text where TLS is due"),
        (OLD_HELLO, "only TLS versions that are no longer safe"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_handshake_that_fails_is_named_by_what_the_server_sent(
    answer: bytes, why: str, pair: Pair
) -> None:
    transcript = talk(Behaviour(answer_to_hello=answer), pair, 5)
    assert (transcript.stopped_at, transcript.why) == ("tls", f"STARTTLS: {why}")


def test_a_handshake_that_makes_no_sense_is_named(pair: Pair) -> None:
    transcript = talk(Behaviour(answer_to_hello=b"\x16\x03\x03\x00\x04\xff\xff\xff\xff"), pair, 5)
    assert transcript.why.startswith("STARTTLS: the TLS handshake failed")
    assert "_ssl.c" not in transcript.why


@pytest.mark.parametrize("name", ["mail.example", "another.example"])
def test_a_certificate_that_is_not_trusted_is_named(name: str, pair: Pair) -> None:
    with serving(Behaviour(), pair) as server:
        where = Endpoint("127.0.0.1", server.port, verified=name)
        transcript = converse(where, scripts.SMTP, 5)
    assert transcript.why == "STARTTLS: the server's certificate is signed by itself"


def test_a_handshake_that_hangs_is_named(pair: Pair) -> None:
    transcript = talk(Behaviour(hang_handshake=True), pair)
    assert (transcript.stopped_at, transcript.why) == ("tls", "STARTTLS: no answer within 0.6 s")


def test_a_handshake_that_trickles_is_bounded(pair: Pair) -> None:
    begun = time.monotonic()
    transcript = talk(Behaviour(trickle="hello"), pair)
    assert (transcript.stopped_at, transcript.why) == ("tls", "STARTTLS: no answer within 0.6 s")
    assert time.monotonic() - begun < 5


def test_plain_text_behind_starttls_is_seen(pair: Pair) -> None:
    raw = {"starttls": b"220 Ready\r\n250 injected\r\n"}
    transcript = talk(Behaviour(raw=raw), pair)
    assert transcript.stopped_at == "tls"
    assert "plain text behind the answer to STARTTLS: 250 injected" in transcript.why


def test_plain_text_where_tls_is_due(pair: Pair) -> None:
    with serving(Behaviour(), pair) as server:
        transcript = converse(Endpoint("127.0.0.1", server.port), scripts.SMTPS, 5)
    assert transcript.stopped_at == "greeting"
    assert transcript.why == "greeting: answers in plain text where TLS is due"


def test_nobody_listens() -> None:
    with serving(Behaviour()) as server:
        port = server.port
    transcript = converse(Endpoint("127.0.0.1", port), scripts.SMTP, 5)
    assert transcript == Transcript({}, b"", "greeting", "connection refused")


def test_an_address_that_is_not_ours_cannot_be_bound() -> None:
    transcript = converse(Endpoint("127.0.0.1", 1, source="203.0.113.250"), scripts.SMTP, 5)
    assert transcript.stopped_at == "greeting"
    assert transcript.why


def test_a_unix_socket_that_is_not_there() -> None:
    transcript = converse(Endpoint("/nowhere/at/all"), (Exchange("greeting", must=220),), 5)
    assert transcript.why == "No such file or directory"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("AUTH PLAIN LOGIN", "PLAIN LOGIN"),
        ("auth plain", "plain"),
        ("AUTH=LOGIN", "LOGIN"),
        ("AUTH=PLAIN LOGIN", "PLAIN LOGIN"),
        ("AUTH", ""),
        ("AUTHENTIC", None),
        ("X-AUTH LOGIN", None),
    ],
)
def test_keywords_are_read_as_clients_read_them(line: str, value: str) -> None:
    assert Reply(250, (NAME, line)).keyword("AUTH") == value


def test_the_greeting_line_of_ehlo_is_no_keyword() -> None:
    assert Reply(250, ("AUTH LOGIN greets you",)).keyword("AUTH") is None
