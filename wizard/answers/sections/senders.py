"""The section `senders`: who may write which sender."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import choice, items

SENDER_LOGIN = "/etc/postfix/sender_login"
"""The table of senders and their logins."""


@dataclass(frozen=True)
class Senders:
    """Whether a login may write only senders of its own, and logins that /etc/passwd lacks."""

    use: str = choice(
        "Senders of logins",
        "Checks the sender of the envelope on 587 and 465, not the From line or mail to port 25.",
        "off",
        choices=("off", "on"),
        says=(
            "a login may write any sender.",
            "a login writes its own name and its aliases; DKIM signs any From line of it.",
        ),
        becomes="smtpd_sender_login_maps",
    )
    logins: tuple[str, ...] = items(
        "Other logins",
        "Logins that are not in /etc/passwd (sssd, LDAP, Dovecot's own), or below uid 1000.",
        becomes=SENDER_LOGIN,
        rule="mail_reader",
        saved_only=True,
        unique=True,
    )
