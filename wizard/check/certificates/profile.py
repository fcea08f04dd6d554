"""Compare what each port accepts with the profile of the section tls, by handshakes.

Each ClientHello is built here and offers nothing else (`wizard.check.abuse.client_hello`), so neither
the local OpenSSL nor the system's crypto policy decides what can be seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from typing import Optional

from wizard.answers.model import Answers
from wizard.answers.sections.tls import INTERMEDIATE, MODERN, POLICY, STRICT, TLS_CONF
from wizard.check.abuse.client_hello import OLD, TLS_1_2, Answer, Offer, offer_tls
from wizard.check.abuse.suites import ANONYMOUS_SUITES, WEAK_SUITES
from wizard.check.certificates.probing import PortTls
from wizard.check.smtp import scripts
from wizard.check.smtp.session import QUIT, REFUSED, Endpoint, Exchange, converse
from wizard.check.tls.services import PortSettings
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding
from wizard.host.dovecot import SECONDS, VERSION
from wizard.limits import PROBE_SECONDS
from wizard.postfix.tls import OF_ENTRIES, OF_MAIN_CF, is_of_profile
from wizard.postfix.tls_values import PARAMETERS, of_dovecot
from wizard.text import printable

IMAPS = 993
_LOOPBACK = "127.0.0.1"
_MIN_SECONDS = 0.1

_OF_MOZILLA = (
    *range(0xC02B, 0xC02D),
    *range(0xC02F, 0xC031),
    *range(0xCCA8, 0xCCAB),
    *range(0x009E, 0x00A0),
)
"""The suites of TLS 1.2 in Mozilla's intermediate profile (IANA's numbers)."""
_OTHERS = (
    *range(0x002F, 0x0034),
    *range(0x0035, 0x003A),
    *range(0x003C, 0x003E),
    *range(0x0040, 0x0046),
    0x0067,
    *range(0x006A, 0x006C),
    *range(0x0084, 0x0089),
    *range(0x0096, 0x009B),
    *range(0x009C, 0x009E),
    *range(0x00A2, 0x00A4),
    *range(0x00BA, 0x00BF),
    *range(0x00C0, 0x00C5),
    *range(0xC003, 0xC006),
    *range(0xC008, 0xC00B),
    *range(0xC00D, 0xC010),
    *range(0xC012, 0xC015),
    *range(0xC023, 0xC02B),
    *range(0xC02D, 0xC02F),
    *range(0xC031, 0xC033),
    *range(0xC03C, 0xC054),
    *range(0xC05C, 0xC064),
    *range(0xC072, 0xC07E),
    *range(0xC080, 0xC084),
    *range(0xC086, 0xC08E),
    *range(0xC09C, 0xC0A4),
    *range(0xC0AC, 0xC0B0),
)
"""Suites of TLS 1.2 outside of it that have a certificate: CBC, RSA key exchange, CCM and others."""
_EXPORT = (
    0x0003,
    0x0006,
    0x0008,
    0x000B,
    0x000E,
    0x0011,
    0x0014,
    0x0017,
    0x0019,
    *range(0x0026, 0x002C),
)

_OLDER = "TLS 1.1 or older"
_OUTSIDE = "ciphers outside the profile"
_NOBODY = "ciphers without authentication or of export quality"
_ANY_1_2 = "TLS 1.2"

_REFUSED: Mapping[str, tuple[tuple[str, Offer], ...]] = {
    POLICY: ((_NOBODY, Offer(TLS_1_2, (*ANONYMOUS_SUITES, *_EXPORT))),),
    INTERMEDIATE: (
        (_OLDER, OLD),
        (_OUTSIDE, Offer(TLS_1_2, (*WEAK_SUITES, *ANONYMOUS_SUITES, *_OTHERS))),
    ),
    MODERN: ((_OLDER, OLD), (_ANY_1_2, Offer(TLS_1_2, (*_OF_MOZILLA, *_OTHERS)))),
}
"""What a port must refuse, by its limit; policy is that of port 25 with a profile."""
_EXPECTED = {
    POLICY: "no anonymous and export ciphers",
    INTERMEDIATE: "TLS 1.2 or newer, AEAD ciphers with forward secrecy",
    MODERN: "TLS 1.3 alone",
}
_CIPHER_LIST = "ssl_cipher_list"
_LOG = "`journalctl -u dovecot` says why: a setting that this Dovecot does not know, or its files."
_RUN = "`postfix-wizard apply --section tls` writes the profile."


@dataclass(frozen=True)
class Tried:
    """What a port answered to each offer that it must refuse by its limit.

    `why` says why TLS did not begin, else "". `has_no_tls` is True if the port answers, and no client
    gets TLS there. `own` names a value of the operator's own that decides, "" for none.
    """

    limit: str
    answers: Mapping[str, Answer]
    why: str = ""
    has_no_tls: bool = False
    own: str = ""


def begin_profile(
    answers: Answers,
    door: Door,
    pool: Executor,
    served: Mapping[int, Future[PortTls]],
    *,
    at: Mapping[int, str],
    here: Mapping[int, PortSettings],
    helo: str,
) -> Callable[[], Iterator[Finding]]:
    """Start the handshakes; call the result to wait for the findings. Nothing is tried without a profile.

    `served` are the sessions of the ports: TLS is tried where it began in them, and after them. `at`
    are the addresses of the ports, and `helo` is the name in EHLO.
    """
    if answers.tls.profile == POLICY:
        return lambda: iter(())
    before = scripts.with_helo(scripts.UNTIL_TLS, helo)
    lines: dict[int, Sequence[Exchange]] = {25: before, 587: before, 465: ()}
    tried = {
        port: pool.submit(
            _try_port,
            Endpoint(at[port], port),
            said,
            Tried(limit_of(port, answers), {}, own=_of_operator(here.get(port))),
            served.get(port),
        )
        for port, said in lines.items()
    }
    if answers.dovecot.conf == "write":
        imaps = Endpoint(_LOOPBACK, IMAPS)
        tried[IMAPS] = pool.submit(_try_dovecot, imaps, door, answers.tls.profile)
    return lambda: (judge_port(port, one.result()) for port, one in tried.items())


def limit_of(port: int, answers: Answers) -> str:
    """Return the profile that limits a port. On 25 strict is intermediate: modern is for people."""
    if port != 25:  # noqa: PLR2004 (SMTP between servers)
        return answers.tls.profile
    return INTERMEDIATE if answers.tls.port25 == STRICT else POLICY


def judge_port(port: int, tried: Tried) -> Finding:
    """`tls.PORT`: it refuses what its limit excludes. A value of the operator's own is a warning."""
    check = Check(f"tls.{port}", f"port {port}: TLS by the profile", _EXPECTED[tried.limit])
    taken = {what: one.taken for what, one in tried.answers.items() if one.taken}
    unknown = {what: one.why for what, one in tried.answers.items() if one.why}
    if tried.has_no_tls:
        return check.wrong(printable(f"no TLS at all: {tried.why}"), _LOG)
    if tried.why:
        return check.unknown(printable(tried.why))
    if taken:
        seen = printable("; ".join(f"accepts {what} ({said})" for what, said in taken.items()))
        if not tried.own:
            return check.wrong(seen, _RUN)
        advice = f"{tried.own}, which no run changes: take it out, then {_RUN}"
        return check.warning(seen, printable(advice))
    if unknown:
        said = "; ".join(f"{what}: {why}" for what, why in unknown.items())
        return check.unknown(printable(said))
    return check.right(f"refuses {' and '.join(tried.answers)}")


