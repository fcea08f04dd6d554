"""What strangers try: each wrong answer is named by its own row, and what is unknown is never right."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Optional

import pytest

from tests.unit.check.scripted import (
    EHLO_25,
    EHLO_TLS,
    GOOD,
    NAME,
    SMTPS,
    SUBMISSION,
    Behaviour,
    Pair,
    Server,
    serving,
)
from wizard.check.abuse import attempts, offers, trials
from wizard.check.abuse.attempts import GROUPS, Attempt, Seen, Target
from wizard.check.abuse.client_hello import Answer
from wizard.check.abuse.trials import CHUNK, try_all
from wizard.check.smtp.session import Reply
from wizard.finding import RIGHT, UNKNOWN, WAITS, WARNING, WRONG, Finding

TARGET = Target("127.0.0.1", NAME, "zeke.ne.jp", 10485760, bare_newline="normalize")
DENIED = "554 5.7.1 <x>: Relay access denied"
ROWS = {f"{group.door}.{one.id}": one for group in GROUPS for one in group.attempts}


def judged(row: str, line: str, target: Target = TARGET, control: str = "550 5.1.1 unknown") -> str:
    replies = {attempts.CONTROL: reply(control)}
    return ROWS[row].verdict(reply(line), Seen(replies, target))


def reply(line: str) -> Reply:
    return Reply(int(line[:3]), (line[4:],))


RELAYS = [name for name in ROWS if name.startswith("25") and ".relay-" in name]


@pytest.mark.parametrize("row", RELAYS)
def test_what_each_way_to_relay_is_told(row: str) -> None:
    assert judged(row, DENIED) == RIGHT
    assert judged(row, "454 4.7.1 <x>: Relay access denied") == RIGHT
    assert judged(row, "250 2.1.5 Ok") == WRONG
    assert judged(row, "450 4.1.8 <x>: Sender address rejected: Domain not found") == UNKNOWN
    assert judged(row, "554 5.7.1 Client host [192.0.2.1] blocked using zen.example") == UNKNOWN


def test_a_server_that_takes_every_name_does_not_relay_by_that() -> None:
    taken = {
        row for row in RELAYS if judged(row, "250 2.1.5 Ok", control="250 2.1.5 Ok") == UNKNOWN
    }
    assert {row.partition(".")[2] for row in taken} == {
        "relay-percent",
        "relay-bang-here",
        "relay-two-ats",
        "relay-quoted-here",
        "relay-quoted-percent",
    }


@pytest.mark.parametrize(
    ("row", "line", "verdict"),
    [
        ("25.unknown-user", "550 5.1.1 unknown", RIGHT),
        ("25.unknown-user", "250 2.1.5 Ok", WARNING),
        ("25.unknown-user", "450 4.1.1 wait", UNKNOWN),
        ("25.helo-our-name", "550 5.7.1 <mail>: Helo command rejected: that is us", RIGHT),
        ("25.helo-our-name", "250 2.1.5 Ok", WRONG),
        ("25.helo-malformed", "501 5.5.2 <-x>: Helo command rejected: Invalid name", RIGHT),
        ("25.helo-malformed", "250 2.1.5 Ok", WRONG),
        ("25.auth", "503 5.5.1 Error: authentication not enabled", RIGHT),
        ("25.auth", "334 VXNlcm5hbWU6", WRONG),
        ("25.login", "535 5.7.8 Error: authentication failed", WRONG),
        ("25.login", "235 2.7.0 Authentication successful", WRONG),
        ("25.login", "454 4.7.0 Temporary authentication failure", UNKNOWN),
        ("25-tls.login", "535 5.7.8 Error: authentication failed", WRONG),
        ("587.login", "530 5.7.0 Must issue a STARTTLS command first", RIGHT),
        ("587.login", "538 5.7.11 Encryption required", RIGHT),
        ("587.login", "535 5.7.8 Error: authentication failed", WRONG),
        ("587.mail", "250 2.1.0 Ok", WRONG),
        ("25.vrfy", "502 5.5.1 VRFY command is disabled", RIGHT),
        ("25.vrfy", "252 2.0.0 postmaster", WRONG),
        ("25.expn", "500 5.5.2 Error: command not recognized", RIGHT),
        ("25.expn", "250 2.0.0 <root@mail>", WRONG),
        ("25.size", "552 5.3.4 Message size exceeds fixed limit", RIGHT),
        ("25.size", "250 2.1.0 Ok", WRONG),
        ("25.size", "452 4.3.1 Insufficient system storage", UNKNOWN),
        ("25.pipelining", "554 5.5.0 Error: SMTP protocol synchronization", RIGHT),
        ("25.pipelining", "250 CHUNKING", WARNING),
        ("465.relay", "554 5.7.1 Access denied", RIGHT),
        ("465.relay", "250 2.1.5 Ok", WRONG),
        ("587-tls.local", "250 2.1.5 Ok", WRONG),
    ],
)
def test_a_reply_gets_its_verdict(row: str, line: str, verdict: str) -> None:
    assert judged(row, line) == verdict


@pytest.mark.parametrize(
    ("value", "line", "verdict", "seen"),
    [
        ("normalize", "250 2.0.0 Ok", RIGHT, "smtpd_forbid_bare_newline: normalize"),
        ("yes", "250 2.0.0 Ok", RIGHT, "smtpd_forbid_bare_newline: yes"),
        ("no", "250 2.0.0 Ok", WARNING, "smtpd_forbid_bare_newline: no"),
        ("-", "250 2.0.0 Ok", WARNING, "this Postfix does not know it"),
        ("", "250 2.0.0 Ok", UNKNOWN, "shows in no talk without a message"),
        ("", "521 5.5.2 Error: bare <LF> received", RIGHT, "521 5.5.2"),
    ],
)
def test_a_bare_newline_is_known_by_the_parameter_or_not_at_all(
    value: str, line: str, verdict: str, seen: str
) -> None:
    target = replace(TARGET, bare_newline=value)
    assert judged("25.bare-newline", line, target) == verdict
    assert seen in ROWS["25.bare-newline"].show(reply(line), Seen({}, target))


def test_no_row_can_deliver_anything_or_trips_over_too_many_errors() -> None:
    said = [line.split()[0].split(":")[0] for one in ROWS.values() for line in one.say]
    assert set(said) == {"RSET", "MAIL", "RCPT", "EHLO", "AUTH", "VRFY", "EXPN", "NOOP"}
    assert CHUNK < 10  # smtpd_soft_error_limit
    for door in {group.door for group in GROUPS}:
        names = [one.id for group in GROUPS if group.door == door for one in group.attempts]
        assert len(set(names)) == len(names)
    assert all(one.advice and one.expected for one in ROWS.values())


RELAY_FORMS = {
    "rcpt": (DENIED,),
    "expn": ("502 5.5.2 Error: command not recognized",),
    "noop": ("250 2.0.0 Ok",),
    "mail": ("250 2.1.0 Ok",),
}
RIGHT_25 = {**GOOD, **RELAY_FORMS}
RIGHT_587 = {**SUBMISSION, "rcpt": ("554 5.7.1 Access denied",)}
RIGHT_465 = {**SMTPS, "rcpt": ("554 5.7.1 Access denied",)}


@contextlib.contextmanager
def server_of(
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    at25: Optional[Behaviour] = None,
    at587: Optional[Behaviour] = None,
) -> Iterator[dict[int, Server]]:
    """Three doors on ports of their own, right but for what is given."""
    doors = {
        25: at25 or Behaviour(RIGHT_25),
        587: at587 or Behaviour(RIGHT_587),
        465: Behaviour(RIGHT_465, wrapped=True),
    }
    with contextlib.ExitStack() as stack:
        there = {port: stack.enter_context(serving(do, pair)) for port, do in doors.items()}
        groups = tuple(replace(one, port=there[one.port].port) for one in GROUPS)
        tls = tuple(replace(one, port=there[one.port].port) for one in offers.TLS_PORTS)
        monkeypatch.setattr(trials, "GROUPS", groups)
        monkeypatch.setattr(trials, "TLS_PORTS", tls)
        yield there


def found(target: Target = TARGET, seconds: float = 5) -> dict[str, Finding]:
    findings = try_all(target, "127.0.0.1", seconds=seconds)
    by_id = {one.id.removeprefix("stranger."): one for one in findings}
    assert len(by_id) == len(findings)
    return by_id


# The scripted server cannot be late: it answers a line that came before its time like any other,
# refuses what is too large only where told, and knows one reply to MAIL.
LIKE_ANY = {"25.pipelining": WARNING, "25.size": WRONG, "25.helo-malformed": RIGHT}


def odd(findings: dict[str, Finding]) -> dict[str, str]:
    return {
        name: one.verdict
        for name, one in findings.items()
        if one.verdict != LIKE_ANY.get(name, RIGHT)
    }


def test_a_right_server_is_right_row_by_row(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    with server_of(pair, monkeypatch) as doors:
        findings = found()
    assert odd(findings) == {}
    wanted = {f"{group.door}.{one.id}" for group in GROUPS for one in group.attempts}
    assert wanted <= set(findings)
    assert findings["25.relay-percent"].seen == DENIED
    assert findings["25-tls.key"].seen == "EC 256"
    assert findings["25-tls.old-tls"].verdict == RIGHT
    said = [line for server in doors.values() for line in server.said]
    assert "MAIL FROM:<> SIZE=10485761" in said
    assert "RCPT TO:<relay-test@example.net@zeke.ne.jp>" in said
    assert f"EHLO {NAME}" in said
    assert not [line for line in said if line.upper().startswith(("DATA", "BDAT"))]


def test_an_open_relay_is_wrong_at_its_door_alone(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_relay = Behaviour({**RIGHT_25, "rcpt-relay-tls": ("250 2.1.5 Ok",)})
    with server_of(pair, monkeypatch, at25=open_relay):
        bad = odd(found())
    assert set(bad.values()) == {WRONG}
    assert "25-tls.relay-null-sender" in bad
    assert all(name.startswith("25-tls.") for name in bad)


def test_auth_before_tls_is_named(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = (*EHLO_25[:-1], "250-AUTH PLAIN LOGIN", "250 CHUNKING")
    do = Behaviour({**RIGHT_587, "ehlo": listed, "auth": ("535 5.7.8 Error",)})
    with server_of(pair, monkeypatch, at587=do):
        findings = found()
    assert odd(findings) == {"587.no-auth": WRONG, "587.auth": WRONG, "587.login": WRONG}
    assert findings["587.no-auth"].seen == "AUTH PLAIN LOGIN"


def test_without_dovecot_its_doors_wait_and_are_not_knocked_at(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server_of(pair, monkeypatch) as doors:
        findings = found(replace(TARGET, waits="no socket /x"))
    assert odd(findings) == {"587-tls.reached": WAITS, "465.reached": WAITS}
    assert doors[465].sources == []
    assert "STARTTLS" not in doors[587].said


def test_no_limit_is_no_row(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    with server_of(pair, monkeypatch):
        assert "25.size" not in found(replace(TARGET, size=0))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("do", "seen"),
    [
        (Behaviour(hang="greeting"), "greeting: no answer within"),
        (Behaviour(close="greeting"), "greeting: the server closed the connection"),
        (Behaviour(raw={"greeting": b"\x1b[2J\x07\r\n"}), "not an SMTP reply: \\x1b[2J\\x07"),
        (Behaviour(raw={"greeting": b"220 " + b"x" * 10_000_000}), "a line of more than 2048"),
        (Behaviour(trickle="ehlo"), "EHLO: no answer within"),
        (Behaviour(RIGHT_25, hang="rcpt"), "RCPT: no answer within"),
        (Behaviour({**RIGHT_25, "rcpt": ("421 4.7.0 too many errors",)}), "421 4.7.0 too many"),
    ],
    ids=["hang", "close", "garbage", "10-MB-line", "trickle", "hang-at-rcpt", "421"],
)
def test_a_talk_that_breaks_off_proves_nothing(
    do: Behaviour, seen: str, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server_of(pair, monkeypatch, at25=do):
        findings = found(seconds=1)
    relays = [one for name, one in findings.items() if name.startswith("25") and ".relay-" in name]
    assert {one.verdict for one in relays} <= {UNKNOWN, RIGHT}
    unknown = [one for one in relays if one.verdict == UNKNOWN]
    assert unknown
    assert any(seen in one.seen for one in unknown)
    assert all(one.seen.isprintable() for one in findings.values())
    assert findings["587.login"].verdict == RIGHT


def test_a_server_that_refuses_us_for_now_can_be_reached(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Behaviour({**RIGHT_25, "greeting": ("421 4.7.0 too many connections",)})
    with server_of(pair, monkeypatch, at25=busy):
        findings = found()
    assert findings["25.reached"].verdict == UNKNOWN
    assert "Wait a minute" in findings["25.reached"].advice


def test_old_tls_that_is_spoken_is_a_warning(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer(taken="TLS 1.0, cipher suite 0x002F")
    monkeypatch.setattr(trials, "offer_tls", lambda *_: answer)
    with server_of(pair, monkeypatch):
        findings = found()
    assert (findings["465.old-tls"].verdict, findings["465.old-tls"].fatal) == (WARNING, False)
    assert (findings["465.weak-cipher"].verdict, findings["465.weak-cipher"].fatal) == (WRONG, True)


def test_the_reply_that_counts_is_the_first_refusal() -> None:
    said = [reply("250 ok"), reply("550 not you"), reply("503 need MAIL")]
    assert str(attempts.first_refusal(said)) == "550 not you"
    assert attempts.first_refusal([]) is None
    assert str(attempts.first_refusal([reply("250 ok"), reply("250 yes")])) == "250 yes"


def test_a_door_whose_tls_ends_it_all_is_not_reached(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_key = Behaviour({**RIGHT_25, "starttls": ("454 4.7.0 TLS not available",)})
    with server_of(pair, monkeypatch, at25=no_key):
        findings = found()
    assert findings["25-tls.reached"].seen == "454 4.7.0 TLS not available"
    assert findings["25-tls.relay-null-sender"].verdict == UNKNOWN
    assert findings["25-tls.old-tls"].verdict == UNKNOWN
    assert findings["25.relay-null-sender"].verdict == RIGHT


def test_auth_is_looked_for_in_what_ehlo_lists() -> None:
    row: Attempt = ROWS["25.no-auth"]
    plain = Reply(250, tuple(line[4:] for line in EHLO_TLS))
    assert row.verdict(plain, Seen({}, TARGET)) == RIGHT
    assert row.show(plain, Seen({}, TARGET)) == "no AUTH"
    assert row.verdict(reply("502 what?"), Seen({}, TARGET)) == UNKNOWN
