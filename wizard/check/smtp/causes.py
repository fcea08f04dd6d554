"""Find why a port does not offer TLS or AUTH: by the reply, and by what is set (postconf(5)).

A table of rules; the first that applies counts. The same key means the same cause, which then makes
only one WRONG row. Where no rule applies, the row's own advice is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from wizard.check.smtp.session import Reply, Transcript
from wizard.check.tls.loading import LoadFault
from wizard.check.tls.services import PortSettings
from wizard.paths import QUEUE

CYRUS = "sasl cyrus"
"""The key of a cause."""

STARTTLS_ROW, TLS_ROW, AUTH_ROW = "starttls", "tls", "auth"

NO_TLS, LOCAL_PROBLEM, OK = 454, "TLS not available", 250
NOT_TRIED = "not tried, because of "
"""Why a session ended before STARTTLS; the subject of a row follows."""
NO_TLS_SEEN = "not tried: on port 465 smtpd ends the connection before TLS begins"
_MILTER_SAID = re.compile(r"4\.3\.0 Try again later|4\.7\.1 Service unavailable - try again later")
_DISCARD = ("smtpd_discard_ehlo_keywords", "postscreen_discard_ehlo_keywords")
_WEAKENED = ("noplaintext", "noactive", "nodictionary", "forward_secrecy", "mutual_auth")
_VERSIONS_AND_CIPHERS = re.compile(r"smtpd_tls_\w*(protocols|ciphers|grade)|tls_\w+_cipherlist")
_NOTHING_COMMON = re.compile(
    "no TLS version or cipher in common|only TLS versions that are|refused the TLS handshake"
)
_USUAL = re.compile(r"smtpd_tls_(\w*(cert|key|chain)_files?|received_header|loglevel|session_\w+)")
_CLOSED = re.compile("closed the connection|broke the connection off")
_SEE_LOG = "`journalctl -u postfix -g TLS -n 20` says what smtpd misses."


@dataclass(frozen=True)
class Failure:
    """A row that is not as expected: its reply, None if there is none; `why` the session ended."""

    row: str
    reply: Optional[Reply]
    why: str
    transcript: Transcript
    here: PortSettings
    load_fault: Optional[LoadFault] = None
    has_dead_milter: Callable[[str], bool] = lambda _: False

    @property
    def said(self) -> str:
        """The reply's text, else the reason of the end."""
        return " ".join(self.reply.lines) if self.reply else self.why


@dataclass(frozen=True)
class Cause:
    """Why a row is wrong: a key, the advice, and what is said of it after what was seen.

    `elsewhere` is the subject of the finding that names the cause. The row itself is not WRONG then.
    """

    key: str
    advice: str
    text: str = ""
    elsewhere: str = ""
    is_unknown: bool = False


Rule = Callable[[Failure], Optional[Cause]]


def find_cause(failure: Failure) -> Optional[Cause]:
    """Return the cause of a failure, None if no rule knows it."""
    return next((cause for rule in _RULES for cause in [rule(failure)] if cause), None)


def _not_tried(failure: Failure) -> Optional[Cause]:
    """STARTTLS was not sent, since another row has the fault already."""
    if failure.reply or not failure.why.startswith(NOT_TRIED):
        return None
    return Cause("", "", elsewhere=failure.why[len(NOT_TRIED) :])


def _client_certificate(failure: Failure) -> Optional[Cause]:
    """Smtpd ends a session under TLS without a certificate of the client, if it is required."""
    name = "smtpd_tls_req_ccert"
    is_ended = failure.reply is None or "client certificate" in failure.said.lower()
    if failure.row not in {TLS_ROW, AUTH_ROW} or not is_ended or failure.load_fault:
        return None
    if failure.here.value(name) != "yes":
        return None
    return Cause(
        f"{name} {failure.here.place(name)}",
        f"Take {name} out ({failure.here.place(name)}), or set `smtpd_tls_ask_ccert = yes` in its "
        "place: mail programs have no certificate; reload.",
        f"{name} = yes demands a certificate of each client",
    )


def _wrapped(failure: Failure) -> Optional[Cause]:
    """A port for STARTTLS on which smtpd waits for TLS at once."""
    name = "smtpd_tls_wrappermode"
    is_starttls = failure.here.port != 465  # noqa: PLR2004 (RFC 8314)
    if failure.row != "banner" or failure.reply or failure.here.value(name) != "yes":
        return None
    advice = f"Take {name} = yes out ({failure.here.place(name)}): 465 alone has it, by -o; reload."
    return Cause(f"{name} {failure.here.place(name)}", advice) if is_starttls else None


def _milter(failure: Failure) -> Optional[Cause]:
    milters = ", ".join(failure.here.settings.words("smtpd_milters"))
    if not milters or not failure.reply or not _MILTER_SAID.search(failure.said):
        return None
    return Cause(
        f"milter {milters}",
        f"A milter says so, or does not answer ({milters}): see that it runs and what it logs, or "
        "take it out of smtpd_milters; reload.",
        f"because of a milter in smtpd_milters ({milters})",
        elsewhere="behind main.cf: smtpd_milters" if failure.has_dead_milter(milters) else "",
    )


