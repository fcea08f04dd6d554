"""The SMTP and LMTP sessions with the live server, and their findings."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Callable, NamedTuple, Optional

from wizard.answers.model import Answers
from wizard.check.dovecot import delivery
from wizard.check.dovecot.absent import Absent, why_absent
from wizard.check.dovecot.mailboxes import begin_mailboxes
from wizard.check.host.sockets import closed_to_postfix
from wizard.check.network import ports
from wizard.check.network.stranger import NoStrangerError, networks, stranger_address
from wizard.check.smtp import policy, recipients, scripts
from wizard.check.smtp.conversations import Row, judge
from wizard.check.smtp.recipients import Tried, choose, judge_recipients
from wizard.check.smtp.session import Endpoint, Transcript, converse
from wizard.check.tls import certificate
from wizard.check.tls.handshake import ECDSA, RSA
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import UNKNOWN, Check, Finding
from wizard.host import facts
from wizard.host.dovecot import login_users
from wizard.postfix.settings import Settings

_KINDS = {"RSA clients": RSA, "ECDSA clients": ECDSA}
_SMTP = (25, scripts.SMTP, policy.ROWS_SMTP, scripts.HANDSHAKE)
_SUBMISSION = (587, scripts.SUBMISSION, policy.ROWS_SUBMISSION, scripts.HANDSHAKE)
_SMTPS = (465, scripts.SMTPS, policy.ROWS_SMTPS, scripts.HANDSHAKE_AT_ONCE)
_WITHOUT_DOVECOT = (587, scripts.SUBMISSION_WAITING, policy.ROWS_SUBMISSION_CLOSED, ())
"""The port, the lines, the rows that judge the replies, and the lines to get the certificate."""


@dataclass(frozen=True)
class Sessions:
    """The sessions in progress: by port its rows and transcript, and the delivery by LMTP.

    `certificates` are by port and by the kind of client. Without Dovecot (`auth_absent`) there is no
    session on 465, and with an `lmtp_fault` no delivery.
    """

    ports: Mapping[int, tuple[Sequence[Row], Future[Transcript]]]
    certificates: Mapping[int, Mapping[str, Future[Transcript]]]
    delivery: Optional[Future[Transcript]]
    mailboxes: Callable[[], Iterator[Finding]]
    lmtp: str
    auth_absent: Optional[Absent]
    lmtp_absent: Optional[Absent]
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
    tried = (_SMTP, _WITHOUT_DOVECOT) if auth_fault else (_SMTP, _SUBMISSION, _SMTPS)
    certificates = {
        port: {
            client: pool.submit(converse, Endpoint(at[port], port, kind=kind), handshake, seconds)
            for client, kind in _KINDS.items()
        }
        for port, _, _, handshake in tried
        if handshake
    }
    return Sessions(
        {
            port: (rows, pool.submit(converse, Endpoint(at[port], port), script, seconds))
            for port, script, rows, _ in tried
        },
        certificates,
        pool.submit(converse, Endpoint(lmtp), scripts.lmtp_script(""), seconds)
        if lmtp and not lmtp_fault
        else None,
        begin_mailboxes(answers, door, pool, seconds),
        lmtp,
        why_absent(door, auth, auth_fault) if auth_fault else None,
        why_absent(door, lmtp, lmtp_fault) if lmtp_fault else None,
        lmtp_fault,
    )


class Stranger(NamedTuple):
    """A stranger's session, and the addresses that were tried in it."""

    transcript: Transcript
    tried: Tried = Tried()


def stranger_session(
    answers: Answers,
    door: Door,
    settings: Settings,
    network: Optional[facts.Network],
    seconds: float,
) -> Stranger:
    """Connect to port 25 from a stranger's address; if that is impossible, the transcript has the reason.

    Without mynetworks in main.cf Postfix trusts the host's addresses, the stranger's too.
    """
    if not settings.own.get("mynetworks"):
        return Stranger(
            Transcript(stopped_at="greeting", why="main.cf has no mynetworks, or cannot be read")
        )
    trusted = networks(settings.words("mynetworks"))
    taken = networks(network.networks) if network is not None else ()
    address = ports.reachable(answers.networks, door)[25]
    tried = choose(settings, _people(door), answers.hostname.mydomain, network or facts.Network())
    try:
        version = ipaddress.ip_address(address).version
        with stranger_address(version, taken, trusted) as source:
            domain = answers.hostname.mydomain
            script = scripts.stranger_script(source, domain, recipients.script(tried))
            return Stranger(converse(Endpoint(address, 25, source), script, seconds), tried)
    except NoStrangerError as fault:
        return Stranger(Transcript(stopped_at="greeting", why=str(fault)))


def _people(door: Door) -> Sequence[str]:
    try:
        return login_users(door.read_text("/etc/passwd") or "")
    except Trouble:
        return ()


def judge_sessions(
    sessions: Sessions,
    stranger: Stranger,
    answers: Answers,
    disk: Mapping[str, bytes],
    main_cf: Mapping[str, str],
) -> Iterator[Finding]:
    """Yield the findings port by port; `disk` has the leaves of the files that must be served."""
    for port, (rows, session) in sessions.ports.items():
        first = session.result()
        yield from judge(port, rows, first, answers)
        if port in sessions.certificates:
            handshakes = sessions.certificates[port]
            found = {client: one.result().certificate for client, one in handshakes.items()}
            leaves = {"clients that take both": first.certificate, **found}
            yield from certificate.judge_served(port, leaves, disk, main_cf)
        if port == 25:  # noqa: PLR2004 (strangers come to this port)
            seen = stranger.transcript
            yield from judge(port, policy.ROWS_STRANGER, seen, answers, broken_off=UNKNOWN)
            yield from judge_recipients(stranger.tried, seen)
    if sessions.auth_absent:
        # smtpd is not tried there: it would die, and master would throttle it for a minute.
        for port in (587, 465):
            check = Check(f"smtp.{port}.auth", f"port {port}: AUTH offered under TLS", "AUTH")
            yield replace(sessions.auth_absent.finding(check), fatal=False)


def judge_delivery(sessions: Sessions) -> Iterator[Finding]:
    """Check the delivery by LMTP, if it is in use, then Dovecot's settings."""
    if sessions.lmtp:
        transcript = sessions.delivery.result() if sessions.delivery else Transcript()
        yield from delivery.judge_delivery(
            sessions.lmtp, sessions.lmtp_fault, transcript, sessions.lmtp_absent
        )
    yield from sessions.mailboxes()
