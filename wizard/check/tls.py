"""TLS as a witness: take any certificate, then say which one it was (RFC 8446, RFC 6125)."""

from __future__ import annotations

import re
import ssl

_PEM = re.compile(
    rb"-----BEGIN CERTIFICATE-----\s.*?-----END CERTIFICATE-----",
    re.DOTALL,
)
_FAULTS = (
    ("WRONG_VERSION_NUMBER", "answers in plain text where TLS is due"),
    ("UNEXPECTED_EOF", "the server closed the connection in the TLS handshake"),
    ("EOF occurred", "the server closed the connection in the TLS handshake"),
    ("HANDSHAKE_FAILURE", "no TLS version or cipher in common, or the server has no key"),
    ("NO_CIPHERS", "no TLS version or cipher in common"),
    ("UNSUPPORTED_PROTOCOL", "only TLS versions that are no longer safe"),
)
"""What OpenSSL calls it, and what it means here."""


def blind_context() -> ssl.SSLContext:
    """A client's context that accepts every certificate: which one it is, is looked at after."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def handshake_fault(error: ssl.SSLError) -> str:
    """An OpenSSL error in an operator's words."""
    text = f"{error.reason or ''} {error}"
    for mark, meaning in _FAULTS:
        if mark.lower() in text.lower():
            return meaning
    return f"the TLS handshake failed: {(error.reason or 'unknown').lower().replace('_', ' ')}"


def leaf(pem: bytes) -> bytes:
    """The first certificate of a PEM file as DER, which is the one a server sends first.

    Empty when there is none that can be decoded.
    """
    match = _PEM.search(pem)
    if match is None:
        return b""
    try:
        return ssl.PEM_cert_to_DER_cert(match[0].decode("ascii"))
    except (ValueError, UnicodeDecodeError):
        return b""
