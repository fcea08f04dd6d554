"""Postfix's log, told: each kind of line counted, whatever strangers put into it."""

from __future__ import annotations

import time

import pytest

from wizard.check.log.lines import Reader
from wizard.errors import UsageTrouble
from wizard.log import report
from wizard.log.rules import COMPLAINTS, DEFERRED, LIMITS, LOGINS, REFUSED
from wizard.log.since import since
from wizard.log.tally import MAX_NAMES, Tally, Top, tally

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
        (b"no", 1),
    ]
    assert found.top(LOGINS).first(9) == [(b"203.0.113.5", 2)]
    assert found.top(LIMITS).first(9) == [(b"203.0.113.6", 1)]
    assert found.top(DEFERRED).first(1)[0][0].endswith(b"No such file or directory")
    ((complaint, _),) = found.top(COMPLAINTS).first(9)
    assert complaint.startswith(b"postfix/smtpd: hash:/etc/postfix/sender_access is unavailable")


POSTSCREEN = rb"""
postfix/postscreen[4]: CONNECT from [203.0.113.9]:45346 to [203.0.113.1]:25
postfix/postscreen[4]: PREGREET 17 after 0 from [203.0.113.9]:45346: EHLO st.example\\r\\n
postfix/postscreen[4]: NOQUEUE: reject: RCPT from [203.0.113.9]:45346: 550 5.5.1 Protocol error; from=<a@stranger.example>, to=<x@y.example>, proto=ESMTP, helo=<st.example>
postfix/postscreen[4]: DISCONNECT [203.0.113.9]:45346
postfix/postscreen[4]: CONNECT from [2001:db8::9]:59480 to [2001:db8::1]:25
postfix/postscreen[4]: PASS NEW [2001:db8::9]:59480
postfix/smtpd[5]: connect from mail.stranger.example[2001:db8::9]
postfix/smtpd[5]: disconnect from mail.stranger.example[2001:db8::9] ehlo=1 quit=1 commands=2
"""


def test_a_connection_that_postscreen_hands_on_is_counted_once() -> None:
    found = counted(POSTSCREEN)
    assert found.kinds == {"connections": 2, "refused": 1}
    assert found.top(REFUSED).first(9) == [(b"Protocol error", 1)]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("to=<x@y.example>, relay=none, delay=0, dsn=5.4.4, status=undeliverable (no host)", None),
        ("to=<x@y>, orig_to=<x>, relay=local, dsn=2.0.0, status=deliverable (to mailbox)", None),
        ("from=<root@z.example>, status=expired, returned to sender", "bounced"),
        ("from=<>, status=force-expired, returned to sender", "bounced"),
        ("to=<x@y>, relay=b[192.0.2.7]:25, delay=1, status=SOFTBOUNCE (no user)", "deferred"),
        (
            (
                "to=<x@y>, relay=b[192.0.2.7]:25, conn_use=2, delay=0.1, delays=0.1/0/0/0, dsn=4.0.0,"
                " status=deferred (host b[192.0.2.7] said: 450 status=sent (250 ok))"
            ),
            "deferred",
        ),
        ("to=<x@y>, relay=a.b[private/lmtp], dsn=2.0.0, status=sent (cut off he", "sent"),
    ],
)
def test_what_becomes_of_a_message(line: str, kind: str | None) -> None:
    """A probe of an address is no mail, and the other server's words do not say what it was."""
    found = counted(b"postfix/smtp[3]: 4XyzAbC1: " + line.encode())
    assert found.kinds == ({kind: 1} if kind else {})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            (
                "4511C454015: reject: header Subject: bad x from y[1.2.3.4]: 550 fake; from=<> from"
                " mail.stranger.example[203.0.113.9]; from=<a@b.example> to=<c@d.example> proto=ESMTP"
                " helo=<st.example>: 5.7.1 no such: thing"
            ),
            b"no such: thing",
        ),
        (
            (
                "4511C454015: milter-reject: END-OF-MESSAGE from x[2001:db8::9]: 5.7.1 Spam message"
                " rejected; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x>"
            ),
            b"Spam message rejected",
        ),
        (
            "NOQUEUE: reject: DATA content from x[192.0.2.1]: 503 5.5.0 no; proto=ESMTP helo=<x>",
            b"no",
        ),
        ("NOQUEUE: reject: EHLO from x[192.0.2.1]: 504 <x>: bad; proto=SMTP helo=<x>", b"bad"),
    ],
)
def test_the_reason_of_a_refusal_is_the_servers_own(line: str, reason: bytes) -> None:
    found = counted(b"postfix/smtpd[3]: " + line.encode())
    assert found.top(REFUSED).first(9) == [(reason, 1)]


@pytest.mark.parametrize(
    "head", [b"NOQUEUE: reject: RCPT from ", b"warning: ", b"warning: A rate limit exceeded: from "]
)
def test_a_line_of_brackets_takes_no_time(head: bytes) -> None:
    before = time.process_time()
    counted(b"postfix/smtpd[3]: " + head + b"[" * 60000)
    assert time.process_time() - before < 1


def test_a_local_message_that_is_refused_is_told_once_as_returned() -> None:
    found = counted(
        b"postfix/cleanup[3]: 98C0B45400B: reject: header Subject: bad from local; from=<r@a.b>"
        b" to=<root@a.b>: 5.7.1 no such thing\n"
        b"postfix/cleanup[3]: 98C0B45400B: to=<root@a.b>, orig_to=<root>, relay=none, delay=33,"
        b" delays=33/0/0/0, dsn=5.7.1, status=bounced (no such thing)\n"
    )
    assert found.kinds == {"bounced": 1}


def test_a_message_that_a_filter_looks_at_first_is_taken_once() -> None:
    found = counted(
        b"postfix/smtpd[1]: NOQUEUE: client=x[192.0.2.1]\n"
        b"postfix/smtpd[2]: 4XyzAbC1: client=localhost[127.0.0.1], orig_client=x[192.0.2.1]\n"
    )
    assert found.kinds == {"taken": 1}


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
    text = "\n".join(report.lines("x", NOW - 10, counted(evil)))
    assert "\\x1b" in text
    assert text.isascii()
    assert {one for one in text if not one.isprintable()} == {"\n"}


def test_memory_does_not_grow_with_the_names() -> None:
    top = Top()
    for number in range(3 * MAX_NAMES):
        top.add(b"%d" % number)
        top.add(b"often")
    assert len(top.counts) <= MAX_NAMES
    assert top.first(1) == [(b"often", 3 * MAX_NAMES)]
    assert top.total == 6 * MAX_NAMES


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
    assert list(report.lines("the journal", NOW, Tally()))[1:] == [
        "No line of Postfix in all that time."
    ]
