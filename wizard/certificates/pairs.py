"""Certificates and their keys, read with openssl: who they are for, whether the two belong together."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import Optional

from wizard.certificates.model import CertificatePair
from wizard.door import Door, Outcome, Running
from wizard.errors import Trouble

X509 = ("openssl", "x509", "-noout", "-serial", "-dates", "-ext", "subjectAltName")
"""openssl-x509(1) on a PEM certificate given on standard input."""

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_DNS_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*\.?")

_SSL_REASONS = {
    "KEY_VALUES_MISMATCH": "the key does not belong to the certificate",
    "KEY_TYPE_MISMATCH": "the key does not belong to the certificate",
    "NO_START_LINE": "one of the two is not in PEM form",
    "BAD_BASE64_DECODE": "one of the two is damaged",
    "BAD_END_LINE": "one of the two is damaged",
    "EE_KEY_TOO_SMALL": "the key is too short for this host's OpenSSL",
    "CA_MD_TOO_WEAK": "its signature is too weak for this host's OpenSSL",
}
_NO_PAIR = "the two are no certificate and key in PEM form"


@dataclass(frozen=True)
class Certificate:
    """What a certificate says: DNS names, lifetime in seconds since the epoch, serial in hex."""

    names: tuple[str, ...]
    not_before: int
    not_after: int
    serial: str


class _KeyIsLockedError(Exception):
    """The key wants a password, which nobody could type when Postfix starts."""


def ask_certificate(door: Door, pem: bytes) -> Optional[Running]:
    """Start reading the first certificate in `pem`; None where there is no openssl."""
    return door.start(X509, data=pem)


def told_certificate(outcome: Outcome) -> Optional[Certificate]:
    """Return what openssl read, None when it was no certificate."""
    found = dict(re.findall(r"^(serial|notBefore|notAfter)=(.*)$", outcome.text, re.MULTILINE))
    try:
        return Certificate(
            _dns_names(outcome.text),
            ssl.cert_time_to_seconds(found["notBefore"]),
            ssl.cert_time_to_seconds(found["notAfter"]),
            found["serial"].upper(),
        )
    except (KeyError, ValueError):
        return None


def pair_problem(door: Door, cert_file: str, key_file: str) -> str:
    """Return why this certificate and key cannot serve, "" when they can (SSL_CTX_use_PrivateKey)."""
    unreadable = _unreadable(door, cert_file) or _unreadable(door, key_file)
    if unreadable:
        return unreadable
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
    problem = pair_problem(door, cert_file, key_file)
    if problem:
        return CertificatePair(cert_file, key_file, problem=problem)
    running = ask_certificate(door, door.read_bytes(cert_file) or b"")
    certificate = told_certificate(running.outcome()) if running else None
    if certificate is None:
        return CertificatePair(cert_file, key_file, problem="openssl cannot read the certificate")
    return CertificatePair(
        cert_file, key_file, certificate.names, certificate.not_after, certificate.serial
    )


def _unreadable(door: Door, path: str) -> str:
    try:
        return "" if door.read_bytes(path) is not None else f"{path} is not there"
    except Trouble as trouble:
        return f"{path}: {trouble.wrong}"


def _refuse() -> str:
    raise _KeyIsLockedError


def _dns_names(text: str) -> tuple[str, ...]:
    # What is no host name is left out: openssl prints a name's own commas and line ends as
    # they are in older releases, and such a name covers no host anyway.
    listed = re.findall(r"(?:^\s*|, )DNS:([^,\n]*)", text, re.MULTILINE)
    return tuple(name for name in listed if _DNS_NAME.fullmatch(name))
