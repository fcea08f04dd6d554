"""The section `dovecot`: what the wizard does for Dovecot."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import choice


@dataclass(frozen=True)
class Dovecot:
    """What the wizard does for Dovecot: by default nothing (`leave`).

    With `conf` write it writes the needed settings to a file of its own in conf.d. With `imaps`
    open it opens the firewall's service imaps in the zone of the mail services. `names` and
    `auth_login` are further lines of that file, for what mail programs send.
    """

    conf: str = choice(
        "Lines that Dovecot needs",
        "Whether the settings that Dovecot needs are written for you.",
        "leave",
        choices=("leave", "write"),
        says=(
            "the review shows the settings, and you copy them.",
            "the run writes them to a file of its own in /etc/dovecot/conf.d.",
        ),
        becomes="/etc/dovecot/conf.d",
    )
    imaps: str = choice(
        "IMAP from outside",
        "Whether mail programs outside can read mail (the service imaps, port 993).",
        "leave",
        choices=("leave", "open"),
        says=(
            "the firewall stays as it is for IMAP.",
            "the firewall opens imaps (port 993) in the zone of the mail services.",
        ),
        becomes="firewall-cmd --add-service",
    )
    names: str = choice(
        "Names to log in",
        "How people may write their names; mail programs fill in the full address.",
        "leave",
        choices=("leave", "local"),
        says=(
            "as Dovecot has it: 2.4 takes the user alone; with %Ln, 2.3 takes any domain after it.",
            "the user alone, or with a local domain; with any other domain nobody logs in.",
        ),
        becomes="auth_username_format",
        saved_only=True,
    )
    auth_login: str = choice(
        "AUTH LOGIN",
        "The way to send a password that old Outlooks, scanners and phones need; only under TLS.",
        "leave",
        choices=("leave", "offer"),
        says=(
            "the ways that Dovecot offers today, by default PLAIN.",
            "LOGIN, too.",
        ),
        becomes="auth_mechanisms",
        saved_only=True,
    )
