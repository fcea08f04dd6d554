"""TLS that accepts any certificate and returns it (RFC 8446, RFC 6125)."""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import suppress
from functools import partial
from typing import Callable, TypeVar

_Result = TypeVar("_Result")
_PEM = re.compile(
    rb"-----BEGIN CERTIFICATE-----\s.*?-----END CERTIFICATE-----",
    re.DOTALL,
)
_ALERT_RECORD, _RECORD_KINDS = 21, frozenset(range(20, 25))
_ALERT_AT, _VERSION_AT = 6, 9
_TLS_1_2 = 0x0303
_FIRST_BYTES = 11
"""How many bytes of a server's first answer show why it failed: up to its TLS version."""
_MAX_READ_BYTES = 16384

_ALERTS = {
    0: "close notify",
    10: "unexpected message",
    20: "bad record MAC",
    22: "record overflow",
    40: "handshake failure",
    42: "bad certificate",
    43: "unsupported certificate",
    44: "certificate revoked",
    45: "certificate expired",
    46: "certificate unknown",
    47: "illegal parameter",
    48: "unknown CA",
    49: "access denied",
    50: "decode error",
    51: "decrypt error",
    70: "protocol version",
    71: "insufficient security",
    80: "internal error",
    86: "inappropriate fallback",
    90: "user canceled",
    109: "missing extension",
    110: "unsupported extension",
    112: "unrecognized name",
    113: "bad certificate status response",
    115: "unknown PSK identity",
    116: "certificate required",
    120: "no application protocol",
}
"""The alerts of RFC 8446 6.2 and of older versions."""
_NOTHING_IN_COMMON = frozenset({40, 70, 71})

_UNTRUSTED = {
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by itself",
    19: "leads to a root that this host does not trust",
    20: "leads to no root that this host trusts",
    21: "leads to no root that this host trusts",
    62: "is for another name",
}
"""The numbers are those of x509_vfy.h, which are the same in every OpenSSL."""


class HandshakeError(Exception):
    """A TLS handshake failed; the text is the reason."""


def blind_context() -> ssl.SSLContext:
    """Return a client's context that accepts every certificate; the caller checks it afterwards."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TlsStream:
    """A TLS connection over a socket that sees all bytes before OpenSSL reads them.

    So it knows what the server sent if a handshake fails. OpenSSL's own messages differ from release to
    release. `recv` and `sendall` raise OSError (ssl.SSLError is one).
    """

    def __init__(
        self,
        plain: socket.socket,
        context: ssl.SSLContext,
        remaining: Callable[[], float],
        name: str = "",
    ) -> None:
        """Make a connection before its handshake; `remaining` returns the seconds until the deadline."""
        self._plain = plain
        self._remaining = remaining
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name or None)
        self._first = b""
        self._ended = False

    def handshake(self) -> None:
        """Do the handshake. Raises HandshakeError with the reason, and OSError."""
        try:
            self._do(self._tls.do_handshake)
        except ssl.SSLError as error:
            with suppress(OSError):
                self._flush()
            raise HandshakeError(self._why(error)) from error

    def leaf(self) -> bytes:
        """Return the certificate that the server sent first, as DER."""
        return self._tls.getpeercert(binary_form=True) or b""

    def settimeout(self, seconds: float) -> None:
        """Limit each wait for the server, as socket.settimeout does."""
        self._plain.settimeout(seconds)

    def close(self) -> None:
        """Close the connection."""
        self._plain.close()

    def recv(self, count: int) -> bytes:
        """Return up to `count` bytes, b"" if the server closed the connection."""
        try:
            return self._do(partial(self._tls.read, count))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    def sendall(self, data: bytes) -> None:
        """Send all of `data`."""
        while data:
            data = data[self._do(partial(self._tls.write, data)) :]

    def _do(self, action: Callable[[], _Result]) -> _Result:
        """Return the result of `action` when the server has sent what it needs."""
        while True:
            with suppress(ssl.SSLWantReadError):
                result = action()
                self._flush()
                return result
            self._flush()
            self._fill()

    def _why(self, error: ssl.SSLError) -> str:
        """Return why a handshake failed, as text for the operator."""
        if isinstance(error, ssl.SSLCertVerificationError):
            fault = _UNTRUSTED.get(error.verify_code, f"was refused (code {error.verify_code})")
            return f"the server's certificate {fault}"
        closed = "the server closed the connection in the TLS handshake" if self._ended else ""
        return _sent_instead(self._first) or closed or tls_fault(error, "the TLS handshake")

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._plain.sendall(self._outgoing.read())

    def _fill(self) -> None:
        self._plain.settimeout(self._remaining())
        data = self._plain.recv(_MAX_READ_BYTES)
        if data:
            self._first = (self._first + data)[:_FIRST_BYTES]
            self._incoming.write(data)
        else:
            self._ended = True
            self._incoming.write_eof()


def _sent_instead(first: bytes) -> str:
    """Return what the server sent instead of a modern handshake, "" if it sent one."""
    version = first[_VERSION_AT:_FIRST_BYTES]
    if first and first[0] not in _RECORD_KINDS:
        return "answers in plain text where TLS is due"
    if len(first) > _ALERT_AT and first[0] == _ALERT_RECORD:
        number = first[_ALERT_AT]
        if number in _NOTHING_IN_COMMON:
            return "no TLS version or cipher in common, or the server has no key"
        return f"the server refused the TLS handshake: {alert_name(number)}"
    if len(version) == _FIRST_BYTES - _VERSION_AT and int.from_bytes(version, "big") < _TLS_1_2:
        return "only TLS versions that are no longer safe"
    return ""


def tls_fault(error: ssl.SSLError, during: str = "the TLS connection") -> str:
    """Return that TLS failed, with OpenSSL's reason if there is one."""
    detail = (getattr(error, "reason", None) or "").lower().replace("_", " ")
    return f"{during} failed: {detail}" if detail else f"{during} failed"


def alert_name(number: int) -> str:
    """Return the name of a TLS alert, such as `alert protocol version`."""
    return f"alert {_ALERTS.get(number, number)}"


def certificates(pem: bytes) -> tuple[bytes, ...]:
    """Return the certificates of a PEM file as DER, the leaf first; none if one is damaged."""
    try:
        return tuple(
            ssl.PEM_cert_to_DER_cert(found[0].decode("ascii")) for found in _PEM.finditer(pem)
        )
    except (ValueError, UnicodeDecodeError):
        return ()


def alert_of(record: bytes) -> str:
    """Return the name of the alert in a TLS record."""
    return alert_name(record[_ALERT_AT]) if len(record) > _ALERT_AT else "alert"


def leaf(pem: bytes) -> bytes:
    """Return the first certificate of a PEM file as DER; a server sends it first.

    Empty if none can be decoded.
    """
    match = _PEM.search(pem)
    if match is None:
        return b""
    try:
        return ssl.PEM_cert_to_DER_cert(match[0].decode("ascii"))
    except (ValueError, UnicodeDecodeError):
        return b""
