"""Compare the replies of an SMTP session with rows of what they should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from wizard.answers.model import Answers
from wizard.check.smtp.refusals import TRANSIENT, cause_of
from wizard.check.smtp.session import Reply, Transcript
from wizard.finding import RIGHT, UNKNOWN, WRONG, Check, Finding

Verdict = Callable[[Reply, Answers], str]
Show = Callable[[Reply], str]

OK = 250


@dataclass(frozen=True)
class Row:
    """The check of one reply: its exchange, what is expected, and the advice.

    `id` follows `smtp.PORT.`. `expected` and `advice` may contain {name}, {domain} and {size}.
    `unheard` is the advice if there is no reply, "" for the same advice.
    """

    id: str
    looked_at: str
    exchange: str
    expected: str
    verdict: Verdict
    advice: str
    show: Show = str
    fatal: bool = True
    unheard: str = ""


def answers_with(*codes: int) -> Verdict:
    """Right if the reply has one of these codes."""
    return lambda reply, _: RIGHT if reply.code in codes else WRONG


def lists(keyword: str) -> Verdict:
    """Right if EHLO lists the keyword."""
    return lambda reply, _: RIGHT if reply.keyword(keyword) is not None else WRONG


def lacks(keyword: str) -> Verdict:
    """Right if EHLO does not list the keyword."""

    def verdict(reply: Reply, _: Answers) -> str:
        # A refused EHLO lists nothing either, so it proves nothing.
        return RIGHT if reply.code == OK and reply.keyword(keyword) is None else WRONG

    return verdict


def shown(keyword: str) -> Show:
    """Show the keyword as EHLO lists it."""

    def show(reply: Reply) -> str:
        if reply.code != OK:
            return str(reply)
        value = reply.keyword(keyword)
        return f"no {keyword}" if value is None else f"{keyword} {value}".strip()

    return show


def plain_banner(reply: Reply, answers: Answers) -> str:
    """Right for `$myhostname ESMTP $mail_name`: the name first, and no version."""
    words = reply.lines[0].split()
    named = words[:2] == [answers.hostname.myhostname, "ESMTP"]
    versioned = any(re.search(r"\d\.\d", word) for word in words[2:])
    return RIGHT if named and not versioned and len(reply.lines) == 1 else WRONG


def size_as_planned(reply: Reply, answers: Answers) -> str:
    """Right with the planned limit (RFC 1870); without a limit Postfix lists SIZE alone."""
    limit = answers.limits.message_size_limit
    return RIGHT if reply.keyword("SIZE") == (str(limit) if limit else "") else WRONG


def accepted(reply: Reply, _: Answers) -> str:
    """Right if mail from outside is accepted; else the reason of the refusal decides."""
    return RIGHT if reply.code < TRANSIENT else cause_of(reply).verdict


def judge(
    port: int,
    rows: Sequence[Row],
    transcript: Transcript,
    answers: Answers,
    *,
    broken_off: str = WRONG,
) -> Iterator[Finding]:
    """Compare a transcript with its rows.

    The first row without a reply gets the verdict `broken_off` and the reason. The rows after it are
    unknown and have no advice.
    """
    words = {
        "name": answers.hostname.myhostname,
        "domain": answers.hostname.mydomain,
        "size": str(answers.limits.message_size_limit or "").strip(),
    }
    named = broken_off == UNKNOWN
    for row in rows:
        check = Check(
            f"smtp.{port}.{row.id}",
            f"port {port}: {row.looked_at}",
            row.expected.format(**words).strip(),
            row.fatal,
        )
        reply = transcript.replies.get(row.exchange)
        stopped = transcript.stopped_at == row.exchange
        if reply is not None and (named or not stopped):
            advice = row.advice.format(**words)
            yield check.finding(row.verdict(reply, answers), row.show(reply), advice)
        elif named:
            yield check.finding(UNKNOWN, f"not known: {transcript.why}")
        else:
            named = True
            yield check.wrong(transcript.why, (row.unheard or row.advice).format(**words))
