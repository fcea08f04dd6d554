"""Who issues certificates: the identity of an authority in CAA records (RFC 8659, 4.2)."""

from __future__ import annotations

from urllib.parse import urlsplit

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"

_AUTHORITIES = {
    "letsencrypt.org": "letsencrypt.org",
    "zerossl.com": "sectigo.com",
    "sectigo.com": "sectigo.com",
    "buypass.com": "buypass.com",
    "pki.goog": "pki.goog",
    "ssl.com": "ssl.com",
    "digicert.com": "digicert.com",
}
"""Identities by the domain of the ACME server."""


def authority_of(server: str) -> str:
    """Return the CAA identity for the URL of an ACME server, "" if it is not known."""
    try:
        host = urlsplit(server.strip()).hostname or ""
    except ValueError:
        return ""
    found = (
        identity
        for domain, identity in _AUTHORITIES.items()
        if host == domain or host.endswith(f".{domain}")
    )
    return next(found, "")
