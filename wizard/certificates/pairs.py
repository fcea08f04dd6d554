"""Check that a certificate and a key belong together, and read their names and dates."""

from __future__ import annotations

import hashlib
import stat
from typing import Optional

from wizard.certificates.model import CertificatePair
from wizard.certificates.x509 import issuer_not_after, read_certificate
from wizard.door import Door
from wizard.errors import Trouble

_SSL_REASONS = {
    "KEY_VALUES_MISMATCH": "the key does not belong to the certificate",
    "KEY_TYPE_MISMATCH": "the key does not belong to the certificate",
    "NO_START_LINE": "one of the two is not in PEM form",
    "BAD_BASE64_DECODE": "one of the two is damaged",
    "BAD_END_LINE": "one of the two is damaged",
    "EE_KEY_TOO_SMALL": "the key is too short for this host's OpenSSL",
    "CA_MD_TOO_WEAK": "its signature is too weak for this host's OpenSSL",
}
NOT_READ = "the certificate is none that can be read"
"""A pair that OpenSSL takes but whose names and dates make no sense."""

NO_FILES = "neither of the two files is there"
_NO_PAIR = "the two are no certificate and key in PEM form"


class _KeyIsLockedError(Exception):
    """The key is encrypted with a password. Nobody can type it when Postfix starts."""


def pair_problem(door: Door, cert_file: str, key_file: str) -> str:
    """Return why this certificate and key are unusable, else "" (SSL_CTX_use_PrivateKey)."""
    unreadable = _unreadable(door, cert_file) or _unreadable(door, key_file)
    if unreadable:
        return unreadable
    import ssl  # noqa: PLC0415 - 10 ms, and not every plan has a certificate

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(door.locate(cert_file), door.locate(key_file), _refuse)
    except _KeyIsLockedError:
        return f"{key_file} is locked with a password, which Postfix cannot ask for"
    except ssl.SSLError as error:
        return _SSL_REASONS.get(error.reason or "", _NO_PAIR)
    except OSError as error:
        return error.strerror or _NO_PAIR
    return ""


def read_pair(door: Door, cert_file: str, key_file: str) -> Optional[CertificatePair]:
    """Read a pair outside /etc/letsencrypt; None when neither file is there."""
    if door.lstat(cert_file) is None and door.lstat(key_file) is None:
        return None
    digests = (_digest(door, cert_file), _digest(door, key_file))
    problem = pair_problem(door, cert_file, key_file)
    pem = b"" if problem else door.read_bytes(cert_file) or b""
    certificate = read_certificate(pem)
    if certificate is None:
        return CertificatePair(cert_file, key_file, problem=problem or NOT_READ, sha256=digests)
    return CertificatePair(
        cert_file,
        key_file,
        certificate.names,
        certificate.not_after,
        certificate.serial,
        sha256=digests,
        key_open=_is_open(door, key_file),
        not_before=certificate.not_before,
        issuer_not_after=issuer_not_after(pem),
    )


def _is_open(door: Door, path: str) -> bool:
    status = door.stat(path)
    return status is not None and bool(status.st_mode & stat.S_IROTH)


def _digest(door: Door, path: str) -> Optional[str]:
    try:
        data = door.read_bytes(path)
    except Trouble:
        return None
    return None if data is None else hashlib.sha256(data).hexdigest()


def _unreadable(door: Door, path: str) -> str:
    try:
        return "" if door.read_bytes(path) is not None else f"{path} is not there"
    except Trouble as trouble:
        return f"{path}: {trouble.wrong}"


def _refuse() -> str:
    raise _KeyIsLockedError
