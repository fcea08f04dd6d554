"""The cipher suites of IANA's registry that nobody should use, by what is wrong with them.

RFC 9325 4.1 rules them all out, but for the suites without authentication: RFC 7435 allows those
to mail servers, since many of their clients check no certificate.
"""

from __future__ import annotations

from collections.abc import Iterator

_ANONYMOUS = """
    0017-001B 0034 003A 0046 006C-006D 0089 009B 00A6-00A7 00BF 00C5
    C015-C019 C046-C047 C05A-C05B C084-C085
"""
_WEAK: tuple[tuple[str, str], ...] = (
    (
        "no encryption",
        """
        0000-0002 002C-002E 003B 00B0-00B1 00B4-00B5 00B8-00B9
        C001 C006 C00B C010 C015 C039-C03B C0B4-C0B5
        """,
    ),
    ("export", "0003 0006 0008 000B 000E 0011 0014 0017 0019 0026-002B"),
    ("RC4", "0004-0005 0018 0020 0024 008A 008E 0092 C002 C007 C00C C011 C016 C033"),
    ("DES", "0009 000C 000F 0012 0015 001A 001E 0022"),
    (
        "3DES",
        """
        000A 000D 0010 0013 0016 001B 001F 0023 008B 008F 0093
        C003 C008 C00D C012 C017 C01A-C01C C034
        """,
    ),
    ("IDEA", "0007 0021 0025"),
)
"""RC2 is in export suites alone."""


def _numbers(text: str) -> Iterator[int]:
    for word in text.split():
        first, _, last = word.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


ANONYMOUS_SUITES = tuple(_numbers(_ANONYMOUS))
"""Suites without authentication. Some are weak, too."""
WEAK_SUITES = tuple(dict.fromkeys(one for _, text in _WEAK for one in _numbers(text)))
"""Suites whose encryption can be broken, or that have none (RFC 7465, RFC 8429, RFC 5469)."""
OLD_SUITES = (0xC014, 0xC013, 0xC00A, 0xC009, 0x0039, 0x0033, 0x0035, 0x002F, 0x000A)
"""Suites that TLS 1.1 and older share with current servers: AES and 3DES, every kind of key."""
RSA_SUITES = (
    *(0xC030, 0xC02F, 0xCCA8, 0xC028, 0xC027, 0xC014, 0xC013, 0x009F, 0x009E, 0xCCAA),
    *(0x006B, 0x0067, 0x0039, 0x0033, 0x009D, 0x009C, 0x003D, 0x003C, 0x0035, 0x002F),
)
"""Suites of TLS 1.2 for which a server must have an RSA certificate."""
ECDSA_SUITES = (0xC02C, 0xC02B, 0xCCA9, 0xC024, 0xC023, 0xC00A, 0xC009, 0xC0AD, 0xC0AC)
"""The same for an ECDSA certificate (or one of Ed25519)."""


def fault_of(suite: int) -> str:
    """Return what is wrong with a suite in a few words, "" if nothing is."""
    faults = [what for what, text in _WEAK if suite in _numbers(text)]
    if suite in ANONYMOUS_SUITES:
        faults.insert(0, "no authentication")
    return ", ".join(faults)
