"""The SMTP and LMTP sessions with the live server, and their findings."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Callable, NamedTuple, Optional

from wizard.answers.model import Answers
from wizard.check.certificates import served as certificate
from wizard.check.certificates.probing import PortTls, hello_at_once, probe
from wizard.check.certificates.profile import begin_profile
from wizard.check.certificates.verifying import Verifier
from wizard.check.dovecot import delivery
from wizard.check.dovecot.absent import Absent, why_absent
from wizard.check.dovecot.mailboxes import begin_mailboxes
from wizard.check.host.sockets import closed_to_postfix
from wizard.check.log.mark import machine_id, mark
from wizard.check.network import ports
from wizard.check.network.stranger import CANDIDATES, NoStrangerError, networks, stranger_address
from wizard.check.outside import NOT_CAUSED
from wizard.check.postfix.delays import delay
from wizard.check.postfix.queries import without_queries
from wizard.check.postfix.reported import has_dead_milter, reported
from wizard.check.smtp import policy, recipients, scripts
from wizard.check.smtp.conversations import Known, Row, judge
from wizard.check.smtp.holding import Hold
from wizard.check.smtp.notices import Quiet, quiet
from wizard.check.smtp.recipients import Tried, judge_recipients
from wizard.check.smtp.refusals import TRANSIENT
from wizard.check.smtp.session import Endpoint, Exchange, Transcript, converse
from wizard.check.tls.loading import LoadFault, load_fault
from wizard.check.tls.services import PORTS, PortSettings, certificate_files, port_settings
from wizard.door import Door
from wizard.finding import UNKNOWN, WRONG, Check, Finding
from wizard.host import facts
from wizard.postfix.master_cf import read_services
from wizard.postfix.settings import Settings

_SMTP = (25, scripts.SMTP, policy.ROWS_SMTP, scripts.UNTIL_TLS)
_SUBMISSION = (587, scripts.SUBMISSION, policy.ROWS_SUBMISSION, scripts.UNTIL_TLS)
_SMTPS = (465, scripts.SMTPS, policy.ROWS_SMTPS, ())
_AT_ONCE = 465
_WITHOUT_DOVECOT = (587, scripts.SUBMISSION_WAITING, policy.ROWS_SUBMISSION_CLOSED, ())
"""The port, the lines, the rows that judge the replies, and the lines before a ClientHello."""


@dataclass(frozen=True)
class Sessions:
    """The sessions in progress: by port its rows and what it served, and the delivery by LMTP.

    `at` are the addresses of the ports, `here` their settings, `faults` why their smtpd has no TLS. Without Dovecot
    (`auth_absent`) there is no session on 465, and with an `lmtp_fault` no delivery.
    """

    ports: Mapping[int, tuple[Sequence[Row], Future[PortTls]]]
    at: Mapping[int, str]
    here: Mapping[int, PortSettings]
    faults: Mapping[int, Optional[LoadFault]]
    omitted: Mapping[int, Mapping[str, str]]
    verifier: Verifier
    delivery: Optional[Future[Transcript]]
    mailboxes: Callable[[], Iterator[Finding]]
    profile: Callable[[], Iterator[Finding]]
    lmtp: str
    auth_absent: Optional[Absent]
    lmtp_absent: Optional[Absent]
    lmtp_fault: str


def begin_sessions(
    answers: Answers,
    door: Door,
    pool: ThreadPoolExecutor,
    seconds: float,
    settings: Settings,
    *,
    asks_others: bool = True,
) -> Sessions:
    """Start all sessions but the stranger's; each ends after `seconds`.

    Without `asks_others` nothing is said for which Postfix would query others.

    A 454 to STARTTLS has Postfix mail a notice to postmaster, and a failed handshake on 465 does not.
    So 465 comes first, and the others send STARTTLS where that was right (`_hold`).
    """
    at = ports.reachable(answers.networks, door)
    lmtp = delivery.lmtp_socket(answers.delivery.mailbox_transport)
    # smtpd dies if it may not use the socket, as if there were none.
    auth = delivery.AUTH_SOCKET
    auth_fault = delivery.socket_fault(auth) or closed_to_postfix(auth)
    lmtp_fault = delivery.socket_fault(lmtp) if lmtp else ""
    here = port_settings(read_services(door), settings)
    faults = {
        port: load_fault(one.settings) if one.settings.own else None for port, one in here.items()
    }
    verifier = Verifier(door)
    helo = mark(machine_id(door), time.time())
    names = (answers.hostname.myhostname,)
    said: dict[int, Future[Transcript]] = {}
    begun: dict[int, tuple[Sequence[Row], Future[PortTls]]] = {}

    def talk(
        port: int,
        script: Sequence[Exchange],
        before: Sequence[Exchange],
        earlier: Mapping[int, Future[Transcript]],
    ) -> PortTls:
        where = Endpoint(at[port], port)
        may_not = Hold(port, here, faults[port], earlier, begun)
        transcript = converse(where, scripts.with_helo(script, helo), seconds, may_not)
        said[port].set_result(transcript)
        files = certificate.chains_on_disk(door, certificate_files(here[port].settings))
        return probe(
            where,
            scripts.with_helo(before, helo),
            transcript,
            verifier,
            files.values(),
            has_own_order=here[port].value("tls_preempt_cipherlist") == "yes",
            names=names if here[port].settings.value("tls_server_sni_maps") else (),
        )

    tried = (_SMTP, _WITHOUT_DOVECOT) if auth_fault else (_SMTPS, _SMTP, _SUBMISSION)
    omitted = {}
    if auth_fault:
        said[_AT_ONCE] = pool.submit(hello_at_once, Endpoint(at[_AT_ONCE], _AT_ONCE))
    for port, script, rows, before in tried:
        earlier, said[port] = dict(said), Future()
        quieted = _quieted(script, here[port], asks_others=asks_others, is_trusted=True)
        omitted[port] = quieted.omitted
        begun[port] = rows, pool.submit(talk, port, quieted.script, before, earlier)
    return Sessions(
        {port: begun[port] for port in PORTS if port in begun},
        at,
        here,
        faults,
        omitted,
        verifier,
        pool.submit(converse, Endpoint(lmtp), scripts.lmtp_script(""), seconds)
        if lmtp and not lmtp_fault
        else None,
        begin_mailboxes(answers, door, pool, seconds, settings.value("recipient_delimiter")),
        begin_profile(
            answers,
            door,
            pool,
            {port: session for port, (_, session) in begun.items()},
            at=at,
            here=here,
            helo=helo,
        ),
        lmtp,
        why_absent(door, auth, auth_fault, answers) if auth_fault else None,
        why_absent(door, lmtp, lmtp_fault, answers) if lmtp_fault else None,
        lmtp_fault,
    )


def _quieted(
    script: Sequence[Exchange], here: PortSettings, *, asks_others: bool, is_trusted: bool
) -> Quiet:
    """Return the script without the lines that cause a notice or, unless `asks_others`, a query."""
    quieted = quiet(script, here, reported(here))
    if asks_others:
        return quieted
    alone = without_queries(
        quieted.script, here, is_trusted=is_trusted, ours=policy.STRANGER_FOR_US
    )
    return Quiet(alone.script, {**quieted.omitted, **alone.omitted})


class Stranger(NamedTuple):
    """A stranger's session, the addresses that were tried in it, and the lines that were not."""

    transcript: Transcript
    tried: Tried = Tried()
    omitted: Mapping[str, str] = {}


