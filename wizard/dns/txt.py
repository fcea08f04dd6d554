"""Write the data of TXT records (RFC 1035, 3.3.14)."""

from __future__ import annotations

MAX_STRING_BYTES = 255
"""A longer string is a syntax error: named(8) does not load its zone."""


def strings(text: str) -> str:
    """Return an ASCII text as the quoted strings of a TXT record, each of at most 255 bytes."""
    parts = [
        text[at : at + MAX_STRING_BYTES] for at in range(0, max(1, len(text)), MAX_STRING_BYTES)
    ]
    return " ".join('"{}"'.format(one.replace("\\", "\\\\").replace('"', '\\"')) for one in parts)
