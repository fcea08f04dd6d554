"""Lines taken out of a file, so that no other byte changes."""

from __future__ import annotations

BOM = b"\xef\xbb\xbf"
"""The mark of UTF-8, which is no part of the first line."""


def without(text: bytes, ranges: tuple[tuple[int, int], ...]) -> bytes:
    """Return the text without these lines, each range counted from 1 and both ends included."""
    gone = {number for first, last in ranges for number in range(first, last + 1)}
    rest = [
        line for number, line in enumerate(text.splitlines(keepends=True), 1) if number not in gone
    ]
    if 1 in gone and text.startswith(BOM):
        rest.insert(0, BOM)
    return b"".join(rest)
