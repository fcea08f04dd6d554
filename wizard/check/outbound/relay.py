"""Test the relay host: it must greet, offer TLS, and accept the password.

No mail is sent. The password goes from its file into the session, only under TLS, and nowhere else.
The relay host may stop answering at any command. One deadline limits the whole test, and the finding
names the command.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Callable, Optional

from wizard.answers.model import Answers
from wizard.answers.rules.addresses import is_address
from wizard.answers.sections.relay import SMTPS, Relay
from wizard.check.smtp.refusals import TRANSIENT
from wizard.check.smtp.sasl import LOGGED_IN, judge_reply, plain_credentials, shown
from wizard.check.smtp.session import (
    AT_ONCE,
    QUIT,
    STARTTLS,
    Endpoint,
    Exchange,
    Transcript,
    converse,
    opening,
)
from wizard.dns.asking import Question, ask_all
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Check, Finding, cure
from wizard.host.facts import Network, Secret
from wizard.host.relay import has_plain
from wizard.host.secret_file import RELAY_PASSWORD, read_secret
from wizard.limits import PROBE_SECONDS
from wizard.postfix.relayhost import nexthop
from wizard.postfix.settings import Settings
from wizard.text import printable

SECONDS = 1.0
"""For the whole test in a run, which must not wait for the internet."""

MAX_ADDRESSES = 4
"""How many addresses of the relay host are tried."""

_MIN_SECONDS = 0.05
_LATER = "`postfix-wizard check` waits longer."
_REACH = "Are name and port those that the provider names? It may let in its own customers alone."
_TLS = "Ask the provider for a port with TLS; `tls` in section relay says how much is asked of it."
_LOGIN = (
    "Write the password that the provider gave for {user} into {file}, and run section relay again."
)


@dataclass(frozen=True)
class RelaySessions:
    """The result: why the name has no address, the session without a login, and that with one."""

    no_address: str = ""
    resolver_failed: bool = False
    first: Transcript = field(default_factory=Transcript)
    second: Optional[Transcript] = None


def begin_relay(
    answers: Answers,
    door: Door,
    network: Optional[Network],
    pool: Executor,
    settings: Settings,
    *,
    seconds: float,
) -> Callable[[], Iterator[Finding]]:
    """Test in a thread of the pool; call the result to wait for `relay.reach`, `.tls`, `.login`.

    `relay.mechanism` is added if this host itself cannot log in. `seconds` limits the whole test.
    """
    relay, name = answers.relay, answers.hostname.myhostname
    if not relay.host or not relay.tls or network is None:
        return lambda: iter(())
    password = Secret()
    if relay.user:
        password = read_secret(door, relay.password_file, RELAY_PASSWORD)
    pending = pool.submit(ask_relay, relay, name, password, network.resolvers, seconds)
    own = () if not relay.user or has_plain(door) else (no_mechanism(),)
    advice = longer(relay) if seconds >= PROBE_SECONDS else _LATER

    def finish() -> Iterator[Finding]:
        yield from softened(judge_relay(relay, password, pending.result()), advice)
        yield from own or judge_mechanisms(settings, _mechanisms(pending.result().first))

    return finish


def softened(findings: Iterable[Finding], advice: str) -> Iterator[Finding]:
    """Yield the findings, as unknown those of a relay host that did not answer in time."""
    for one in findings:
        late = "no answer within" in one.seen
        yield replace(one, verdict=UNKNOWN, advice=advice) if late else one


def relay_unknown(relay: Relay, why: str) -> Iterator[Finding]:
    """Yield `relay.reach`, `.tls` and `.login` of a relay host that was not queried."""
    if relay.host and relay.tls:
        expected = {"reach": "a greeting", "tls": "TLS", "login": f"logged in ({LOGGED_IN})"}
        for name in ("reach", "tls", *(["login"] if relay.user else [])):
            yield _row(name, relay, (f"not known: {why}", expected[name]), UNKNOWN)


def ask_relay(
    relay: Relay, name: str, password: Secret, resolvers: Sequence[str], seconds: float
) -> RelaySessions:
    """Look the relay host up and connect, twice if there is a password. Never raises."""
    until = time.monotonic() + seconds
    addresses: Sequence[str] = (relay.host,)
    if not is_address(relay.host):
        (answer,) = ask_all((Question(relay.host, "A"),), resolvers, seconds=seconds)
        if not answer.records:
            return RelaySessions(answer.why or answer.state, resolver_failed=not answer.known)
        addresses = answer.records[:MAX_ADDRESSES]
    lines = opening(name, AT_ONCE if relay.port == SMTPS else STARTTLS)
    where, first = _greeted(relay, addresses, (*lines, QUIT), until)
    if relay.tls == "may" and first.stopped_at == STARTTLS and STARTTLS in first.replies:
        first = converse(where, (*opening(name), QUIT), _remaining(until))
    if not (relay.user and password.text and "PLAIN" in _mechanisms(first)):
        return RelaySessions(first=first)
    said = f"AUTH PLAIN {plain_credentials(relay.user, password.text)}"
    script = (*lines, Exchange("auth", said), QUIT)
    # Another probe; servers delay the reply to a wrong password, some for longer than this.
    remaining = _remaining(until) if seconds < PROBE_SECONDS else PROBE_SECONDS
    return RelaySessions(first=first, second=converse(where, script, remaining))


def _greeted(
    relay: Relay, addresses: Sequence[str], script: tuple[Exchange, ...], until: float
) -> tuple[Endpoint, Transcript]:
    """Return the session with the first address that answers, as Postfix tries them, else the last."""
    verified = relay.host if relay.tls == "secure" else ""
    for tried, address in enumerate(addresses, 1):
        where = Endpoint(address, relay.port, verified=verified)
        transcript = converse(where, script, _remaining(until) / (len(addresses) - tried + 1))
        if transcript.replies:
            break
    return where, transcript


def longer(relay: Relay) -> str:
    """Return the command that waits longer than this test."""
    how = "" if relay.port == SMTPS else "-starttls smtp "
    where = nexthop(relay).translate({ord("["): None, ord("]"): None})
    return f"`timeout 60 openssl s_client -quiet {how}-connect {where}` waits longer; `postqueue -p` says why mail waits."


def _remaining(until: float) -> float:
    return max(_MIN_SECONDS, until - time.monotonic())


def _mechanisms(transcript: Transcript) -> Sequence[str]:
    hello = transcript.replies.get("ehlo-tls")
    return (hello.keyword("AUTH") or "").upper().split() if hello else ()


def judge_relay(relay: Relay, password: Secret, seen: RelaySessions) -> Iterator[Finding]:
    """Yield the findings of the relay host. It is not this host, so none fails a run."""
    first = seen.first
    greeted = "ehlo" in first.replies or "ehlo-tls" in first.replies
    if seen.no_address:
        why = f"{relay.host}: {seen.no_address}"
        yield _row(
            "reach", relay, (why, "a greeting"), UNKNOWN if seen.resolver_failed else WRONG, _REACH
        )
    else:
        words = "greets" if greeted else _stop(relay, first)
        yield _row("reach", relay, (words, "a greeting"), RIGHT if greeted else WRONG, _REACH)
    yield _tls(relay, first, greeted=greeted)
    if relay.user:
        yield _login(relay, password, seen)


def _tls(relay: Relay, first: Transcript, *, greeted: bool) -> Finding:
    expected = "TLS, its certificate verified" if relay.tls == "secure" else "TLS"
    if "ehlo-tls" in first.replies:
        return _row("tls", relay, (expected, expected), RIGHT)
    if not greeted:
        return _row("tls", relay, ("not known: it did not come so far", expected), UNKNOWN)
    reply = first.replies.get(STARTTLS)
    words = _stop(relay, first) if first.stopped_at else "no STARTTLS"
    if reply is not None and reply.code >= TRANSIENT:
        words = f"STARTTLS: {reply}"
    verdict = WARNING if relay.tls == "may" else WRONG
    return _row("tls", relay, (words, expected), verdict, _TLS)


def _login(relay: Relay, password: Secret, seen: RelaySessions) -> Finding:
    expected = f"logged in ({LOGGED_IN})"
    advice = _LOGIN.format(user=relay.user, file=relay.password_file)
    if password.problem:
        return _row("login", relay, (f"not known: {password.problem}", expected), UNKNOWN)
    if seen.second is None:
        offered = " ".join(_mechanisms(seen.first))
        under_tls = "ehlo-tls" in seen.first.replies
        words = f"AUTH {offered}, which is not tried" if offered else "no AUTH"
        if not under_tls:
            words = "not known: it did not come so far under TLS"
        verdict = WRONG if under_tls and not offered else UNKNOWN
        return _row("login", relay, (words, expected), verdict)
    reply = seen.second.replies.get("auth")
    credentials = plain_credentials(relay.user, password.text)
    hidden = (password.text, credentials)
    words = shown(str(reply) if reply else _stop(relay, seen.second), hidden)
    return _row("login", relay, (words, expected), judge_reply(reply) if reply else UNKNOWN, advice)


def _stop(relay: Relay, transcript: Transcript) -> str:
    """Return the command at which the session ended, and the reason."""
    why = transcript.why
    if transcript.stopped_at == "greeting" and not why.startswith("greeting:"):
        return f"connecting to port {relay.port}: {why}"
    if transcript.stopped_at == STARTTLS and STARTTLS in transcript.replies:
        return f"TLS handshake: {why.partition(': ')[2] or why}"
    return why


def _row(
    name: str, relay: Relay, words: tuple[str, str], verdict: str, advice: str = ""
) -> Finding:
    seen, expected = words
    check = Check(f"relay.{name}", f"relay host {nexthop(relay)}: {name}", expected, fatal=False)
    return check.finding(verdict, printable(seen), advice)


def no_mechanism() -> Finding:
    """`relay.mechanism`: Postfix cannot log in, because this host has no SASL mechanism."""
    return Check(
        "relay.mechanism", "relay host: SASL of this host", "PLAIN or LOGIN", fatal=False
    ).warning(
        "SASL: no mechanism",
        "`dnf install cyrus-sasl-plain`; its mail waits in the queue until then.",
        cure("dnf -y install cyrus-sasl-plain", "systemctl reload-or-restart postfix"),
    )


def judge_mechanisms(settings: Settings, offered: Sequence[str]) -> Iterator[Finding]:
    """`relay.mechanism`: Postfix itself may use a mechanism that the relay host offers.

    There is no finding if it does not log in, or nothing is offered.
    """
    if not settings.is_on("smtp_sasl_auth_enable") or not offered:
        return
    check = Check(
        "relay.mechanism", "relay host: SASL of Postfix", "one that it offers", fatal=False
    )
    options = settings.words("smtp_sasl_tls_security_options")
    barred = {"PLAIN", "LOGIN"} if "noplaintext" in options else set()
    filters = [one.lower() for one in settings.words("smtp_sasl_mechanism_filter")]
    usable = [one for one in offered if one not in barred and _passes(one.lower(), filters)]
    if usable:
        yield check.right(f"{usable[0]}, of {' '.join(offered)}")
        return
    name = "smtp_sasl_tls_security_options" if barred else "smtp_sasl_mechanism_filter"
    yield check.wrong(
        printable(f"none of {' '.join(offered)} may be used: all mail for others waits"),
        f"Take {name} out of main.cf, or let it have PLAIN; reload, and `postqueue -f`.",
    )


def _passes(mechanism: str, filters: Sequence[str]) -> bool:
    """True if smtp_sasl_mechanism_filter lets a mechanism pass (postconf(5)): the first that fits."""
    if any(":" in one or one.startswith("/") for one in filters):
        return True
    for one in filters:
        if one.lstrip("!") == mechanism:
            return not one.startswith("!")
    return not filters
