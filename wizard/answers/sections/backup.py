"""The section `backup`: a second MX for the domains of another server, or the backups of this one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.answers.field import items, text

RECIPIENTS = "/etc/postfix-wizard/recipients"
"""The default file of valid recipients."""
BACKUP_RECIPIENTS = "/etc/postfix/backup_recipients"
"""The table that is made of it."""


@dataclass(frozen=True)
class Backup:
    """The domains for which this host is a second MX, and the addresses of this server's own backups.

    `primary` is the server that delivers the mail of `domains`. `recipients` is the path of a file, or
    `verify`.
    """

    domains: tuple[str, ...] = items(
        "Second MX for",
        "Domains whose mail this host keeps while their own server is down. Never local ones.",
        becomes="relay_domains",
        rule="fqdn",
        unique=True,
    )
    primary: str = text(
        "Their server",
        "The server that delivers their mail, by its name. Mail goes there, not to the MX.",
        "",
        becomes="transport_maps",
        rule="relay_host",
    )
    recipients: str = text(
        "Recipients",
        "A file with one address a line, or verify: their server is asked for each. A new "
        "name then waits in an outage.",
        RECIPIENTS,
        becomes="relay_recipient_maps",
        rule="recipients_file",
    )
    servers: tuple[str, ...] = items(
        "Backups of this server",
        "On the other side: addresses of this server's own second MX. Blocklists, SPF and rate "
        "limits are not for them.",
        becomes="smtpd_client_event_limit_exceptions",
        rule="backup_address",
        unique=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the field and the message of each broken rule."""
        if self.domains and not self.primary:
            yield (
                "primary",
                f"Write the server that delivers mail for {self.domains[0]}, such as mail.example.com.",
            )
        if self.primary and not self.domains:
            yield "domains", f"Write the domains whose mail {self.primary} delivers."
