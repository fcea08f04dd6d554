"""Compare the replies of an SMTP session with rows of what they should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Optional

from wizard.answers.model import Answers
from wizard.check.smtp.causes import NOT_TRIED, Cause, Failure, find_cause
from wizard.check.smtp.refusals import PERMANENT, TRANSIENT, cause_of
from wizard.check.smtp.session import Reply, Transcript
from wizard.check.tls.loading import LoadFault
from wizard.check.tls.services import PortSettings
from wizard.finding import RIGHT, UNKNOWN, WRONG, Check, Finding
from wizard.postfix.settings import Settings

Verdict = Callable[[Reply, Answers], str]
Show = Callable[[Reply], str]

OK = 250


@dataclass(frozen=True)
class Row:
    """The check of one reply: its exchange, what is expected, and the advice.

    `id` follows `smtp.PORT.`. `expected` and `advice` may contain {name}, {domain}, {size} and {files}.
    `unheard` is the advice if there is no reply, "" for the same advice. `sets` is what the advice
    sets: a parameter and its value. `is_refusal` is True if a 5yz reply is expected, which is a 4yz
    with soft_bounce. `is_drift` is True if mail flows with another reply that is no refusal.
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
    sets: tuple[str, str] = ("", "")
    is_refusal: bool = False
    is_drift: bool = False


@dataclass
class Known:
    """What is known of a port before its rows are judged, and which causes other ports had.

    `causes` has by a cause's key the subject of the row that is WRONG because of it. `omitted` has
    by an exchange's name why it was not tried. `drift` is the verdict of a row with `is_drift`,
    `silence` that of a port that did not answer in time and has no setting that delays it. `delay`
    returns that setting for a command, or for `greeting`. `address` is that of the port.
    """

    here: PortSettings
    load_fault: Optional[LoadFault] = None
    causes: dict[str, str] = field(default_factory=dict)
    omitted: Mapping[str, str] = field(default_factory=dict)
    has_dead_milter: Callable[[str], bool] = lambda _: False
    drift: str = WRONG
    silence: str = UNKNOWN
    delay: Callable[[str], str] = lambda _: ""
    address: str = "127.0.0.1"


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


def _files(limit: object) -> str:
    """Return in words how large attachments may be: base64 makes lines of 78 bytes of each 57."""
    largest = limit * 57 / 78 / 2**20 if isinstance(limit, int) and limit else 0
    return f", so attachments to {largest:.1f} MiB" if largest else ""


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
    known: Optional[Known] = None,
) -> Iterator[Finding]:
    """Compare a transcript with its rows.

    The first row without a reply gets the verdict `broken_off` and the reason. The rows after it are
    unknown and have no advice. A row whose cause another row has named is unknown, too.
    """
    known = known or Known(PortSettings(port, Settings({})))
    words = {
        "name": answers.hostname.myhostname,
        "domain": answers.hostname.mydomain,
        "size": str(answers.limits.message_size_limit or "").strip(),
        "files": _files(answers.limits.message_size_limit),
    }
    ended = ""
    proves_nothing = broken_off == UNKNOWN
    delay = _delay(transcript, known)
    why = f"{transcript.why}: {delay}" if delay else transcript.why
    for row in rows:
        check = Check(
            f"smtp.{port}.{row.id}",
            f"port {port}: {row.looked_at}",
            row.expected.format(**words).strip(),
            row.fatal,
        )
        reply = transcript.replies.get(row.exchange)
        stopped = transcript.stopped_at == row.exchange
        if reply is not None and (proves_nothing or not stopped):
            heard = _hardened(reply) if row.is_refusal and _is_soft(known.here) else reply
            verdict, seen = row.verdict(heard, answers), row.show(reply)
        elif row.exchange in known.omitted and not ended:
            yield check.finding(
                UNKNOWN,
                f"not tried: {known.omitted[row.exchange]}",
                "`check --stranger` tries it.",
            )
            continue
        elif proves_nothing:
            yield check.finding(UNKNOWN, f"not known: {why}", _FROM_OUTSIDE)
            continue
        elif ended:
            yield check.finding(UNKNOWN, f"not known, because of {ended}")
            continue
        else:
            verdict, seen = WRONG, transcript.why
        if verdict != WRONG:
            yield check.finding(verdict, seen, row.advice.format(**words))
            continue
        lesser = _lesser(row, known)
        if lesser is not None and _is_accepted(reply):
            yield check.finding(
                known.drift,
                f"{seen}{lesser}",
                _advice(row, known.here, words, is_unheard=False),
            )
            continue
        # The reply to STARTTLS may be right, and the handshake after it not.
        heard_reply = None if stopped and str(reply) != transcript.why else reply
        failure = Failure(
            row.id,
            heard_reply,
            transcript.why,
            transcript,
            known.here,
            known.load_fault,
            known.has_dead_milter,
        )
        found = find_cause(failure)
        if (
            found is None
            and heard_reply is None
            and transcript.is_late
            and (delay or known.silence == UNKNOWN)
        ):
            yield check.finding(UNKNOWN, f"not known: {why}", _longer(transcript, known))
            ended = check.subject
            continue
        cause = found or Cause(
            check.subject, _advice(row, known.here, words, is_unheard=reply is None)
        )
        first = cause.elsewhere or known.causes.setdefault(cause.key, check.subject)
        yield _named(check, seen, cause, first)
        if stopped:
            ended = first


