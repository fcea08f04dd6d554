"""Postfix's log, told: each kind of line counted, whatever strangers put into it."""

from __future__ import annotations

import time

import pytest

from wizard.errors import UsageTrouble
from wizard.log import told
from wizard.log.lines import Reader
from wizard.log.rules import COMPLAINTS, DEFERRED, LIMITS, LOGINS, REFUSED
from wizard.log.since import since
from wizard.log.tally import MOST, Tally, Top, tally

NOW = time.mktime((2026, 11, 24, 12, 0, 0, 0, 0, -1))
HEAD = b"Nov 24 11:00:00 mail "

LINES = rb"""
postfix/smtpd[1]: connect from unknown[192.0.2.1]
postfix/smtpd[1]: 4XyzAbC1: client=mx.example.com[192.0.2.9]
postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <a@b.example>: Relay access denied; from=<> to=<a@b.example> proto=ESMTP helo=<x>
postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.2]: 554 5.7.1 <c@d.example>: Relay access denied; from=<> to=<c@d.example> proto=ESMTP helo=<x>
postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://x/192.0.2.1; from=<> to=<a@b.example> proto=ESMTP helo=<x>
postfix/smtpd[1]: NOQUEUE: reject: MAIL from unknown[192.0.2.1]: 552 5.3.4 Message size exceeds fixed limit; proto=ESMTP helo=<x>
postfix/cleanup[1]: 4XyzAbC1: reject: header Subject: x from unknown[192.0.2.1]; from=<a@b> to=<c@d> proto=ESMTP helo=<x>: 5.7.1 no
postfix/submission/smtpd[2]: warning: unknown[203.0.113.5]: SASL LOGIN authentication failed: UGFzc3dvcmQ6
postfix/smtps/smtpd[2]: warning: unknown[203.0.113.5]: SASL PLAIN authentication failed:
postfix/smtpd[2]: warning: Connection rate limit exceeded: 31 from unknown[203.0.113.6] for service smtp
postfix/lmtp[3]: 4XyzAbC1: to=<zeke@zeke.ne.jp>, relay=none, delay=0, status=deferred (connect to mail[private/dovecot-lmtp]: No such file or directory)
postfix/smtp[3]: 4XyzAbC2: to=<a@b.example>, relay=b[192.0.2.7]:25, dsn=2.0.0, status=sent (250 ok)
postfix/smtp[3]: 4XyzAbC3: to=<a@b.example>, relay=none, dsn=5.4.4, status=bounced (Host or domain name not found)
postfix/smtpd[4]: fatal: no SASL authentication mechanisms
postfix/smtpd[4]: warning: hash:/etc/postfix/sender_access is unavailable. open database /etc/postfix/sender_access.db: No such file or directory
postfix/smtpd[4]: disconnect from unknown[192.0.2.1]
dovecot: nothing of ours
sshd[5]: connect from unknown[192.0.2.1]
"""


def counted(text: bytes, head: bytes = HEAD) -> Tally:
    reader = Reader(NOW)
    parsed = (reader.line(head + line) for line in text.splitlines() if line)
    return tally(line for line in parsed if line is not None)


def test_each_kind_is_counted() -> None:
    found = counted(LINES)
    assert found.lines == 16
    assert found.kinds == {
        "connections": 1,
        "taken": 1,
        "refused": 5,
        "logins": 2,
        "limits": 1,
        "deferred": 1,
        "sent": 1,
        "bounced": 1,
        "complaints": 1,
    }
    assert found.top(REFUSED).first(9) == [
        (b"Relay access denied", 2),
        (b"Message size exceeds fixed limit", 1),
        (b"blocked using zen.spamhaus.org", 1),
        (b"from=(..) to=(..) proto=ESMTP helo=(..): 5.7.1 no", 1),
    ]
    assert found.top(LOGINS).first(9) == [(b"203.0.113.5", 2)]
    assert found.top(LIMITS).first(9) == [(b"203.0.113.6", 1)]
    assert found.top(DEFERRED).first(1)[0][0].endswith(b"No such file or directory")
    ((complaint, _),) = found.top(COMPLAINTS).first(9)
    assert complaint.startswith(b"postfix/smtpd: hash:/etc/postfix/sender_access is unavailable")


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (b"Nov 24 11:00:00", NOW - 3600),
        (b"Nov  4 11:00:00", NOW - 20 * 86400 - 3600),
        (b"Dec 31 12:00:00", time.mktime((2025, 12, 31, 12, 0, 0, 0, 0, -1))),
        (b"1795000000.500000", 1795000000.5),
        (b"2026-11-24T10:00:00.123456+09:00", 1795482000.123456),
        (b"2026-11-24T01:00:00Z", 1795482000.0),
    ],
)
def test_the_time_of_a_line(stamp: bytes, expected: float) -> None:
    line = Reader(NOW).line(stamp + b" mail postfix/master[1]: reload -- version 3.5.25\n")
    assert line is not None
    assert line[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\x00\xff\x1b]0;x\x07",
        b"Foo 99 99:99:99 mail postfix/smtpd[1]: connect from a[1]",
        b"Nov 31 11:00:00 mail",
        b"2026-99-99T10:00:00Z mail postfix/smtpd[1]: connect from a[1]",
        b"9" * 60000 + b" mail postfix/smtpd[1]: x",
    ],
)
def test_what_is_no_line_of_postfix_is_passed_over(line: bytes) -> None:
    seen = Reader(NOW).line(line)
    assert seen is None or seen[0] >= 0


def test_a_stranger_cannot_reach_the_terminal() -> None:
    evil = (
        b"postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[1.2.3.4]: 550 5.1.1 \x1b]0;pwned\x07[/red]\xff"
        b"\xe2\x80\xae; from=<> to=<a> proto=SMTP helo=<x>"
    )
    text = "\n".join(told.lines("x", NOW - 10, counted(evil)))
    assert "\\x1b" in text
    assert text.isascii()
    assert {one for one in text if not one.isprintable()} == {"\n"}


def test_memory_does_not_grow_with_the_names() -> None:
    top = Top()
    for number in range(3 * MOST):
        top.add(b"%d" % number)
        top.add(b"often")
    assert len(top.counts) <= MOST
    assert top.first(1) == [(b"often", 3 * MOST)]
    assert top.total == 6 * MOST


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("30min", NOW - 1800),
        ("7d", NOW - 7 * 86400),
        ("today", NOW - 43200),
        ("yesterday", NOW - 43200 - 86400),
        ("2026-11-24 08:30", NOW - 12600),
        ("2026-11-24", NOW - 43200),
    ],
)
def test_since(words: str, expected: float) -> None:
    assert since(words, NOW) == expected


@pytest.mark.parametrize(
    "words", ["", "--since", "@0", "1y", "-1d", "9999999d", "2026-13-01", "now\n", "{{x}}"]
)
def test_what_is_no_time_is_refused(words: str) -> None:
    with pytest.raises(UsageTrouble, match="is no time"):
        since(words, NOW)


def test_an_empty_log_says_so() -> None:
    assert list(told.lines("the journal", NOW, Tally()))[1:] == [
        "No line of Postfix in all that time."
    ]
