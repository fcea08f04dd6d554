"""Test the login of a user: with the password the user may send, with a wrong one not.

The password is sent only under TLS, to this host, and if AUTH PLAIN is offered (RFC 4954, RFC 4616).
It is stored nowhere, and a reply that repeats a part of it is not shown.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Optional

from wizard.answers.model import Answers
from wizard.check.commands import start_command
from wizard.check.dovecot import delivery
from wizard.check.log.mark import machine_id, mark
from wizard.check.network import ports
from wizard.check.smtp.conversations import OK
from wizard.check.smtp.refusals import TRANSIENT
from wizard.check.smtp.sasl import LOGGED_IN, NOT_LOGGED_IN, judge_reply, plain_credentials, shown
from wizard.check.smtp.session import (
    AT_ONCE,
    OUTSIDER,
    QUIT,
    STARTTLS,
    Endpoint,
    Exchange,
    Reply,
    Transcript,
    converse,
    opening,
)
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WAITS, WRONG, Check, Finding

SECONDS = 20.0
"""For one session: Dovecot delays its reply to a wrong password, more with each failure."""

_MARKED = (
    Exchange("mark-mail", "MAIL FROM:<>"),
    Exchange("mark-rcpt", f"RCPT TO:<{OUTSIDER}>"),
    Exchange("mark-rset", "RSET"),
)
"""What is refused before the login, with a line in the log that has the name of EHLO."""

NOT_OWNED = 553
"""smtpd(8)'s reply to a sender that another login owns, or nobody."""

PORTS = ((587, STARTTLS), (465, AT_ONCE))


@dataclass(frozen=True)
class User:
    """The user name, the sender address of the test mail, and the password, which no repr shows."""

    name: str
    sender: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Row:
    """The check of one reply: `user.PORT.ID`."""

    id: str
    tried: str
    exchange: str
    expected: str
    verdict: Callable[[Reply], str]
    advice: str


def _accepted(reply: Reply) -> str:
    return judge_reply(reply, OK)


def _not_logged_in(reply: Reply) -> str:
    if reply.code == LOGGED_IN:
        return WRONG
    return RIGHT if reply.code == NOT_LOGGED_IN else UNKNOWN


def _not_owned(reply: Reply) -> str:
    if reply.code == OK:
        return WRONG
    return RIGHT if reply.code == NOT_OWNED else UNKNOWN


ROWS = (
    Row(
        "login",
        "login",
        "auth",
        "accepted (235)",
        judge_reply,
        "Is it the right password? `doveadm auth test USER` asks Dovecot alone; its log says more.",
    ),
    Row(
        "mail",
        "mail to others, logged in",
        "rcpt",
        "accepted (250)",
        _accepted,
        "Let permit_sasl_authenticated stand first in this port's smtpd_recipient_restrictions, and "
        "in smtpd_relay_restrictions where that is set; reload.",
    ),
)
SENDER = Row(
    "sender",
    "another's sender, logged in",
    "other-rcpt",
    "refused (553)",
    _not_owned,
    "`postfix-wizard apply --section senders` has it refused.",
)
"""Only where the answers say that a login may write its own senders alone."""
WRONG_PASSWORD = Row(
    "wrong-password",
    "login, a wrong password",
    "auth",
    "refused (535)",
    _not_logged_in,
    "Look at Dovecot's passdb at once: it lets in anybody.",
)


def check_login(
    answers: Answers, door: Door, user: User, *, seconds: float = SECONDS
) -> Iterator[Finding]:
    """Log in on both ports and begin a message to somebody else; then log in with a wrong password.

    No mail is sent, because DATA is never sent. Never raises for what a server does.
    """
    fault = delivery.socket_fault(delivery.AUTH_SOCKET)
    at = ports.reachable(answers.networks, door)
    helo = mark(machine_id(door), time.time())
    may_be_refused = _may_be_refused(door)
    refused = _MARKED if may_be_refused else ()
    rows = (*ROWS, SENDER) if may_be_refused and answers.senders.use == "on" else ROWS
    for port, tls in PORTS:
        if fault:
            yield _finding(port, ROWS[0], f"waits for Dovecot: {fault}", WAITS)
        else:
            until_tls = (*opening(helo, tls), *refused)
            yield from log_in(Endpoint(at[port], port), port, until_tls, user, seconds, rows=rows)


def _may_be_refused(door: Door) -> bool:
    """True if a refusal has Postfix mail no notice (postconf(5), notify_classes)."""
    result = start_command(door, ("postconf", "-h", "notify_classes"))()
    return not result.failure and "policy" not in result.text


def log_in(
    where: Endpoint,
    port: int,
    until_tls: tuple[Exchange, ...],
    user: User,
    seconds: float,
    *,
    rows: tuple[Row, ...] = ROWS,
) -> Iterator[Finding]:
    """Yield the findings of one port: those of `rows`, and of a wrong password."""
    transcript = converse(where, (*until_tls, QUIT), seconds)
    offered = transcript.replies.get("ehlo-tls")
    mechanisms = "" if offered is None else offered.keyword("AUTH") or ""
    if "PLAIN" not in mechanisms.upper().split():
        # Never send a password to a server that cannot check it.
        seen = transcript.why or (f"AUTH {mechanisms}" if mechanisms else "no AUTH")
        yield _finding(port, ROWS[0], seen, UNKNOWN if mechanisms else WRONG)
        return
    credentials = plain_credentials(user.name, user.password)
    script = (
        *until_tls,
        Exchange("auth", f"AUTH PLAIN {credentials}", must=LOGGED_IN),
        Exchange("mail", f"MAIL FROM:<{user.sender}>"),
        Exchange("rcpt", f"RCPT TO:<{OUTSIDER}>"),
        Exchange("rset", "RSET"),
        *(_of_another(user) if SENDER in rows else ()),
        QUIT,
    )
    hidden = (user.password, credentials)
    yield from _judged(port, rows, converse(where, script, seconds), hidden)
    guess = f"AUTH PLAIN {plain_credentials(user.name, secrets.token_urlsafe(12))}"
    wrong = converse(where, (*until_tls, Exchange("auth", guess), QUIT), seconds)
    yield from _judged(port, (WRONG_PASSWORD,), wrong, hidden)


def _of_another(user: User) -> Iterator[Exchange]:
    """Yield a mail to the user from a sender that no login of this host can own."""
    yield Exchange("other-mail", f"MAIL FROM:<{OUTSIDER}>")
    yield Exchange("other-rcpt", f"RCPT TO:<{user.sender}>")
    yield Exchange("other-rset", "RSET")


def _judged(
    port: int, rows: tuple[Row, ...], transcript: Transcript, hidden: tuple[str, ...]
) -> Iterator[Finding]:
    for row in rows:
        reply = _counts(transcript.replies, row.exchange)
        if reply is None:
            yield _finding(port, row, f"not known: {shown(transcript.why, hidden)}", UNKNOWN)
        else:
            yield _finding(port, row, shown(str(reply), hidden), row.verdict(reply))


def _counts(replies: Mapping[str, Reply], exchange: str) -> Optional[Reply]:
    """Return the reply that decides: if the sender is refused, its reply is the reason."""
    mail = replies.get("mail")
    return mail if exchange == "rcpt" and mail and mail.code >= TRANSIENT else replies.get(exchange)


def _finding(port: int, row: Row, seen: str, found: str) -> Finding:
    check = Check(f"user.{port}.{row.id}", f"port {port}: {row.tried}", row.expected)
    return check.finding(found, seen, row.advice)
