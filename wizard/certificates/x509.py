"""Read serial, lifetime and DNS names from a certificate's DER bytes (RFC 5280, X.690).

OpenSSL checks that a certificate is sound and belongs to a key (`wizard.certificates.pairs`).
openssl(1) does not do the reading: a process for each lineage would take longer than all other
reading.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Optional

from wizard.certificates.der import items, signed_fields

_PEM = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----\s([^-]*)-----END ")

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_DNS_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*\.?", re.ASCII)

_INTEGER = 0x02
_OCTETS = 0x04
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18
_EXTENSIONS = 0xA3
_DNS = 0x82
_SUBJECT_ALT_NAME = bytes.fromhex("551d11")

_Item = tuple[int, bytes]
"""A DER element: its tag byte and its content."""


@dataclass(frozen=True)
class Certificate:
    """Data of a certificate: DNS names, lifetime in seconds since the epoch, serial in hex."""

    names: tuple[str, ...]
    not_before: int
    not_after: int
    serial: str


def read_certificate(pem: bytes) -> Optional[Certificate]:
    """Return the data of the first certificate in `pem`, None without one.

    `names` has only names that a host can have.
    """
    block = _PEM.search(pem)
    if block is None:
        return None
    try:
        return _certificate(binascii.a2b_base64(block[1]))
    except (ValueError, IndexError):
        return None


def issuer_not_after(pem: bytes) -> int:
    """Return the end of the second certificate in `pem`, that of the issuer; 0 without one."""
    blocks = _PEM.finditer(pem)
    next(blocks, None)
    second = next(blocks, None)
    issuer = None if second is None else read_certificate(second[0])
    return 0 if issuer is None else issuer.not_after


def decode_certificate(der: bytes) -> Optional[Certificate]:
    """Return the data of a certificate in DER, None if it cannot be read."""
    try:
        return _certificate(der)
    except (ValueError, IndexError):
        return None


def _certificate(der: bytes) -> Certificate:
    (tag, serial), _, _, (_, validity), *others = signed_fields(der)
    if tag != _INTEGER:
        raise ValueError("no serial number where one belongs")
    not_before, not_after = (_seconds(item) for item in items(validity))
    return Certificate(_names(others), not_before, not_after, _hexadecimal(serial))


def _names(fields: list[_Item]) -> tuple[str, ...]:
    found = [
        value.decode("latin-1")
        for tag, extensions in fields
        if tag == _EXTENSIONS
        for _, listed in items(extensions)
        for _, extension in items(listed)
        for kind, value in _alternative_names(extension)
        if kind == _DNS
    ]
    return tuple(name for name in found if _DNS_NAME.fullmatch(name))


def _alternative_names(extension: bytes) -> Iterator[_Item]:
    # The object identifier, perhaps a flag that it is critical, the content.
    (_, identifier), *others = items(extension)
    if identifier == _SUBJECT_ALT_NAME:
        (_, names), *_ = items(next(value for tag, value in others if tag == _OCTETS))
        yield from items(names)


def _seconds(item: _Item) -> int:
    tag, value = item
    text = value.decode("ascii")
    if tag == _UTC_TIME:
        # RFC 5280, 4.1.2.5.1: two digits from 50 on are of the last century.
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("no time where one belongs")
    parts = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z", text, re.ASCII)
    if parts is None:
        raise ValueError("a time in another form than RFC 5280 has it")
    year, month, day, hour, minute, second = map(int, parts.groups())
    when = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    return int(when.timestamp())


def _hexadecimal(serial: bytes) -> str:
    """Write a serial number as `openssl x509 -serial` does: whole bytes, no leading zero byte."""
    number = int.from_bytes(serial, "big", signed=True)
    digits = f"{abs(number):X}"
    return ("-" if number < 0 else "") + digits.zfill(len(digits) + len(digits) % 2)
