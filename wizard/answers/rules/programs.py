"""Rules for the names that other programs give: firewalld, certbot, an ACME server."""

from __future__ import annotations

import re

from wizard.answers.rules.characters import printable

_ZONE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_/-]*")
_LINEAGE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_ACME_SERVER = re.compile(
    r"https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?"
)


def firewall_zone(text: str) -> str:
    """Accept the name of a firewalld zone (firewalld.zone(5)), at most 17 characters, or nothing."""
    if (text and not _ZONE.fullmatch(printable(text))) or len(text) > 17:  # noqa: PLR2004
        raise ValueError(
            "This is not the name of a firewall zone. `firewall-cmd --get-zones` lists the names. "
            "Leave the field empty if another firewall filters this host."
        )
    return text


def lineage(text: str) -> str:
    """Accept a directory's name in /etc/letsencrypt/live, or nothing."""
    if text and not _LINEAGE.fullmatch(printable(text)):
        raise ValueError(
            "This is not a certificate's name. `certbot certificates` lists the names."
        )
    return text


def acme_server(text: str) -> str:
    """Accept the https URL of an ACME server's directory (RFC 8555, 7.1.1), or nothing."""
    if printable(text) and not _ACME_SERVER.fullmatch(text):
        raise ValueError(
            "This is not an https URL. Write one such as https://acme.example.com/directory."
        )
    return text
