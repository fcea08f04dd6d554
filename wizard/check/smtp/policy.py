"""What each port must reply: the policy as tables.

Port 25 offers no AUTH and relays for nobody outside. 587 requires STARTTLS first, and 465 is TLS from
the first byte (RFC 8314). Both relay only for logged-in users (RFC 4954). A row checks one reply.
"""

from __future__ import annotations

from wizard.check.smtp.conversations import (
    Row,
    accepted,
    answers_with,
    lacks,
    lists,
    plain_banner,
    shown,
    size_as_planned,
)
from wizard.check.smtp.refusals import (
    LOGIN_FIRST,
    NO_AUTH_ON_25,
    REFUSE_RELAYING,
    refused,
    relay_refused,
)

_BANNER = Row(
    "banner",
    "banner",
    "greeting",
    "220 {name} ESMTP, no version",
    plain_banner,
    "Set `smtpd_banner = $myhostname ESMTP $mail_name` and myhostname, then reload Postfix.",
    sets=("smtpd_banner", "{name} ESMTP Postfix"),
    is_drift=True,
    unheard="See what Postfix says of it: `journalctl -u postfix -n 30`, or /var/log/maillog.",
)
_LISTS_STARTTLS = Row(
    "starttls",
    "STARTTLS offered",
    "ehlo",
    "STARTTLS",
    lists("STARTTLS"),
    "Set `smtpd_tls_security_level = may` in main.cf, `encrypt` for 587 in master.cf; reload.",
    shown("STARTTLS"),
)
_TLS = Row(
    "tls",
    "TLS handshake",
    "tls",
    "finished",
    answers_with(220),
    "See that smtpd_tls_cert_file and smtpd_tls_key_file exist and belong together; reload.",
    lambda _: "finished",
)
_AUTH_TLS = Row(
    "auth",
    "AUTH offered under TLS",
    "ehlo-tls",
    "AUTH",
    lists("AUTH"),
    "Set `-o smtpd_sasl_auth_enable=yes` for this port in master.cf; reload.",
    shown("AUTH"),
)
_UNAUTHENTICATED = Row(
    "mail-without-auth",
    "mail without a login",
    "rcpt",
    "refused (554)",
    refused,
    LOGIN_FIRST,
    sets=("smtpd_recipient_restrictions", "permit_sasl_authenticated,reject"),
    is_refusal=True,
)
_NO_AUTH = ("smtpd_sasl_auth_enable", "no")
_ENCRYPTED = ("smtpd_tls_security_level", "encrypt")
_TLS_FIRST = "Set `-o smtpd_tls_security_level=encrypt` for submission in master.cf; reload."


def _without_auth(end: str = "", under: str = "") -> tuple[Row, ...]:
    """Return the rows of port 25's AUTH, or of that under TLS."""
    return (
        Row(
            f"no-auth{end}",
            f"AUTH in EHLO{under}",
            f"ehlo{end}",
            "no AUTH",
            lacks("AUTH"),
            NO_AUTH_ON_25,
            shown("AUTH"),
            sets=_NO_AUTH,
        ),
        Row(
            f"auth-refused{end}",
            f"AUTH LOGIN{under}",
            f"auth{end}",
            "503",
            answers_with(503),
            NO_AUTH_ON_25,
            sets=_NO_AUTH,
            is_refusal=True,
        ),
    )


ROWS_SMTP = (
    _BANNER,
    _LISTS_STARTTLS,
    Row(
        "size",
        "SIZE offered",
        "ehlo",
        "SIZE {size}{files}",
        size_as_planned,
        "Set `message_size_limit = {size}` in main.cf; reload.",
        shown("SIZE"),
        sets=("message_size_limit", "{size}"),
        is_drift=True,
    ),
    *_without_auth(),
    Row(
        "vrfy",
        "VRFY",
        "vrfy",
        "502",
        answers_with(502),
        "Set `disable_vrfy_command = yes` in main.cf; reload.",
        sets=("disable_vrfy_command", "yes"),
        is_refusal=True,
        is_drift=True,
    ),
    _TLS,
    *_without_auth("-tls", " under TLS"),
)
STRANGER_FOR_US = "local"
"""The exchange with a stranger's recipient on this host."""

ROWS_STRANGER = (
    Row(
        "relay",
        "relaying for a stranger",
        "relay",
        "refused (454 or 554)",
        relay_refused,
        REFUSE_RELAYING,
        is_refusal=True,
    ),
    Row(
        "stranger",
        "a stranger's mail for us",
        STRANGER_FOR_US,
        "accepted (250)",
        accepted,
        "See mydestination, the restrictions, tables and blocklists; `journalctl -u postfix -n 30` says why.",
    ),
)
ROWS_SUBMISSION_CLOSED = (
    _BANNER,
    _LISTS_STARTTLS,
    Row(
        "no-auth-plain",
        "AUTH before TLS",
        "ehlo",
        "no AUTH",
        lacks("AUTH"),
        "Set `smtpd_tls_auth_only = yes` in main.cf; reload.",
        shown("AUTH"),
        sets=("smtpd_tls_auth_only", "yes"),
    ),
    Row(
        "auth-plain",
        "AUTH LOGIN before TLS",
        "auth",
        "530",
        answers_with(530),
        _TLS_FIRST,
        sets=_ENCRYPTED,
        is_refusal=True,
    ),
    Row(
        "mail-plain",
        "MAIL before TLS",
        "mail-plain",
        "530",
        answers_with(530),
        _TLS_FIRST,
        sets=_ENCRYPTED,
        is_refusal=True,
    ),
)
ROWS_SUBMISSION = (*ROWS_SUBMISSION_CLOSED, _TLS, _AUTH_TLS, _UNAUTHENTICATED)
ROWS_SMTPS = (
    Row(
        "tls",
        "TLS at once",
        "greeting",
        "finished",
        answers_with(220),
        "Set `-o smtpd_tls_wrappermode=yes` for this port in master.cf and see that certificate "
        "and key belong together; reload.",
        lambda _: "finished",
    ),
    _BANNER,
    _AUTH_TLS,
    _UNAUTHENTICATED,
)
