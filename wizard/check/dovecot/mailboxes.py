"""Check the settings of Dovecot that can prevent delivery or login, and test one recipient.

There are no findings if Dovecot is missing or masked: `delivery.lmtp` and the ports report that they
wait. A setting that differs from the policy and works is the operator's choice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Callable, Optional

from wizard.answers.model import Answers
from wizard.check.dovecot.delivery import socket_fault
from wizard.check.dovecot.listening import judge_listening
from wizard.check.dovecot.logins import Logins, begin_logins, judge_logins
from wizard.check.dovecot.values import judge_values
from wizard.check.guard import guarded
from wizard.check.host.homes import judge_homes
from wizard.check.paths.aliases import alias_names
from wizard.check.smtp.scripts import lmtp_script
from wizard.check.smtp.session import Endpoint, Transcript, converse
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import RIGHT, UNKNOWN, WAITS, WRONG, Check, Finding
from wizard.host.dovecot import begin_dovecot
from wizard.host.facts import Dovecot
from wizard.host.units import DOVECOT, RUNNING_STATES, begin_units
from wizard.postfix.dovecot import (
    AUTH,
    AUTH_LOGIN,
    LOGIN_NAME,
    Wanted,
    certificate,
    mailbox,
    needed,
    serves_postfix,
    user_name,
    wanted,
)
from wizard.text import printable

SHOWS = "`postfix-wizard plan --section dovecot` shows the lines."
_IN_HOME = re.compile(r"(?:~|%h|%\{home\})/?(.*)")
_TAKEN, _PERMANENT = 250, 500
_FOR_POSTFIX = frozenset(
    f"dovecot.{name}"
    for name in ("protocols", "lmtp-socket", "auth-socket", "user-name", "mailbox")
)
"""What Dovecot needs for Postfix alone."""


@dataclass(frozen=True)
class Observed:
    """What was read: Dovecot's settings, the session for one recipient, and missing files."""

    dovecot: Dovecot
    transcript: Transcript = field(default_factory=Transcript)
    missing: tuple[str, ...] = ()
    why: str = ""
    logins: Optional[Logins] = None
    homes: tuple[Finding, ...] = ()
    listening: tuple[Finding, ...] = ()


def begin_mailboxes(
    answers: Answers, door: Door, pool: Executor, seconds: float, delimiter: str = ""
) -> Callable[[], Iterator[Finding]]:
    """Start the checks; call the result to wait for the findings. Neither raises.

    `delimiter` is Postfix's recipient_delimiter.
    """

    def look() -> Observed:
        try:
            dovecot = _read(door)
            files = [one for one in certificate(dovecot.settings, dovecot.version) if one]
            missing = tuple(one for one in files if door.stat(one) is None)
            listening = tuple(judge_listening(door, dovecot))
            runs = dovecot.usable and dovecot.unit.active in RUNNING_STATES
        except Trouble as trouble:
            return Observed(Dovecot(), why=str(trouble))
        logins = begin_logins(door, dovecot.reader, answers.hostname.mydomain)() if runs else None
        socket = wanted(answers).lmtp
        # Where Postfix stores mail itself, Dovecot meets no address with an extension.
        met = delimiter if socket else ""
        parts = (lambda: judge_values(door, dovecot, met), lambda: _homes(door, dovecot))
        homes = tuple(one for part in parts for one in guarded("Dovecot", part)) if runs else ()
        if not (dovecot.reader and socket) or socket_fault(socket):
            return Observed(
                dovecot, missing=missing, logins=logins, homes=homes, listening=listening
            )
        recipient = f"{dovecot.reader}@{answers.hostname.myhostname}"
        session = converse(Endpoint(socket), lmtp_script(recipient), seconds)
        return Observed(dovecot, session, missing, logins=logins, homes=homes, listening=listening)

    begun = pool.submit(look)
    return lambda: judge_mailboxes(begun.result(), answers)