def _without_tls(failure: Failure) -> Optional[Cause]:
    """A smtpd that could not begin TLS when it started, mostly for its certificate or key."""
    key = f"no TLS {sorted(failure.here.tls.items())}"
    fault, is_closed = failure.load_fault, _CLOSED.search(failure.said) is not None
    was_seen = failure.why == NO_TLS_SEEN or (
        failure.reply is not None and has_no_tls_answer(failure.reply)
    )
    if (
        fault
        and failure.row == TLS_ROW
        and (failure.why.startswith(fault.text) or is_closed or was_seen)
    ):
        is_shown = failure.why.startswith(fault.text)
        return Cause(key, fault.advice, "" if is_shown else fault.text)
    if was_seen and failure.row == TLS_ROW:
        advice = f"smtpd could not begin TLS when it started. {_SEE_LOG}{_odd(failure)}"
        return Cause(key, advice)
    if failure.row != TLS_ROW or failure.transcript.certificate:
        return None
    if not failure.here.has_tlsmgr:
        return Cause(key, "", elsewhere="master.cf: tlsmgr")
    if is_closed and failure.here.value("smtpd_tls_wrappermode") == "yes":
        return Cause(key, f"smtpd ended the connection before TLS began. {_SEE_LOG}{_odd(failure)}")
    return None


def _odd(failure: Failure) -> str:
    """Return which parameters of TLS are set that few servers need."""
    odd = [
        f"{name} = {value}"
        for name, value in failure.here.tls.items()
        if not _USUAL.fullmatch(name) and value
    ]
    return f" These are set by hand: {', '.join(odd)}." if odd else ""


def has_no_tls_answer(reply: Reply) -> bool:
    """True for the 454 to STARTTLS of a smtpd without TLS."""
    return reply.code == NO_TLS and LOCAL_PROBLEM in str(reply)


def _offers_none(failure: Failure) -> Optional[Cause]:
    """EHLO does not list STARTTLS."""
    here, ehlo = failure.here, failure.transcript.replies.get("ehlo")
    if failure.row != STARTTLS_ROW or ehlo is None or ehlo.code != OK:
        return None
    if ehlo.keyword("STARTTLS") is not None:
        return None
    for name in _DISCARD:
        if "starttls" in here.words(name):
            return Cause(
                f"starttls {name} {here.place(name)}",
                f"Take starttls out of {name} ({here.place(name)}); reload.",
            )
    maps = here.settings.value("smtpd_discard_ehlo_keyword_address_maps")
    if maps:
        return Cause(
            f"starttls {maps}",
            f"See what {maps} (smtpd_discard_ehlo_keyword_address_maps) has for this client.",
        )
    level = "smtpd_tls_security_level"
    if here.value(level) not in {"", "none"}:
        return Cause(
            f"starttls {here.port}",
            f"{level} = {here.value(level)} is set for this port, so that Postfix runs with older "
            "settings: `systemctl reload postfix`. If it stays, `journalctl -u postfix -n 30`.",
        )
    wanted = "may` in main.cf" if here.port == 25 else f"encrypt` for {here.port} in master.cf"  # noqa: PLR2004
    return Cause(
        f"starttls {level} {here.place(level)} {here.value(level)}",
        f"Set `{level} = {wanted}; reload.",
    )


def _plain_at_once(failure: Failure) -> Optional[Cause]:
    if failure.row != TLS_ROW or "plain text where TLS is due" not in failure.said:
        return None
    name = "smtpd_tls_wrappermode"
    if failure.here.value(name) == "yes":
        return Cause(
            "wrapper",
            f"-o {name}=yes is set, so that Postfix runs with older settings: `systemctl reload "
            "postfix`.",
        )
    return Cause("wrapper", f"Set `-o {name}=yes` for this port in master.cf; reload.")


def _nothing_in_common(failure: Failure) -> Optional[Cause]:
    if failure.row != TLS_ROW or not _NOTHING_COMMON.search(failure.said):
        return None
    named = {
        name: value
        for name, value in failure.here.tls.items()
        if _VERSIONS_AND_CIPHERS.fullmatch(name)
    }
    if not named:
        advice = f"Nothing in main.cf or master.cf restricts versions or ciphers. {_SEE_LOG}"
        return Cause("nothing in common", advice)
    listed = ", ".join(f"{name} = {value}" for name, value in named.items())
    return Cause(
        f"nothing in common {sorted(named.items())}",
        f"No usual client can agree with this: {listed}. Take out what is too strict; reload.",
    )


def _no_mechanism(failure: Failure) -> Optional[Cause]:
    """The smtpd dies under TLS without a SASL mechanism, or if Dovecot cannot be reached."""
    here = failure.here
    if here.value("smtpd_sasl_auth_enable") != "yes" or not failure.transcript.certificate:
        return None
    if failure.row not in {TLS_ROW, AUTH_ROW} or not _CLOSED.search(failure.why):
        return None
    return next(_of_sasl(here), None) or Cause(
        "sasl",
        "smtpd ended after TLS began, as it does without a SASL mechanism: `journalctl -u postfix "
        "-g SASL -n 20` says why.",
        "smtpd ended after TLS began",
    )