_RECIPIENT = "smtpd_recipient_restrictions"
_FROM_OUTSIDE = "From another machine: `postfix-wizard check --against HOST`."


def _delay(transcript: Transcript, known: Known) -> str:
    """Return which setting may be the reason that a session was not over in time, "" for none."""
    command = transcript.why.partition(":")[0]
    is_connected = command != transcript.why
    return known.delay(command) if transcript.is_late and is_connected else ""


def _longer(transcript: Transcript, known: Known) -> str:
    """Return the command that waits longer than the session did."""
    address, port = known.address, known.here.port
    is_at_once = known.here.value("smtpd_tls_wrappermode") == "yes"
    if transcript.stopped_at == "greeting" and not is_at_once:
        return f"`timeout 60 head -n 1 </dev/tcp/{address}/{port}` waits longer."
    where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    how = "" if is_at_once else "-starttls smtp "
    return f"`timeout 60 openssl s_client -quiet {how}-connect {where}` waits longer."


def _named(check: Check, seen: str, cause: Cause, first: str) -> Finding:
    """Return a row that is not as expected: WRONG, or unknown if the row `first` names its cause."""
    if first != check.subject:
        shown = "not tried" if seen.startswith(NOT_TRIED) else seen
        return check.finding(UNKNOWN, f"{shown}, because of {first}")
    shown = f"{seen}: {cause.text}" if cause.text else seen
    return check.finding(UNKNOWN if cause.is_unknown else WRONG, shown, cause.advice)


def _advice(row: Row, here: PortSettings, words: Mapping[str, str], *, is_unheard: bool) -> str:
    """Return the advice of a row, unless it would set what is set already."""
    if is_unheard and row.unheard:
        return row.unheard.format(**words)
    name, value = row.sets
    wanted = Settings({name: value.format(**words)}).words(name)
    if name and here.settings.own and here.settings.words(name) == wanted:
        if is_unheard:
            return "`journalctl -u postfix -n 30` says what smtpd waits for, or why it ended."
        return (
            f"{name} = {value.format(**words)} is set for this port, so that Postfix runs with older "
            "settings: `systemctl reload postfix`. If it stays, `journalctl -u postfix -n 30`."
        )
    return row.advice.format(**words)


def _is_accepted(reply: Optional[Reply]) -> bool:
    return reply is not None and reply.code < TRANSIENT


def _lesser(row: Row, known: Known) -> Optional[str]:
    """Return why an accepted line is only a difference, with what is to be said of it; None if it is more."""
    if known.drift == WRONG:
        return None
    if row.is_drift:
        return ""
    if row.sets[0] != _RECIPIENT:
        return None
    # The session comes from this host; strangers who do not log in are refused by that list.
    listed = [one.lower() for one in known.here.settings.words(_RECIPIENT)]
    others = [one for one in listed if one != "permit_mynetworks"]
    is_closed = others == ["permit_sasl_authenticated", "reject"] and len(others) < len(listed)
    return ": this host is in mynetworks, which need no login here" if is_closed else None


def _is_soft(here: PortSettings) -> bool:
    return here.value("soft_bounce") == "yes"


def _hardened(reply: Reply) -> Reply:
    """Return a 4yz reply as the 5yz that it is without soft_bounce (postconf(5))."""
    is_soft = TRANSIENT <= reply.code < PERMANENT
    return replace(reply, code=reply.code + PERMANENT - TRANSIENT) if is_soft else reply
