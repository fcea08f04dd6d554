"""Make a child's output safe for a terminal: whole lines of plain text.

Control sequences (ECMA-48: CSI, OSC, DCS and the like) are removed with their parameters, other
C0 and C1 controls alone. Bytes that are not UTF-8 and marks that change the direction of writing
are replaced by U+FFFD. So no output sets a title or requests a cursor report on the operator's
terminal.
"""

from __future__ import annotations

import re

from wizard.errors import SEQUENCE

MAX_LINE_BYTES = 4096
"""Bytes of a line. A longer one is shown in pieces."""

_PLAIN_ASCII_CONTROLS = bytes(byte for byte in (*range(32), 127) if byte != ord("\n"))
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_TURNING = re.compile("[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean_line(text: str) -> str:
    """Return one line (no newline in it) as plain text.

    Parts that a carriage return overprints, as in a progress bar, are dropped except the last.
    """
    if text.isascii() and text.isprintable():
        return text
    text = SEQUENCE.sub("", text)
    if "\r" in text:
        text = next((part for part in reversed(text.split("\r")) if part), "")
    text = _TURNING.sub("\ufffd", text).expandtabs()
    return _CONTROL.sub("", text)


class Cleaner:
    """Turns bytes as they arrive into clean lines. An unfinished line waits for its end."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> tuple[str, ...]:
        """Return the lines that `data` completes."""
        data = self._rest + data
        end = data.rfind(b"\n") + 1
        self._rest = data[end:]
        lines = _lines(data[: end - 1]) if end else []
        if len(self._rest) > MAX_LINE_BYTES:
            pieces = list(_pieces(self._rest))
            self._rest = pieces.pop()
            lines += [clean_line(piece.decode("utf-8", "replace")) for piece in pieces]
        return tuple(lines)

    def flush(self) -> tuple[str, ...]:
        """Return the unfinished line as the last one."""
        rest, self._rest = self._rest, b""
        return tuple(_lines(rest)) if rest else ()


def clean(data: bytes) -> tuple[str, ...]:
    """Return all of `data` as clean lines."""
    cleaner = Cleaner()
    return (*cleaner.feed(data), *cleaner.flush())


def _lines(data: bytes) -> list[str]:
    data = data.replace(b"\r\n", b"\n").rstrip(b"\r")
    if len(data) > MAX_LINE_BYTES and max(map(len, data.split(b"\n"))) > MAX_LINE_BYTES:
        pieces = [piece for line in data.split(b"\n") for piece in _pieces(line)]
        return [clean_line(piece.decode("utf-8", "replace")) for piece in pieces]
    if data.isascii() and len(data.translate(None, _PLAIN_ASCII_CONTROLS)) == len(data):
        return data.decode("ascii").split("\n")
    # No sequence goes beyond its line, so one call removes those of all lines.
    text = SEQUENCE.sub("", data.decode("utf-8", "replace"))
    lines = text.split("\n")
    return [clean_line(line) if _ODD.search(line) else line for line in lines]


def _pieces(line: bytes) -> list[bytes]:
    pieces = []
    start = 0
    while len(line) - start > MAX_LINE_BYTES:
        cut = start + MAX_LINE_BYTES
        # Not inside a character: its later bytes are 10xxxxxx, three at most.
        while cut > start + MAX_LINE_BYTES - 4 and line[cut] & 0xC0 == 0x80:  # noqa: PLR2004 (UTF-8)
            cut -= 1
        pieces.append(line[start:cut])
        start = cut
    return [*pieces, line[start:]]
