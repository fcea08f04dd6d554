"""What the log repeats: enough of it is a trouble, a line now and then is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from wizard.check.log.troubles import Repeated, Troubles, judge_troubles, merged
from wizard.finding import RIGHT, WARNING

START = ("postfix/master", "daemon started -- version 3.5.25, configuration /etc/postfix")
SAID = "(host mx.{0}[198.51.100.25] said: 550 5.7.1 Service unavailable; client [203.0.113.1] blocked using zen)"


def refused(
    domain: str = "receiver.example", dsn: str = "5.7.1", said: str = SAID
) -> tuple[str, str]:
    head = f"4AB: to=<u@{domain}>, relay=mx.{domain}[198.51.100.25]:25, delay=1, dsn={dsn}"
    return "postfix/smtp", f"{head}, status=bounced {said.format(domain)}"


LOOP = (
    "postfix/smtp",
    "4AB: to=<i@two.example>, relay=none, dsn=5.4.6, status=bounced (mail for two.example loops back to myself)",
)
KILLED = (
    "postfix/master",
    "warning: process /usr/libexec/postfix/smtpd pid 47 killed by signal 11",
)
DIES = ("postfix/master", "warning: /usr/libexec/postfix/lmtp: bad command startup -- throttling")
LOST = (
    "postfix/local",
    "4AB: to=<double-bounce@mail.example>, relay=local, dsn=2.0.0, status=sent (discarded)",
)


def found(*lines: tuple[str, str]) -> Sequence[Repeated]:
    counts = Troubles()
    for program, message in lines:
        counts.add((1.0, program.encode(), b"1", message.encode()))
    return counts.found()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([refused()] * 80, ["receiver.example", "blocked using zen", "80 messages"]),
        ([refused("Big.example", "4.7.0")] * 10, ["big.example"]),
        ([LOOP], ["two.example", "loops back"]),
        ([KILLED] * 3, ["smtpd", "signal"]),
        ([DIES] * 12, ["lmtp", "throttling", "12 times"]),
        ([LOST] * 30, ["bounces"]),
        # What others refuse stays so, however often Postfix is reloaded.
        ([refused()] * 20 + [START], ["receiver.example"]),
        ([LOOP] * 2 + [refused()] * 20, ["receiver.example", "and 1 more"]),
    ],
)
def test_what_is_repeated(lines: list[tuple[str, str]], words: list[str]) -> None:
    finding = judge_troubles(found(*lines), "noon")
    assert finding is not None
    assert finding.verdict == WARNING
    assert [one for one in words if one not in finding.seen] == []


@pytest.mark.parametrize(
    "lines",
    [
        [refused()] * 9,
        [refused(dsn="5.1.1")] * 50,
        [refused(dsn="5.2.2", said="(host mx said: 552 5.2.2 mailbox full)")] * 50,
        [refused(said="(Host or domain name not found)")] * 50,
        [("postfix/smtpd", refused()[1])] * 50,
        [LOOP] * 5 + [START],
        [KILLED] * 2,
        [(KILLED[0], KILLED[1].replace("signal 11", "signal 15"))] * 9,
        [DIES] * 9,
        [DIES] * 50 + [START] + [DIES] * 2,
        [LOST] * 3,
        [
            (
                "postfix/smtp",
                "4AB: to=<u@x.example>, relay=x[192.0.2.1]:25, dsn=2.0.0, status=sent (250 ok)",
            )
        ]
        * 99,
    ],
)
def test_what_is_not(lines: list[tuple[str, str]]) -> None:
    assert found(*lines) == []


def test_two_logs_with_the_same_lines() -> None:
    one, other = found(*[KILLED] * 5), found(*[KILLED] * 7, *[LOOP] * 2)
    assert [(repeated.kind, repeated.count) for repeated in merged([one, other])] == [
        (1, 2),
        (2, 7),
    ]


def test_nothing_and_no_log() -> None:
    right = judge_troubles((), "noon")
    assert right is not None
    assert right.verdict == RIGHT
    assert judge_troubles((), "") is None


def test_many_domains_take_no_more_memory() -> None:
    assert len(found(*(refused(f"d{at}.example") for at in range(5000) for _ in range(2)))) == 0
