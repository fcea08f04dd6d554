"""Make foreign text safe to draw: without control characters, and with masked keys."""

from __future__ import annotations

from wizard.secrets import masked


def plain(text: str) -> str:
    """Return one line of text without control sequences and with masked keys."""
    text = masked(text)
    if text.isprintable():
        return text
    from wizard.run.sanitize import clean_line  # noqa: PLC0415 - almost no text needs it

    return clean_line(text.replace("\n", " "))