def _late_without_mechanism(failure: Failure) -> Optional[Cause]:
    """The smtpd died for its SASL settings; master(8) waits a minute before it starts another."""
    here = failure.here
    if not failure.transcript.is_late or here.value("smtpd_sasl_auth_enable") != "yes":
        return None
    # Cyrus' library can be there: the log says if it has no mechanism. And a server whose Dovecot is
    # missing greets: its silence is something else.
    return next((one for one in _of_sasl(here) if one.key not in {CYRUS, _USUAL_SOCKET}), None)


_USUAL_SOCKET = "sasl path private/auth"
"""The cause that Dovecot's usual socket is missing."""


def _of_sasl(here: PortSettings) -> Iterator[Cause]:
    options = "smtpd_sasl_tls_security_options"
    named = options if options in {**here.settings.own, **here.settings.options} else ""
    name = named or "smtpd_sasl_security_options"
    strict = [one for one in here.words(options) if one in _WEAKENED]
    if strict:
        yield Cause(
            f"sasl {name} {here.place(name)}",
            f"Take {', '.join(strict)} out of {name} ({here.place(name)}): it leaves no mechanism "
            "of those that Dovecot offers (PLAIN and LOGIN, which TLS protects); reload.",
            f"no SASL mechanism is left by {name} = {here.settings.value(name)}",
        )
    kind, path = here.value("smtpd_sasl_type"), here.settings.value("smtpd_sasl_path")
    whole = path if path.startswith("/") else f"{QUEUE}/{path}"
    if kind == "dovecot" and not path.startswith("inet:") and not _exists(whole):
        yield Cause(
            f"sasl path {path}",
            f"Name Dovecot's socket in smtpd_sasl_path (usually private/auth), where there is no "
            f"{whole}; reload.",
            f"smtpd_sasl_path = {path}, and there is no such socket",
        )
    name = "smtpd_sasl_mechanism_filter"
    is_set = name in {**here.settings.own, **here.settings.options}
    filtered = here.settings.value(name) if is_set else ""
    if filtered and not re.search("(?i)plain|login|static:all", filtered):
        yield Cause(
            "sasl filter",
            f"smtpd_sasl_mechanism_filter = {filtered} leaves no mechanism that Dovecot offers: "
            "name plain and login there, or take it out; reload.",
            "no SASL mechanism is left",
        )
    if kind == "cyrus":
        yield Cause(
            CYRUS,
            "smtpd_sasl_type = cyrus needs its library's plug-ins and /etc/sasl2/smtpd.conf: "
            "set `smtpd_sasl_type = dovecot`, or install cyrus-sasl-plain and start saslauthd; reload.",
            "no SASL mechanism of Cyrus is there",
        )


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:
        return True


def _offers_no_auth(failure: Failure) -> Optional[Cause]:
    here, reply = failure.here, failure.reply
    if failure.row != AUTH_ROW or reply is None or reply.code != OK or not here.settings.own:
        return None
    if here.value("smtpd_sasl_auth_enable") != "yes":
        return None  # the row's own advice
    for name in _DISCARD[:1]:
        if "auth" in here.words(name):
            return Cause(
                f"auth {name} {here.place(name)}",
                f"Take auth out of {name} ({here.place(name)}); reload.",
            )
    networks = here.settings.value("smtpd_sasl_exceptions_networks")
    if networks:
        return Cause(
            f"auth {networks}",
            "Take networks of people who log in out of smtpd_sasl_exceptions_networks; from another "
            "host, `postfix-wizard check --against HOST` tells.",
            f"hidden from networks in smtpd_sasl_exceptions_networks = {networks}",
            is_unknown=True,
        )
    return next(_of_sasl(here), None) or Cause(
        f"auth {here.port}",
        "smtpd_sasl_auth_enable = yes is set for this port: `systemctl reload postfix`. If it "
        "stays, `journalctl -u postfix -g SASL -n 20` says why.",
    )


def _refused_hello(failure: Failure) -> Optional[Cause]:
    ehlo = failure.transcript.replies.get("ehlo")
    if ehlo is None or ehlo.code == OK or failure.row in {"banner", TLS_ROW}:
        return None
    early = failure.here.value("smtpd_delay_reject") == "no"
    lists = [
        name
        for name in ("smtpd_client_restrictions", "smtpd_helo_restrictions")
        if early and failure.here.settings.value(name)
    ]
    because = f" With smtpd_delay_reject = no, {' or '.join(lists)} may say so." if lists else ""
    return Cause(
        f"ehlo {ehlo}", f"`journalctl -u postfix -n 30` says why EHLO is refused.{because}"
    )


_RULES: tuple[Rule, ...] = (
    _not_tried,
    _client_certificate,
    _wrapped,
    _milter,
    _refused_hello,
    _offers_none,
    _without_tls,
    _plain_at_once,
    _no_mechanism,
    _late_without_mechanism,
    _nothing_in_common,
    _offers_no_auth,
)