def stranger_session(
    answers: Answers,
    door: Door,
    settings: Settings,
    network: Optional[facts.Network],
    seconds: float,
    *,
    here: Optional[PortSettings] = None,
    chosen: Optional[Callable[[], Tried]] = None,
) -> Stranger:
    """Connect to port 25 from a stranger's address; if that is impossible, the transcript has the reason.

    Without mynetworks in main.cf Postfix trusts the host's addresses, the stranger's too. `chosen`
    returns the sender and the recipients. Without it only that is said for which Postfix queries
    nobody.
    """
    if not settings.own.get("mynetworks"):
        return Stranger(
            Transcript(stopped_at="greeting", why="main.cf has no mynetworks, or cannot be read")
        )
    trusted = networks(settings.words("mynetworks"))
    taken = networks(network.networks) if network is not None else ()
    address = ports.reachable(answers.networks, door)[25]
    domain = answers.hostname.mydomain
    tried = chosen() if chosen is not None else Tried()
    script = scripts.stranger_script(domain, recipients.script(tried) if tried.sender else ())
    quieted = Quiet(script)
    if here is not None:
        quieted = _quieted(script, here, asks_others=chosen is not None, is_trusted=False)
    if quieted.omitted.get("mail") == NOT_CAUSED:
        # Postfix would look up the name of the stranger's address as well.
        return Stranger(Transcript(stopped_at="greeting", why=NOT_CAUSED))
    found = Stranger(Transcript())
    helo = mark(machine_id(door), time.time())
    version = ipaddress.ip_address(address).version
    # A table may have one of these addresses, which are nobody's: then the other one is a stranger's.
    for candidates in (CANDIDATES, CANDIDATES[::-1]):
        try:
            with stranger_address(version, taken, trusted, candidates=candidates) as source:
                said = scripts.with_helo(quieted.script, helo)
                transcript = converse(Endpoint(address, 25, source), said, seconds)
                found = Stranger(transcript, tried, quieted.omitted)
        except NoStrangerError as fault:
            return Stranger(Transcript(stopped_at="greeting", why=str(fault)))
        if not _is_about_client(found.transcript):
            break
    return found