def _homes(door: Door, dovecot: Dovecot) -> Iterator[Finding]:
    """Check the homes of people, if Dovecot stores their mail there."""
    kind, _, path = mailbox(dovecot.settings, dovecot.version).partition(":")
    found = _IN_HOME.fullmatch(path.partition(":")[0])
    maildir = found[1] if found and kind == "maildir" else ""
    yield from judge_homes(door, maildir, alias_names(door), in_homes=found is not None)


def _read(door: Door) -> Dovecot:
    units, dovecot = begin_units(door, (DOVECOT,)), begin_dovecot(door)
    return replace(dovecot(), unit=units().states[DOVECOT])


def judge_mailboxes(observed: Observed, answers: Answers) -> Iterator[Finding]:
    """`dovecot.runs`, `.config`, one for each fault or `.settings` if there is none, `.recipient`.

    A fault fails a run only if the answers let the wizard write Dovecot's file. Else what Postfix
    needs waits while no service of Dovecot listens for Postfix at all.
    """
    dovecot = observed.dovecot
    if observed.why:
        # Another user would not see more, so there is no advice.
        yield _check("settings", "its settings").finding(UNKNOWN, f"not known: {observed.why}")
        return
    if not dovecot.usable:
        return
    fatal = answers.dovecot.conf == "write"
    stopped = tuple(_runs(dovecot))
    # The files of one that was never started are the package's, and nobody uses them.
    judged = () if dovecot.unit.active == "inactive" else _causes(observed, wanted(answers))
    if dovecot.unit.active == _FAILED:
        judged = map(_not_proven, judged)
    if not fatal and not serves_postfix(dovecot.settings):
        judged = map(_waiting, judged)
    for finding in (*stopped, *judged, *_recipient(observed)):
        yield replace(finding, fatal=fatal)
    if observed.logins is not None:
        asks_for_both = answers.dovecot.names == "local"
        yield from judge_logins(observed.logins, must_take_both=asks_for_both)
    yield from observed.homes


def _check(name: str, looked_at: str, expected: str = "as Postfix needs it") -> Check:
    return Check(f"dovecot.{name}", f"Dovecot: {looked_at}", expected, fatal=False)


_FAILED = "failed"
_JOURNAL = "`journalctl -u dovecot -n 30` says why it does not."


def _runs(dovecot: Dovecot) -> Iterator[Finding]:
    state = dovecot.unit.active
    if state in RUNNING_STATES:
        return
    check = _check("runs", "whether it runs", "active")
    advice = f"Run `systemctl enable --now dovecot`; {_JOURNAL}"
    yield (
        check.wrong("it failed", advice)
        if state == _FAILED
        else check.finding(WAITS, f"installed, and {state}", advice)
    )


def _causes(observed: Observed, want: Wanted) -> Iterator[Finding]:
    dovecot = observed.dovecot
    if dovecot.hangs:
        yield _check("config", "its configuration", "doveconf reads it").finding(
            UNKNOWN,
            f"not known: {printable(dovecot.complaint)}",
            "`timeout 60 doveconf -n` waits longer.",
        )
        return
    if not dovecot.settings:
        yield _check("config", "its configuration", "doveconf reads it").wrong(
            f"it cannot be read: {printable(dovecot.complaint)}",
            "Set right what it names (2.4 renamed many settings of 2.3: Dovecot's upgrade notes); "
            "`doveconf -n` says when it is.",
        )
        return
    lacks = needed(dovecot.settings, dovecot.version, want)
    found = tuple(_faults(observed, want, lacks))
    yield from found or (_check("settings", "its settings").right("as Postfix needs them"),)


def _not_proven(finding: Finding) -> Finding:
    """Return settings that doveconf(1) accepts as not known: it accepts some that Dovecot dies of."""
    if finding.verdict != RIGHT:
        return finding
    seen = "doveconf accepts them, and Dovecot failed with them"
    return replace(finding, verdict=UNKNOWN, seen=seen, advice=_JOURNAL)


def _waiting(finding: Finding) -> Finding:
    """Return what is set up for Postfix alone as what waits for that."""
    is_for_postfix = finding.verdict == WRONG and finding.id in _FOR_POSTFIX
    return replace(finding, verdict=WAITS) if is_for_postfix else finding


