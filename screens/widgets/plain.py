"""Text from elsewhere, made fit to be drawn: no control character and no key reaches the terminal."""

from __future__ import annotations

from wizard.secrets import masked


def plain(text: str) -> str:
    """Return one line of text without control sequences; what is plain already comes back as is."""
    text = masked(text)
    if text.isprintable():
        return text
    from wizard.run.sanitize import clean_line  # noqa: PLC0415 - almost no text needs it

    return clean_line(text.replace("\n", " "))
