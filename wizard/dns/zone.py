"""BIND zone files taken apart and put together again without loss (RFC 1035, section 5).

A file is a row of entries: what stands on one line, or on several where parentheses hold them
together. An entry knows its words with their places, so that an edit changes bytes where they
stand and nothing else. What cannot be taken apart is kept whole and named as a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

LARGEST = 4 * 1024 * 1024
"""Bytes: a zone of fifty thousand names. A larger one is no personal server's, and is generated."""
MOST_LINES = 150_000
"""Lines: fifty thousand names with three records each."""

_PLAIN = re.compile(
    rb"([\t\x20\x21\x23-\x27\x2a-\x3a\x3c-\x5b\x5d-\x7e\x80-\xff]*)"
    rb"(?:;[\t\x20-\x7e\x80-\xff]*)?(?:\r?\n|\Z)"
)
"""A line without parentheses, quotes and backslashes, as nearly every one is."""
_SILENT = re.compile(rb"(?:[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r?\n){1,1000}")
"""Lines without words; a thousand at once, since a repeated group takes memory for each time."""
_BEGINS_SILENT = b" \t;\r\n"
_BARE = re.compile(rb"[^\t ]+")
_PARTS = re.compile(
    rb"(?P<blank>[ \t]+)"
    rb"|(?P<comment>;[\t\x20-\x7e\x80-\xff]*)"
    rb"|(?P<end>\r?\n)"
    rb"|(?P<open>\()"
    rb"|(?P<close>\))"
    rb'|(?P<quoted>"[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]*'
    rb'(?:\\[\x20-\x7e\x80-\xff][\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]*){0,255}")'
    rb'|(?P<word>(?=[^\x00-\x20\x7f;()"])[^\x00-\x20\x7f;()"\\]*'
    rb'(?:\\[\x20-\x7e\x80-\xff][^\x00-\x20\x7f;()"\\]*){0,255})'
)
"""A name and a text have 255 bytes at the most, so no more escapes are taken as one word."""


class ZoneFault(ValueError):
    """Why a zone file cannot be edited here, with the line where there is one."""


class Word(NamedTuple):
    """One field as it is written, quotes and escapes included; `start` counts bytes in the file."""

    text: bytes
    start: int
    quoted: bool = False

    @property
    def end(self) -> int:
        """The place right behind it."""
        return self.start + len(self.text)


class Entry(NamedTuple):
    """Bytes `start` to `end` of the file, the line's end included; `line` counts from 1.

    Lines without words share one. `inherits` says that it begins with a blank: its owner is the one of the record before.
    """

    start: int
    end: int
    line: int
    words: tuple[Word, ...] = ()
    inherits: bool = False


@dataclass(frozen=True)
class Zone:
    """A zone file: its entries cover all of `text`; `fault` says what could not be read."""

    text: bytes
    entries: tuple[Entry, ...]
    fault: str = ""

    @classmethod
    def parse(cls, text: bytes) -> Zone:
        """Take a file apart; of one with a fault, the rest from there on is one entry."""
        entries: list[Entry] = []
        try:
            for entry in _entries(text):
                entries.append(entry)  # noqa: PERF402 (what came before a fault is kept)
        except ZoneFault as fault:
            start = entries[-1].end if entries else 0
            line = text.count(b"\n", 0, start) + 1
            return cls(text, (*entries, Entry(start, len(text), line)), str(fault))
        return cls(text, tuple(entries))

    def __bytes__(self) -> bytes:
        return b"".join(self.text[entry.start : entry.end] for entry in self.entries)

    def line_end(self, entry: Entry) -> bytes:
        r"""Return how an entry's line ends: `\n`, `\r\n`, or nothing at the end of the file."""
        tail = self.text[max(entry.start, entry.end - 2) : entry.end]
        return tail if tail == b"\r\n" else b"\n" if tail.endswith(b"\n") else b""


class Splice(NamedTuple):
    """Bytes `start` to `end` of a file replaced by `text`, and why."""

    start: int
    end: int
    text: bytes
    why: str


def spliced(
    text: bytes, splices: Iterable[Splice]
) -> tuple[bytes, tuple[tuple[int, int, str], ...]]:
    """Return the next text, and for each splice its first and last line there with its reason."""
    parts: list[bytes] = []
    reasons: list[tuple[int, int, str]] = []
    at, line = 0, 1
    for one in sorted(splices, key=lambda splice: splice.start):
        between = text[at : one.start]
        line += between.count(b"\n")
        parts += [between, one.text]
        # What is put before a line's end begins on the line of its first byte that is no line end.
        first = line + (1 if one.text[:1] in {b"\n", b"\r"} else 0)
        last = line + one.text.rstrip(b"\r\n").count(b"\n")
        reasons.append((first, max(first, last), one.why))
        line += one.text.count(b"\n")
        at = one.end
    parts.append(text[at:])
    return b"".join(parts), tuple(reasons)


def _entries(text: bytes) -> Iterator[Entry]:
    at, line = 0, 1
    while at < len(text):
        silent = _SILENT.match(text, at) if text[at] in _BEGINS_SILENT else None
        plain = _PLAIN.match(text, at)
        if silent:
            entry = Entry(at, silent.end(), line)
        elif plain:
            entry = _on_a_line(text, plain, line)
        else:
            entry = _on_parts(text, at, line)
        yield entry
        line += text.count(b"\n", at, entry.end)
        at = entry.end


def _on_a_line(text: bytes, plain: re.Match[bytes], line: int) -> Entry:
    start, end = plain.span(1)
    words = tuple([Word(one.group(), one.start()) for one in _BARE.finditer(text, start, end)])
    return Entry(start, plain.end(), line, words, text[start] in b"\t ")


def _on_parts(text: bytes, start: int, first: int) -> Entry:
    """Read an entry that may go on over several lines."""
    at, line = start, first
    opened: list[int] = []
    words: list[Word] = []
    while at < len(text):
        match = _PARTS.match(text, at)
        if match is None or match.end() == at:
            raise ZoneFault(f"line {line}: {_oddity(text, at)}")
        kind, at = match.lastgroup, match.end()
        if kind in {"word", "quoted"}:
            words.append(Word(match.group(), match.start(), kind == "quoted"))
        elif kind == "open":
            opened.append(line)
        elif kind == "close":
            if not opened:
                raise ZoneFault(f"line {line}: a closing parenthesis that nothing opened")
            opened.pop()
        elif kind == "end":
            line += 1
            if not opened:
                break
    if opened:
        raise ZoneFault(f"line {opened[0]}: a parenthesis that nothing closes")
    return Entry(start, at, first, tuple(words), text[start] in b"\t ")


def _oddity(text: bytes, at: int) -> str:
    byte = text[at]
    if byte == ord('"'):
        return "a quotation mark that its line does not close"
    if byte == ord("\\"):
        return "a backslash with nothing behind it"
    return f"a control character (0x{byte:02x}), which belongs in no zone file"
