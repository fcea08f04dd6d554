"""Verify a DKIM signature as a receiving server does (RFC 6376, 6.1), with RSA and SHA-256 alone.

`dkim-signature` has tags: the signed headers (h), the hash of the body (bh), the signature (b). Headers
and body are hashed in their canonical form (3.4). The RSA signature is a number whose power of the
public exponent is a known block of bytes (RFC 8017, 8.2.2).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from wizard.certificates.der import items
from wizard.text import printable

_FIELD = b"dkim-signature"
_ALGORITHM = "rsa-sha256"
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""What comes before the hash in the signed block (RFC 8017, 9.2, note 1)."""
_SIGNATURE = re.compile(rb"(\A[^:]*:|;)([ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_BLANKS = re.compile(rb"[ \t]+")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_EMPTY_LINES = re.compile(rb"(?:\r\n)+\Z")
_SIMPLE = "simple"
_SHOWN = 60
MIN_LIFETIME = 3600
"""Seconds for which a signature must count (x=): receivers let mail wait, and the sender waits in between."""


class _Header(NamedTuple):
    """One header: its name in lower case, and its bytes without the last CRLF."""

    name: bytes
    text: bytes


def fault(message: bytes, domain: str, selector: str, public: str) -> str:
    """Return why a verifier refuses the signature of this domain and selector, "" if it accepts it.

    `public` is the published key, a SubjectPublicKeyInfo in base64. Lines end with CRLF or LF. If the
    message has several such signatures, all must be right.
    """
    head, _, body = _with_crlf(message).partition(b"\r\n\r\n")
    headers = list(_headers(head))
    own = [
        one
        for one in headers
        if one.name == _FIELD and _names(_tags(one.text), domain.lower(), selector.lower())
    ]
    if not own:
        return f"it has no signature of {domain} with the selector {selector}"
    try:
        modulus, exponent = _numbers(public)
    except (ValueError, IndexError):
        return "the public key cannot be read"
    faults = (_fault(one, headers, body, modulus, exponent) for one in own)
    return next(filter(None, faults), "")


def _fault(
    field: _Header, headers: Sequence[_Header], body: bytes, modulus: int, exponent: int
) -> str:
    tags = _tags(field.text)
    if tags.get("v") != "1" or tags.get("a") != _ALGORITHM:
        return f"its signature is not of {_ALGORITHM}: {printable(tags.get('a', ''), _SHOWN)}"
    of_headers, _, of_body = tags.get("c", _SIMPLE).partition("/")
    signed = [one.encode() for one in _packed(tags.get("h", "")).lower().split(":")]
    if b"from" not in signed:
        return "its signature does not have the From line"
    whole = _body(body, of_body or _SIMPLE)
    limit = _limit(tags)
    if limit:
        return limit
    if hashlib.sha256(whole).digest() != _decoded(tags.get("bh", "")):
        return "its body is not as it was signed"
    unsigned = _Header(_FIELD, _SIGNATURE.sub(rb"\1\2", field.text))
    texts = [_header(one, of_headers) + b"\r\n" for one in _chosen(headers, signed)]
    digest = hashlib.sha256(b"".join(texts) + _header(unsigned, of_headers)).digest()
    if _opened(tags.get("b", ""), modulus, exponent) != _block(digest, modulus):
        return "its signature does not fit the published key and the signed headers"
    return ""


def _limit(tags: Mapping[str, str]) -> str:
    """Return by what a signature is for less than the whole message for some days, "" if it is not."""
    if "l" in tags:
        return "its signature is of a part of the body only"
    seconds = _lifetime(tags)
    if seconds < MIN_LIFETIME:
        return f"its signature ends {seconds:.0f} seconds after it was made (x=), and mail may wait longer"
    return ""


def _lifetime(tags: Mapping[str, str]) -> float:
    """Return for how many seconds a signature counts, from its time on or from now; infinity without an end."""
    made, ends = tags.get("t", ""), tags.get("x", "")
    if not ends.isdecimal():
        return float("inf")
    return int(ends) - (int(made) if made.isdecimal() else time.time())


def _with_crlf(message: bytes) -> bytes:
    return message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _headers(head: bytes) -> Iterator[_Header]:
    for text in re.split(rb"\r\n(?![ \t])", head):
        yield _Header(text.partition(b":")[0].rstrip(b" \t").lower(), text)


def _tags(text: bytes) -> Mapping[str, str]:
    """Return the tags of a signature by name (RFC 6376, 3.2)."""
    value = text.partition(b":")[2].decode("utf-8", "surrogateescape")
    pairs = (one.partition("=") for one in value.split(";"))
    return {name.strip(): one.strip() for name, _, one in pairs}


def _names(tags: Mapping[str, str], domain: str, selector: str) -> bool:
    return (tags.get("d", "").lower(), tags.get("s", "").lower()) == (domain, selector)


def _packed(value: str) -> str:
    return "".join(value.split())


def _body(body: bytes, way: str) -> bytes:
    """Return the canonical form of a body (RFC 6376, 3.4.3 and 3.4.4)."""
    if way != _SIMPLE:
        lines = body.split(b"\r\n")
        body = b"\r\n".join(_BLANKS.sub(b" ", one).rstrip(b" ") for one in lines)
    body = _EMPTY_LINES.sub(b"", body)
    return body + b"\r\n" if body or way == _SIMPLE else b""


def _header(one: _Header, way: str) -> bytes:
    """Return the canonical form of a header (RFC 6376, 3.4.1 and 3.4.2), without the last CRLF."""
    if way == _SIMPLE:
        return one.text
    value = _FOLD.sub(b"", one.text.partition(b":")[2])
    return one.name + b":" + _BLANKS.sub(b" ", value).strip(b" ")


def _chosen(headers: Sequence[_Header], names: Sequence[bytes]) -> Iterator[_Header]:
    """Yield the headers that are signed. Of several with one name the last comes first (5.4.2)."""
    remaining = list(headers)
    for name in names:
        at = next(
            (at for at in range(len(remaining) - 1, -1, -1) if remaining[at].name == name), -1
        )
        if at >= 0:
            yield remaining.pop(at)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(_packed(text), validate=True)
    except (ValueError, binascii.Error):
        return b""


def _numbers(public: str) -> tuple[int, int]:
    """Return modulus and exponent. Raises ValueError and IndexError if it is no key of RSA."""
    (_, info), *_ = items(base64.b64decode(public))
    _, (_, bits) = items(info)
    # The first byte of a bit string counts the bits that its last one lacks: none, here.
    (_, numbers), *_ = items(bits[1:])
    modulus, exponent = (int.from_bytes(one, "big") for _, one in items(numbers))
    if not modulus:
        raise ValueError
    return modulus, exponent


def _opened(signature: str, modulus: int, exponent: int) -> bytes:
    found = _decoded(signature)
    if len(found) != _size(modulus):
        return b""
    return pow(int.from_bytes(found, "big"), exponent, modulus).to_bytes(_size(modulus), "big")


def _block(digest: bytes, modulus: int) -> bytes:
    """Return the block of bytes that was signed (RFC 8017, 9.2)."""
    end = b"\0" + _SHA256 + digest
    return b"\0\1" + b"\xff" * (_size(modulus) - 2 - len(end)) + end


def _size(modulus: int) -> int:
    return (modulus.bit_length() + 7) // 8
