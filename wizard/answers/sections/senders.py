"""The section `senders`: who may write which sender."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.answers.field import choice, items

SENDER_LOGIN = "/etc/postfix/sender_login"
"""The table of senders and their logins."""
LOGIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+=-]{0,63}(?:@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)?")
"""A login that can be in the table: a name, perhaps with a domain. It is one word of a list."""


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
        saved_only=True,
        unique=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield a problem for each login that cannot be a word of the table."""
        for login in self.logins:
            if not LOGIN.fullmatch(login):
                yield (
                    "logins",
                    f"{login} is not a login. Write one such as yamada or yamada@example.com.",
                )