def _is_about_client(transcript: Transcript) -> bool:
    """True if the client's own address was refused."""
    reply = transcript.replies.get("local")
    said = " ".join(reply.lines) if reply is not None and reply.code >= TRANSIENT else ""
    return "lient host rejected" in said


def judge_sessions(
    sessions: Sessions,
    stranger: Stranger,
    answers: Answers,
    planned: Optional[Mapping[str, bytes]],
    door: Door,
    *,
    drift: str = WRONG,
    silence: str = UNKNOWN,
) -> Iterator[Finding]:
    """Yield the findings port by port.

    `planned` has the leaves of the answers, None if nobody chose them. `drift` is the verdict of a
    reply that only differs from the answers. If it is WRONG, no other leaves may be served.
    `silence` is the verdict of a port that does not answer in time.
    """
    causes: dict[str, str] = {}
    for port, (rows, session) in sessions.ports.items():
        here = sessions.here[port]
        known = Known(
            here,
            sessions.faults[port],
            causes,
            sessions.omitted[port],
            has_dead_milter,
            drift,
            silence,
            partial(delay, here, is_stranger=False),
            sessions.at[port],
        )
        served = session.result()
        yield from judge(port, rows, served.transcript, answers, known=known)
        disk = planned if drift == WRONG else None
        if disk is None:
            disk = certificate.on_disk(door, certificate_files(here.settings))
        yield from certificate.judge_served(port, served.leaves, disk, here, planned)
        if port == 25:  # noqa: PLR2004 (strangers come to this port)
            seen = stranger.transcript
            delayed = partial(delay, here, is_stranger=True)
            known = replace(known, omitted=stranger.omitted, delay=delayed)
            of_stranger = policy.ROWS_STRANGER
            yield from judge(port, of_stranger, seen, answers, broken_off=UNKNOWN, known=known)
            yield from judge_recipients(stranger.tried, seen)
    yield from sessions.profile()
    if sessions.auth_absent:
        # smtpd is not tried there: it would die, and master would throttle it for a minute.
        for port in (587, 465):
            check = Check(f"smtp.{port}.auth", f"port {port}: AUTH offered under TLS", "AUTH")
            yield replace(sessions.auth_absent.finding(check), fatal=False)


def served_by(sessions: Sessions) -> Mapping[int, PortTls]:
    """Return what each port served, once all sessions are over."""
    return {port: session.result() for port, (_, session) in sessions.ports.items()}


def served_at(sessions: Sessions, port: int) -> Optional[PortTls]:
    """Return what a port served, once its session is over; None without a session."""
    begun = sessions.ports.get(port)
    return begun[1].result() if begun else None


def judge_delivery(sessions: Sessions) -> Iterator[Finding]:
    """Check the delivery by LMTP, if it is in use, then Dovecot's settings."""
    if sessions.lmtp:
        transcript = sessions.delivery.result() if sessions.delivery else Transcript()
        yield from delivery.judge_delivery(
            sessions.lmtp, sessions.lmtp_fault, transcript, sessions.lmtp_absent
        )
    yield from sessions.mailboxes()
