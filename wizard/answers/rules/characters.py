"""Refuse characters that no value may have."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """Refuse control, invisible and full-width characters, which are invalid in every value."""
    if text.isascii() and text.isprintable():
        return text
    for character in text:
        category = unicodedata.category(character)
        if category[0] == "C" or category in {"Zl", "Zp"}:
            raise ValueError(
                f"The text contains the control character U+{ord(character):04X}. Remove it."
            )
        if category == "Zs" and character != " ":
            raise ValueError(
                f"The text contains a blank that is not a plain space (U+{ord(character):04X}, as a "
                "full-width keyboard types it). Postfix would not see it as a blank. "
                "Type it again in half-width."
            )
        wide = unicodedata.normalize("NFKC", character)
        if wide != character and wide.isascii() and wide:
            raise ValueError(
                f"The text contains the full-width character U+{ord(character):04X} where {wide!r} "
                "is meant. Type it again in half-width."
            )
        if character == "\u3002":
            raise ValueError(
                "The text contains the full-width full stop U+3002 where '.' is meant."
            )
    return text
