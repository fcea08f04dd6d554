"""The ways that mail leaves this host by."""

from __future__ import annotations

import re

from wizard.check.postfix.backends import NEXT_HOPS
from wizard.check.silent.row import (
    ANY,
    LMTP,
    SMTP,
    TLS_OR_NOTHING,
    Row,
    demands_tls,
    has,
    has_comment,
    is_,
    loopback,
    no_public_name,
    not_this_host,
    set_,
)
from wizard.finding import WARNING, WRONG

ROWS = (
    *(
        Row(
            name,
            has_comment,
            WRONG,
            "inside a line # begins no comment, so this is no next hop: mail waits",
            ANY,
            "Put the comment on a line of its own above `{name}`; reload.",
        )
        for name in NEXT_HOPS
    ),
    Row(
        "smtp_tls_security_level",
        demands_tls,
        WRONG,
        "mail for servers without such TLS waits and is returned",
        SMTP,
        "Set `smtp_tls_security_level = may`, and name servers in smtp_tls_policy_maps; reload.",
    ),
    Row(
        "smtp_tls_security_level",
        is_("none"),
        WARNING,
        "all mail goes out without TLS",
        SMTP,
        "Set `smtp_tls_security_level = may`; reload.",
    ),
    Row(
        "smtp_tls_security_level",
        lambda settings, value: (
            value == "dane" and settings.value("smtp_dns_support_level") != "dnssec"
        ),
        WARNING,
        "dane without smtp_dns_support_level = dnssec is no more than may",
        SMTP,
        "Set `smtp_dns_support_level = dnssec`; reload.",
    ),
    Row(
        "smtp_tls_protocols",
        lambda _, value: (
            re.fullmatch(
                r"(SSLv2|SSLv3|TLSv1|TLSv1\.1)([,:\s]+(SSLv2|SSLv3|TLSv1|TLSv1\.1))*",
                value,
                re.IGNORECASE,
            )
            is not None
        ),
        WARNING,
        "no server speaks these any more: mail goes without TLS",
        SMTP,
    ),
    Row(
        "smtp_never_send_ehlo",
        is_("yes"),
        WARNING,
        "no TLS and no login are possible with other servers",
        SMTP,
    ),
    Row(
        "smtp_discard_ehlo_keywords",
        has("starttls", "auth"),
        WARNING,
        "TLS or logins of other servers are not seen",
        SMTP,
    ),
    Row("smtp_bind_address", loopback, WRONG, "nobody outside answers to that address", SMTP),
    Row(
        "smtp_bind_address",
        not_this_host,
        WARNING,
        "mail goes out from an address that this host lacks",
        SMTP,
    ),
    Row(
        "smtp_helo_name",
        no_public_name,
        WARNING,
        "other servers refuse a client of that name",
        SMTP,
    ),
    Row(
        "smtp_sasl_auth_enable",
        lambda settings, value: (
            value.lower() == "yes" and not settings.value("smtp_sasl_password_maps")
        ),
        WRONG,
        "there are no passwords: all mail out waits",
        SMTP,
        "Set smtp_sasl_password_maps, or `smtp_sasl_auth_enable = no`; reload.",
    ),
    Row(
        "lmtp_sasl_auth_enable",
        lambda settings, value: (
            value.lower() == "yes" and not settings.value("lmtp_sasl_password_maps")
        ),
        WRONG,
        "there are no passwords: mail for people waits",
        LMTP,
    ),
    Row(
        "lmtp_tls_security_level",
        lambda _, value: value in TLS_OR_NOTHING,
        WARNING,
        "mail for people waits if Dovecot's LMTP has no such TLS",
        LMTP,
    ),
    Row(
        "smtp_sasl_type",
        lambda settings, value: (
            value not in {"", "cyrus"} and settings.is_on("smtp_sasl_auth_enable")
        ),
        WRONG,
        "Postfix's client knows cyrus alone",
        SMTP,
    ),
    Row(
        "smtp_dns_reply_filter",
        set_,
        WARNING,
        "answers of name servers are changed or left out",
        SMTP,
    ),
    Row("smtp_reply_filter", set_, WARNING, "replies of other servers are changed", SMTP),
    Row(
        "default_delivery_status_filter",
        set_,
        WARNING,
        "what should be tried again may be returned",
        SMTP,
    ),
    Row("smtp_header_checks", set_, WARNING, "headers are changed when mail goes out", SMTP),
    Row(
        "myorigin",
        no_public_name,
        WRONG,
        "mail of this host comes from a name that nobody can answer",
        ("trivial-rewrite", "cleanup", "pickup", "local", "bounce"),
        "Set `myorigin = $mydomain` or `$myhostname`; reload.",
    ),
    Row(
        "myhostname",
        no_public_name,
        WRONG,
        "other servers refuse a host of that name, and bounces have no sender",
        (*SMTP, "smtpd", "bounce"),
        "Set myhostname to the name that the MX and the PTR have; reload.",
    ),
    Row("mydomain", is_("localdomain", "localhost"), WRONG, "no domain has that name"),
)
