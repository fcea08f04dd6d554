"""The elements of DER (X.690), as much of it as a certificate needs."""

from __future__ import annotations

from collections.abc import Iterator

_LONG_LENGTH = 0x80
_VERSION = 0xA0


def items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the elements that follow one another in `data`: tag byte and content.

    All tags of a certificate are of one byte. Raises ValueError and IndexError where one is cut
    short.
    """
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & _LONG_LENGTH:
            count = length & ~_LONG_LENGTH
            length = int.from_bytes(data[at : at + count], "big")
            at += count
        if at + length > len(data):
            raise ValueError("an element is cut short")
        yield tag, data[at : at + length]
        at += length


def signed_fields(certificate: bytes) -> list[tuple[int, bytes]]:
    """Return the fields of a certificate's signed part, without its version (RFC 5280, 4.1)."""
    (_, whole), *_ = items(certificate)
    (_, signed), *_ = items(whole)
    return [field for field in items(signed) if field[0] != _VERSION]


def encoded(tag: int, content: bytes) -> bytes:
    """Return an element: tag byte, length and content. The length is as short as it can be (DER)."""
    length = len(content)
    if length < _LONG_LENGTH:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_LENGTH | len(size))) + size + content
