"""The lines of each SMTP session. The expected replies are in `policy`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wizard.check.smtp.session import OUTSIDER, QUIT, Exchange

_HELO = "EHLO [127.0.0.1]"
# An address literal (RFC 5321 4.1.3) passes every restriction on HELO names but a blocklist's.

_HELLO = (Exchange("greeting", must=220), Exchange("ehlo", _HELO))
_ASIDE = (
    Exchange("mail", "MAIL FROM:<>"),
    Exchange("rcpt", f"RCPT TO:<{OUTSIDER}>", notice="policy"),
    Exchange("rset", "RSET"),
)
_STARTTLS = (Exchange("tls", "STARTTLS", tls=True, must=220), Exchange("ehlo-tls", _HELO))

SMTP = (
    *_HELLO,
    Exchange("auth", "AUTH LOGIN", notice="protocol"),
    Exchange("vrfy", "VRFY postmaster", notice="policy"),
    *_STARTTLS,
    Exchange("auth-tls", "AUTH LOGIN", notice="protocol"),
    QUIT,
)
SUBMISSION_CLOSED = (
    *_HELLO,
    Exchange("auth", "AUTH LOGIN"),
    Exchange("mail-plain", "MAIL FROM:<>"),
)
SUBMISSION_WAITING = (*SUBMISSION_CLOSED, QUIT)
"""It stops before STARTTLS, because without Dovecot smtpd dies right after it."""
SUBMISSION = (*SUBMISSION_CLOSED, *_STARTTLS, *_ASIDE, QUIT)
SMTPS = (
    Exchange("greeting", tls=True, must=220),
    Exchange("ehlo-tls", _HELO),
    *_ASIDE,
    QUIT,
)
UNTIL_TLS = (
    Exchange("greeting", must=220),
    Exchange("ehlo", _HELO, must=250),
    Exchange("tls", "STARTTLS", must=220),
)
"""What is said before a ClientHello of our own."""
_LHLO = (Exchange("greeting", must=220), Exchange("lhlo", "LHLO localhost", must=250))


def lmtp_script(recipient: str) -> tuple[Exchange, ...]:
    """Return the lines that test an LMTP server, and a recipient unless ""; DATA is never sent."""
    asks = (
        Exchange("mail", "MAIL FROM:<>", must=250),
        Exchange("rcpt", f"RCPT TO:<{recipient}>"),
        Exchange("rset", "RSET"),
    )
    return (*_LHLO, *(asks if recipient else ()), QUIT)


def with_helo(script: Sequence[Exchange], helo: str) -> tuple[Exchange, ...]:
    """Return the lines with that name in EHLO."""
    hello = f"EHLO {helo}"
    return tuple(replace(one, line=hello) if one.line == _HELO else one for one in script)


def stranger_script(domain: str, more: Sequence[Exchange] = ()) -> tuple[Exchange, ...]:
    """Return the lines of a stranger: try to relay, then mail for postmaster here, then `more`.

    There is no DATA.
    """
    return (
        Exchange("greeting", must=220),
        Exchange("ehlo", _HELO),
        Exchange("mail", "MAIL FROM:<>", must=250),
        Exchange("relay", f"RCPT TO:<{OUTSIDER}>", notice="policy"),
        Exchange("local", f"RCPT TO:<postmaster@{domain}>"),
        Exchange("rset", "RSET"),
        *more,
        QUIT,
    )
