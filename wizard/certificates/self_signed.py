"""The command that makes a self-signed pair (openssl-req(1))."""

from __future__ import annotations

from collections.abc import Sequence

MARGIN = 7 * 86400
"""Seconds before its end at which the certificate is made anew."""

_MAX_CN_CHARACTERS = 64
"""ub-common-name, RFC 5280 appendix A.1."""


def openssl(names: Sequence[str], days: int, key: str, cert: str) -> tuple[str, ...]:
    """Return the argv that makes the pair, with the names in subjectAltName (RFC 6125)."""
    name = names[0]
    subject = f"/CN={name}" if len(name) <= _MAX_CN_CHARACTERS else "/"
    alternatives = ",".join(f"DNS:{one}" for one in names)
    return (
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-sha256",
        "-days",
        str(days),
        "-subj",
        subject,
        "-addext",
        f"subjectAltName={alternatives}",
        "-keyout",
        key,
        "-out",
        cert,
    )