def _faults(observed: Observed, want: Wanted, lacks: Collection[str]) -> Iterator[Finding]:
    """Yield a finding for each part of `wizard.postfix.dovecot` that Dovecot lacks."""
    settings, version = observed.dovecot.settings, observed.dovecot.version
    if "protocols" in lacks:
        named = settings.get("protocols", "") or "no lmtp among them"
        advice = f"Add lmtp to `protocols`: Postfix hands mail over by it. {SHOWS}"
        yield _check("protocols", "its protocols", "lmtp among them").wrong(named, advice)
    if "lmtp-socket" in lacks:
        yield _socket("lmtp", want.lmtp, "mail stays in the queue")
    if "auth-socket" in lacks:
        yield _socket("auth", AUTH, "nobody can log in on 587 and 465")
    if "user-name" in lacks:
        said = user_name(settings)
        yield _check("user-name", "auth_username_format", "the name without its domain").wrong(
            f"{said or 'not set'}: user@host, as Postfix says it, is no user",
            f"Until it strips the domain all mail would be returned: do not flush the queue. {SHOWS}",
        )
    yield from _logins(settings, lacks)
    # Another location than the policy's is the operator's choice.
    if "mailbox" in lacks and not mailbox(settings, version):
        yield _check("mailbox", "where mail is kept", "a place").wrong(
            "nothing says so: it is guessed, and fails for who has no mail yet",
            f"Set it (mail_location in 2.3, mail_driver and mail_path in 2.4). {SHOWS}",
        )
    if "tls" in lacks:
        yield from _tls(observed)
    if "cleartext" in lacks:
        yield _check("cleartext", "passwords without TLS", "refused").warning(
            "allowed: who listens on the way has them",
            "Take `disable_plaintext_auth = no` (2.3) or `auth_allow_cleartext = yes` (2.4) out.",
        )
    if observed.missing and "tls" not in lacks:
        yield from _tls(observed)
    is_named = observed.missing or settings.get("ssl") == "no"
    yield from (one for one in observed.listening if not (is_named and one.id == "dovecot.tls"))


def _logins(settings: Mapping[str, str], lacks: Collection[str]) -> Iterator[Finding]:
    """Yield what people's mail programs need and the answers ask for."""
    if LOGIN_NAME in lacks:
        said = settings.get("auth_username_format", "")
        yield _check(
            LOGIN_NAME, "the names that people log in by", "alone or with a local domain"
        ).wrong(f"auth_username_format is {printable(said) or 'not set'}", SHOWS)
    if AUTH_LOGIN in lacks:
        yield _check(AUTH_LOGIN, "AUTH LOGIN", "offered").wrong("not among auth_mechanisms", SHOWS)


def _socket(service: str, path: str, loss: str) -> Finding:
    return _check(f"{service}-socket", f"the {service} service's socket", "open to postfix").wrong(
        f"none that Postfix may use at {path}: {loss}",
        f"In `service {service}` open a unix_listener {path} with mode 0600 and user postfix. {SHOWS}",
    )


def _tls(observed: Observed) -> Iterator[Finding]:
    if observed.missing:
        yield _check("tls", "its certificate", "a certificate").wrong(
            f"{', '.join(observed.missing)} is not there",
            f"Name the files that Postfix serves. {SHOWS}",
        )
    elif observed.dovecot.settings.get("ssl") == "no":
        advice = f"Set `ssl = yes` with a certificate. {SHOWS}"
        yield _check("tls", "TLS", "yes").warning("ssl = no: mail is read in the clear", advice)


def _recipient(observed: Observed) -> Iterator[Finding]:
    reply = observed.transcript.replies.get("rcpt")
    if reply is None:
        return
    check = _check("recipient", f"mail for {observed.dovecot.reader}", "250")
    if reply.code == _TAKEN:
        yield check.right(str(reply))
        return
    bounces = reply.code >= _PERMANENT
    yield check.wrong(
        str(reply),
        f"`doveadm user {observed.dovecot.reader}` and `journalctl -u dovecot -n 30` say why. "
        + ("What is tried now is returned to its sender." if bounces else "Mail waits meanwhile."),
    )
