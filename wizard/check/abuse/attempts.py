"""What a stranger tries, as a table: the lines to send, the right answer, and the advice.

The list has what relay testers and attackers have tried for thirty years, and what the policy
promises. No row sends DATA, so nothing can be relayed or delivered. The check on the host itself and
the one from another machine (`wizard.check.against`) use the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Optional

from wizard.check.smtp.refusals import (
    LOGIN_FIRST,
    NO_AUTH_ON_25,
    PERMANENT,
    REFUSE_RELAYING,
    TRANSIENT,
    refused,
    relay_refused,
)
from wizard.check.smtp.session import AT_ONCE, OUTSIDER, STARTTLS, Exchange, Reply, opening
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG

CONTROL = "unknown-user"
"""The attempt that shows whether the server accepts every local part."""


@dataclass(frozen=True)
class Target:
    """A server, and the values that it should have.

    `address` is where it listens; `size` is its limit in bytes, 0 for none. `waits` is why its
    users cannot log in yet, "" if they can. `bare_newline` is its smtpd_forbid_bare_newline: "-" if
    that Postfix does not know it, "" if its value is unknown. The four limits are for one
    address and `unit` seconds; 0 is no limit. `me` is what is said in EHLO, "" for our own address.
    """

    address: str
    name: str
    domain: str
    size: int
    waits: str = ""
    bare_newline: str = ""
    unit: int = 60
    connection_rate: int = 0
    connections: int = 0
    message_rate: int = 0
    recipient_rate: int = 0
    me: str = ""


@dataclass(frozen=True)
class Seen:
    """What a verdict may depend on: the other replies on this port, and the server."""

    replies: Mapping[str, Reply]
    target: Target


Verdict = Callable[[Reply, Seen], str]
Show = Callable[[Reply, Seen], str]


def _as_said(reply: Reply, _: Seen) -> str:
    return str(reply)


@dataclass(frozen=True)
class Attempt:
    """One thing to try. Its verdict is that of the first line that is refused, else of the last.

    The lines may contain {here} (the server's address as a literal), {me} (our own), {name},
    {domain} and {over} (a size above the limit). `id` follows `stranger.DOOR.`.
    """

    id: str
    tried: str
    say: tuple[str, ...]
    expected: str
    verdict: Verdict
    advice: str
    fatal: bool = True
    show: Show = _as_said
    ends: str = "\r\n"


@dataclass(frozen=True)
class Group:
    """Attempts on one port, in order. With `needs_login` they wait until users can log in."""

    door: str
    title: str
    port: int
    opening: tuple[Exchange, ...]
    attempts: tuple[Attempt, ...]
    needs_login: bool = False


def routed(reply: Reply, seen: Seen) -> str:
    """The same as `relay_refused`, but unknown on a server that accepts every local part."""
    control = seen.replies.get(CONTROL)
    takes_all = control is not None and control.code < TRANSIENT
    return UNKNOWN if reply.code < TRANSIENT and takes_all else relay_refused(reply)


def refused_for_good(reply: Reply, _: Seen) -> str:
    """Right with a 5xx reply. A 4xx may be temporary."""
    return WRONG if reply.code < TRANSIENT else RIGHT if reply.code >= PERMANENT else UNKNOWN


def known_users_only(reply: Reply, _: Seen) -> str:
    """Right with a 5xx reply. A server that accepts mail for unknown users sends backscatter."""
    return WARNING if reply.code < TRANSIENT else RIGHT if reply.code >= PERMANENT else UNKNOWN


def no_login(reply: Reply, _: Seen) -> str:
    """Right if the command itself is refused. 535 means that the server checked the password."""
    if reply.code in {500, 502, 503, 504, 530, 538}:
        return RIGHT
    return UNKNOWN if TRANSIENT <= reply.code < PERMANENT else WRONG


def no_auth_listed(reply: Reply, _: Seen) -> str:
    """Right if EHLO is accepted and does not list AUTH."""
    if reply.code >= TRANSIENT:
        return UNKNOWN
    return RIGHT if reply.keyword("AUTH") is None else WRONG


def show_auth(reply: Reply, _: Seen) -> str:
    """Return AUTH as EHLO lists it."""
    listed = reply.keyword("AUTH")
    return (
        str(reply) if reply.code >= TRANSIENT else "no AUTH" if listed is None else f"AUTH {listed}"
    )


def in_step(reply: Reply, _: Seen) -> str:
    """Right if the server refuses early pipelining. Older Postfix versions cannot."""
    return RIGHT if reply.code >= TRANSIENT else WARNING


def no_bare_newline(reply: Reply, seen: Seen) -> str:
    """Right if the line is refused, or if smtpd_forbid_bare_newline is known to protect messages."""
    if reply.code >= TRANSIENT:
        return RIGHT
    value = seen.target.bare_newline
    return UNKNOWN if not value else WARNING if value in {"-", "no", "note"} else RIGHT


def show_bare_newline(reply: Reply, seen: Seen) -> str:
    """Return the reply, and the parameter's value if it is known."""
    value = seen.target.bare_newline
    if reply.code >= TRANSIENT:
        return str(reply)
    if not value:
        return f"{reply}; whether a message's text is kept whole shows in no talk without a message"
    known = "this Postfix does not know it" if value == "-" else value
    return f"{reply}; smtpd_forbid_bare_newline: {known}"


_TLS_FIRST = (
    "Set `-o smtpd_tls_security_level=encrypt` for submission in master.cf and "
    "`smtpd_tls_auth_only = yes` in main.cf; reload."
)
_FROM = ("RSET", "MAIL FROM:<>")
_LOGIN = "AUTH PLAIN AHJlbGF5LXRlc3QAcmVsYXktdGVzdA=="
"""User relay-test with password relay-test, who does not exist (RFC 4616)."""


def _relay(name: str, tried: str, recipient: str, verdict: Verdict = relay_refused) -> Attempt:
    say = (*_FROM, f"RCPT TO:{recipient}")
    return Attempt(f"relay-{name}", tried, say, "refused", verdict, REFUSE_RELAYING)


def _relay_from(name: str, tried: str, sender: str) -> Attempt:
    say = ("RSET", f"MAIL FROM:<{sender}>", f"RCPT TO:<{OUTSIDER}>")
    return Attempt(f"relay-from-{name}", tried, say, "refused", relay_refused, REFUSE_RELAYING)


def _relay_as(name: str, tried: str, helo: str) -> Attempt:
    say = (f"EHLO {helo}", "MAIL FROM:<>", f"RCPT TO:<{OUTSIDER}>")
    return Attempt(f"helo-{name}", tried, say, "refused", refused, REFUSE_RELAYING)


def _no_auth(code: int, advice: str) -> tuple[Attempt, ...]:
    """Return the attempts to log in where nobody can: each command is refused with `code`."""
    expected = f"refused ({code})"
    return (
        Attempt(
            "no-auth",
            "AUTH in EHLO",
            ("EHLO {me}",),
            "no AUTH",
            no_auth_listed,
            advice,
            show=show_auth,
        ),
        Attempt("auth", "AUTH LOGIN", ("AUTH LOGIN",), expected, no_login, advice),
        Attempt("login", "a plain login", (_LOGIN,), expected, no_login, advice),
    )


def _before_login(name: str, tried: str, *say: str) -> Attempt:
    return Attempt(name, tried, say, "refused (554)", refused, LOGIN_FIRST)


_NO_AUTH = _no_auth(503, NO_AUTH_ON_25)
RELAY = (
    Attempt(
        CONTROL,
        "mail for a name nobody has",
        (*_FROM, "RCPT TO:<relay-test-nobody@{domain}>"),
        "refused (550)",
        known_users_only,
        "Let local_recipient_maps name who has mail here; else what nobody wants is bounced to "
        "forged senders.",
        fatal=False,
    ),
    _relay("null-sender", "relay, null sender", f"<{OUTSIDER}>"),
    _relay("percent", "relay, user%there@here", "<relay-test%example.net@{domain}>", routed),
    _relay("percent-literal", "relay, user%there@[address]", "<relay-test%example.net@{here}>"),
    _relay("percent-bare", "relay, user%there", "<relay-test%example.net>"),
    _relay("bang", "relay, there!user", "<example.net!relay-test>"),
    _relay("bang-here", "relay, there!user@here", "<example.net!relay-test@{domain}>", routed),
    _relay("two-ats", "relay, user@there@here", f"<{OUTSIDER}@{{domain}}>", routed),
    _relay("route", "relay, source route", f"<@{{domain}}:{OUTSIDER}>"),
    _relay("route-literal", "relay, route by [address]", f"<@{{here}}:{OUTSIDER}>"),
    _relay("quoted", 'relay, "user@there"', f'<"{OUTSIDER}">'),
    _relay("quoted-here", 'relay, "user@there"@here', f'<"{OUTSIDER}"@{{domain}}>', routed),
    _relay("quoted-literal", 'relay, "user@there"@[address]', f'<"{OUTSIDER}"@{{here}}>'),
    _relay(
        "quoted-percent", 'relay, "user%there"@here', '<"relay-test%example.net"@{domain}>', routed
    ),
    _relay("literal", "relay to an IP literal", "<relay-test@[198.51.100.77]>"),
    _relay("no-brackets", "relay, no brackets", f" {OUTSIDER}"),
    _relay_from("us", "relay, a sender of ours", "postmaster@{domain}"),
    _relay_from("host", "relay, a sender on this host", "postmaster@{name}"),
    _relay_from("localhost", "relay, sender @localhost", "postmaster@localhost"),
    _relay_from("literal", "relay, sender @[address]", "postmaster@{here}"),
    _relay_from("bare", "relay, a sender's bare name", "postmaster"),
)
HELO = (
    _relay_as("our-name", "relay, HELO with our name", "{name}"),
    _relay_as("localhost", "relay, HELO localhost", "localhost"),
    _relay_as("our-address", "relay, HELO [our address]", "{here}"),
    _relay_as("loopback", "relay, HELO [127.0.0.1]", "[127.0.0.1]"),
    _relay_as("bare-address", "relay, HELO a bare address", "127.0.0.1"),
    Attempt(
        "helo-malformed",
        "mail with a malformed HELO",
        ("EHLO -relay..test-", "MAIL FROM:<>", "RCPT TO:<postmaster@{domain}>"),
        "refused (501)",
        refused_for_good,
        "Put reject_invalid_helo_hostname into smtpd_recipient_restrictions; reload.",
    ),
)
COMMANDS = (
    Attempt(
        "vrfy",
        "VRFY",
        ("VRFY postmaster",),
        "refused (502)",
        refused_for_good,
        "Set `disable_vrfy_command = yes` in main.cf; reload.",
    ),
    Attempt(
        "expn",
        "EXPN",
        ("EXPN postmaster",),
        "refused (502)",
        refused_for_good,
        "Postfix has no EXPN: find out who answers on port 25.",
    ),
)
SIZE = Attempt(
    "size",
    "a message over the limit",
    ("RSET", "MAIL FROM:<> SIZE={over}"),
    "refused (552)",
    refused_for_good,
    "Set `message_size_limit` in main.cf to what was planned; reload.",
)
PIPELINING = Attempt(
    "pipelining",
    "a command before its time",
    ("EHLO {me}\r\nNOOP",),
    "refused (554)",
    in_step,
    "Where `postconf -d` knows it, set `smtpd_forbid_unauth_pipelining = yes` in main.cf; reload. "
    'The section [hardening] with use = "on" writes it.',
    fatal=False,
)
BARE_NEWLINE = Attempt(
    "bare-newline",
    "a line that ends in LF alone",
    ("NOOP",),
    "refused, or normalized",
    no_bare_newline,
    "Where `postconf -d` knows it, set `smtpd_forbid_bare_newline = normalize` (or yes) in "
    "main.cf; reload: [hardening] writes it. Ask on the host itself: `postconf smtpd_forbid_bare_newline`.",
    fatal=False,
    show=show_bare_newline,
    ends="\n",
)
BEFORE_TLS = (
    *_no_auth(530, _TLS_FIRST),
    Attempt(
        "mail",
        "mail without TLS",
        ("MAIL FROM:<>", f"RCPT TO:<{OUTSIDER}>"),
        "refused (530)",
        refused,
        _TLS_FIRST,
    ),
)
BEFORE_LOGIN = (
    _before_login("relay", "relay without a login", "MAIL FROM:<>", f"RCPT TO:<{OUTSIDER}>"),
    _before_login(
        "relay-from-us",
        "the same, a sender of ours",
        "RSET",
        "MAIL FROM:<postmaster@{domain}>",
        f"RCPT TO:<{OUTSIDER}>",
    ),
    _before_login("local", "mail for us without a login", *_FROM, "RCPT TO:<postmaster@{domain}>"),
)

_PLAIN = opening("{me}")
_UNDER_TLS = opening("{me}", STARTTLS)

GROUPS = (
    Group("25", "25", 25, _PLAIN, (*RELAY, *HELO)),
    Group("25", "25", 25, _PLAIN, (*_NO_AUTH, *COMMANDS, SIZE)),
    Group("25", "25", 25, _PLAIN[:1], (PIPELINING,)),
    Group("25", "25", 25, _PLAIN, (BARE_NEWLINE,)),
    Group("25-tls", "25, TLS", 25, _UNDER_TLS, (*RELAY, *HELO, *_NO_AUTH)),
    Group("587", "587", 587, _PLAIN, BEFORE_TLS),
    Group("587-tls", "587, TLS", 587, _UNDER_TLS, BEFORE_LOGIN, needs_login=True),
    Group("465", "465", 465, opening("{me}", AT_ONCE), BEFORE_LOGIN, needs_login=True),
)


def first_refusal(replies: list[Reply]) -> Optional[Reply]:
    """Return the reply that decides: the first refusal, else the last reply."""
    return next((one for one in replies if one.code >= TRANSIENT), replies[-1] if replies else None)
