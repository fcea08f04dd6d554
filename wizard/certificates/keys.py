"""Read a certificate's public key: its kind and length (RFC 5280, 4.1.2.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from wizard.certificates.der import encoded, items, signed_fields

_KEY_FIELD = 5
"""Of the signed part without its version: serial, signature, issuer, validity, subject, key."""

_RSA = bytes.fromhex("2a864886f70d010101")
_EC = bytes.fromhex("2a8648ce3d0201")
_FIXED = {bytes.fromhex("2b6570"): ("Ed25519", 256), bytes.fromhex("2b6571"): ("Ed448", 456)}
_UNCOMPRESSED = 4

MIN_BITS = {"RSA": 2048, "EC": 256, "Ed25519": 256, "Ed448": 456}
"""Bits below which a key is weak (NIST SP 800-131A)."""


@dataclass(frozen=True)
class Key:
    """A public key's kind and its length in bits."""

    kind: str
    bits: int

    def __str__(self) -> str:
        return f"{self.kind} {self.bits}"

    @property
    def weak(self) -> bool:
        """True if the key is shorter than `MIN_BITS`."""
        return self.bits < MIN_BITS[self.kind]


def public_key(der: bytes) -> Optional[Key]:
    """Return the key of a certificate in DER; None if it is of another kind or unreadable."""
    try:
        return key_of(signed_fields(der)[_KEY_FIELD][1])
    except (ValueError, IndexError):
        return None


def public_key_info(der: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a certificate in DER, as TLSA hashes it (RFC 6698, 1.1.3).

    Raises ValueError and IndexError if the certificate is unreadable.
    """
    return encoded(*signed_fields(der)[_KEY_FIELD])


def key_of(content: bytes) -> Optional[Key]:
    """Return the key of the content of a SubjectPublicKeyInfo; None if it is of another kind.

    Raises ValueError and IndexError if it is unreadable.
    """
    (_, algorithm), (_, bits) = items(content)
    (_, kind), *_ = items(algorithm)
    # The first byte of a bit string counts the bits that its last one lacks: none, here.
    return _key(kind, bits[1:])


def _key(kind: bytes, bits: bytes) -> Optional[Key]:
    if kind in _FIXED:
        return Key(*_FIXED[kind])
    if kind == _RSA:
        (_, numbers), *_ = items(bits)
        (_, modulus), *_ = items(numbers)
        return Key("RSA", int.from_bytes(modulus, "big").bit_length())
    if kind == _EC:
        # SEC 1, 2.3.3: a point is both of its coordinates, or one of them where it is compressed.
        coordinates = 2 if bits[0] == _UNCOMPRESSED else 1
        return Key("EC", (len(bits) - 1) * 8 // coordinates)
    return None
