"""The SMTP and LMTP sessions with the live server, and their findings."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable, Optional

from wizard.answers.model import Answers
from wizard.check.dovecot import delivery
from wizard.check.dovecot.mailboxes import begin_mailboxes
from wizard.check.host.sockets import closed_to_postfix
from wizard.check.network import ports
from wizard.check.network.stranger import NoStrangerError, networks, stranger_address
from wizard.check.smtp import policy, scripts
from wizard.check.smtp.conversations import judge, waiting
from wizard.check.smtp.session import Endpoint, Transcript, converse
from wizard.check.tls import certificate
from wizard.check.tls.handshake import ECDSA, RSA
from wizard.door import Door
from wizard.finding import UNKNOWN, Finding
from wizard.host import facts

_KINDS = {"RSA clients": RSA, "ECDSA clients": ECDSA}
_TLS_AT_ONCE = 465


@dataclass(frozen=True)
class Sessions:
    """The sessions in progress; None for one that needs Dovecot while Dovecot is missing.

    `certificates` are by port and by the kind of client.
    """

    certificates: Mapping[int, Mapping[str, Future[Transcript]]]
    smtp: Future[Transcript]
    submission: Future[Transcript]
    smtps: Optional[Future[Transcript]]
    delivery: Optional[Future[Transcript]]
    mailboxes: Callable[[], Iterator[Finding]]
    lmtp: str
    auth_fault: str
    lmtp_fault: str


def begin_sessions(
    answers: Answers, door: Door, pool: ThreadPoolExecutor, seconds: float
) -> Sessions:
    """Start all sessions but the stranger's; each ends after `seconds`."""
    at = ports.reachable(answers.networks, door)
    lmtp = delivery.lmtp_socket(answers.delivery.mailbox_transport)
    # smtpd dies if it may not use the socket, as if there were none.
    auth = delivery.AUTH_SOCKET
    auth_fault = delivery.socket_fault(auth) or closed_to_postfix(auth)
    lmtp_fault = delivery.socket_fault(lmtp) if lmtp else ""
    after_ehlo = scripts.SUBMISSION_WAITING if auth_fault else scripts.SUBMISSION
    return Sessions(
        _begin_handshakes(at, pool, seconds, (25,) if auth_fault else (25, 587, 465)),
        pool.submit(converse, Endpoint(at[25], 25), scripts.SMTP, seconds),
        pool.submit(converse, Endpoint(at[587], 587), after_ehlo, seconds),
        None
        if auth_fault
        else pool.submit(converse, Endpoint(at[465], 465), scripts.SMTPS, seconds),
        pool.submit(converse, Endpoint(lmtp), scripts.lmtp_script(""), seconds)
        if lmtp and not lmtp_fault
        else None,
        begin_mailboxes(answers, door, pool, seconds),
        lmtp,
        auth_fault,
        lmtp_fault,
    )


def _begin_handshakes(
    at: Mapping[int, str], pool: ThreadPoolExecutor, seconds: float, numbers: Sequence[int]
) -> Mapping[int, Mapping[str, Future[Transcript]]]:
    """Do a handshake on each port, for each kind of certificate alone."""
    return {
        number: {
            client: pool.submit(
                converse,
                Endpoint(at[number], number, kind=kind),
                scripts.HANDSHAKE_AT_ONCE if number == _TLS_AT_ONCE else scripts.HANDSHAKE,
                seconds,
            )
            for client, kind in _KINDS.items()
        }
        for number in numbers
    }


def stranger_session(
    answers: Answers,
    door: Door,
    mynetworks: str,
    network: Optional[facts.Network],
    seconds: float,
) -> Transcript:
    """Connect to port 25 from a stranger's address; if that is impossible, the transcript has the reason.

    `mynetworks` is main.cf's value. Without it Postfix trusts the host's addresses, the stranger's too.
    """
    if not mynetworks:
        return Transcript(stopped_at="greeting", why="main.cf has no mynetworks, or cannot be read")
    trusted = networks(re.split(r"[,\s]+", mynetworks))
    taken = networks(network.networks) if network is not None else ()
    address = ports.reachable(answers.networks, door)[25]
    try:
        version = ipaddress.ip_address(address).version
        with stranger_address(version, taken, trusted) as source:
            script = scripts.stranger_script(source, answers.hostname.mydomain)
            return converse(Endpoint(address, 25, source), script, seconds)
    except NoStrangerError as fault:
        return Transcript(stopped_at="greeting", why=str(fault))


def judge_sessions(
    sessions: Sessions,
    stranger: Transcript,
    answers: Answers,
    disk: Mapping[str, bytes],
    main_cf: Mapping[str, str],
) -> Iterator[Finding]:
    """Yield the findings port by port; `disk` has the leaves of the files that must be served."""
    smtp = sessions.smtp.result()
    yield from judge(25, policy.ROWS_SMTP, smtp, answers)
    yield from certificate.judge_served(25, _leaves(sessions, 25, smtp), disk, main_cf)
    yield from judge(25, policy.ROWS_STRANGER, stranger, answers, broken_off=UNKNOWN)
    if sessions.smtps is None:
        closed = sessions.submission.result()
        yield from judge(587, policy.ROWS_SUBMISSION_CLOSED, closed, answers)
        yield waiting(587, sessions.auth_fault)
        yield waiting(465, sessions.auth_fault)
    else:
        for port, rows, session in (
            (587, policy.ROWS_SUBMISSION, sessions.submission),
            (465, policy.ROWS_SMTPS, sessions.smtps),
        ):
            yield from judge(port, rows, session.result(), answers)
            leaves = _leaves(sessions, port, session.result())
            yield from certificate.judge_served(port, leaves, disk, main_cf)


def _leaves(sessions: Sessions, port: int, first: Transcript) -> dict[str, bytes]:
    """Return the certificate that each kind of client got on a port; empty if it got none."""
    handshakes = sessions.certificates.get(port, {})
    found = {client: session.result().certificate for client, session in handshakes.items()}
    return {"clients that take both": first.certificate, **found}


def judge_delivery(sessions: Sessions) -> Iterator[Finding]:
    """Check the delivery by LMTP, if it is in use, then Dovecot's settings."""
    if sessions.lmtp:
        transcript = sessions.delivery.result() if sessions.delivery else Transcript()
        yield from delivery.judge_delivery(sessions.lmtp, sessions.lmtp_fault, transcript)
    yield from sessions.mailboxes()