def _of_operator(here: Optional[PortSettings]) -> str:
    """Return the first value in force that no profile sets, and where it is set, "" for none."""
    if here is None:
        return ""
    for name in PARAMETERS:
        is_option = name in here.settings.options
        value = (here.settings.options if is_option else here.settings.own).get(name)
        tables = OF_ENTRIES if is_option else OF_MAIN_CF
        if value is not None and not is_of_profile(tables, name, value):
            return f"{name} = {value} is set in {here.place(name)}"
    return ""


def _try_port(
    where: Endpoint, before: Sequence[Exchange], tried: Tried, served: Optional[Future[PortTls]]
) -> Tried:
    if served is None:
        return replace(tried, why="smtpd was not tried there without Dovecot")
    if not served.result().transcript.certificate:
        return replace(tried, why="TLS did not begin there")
    return replace(tried, answers=_answers(where, before, tried.limit))


def _try_dovecot(where: Endpoint, door: Door, profile: str) -> Tried:
    limit = of_dovecot(profile, _version(door))
    lines = door.readable_text(TLS_CONF)
    # The plan leaves the line out where Dovecot has other ciphers than its own or EL's.
    has_own = limit == INTERMEDIATE and bool(lines) and _CIPHER_LIST not in lines
    own = f"{_CIPHER_LIST} is set in another file of Dovecot" if has_own else ""
    session = converse(where, (Exchange("greeting", tls=True), QUIT), PROBE_SECONDS)
    if session.certificate:
        return Tried(limit, _answers(where, (), limit), own=own)
    # Dovecot listens and goes on without TLS if it does not know a value of its settings.
    is_open = session.why != REFUSED and not session.is_late
    return Tried(limit, {}, session.why, has_no_tls=is_open)


def _version(door: Door) -> str:
    """Return Dovecot's version, "" if it does not say it."""
    try:
        said = door.run(VERSION, timeout=SECONDS)
    except Trouble:
        return ""
    return said.text if said else ""


def _answers(where: Endpoint, before: Sequence[Exchange], limit: str) -> dict[str, Answer]:
    until = time.monotonic() + PROBE_SECONDS
    return {
        what: offer_tls(where, before, offer, max(_MIN_SECONDS, until - time.monotonic()))
        for what, offer in _REFUSED[limit]
    }
