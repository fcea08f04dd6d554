r"""Write the data of TXT records (RFC 1035, 3.3.14).

Strangers write what is published, so a byte that is not printable ASCII is written as `\DDD`.
"""

from __future__ import annotations

MAX_STRING_BYTES = 255
"""A longer string is a syntax error: named(8) does not load its zone."""


def strings(text: str) -> str:
    """Return a text as the quoted strings of a TXT record, each of at most 255 bytes.

    A character of the text is one byte, as in `wizard.dns.spf.text_of`.
    """
    parts = [
        text[at : at + MAX_STRING_BYTES] for at in range(0, max(1, len(text)), MAX_STRING_BYTES)
    ]
    return " ".join(f'"{"".join(map(_escaped, part))}"' for part in parts)


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isascii() and character.isprintable():
        return character
    return f"\\{ord(character) & 255:03}"
