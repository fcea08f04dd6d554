"""The section `dovecot`: what the wizard does for Dovecot."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import choice


@dataclass(frozen=True)
class Dovecot:
    """What the wizard does for Dovecot: by default nothing (`leave`).

    With `conf` write it writes the needed settings to a file of its own in conf.d. With `imaps`
    open it opens the firewall's service imaps in the zone of the mail services.
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
