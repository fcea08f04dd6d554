"""Test the limits for one address (anvil(8)) by reaching them.

A client that reaches a limit is locked out for a while. So this is the last test, and it uses an
address that nobody else uses. It begins mail and resets it; it never sends DATA.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from functools import partial

from wizard.check.abuse.attempts import Target
from wizard.check.smtp.session import (
    CLOSING,
    QUIT,
    Endpoint,
    Exchange,
    Line,
    SessionError,
    Transcript,
    converse,
    opening,
    reason,
)
from wizard.finding import UNKNOWN, Check, Finding

MAX_LIMIT = 400
"""The highest limit that is tested."""

SECONDS = 10.0
"""The time for one limit."""

TOO_MUCH = 450
"""The reply to mail or a recipient over the limit; a connection is closed with 421."""

_BATCH = 40
"""Messages in one session: smtpd_junk_command_limit is 100, and each RSET counts."""


@dataclass(frozen=True)
class Reached:
    """How many were accepted, and the reply to the next; "" if all were accepted.

    `known` is False if another fault ended the test.
    """

    count: int
    said: str = ""
    known: bool = True


Reach = Callable[[Target, str, int, float], Reached]


@dataclass(frozen=True)
class Rate:
    """One limit: its id, what is tried, the parameter, its planned value, and how to reach it.

    `times` the limit and one more are tried, because anvil's time unit may begin anew in between.
    """

    id: str
    tried: str
    parameter: str
    limit: Callable[[Target], int]
    reach: Reach
    times: int = 2


def _recipients(target: Target, source: str, most: int, until: float) -> Reached:
    script = [
        *_mail("0"),
        *(
            Exchange(f"r{n}", f"RCPT TO:<postmaster@{target.domain}>", must=250)
            for n in range(most)
        ),
    ]
    session = _session(target, source, script, until)
    return _counted(session, "r", 0)


def _messages(target: Target, source: str, most: int, until: float) -> Reached:
    done = 0
    while done < most:
        script = [
            line
            for n in range(min(_BATCH, most - done))
            for line in (*_mail(str(n)), Exchange(f"rset{n}", "RSET", must=250))
        ]
        reached = _counted(_session(target, source, script, until), "m", done)
        if reached.said:
            return reached
        done = reached.count
    return Reached(done)


def _connections(
    target: Target, source: str, most: int, until: float, *, at_once: bool = True
) -> Reached:
    """Open all connections, each after the one before is closed unless `at_once`."""
    with ExitStack() as lines:
        for count in range(most):
            said = _greeting(target, source, until, lines)
            if said:
                return Reached(count, said, known=said.startswith(str(CLOSING)))
            if not at_once:
                lines.close()
    return Reached(most)


RATES = (
    Rate(
        "recipients",
        "recipients, one after another",
        "smtpd_client_recipient_rate_limit",
        lambda target: target.recipient_rate,
        _recipients,
    ),
    Rate(
        "messages",
        "mail, one after another",
        "smtpd_client_message_rate_limit",
        lambda target: target.message_rate,
        _messages,
    ),
    Rate(
        "connections",
        "connections at a time",
        "smtpd_client_connection_count_limit",
        lambda target: target.connections,
        _connections,
        times=1,
    ),
    Rate(
        "connection-rate",
        "connections, one after another",
        "smtpd_client_connection_rate_limit",
        lambda target: target.connection_rate,
        partial(_connections, at_once=False),
    ),
)
"""Connections are last: a client with too many cannot connect again."""


def try_rates(target: Target, source: str, *, seconds: float = SECONDS) -> Iterator[Finding]:
    """Test each planned limit from the address `source`, for `seconds` each."""
    for rate in RATES:
        limit = rate.limit(target)
        if limit:
            begun = time.monotonic()
            most = rate.times * limit + 1
            reached = (
                rate.reach(target, source, most, begun + seconds)
                if limit <= MAX_LIMIT
                else Reached(0, f"{most} would have to be tried", known=False)
            )
            in_time = time.monotonic() - begun < target.unit
            yield _rated(rate, limit, reached, in_time=in_time)


def rates_unknown(target: Target, why: str) -> Iterator[Finding]:
    """Yield the same findings if the limits cannot be tested."""
    for rate in RATES:
        if rate.limit(target):
            not_tried = Reached(0, why, known=False)
            yield _rated(rate, rate.limit(target), not_tried, in_time=True)


def _rated(rate: Rate, limit: int, reached: Reached, *, in_time: bool) -> Finding:
    check = Check(
        f"stranger.rate.{rate.id}", f"25: {rate.tried}", f"{limit} of one address, then refused"
    )
    advice = (
        f"Set `{rate.parameter} = {limit}` in main.cf, and see that "
        "smtpd_client_event_limit_exceptions names no strangers; reload. It counts addresses, not accounts."
    )
    if not (reached.known and (in_time or reached.said)):
        seen = f"not known: {reached.said or 'it took too long'}"
        return check.finding(UNKNOWN, seen, advice)
    if not reached.said:
        return check.wrong(f"{reached.count} went through", advice)
    return check.right(f"after {reached.count}: {reached.said}")


def _mail(number: str) -> tuple[Exchange, ...]:
    return (Exchange(f"m{number}", "MAIL FROM:<>", must=250),)


def _session(target: Target, source: str, script: list[Exchange], until: float) -> Transcript:
    remaining = max(0.1, until - time.monotonic())
    whole = (*opening(target.me or "relay-test"), *script, QUIT)
    return converse(Endpoint(target.address, 25, source), whole, remaining)


def _counted(session: Transcript, name: str, before: int) -> Reached:
    """Return how many of the exchanges that begin with `name` were accepted."""
    counted = [one for one in session.replies if one.startswith(name) and one[1:].isdigit()]
    if session.stopped_at in {"", "quit"}:
        return Reached(before + len(counted))
    reply = session.replies.get(session.stopped_at)
    known = reply is not None and reply.code == TOO_MUCH and session.stopped_at in counted
    return Reached(before + max(0, len(counted) - 1), session.why, known)


def _greeting(target: Target, source: str, until: float, lines: ExitStack) -> str:
    """Connect, and return what came instead of a greeting, "" if a greeting came."""
    remaining = max(0.1, until - time.monotonic())
    try:
        line = lines.enter_context(closing(Line(Endpoint(target.address, 25, source), remaining)))
        reply = line.reply()
        if reply.code < CLOSING:
            lines.callback(_quit, line)
            return ""
        return str(reply)
    except (SessionError, OSError) as fault:
        return reason(fault, remaining)


def _quit(line: Line) -> None:
    """End the session, so that the server's log shows no lost connection."""
    with suppress(OSError):
        line.send("QUIT")
