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
        "leave: the review shows them, to be copied; write: they go to a file of our own.",
        "leave",
        choices=("leave", "write"),
        becomes="/etc/dovecot/conf.d",
    )
    imaps: str = choice(
        "IMAP from outside",
        "open: the service imaps (port 993) in the zone that strangers come through.",
        "leave",
        choices=("leave", "open"),
        becomes="firewall-cmd --add-service",
    )
