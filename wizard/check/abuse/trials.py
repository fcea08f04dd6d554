"""Try the attempts in parallel sessions, and return the findings in the table's order.

A session that broke off or a refusal for another reason is unknown, never right.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Optional

from wizard.check.abuse.attempts import (
    GROUPS,
    SIZE,
    Attempt,
    Group,
    Seen,
    Target,
    first_refusal,
)
from wizard.check.abuse.client_hello import Answer, offer_tls
from wizard.check.abuse.offers import OFFERS, TLS_PORTS, judge_key, judge_offer
from wizard.check.smtp.refusals import TRANSIENT
from wizard.check.smtp.session import CLOSING, QUIT, Endpoint, Exchange, Reply, Transcript, converse
from wizard.finding import UNKNOWN, WAITS, Check, Finding

CHUNK = 8
"""Attempts in one session: after ten errors (smtpd_soft_error_limit) smtpd delays each reply."""

WORKERS = 12
"""Sessions at a time; smtpd_client_connection_count_limit is 25."""

SESSION_SECONDS, ALL_SECONDS = 8.0, 20.0
"""Seconds for one session, and for all of them."""


@dataclass(frozen=True)
class _Session:
    group: Group
    attempts: tuple[Attempt, ...]
    transcript: Future[Transcript]


def try_all(
    target: Target, source: str, *, seconds: float = SESSION_SECONDS, workers: int = WORKERS
) -> list[Finding]:
    """Try the whole list on a server, from the address `source`; takes `ALL_SECONDS` seconds at most.

    Never raises for what a server does.
    """
    until = time.monotonic() + ALL_SECONDS
    words = _words(target, source)
    groups = [one for one in GROUPS if not (one.needs_login and target.waits)]
    doors = [one for one in TLS_PORTS if not (one.needs_login and target.waits)]

    def remaining() -> float:
        return max(0.1, min(seconds, until - time.monotonic()))

    def session(port: int, script: Sequence[Exchange]) -> Transcript:
        return converse(Endpoint(target.address, port, source), script, remaining())

    def offer(number: int, which: int) -> Answer:
        door = doors[number]
        where = Endpoint(target.address, door.port, source)
        return offer_tls(where, filled(door.before, words), OFFERS[which].offer, remaining())

    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="stranger")
    try:
        sessions = [
            _Session(group, part, pool.submit(session, group.port, _script(group, part, words)))
            for group in groups
            for part in _parts(group, target)
        ]
        answers = [
            (door, one, pool.submit(offer, number, which))
            for number, door in enumerate(doors)
            for which, one in enumerate(OFFERS)
        ]
        findings = list(_judge(sessions, target))
        findings += [judge_offer(door, one, answer.result()) for door, one, answer in answers]
    finally:
        # When a signal ends the check early, the removal of the address must not wait for a session.
        pool.shutdown(wait=False, cancel_futures=True)
    return [*findings, *_waiting(target)]


def own_address(address: str) -> str:
    """Return our own address on the way to `address`, without sending anything.

    Raises OSError if there is no route.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((address, 25))
        return str(probe.getsockname()[0])


def literal(address: str) -> str:
    """Return an address literal, which SMTP accepts in place of a name (RFC 5321 4.1.3)."""
    whole = ipaddress.ip_address(address.partition("%")[0])
    return f"[IPv6:{whole}]" if whole.version == 6 else f"[{whole}]"  # noqa: PLR2004


def _words(target: Target, source: str) -> dict[str, str]:
    return {
        "here": literal(target.address),
        "me": target.me or literal(source),
        "name": target.name,
        "domain": target.domain,
        "over": str(target.size + 1),
    }


def _parts(group: Group, target: Target) -> Iterator[tuple[Attempt, ...]]:
    wanted = tuple(one for one in group.attempts if one is not SIZE or target.size)
    for at in range(0, len(wanted), CHUNK):
        yield wanted[at : at + CHUNK]


def filled(script: Sequence[Exchange], words: Mapping[str, str]) -> tuple[Exchange, ...]:
    """Return the exchanges with the words in braces replaced."""
    return tuple(replace(one, line=one.line.format(**words)) for one in script)


def _script(
    group: Group, attempts: Sequence[Attempt], words: Mapping[str, str]
) -> tuple[Exchange, ...]:
    said = [
        Exchange(name, line, ends=attempt.ends)
        for attempt in attempts
        for name, line in zip(_names(attempt), attempt.say)
    ]
    return (*filled((*group.opening, *said), words), QUIT)


def _names(attempt: Attempt) -> list[str]:
    return [f"{attempt.id}#{number}" for number in range(len(attempt.say))]


def _judge(sessions: Sequence[_Session], target: Target) -> Iterator[Finding]:
    doors = list(dict.fromkeys(one.group.door for one in sessions))
    for door in doors:
        of_door = [one for one in sessions if one.group.door == door]
        yield _reached(of_door[0].group, of_door[0].transcript.result())
        counted = {
            attempt.id: reply
            for one in of_door
            for attempt in one.attempts
            for reply in [_counts(attempt, one.transcript.result())]
            if reply is not None
        }
        for one in of_door:
            for attempt in one.attempts:
                yield _judged(one, attempt, Seen(counted, target))
        certificate = of_door[0].transcript.result().certificate
        if certificate:
            yield judge_key(door, of_door[0].group.title, certificate)


def _reached(group: Group, transcript: Transcript) -> Finding:
    check = _reach(group)
    names = [one.name for one in group.opening]
    if transcript.stopped_at not in names:
        return check.right(str(transcript.replies.get(names[0])))
    reply = transcript.replies.get(transcript.stopped_at)
    # A server that refuses us for now, or us alone, can be reached.
    if reply is not None and reply.code >= TRANSIENT:
        advice = "Wait a minute and try again: a limit may have been reached."
        return check.finding(UNKNOWN, transcript.why, advice)
    advice = "See that Postfix runs, the firewall's zone, and what stands before this server."
    return check.wrong(transcript.why, advice)


def _reach(group: Group) -> Check:
    return Check(f"stranger.{group.door}.reached", f"{group.title}: reached", "220")


def _counts(attempt: Attempt, transcript: Transcript) -> Optional[Reply]:
    """Return the reply that decides an attempt, None if the session broke off before it."""
    names = _names(attempt)
    replies = [transcript.replies[name] for name in names if name in transcript.replies]
    counts = first_refusal(replies)
    if counts is None or counts.code == CLOSING:
        return None
    return counts if counts.code >= TRANSIENT or len(replies) == len(names) else None


def _judged(session: _Session, attempt: Attempt, seen: Seen) -> Finding:
    check = Check(
        f"stranger.{session.group.door}.{attempt.id}",
        f"{session.group.title}: {attempt.tried}",
        attempt.expected,
        attempt.fatal,
    )
    reply = _counts(attempt, session.transcript.result())
    if reply is None:
        why = session.transcript.result().why
        return check.finding(UNKNOWN, f"not known: {why}", attempt.advice)
    return check.finding(attempt.verdict(reply, seen), attempt.show(reply, seen), attempt.advice)


def _waiting(target: Target) -> Iterator[Finding]:
    advice = "Set Dovecot up with its auth socket in Postfix's queue, then try again."
    for group in GROUPS:
        if group.needs_login and target.waits:
            yield _reach(group).finding(WAITS, f"waits for Dovecot: {target.waits}", advice)
