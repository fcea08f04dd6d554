"""Clean foreign text for a table: no control characters, no keys, no long lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from wizard.secrets import masked_bytes

SHOWN = 200
"""Characters of a foreign text that are shown; the end is cut off."""


def clean(raw: bytes, limit: int = SHOWN) -> str:
    r"""Return a server's or a command's output as printable ASCII of at most `limit` characters.

    Characters that a terminal could act on (ESC, BEL, C1), or that look like another letter, are
    written as escapes such as `\x1b`.
    """
    text = masked_bytes(raw)[: limit + 1].decode("ascii", "backslashreplace")
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text.strip())
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."


def printable(text: str, limit: int = SHOWN) -> str:
    """Return a text that was decoded with `surrogateescape` as `clean` shows its bytes."""
    return clean(text.encode("utf-8", "surrogateescape"), limit)


def escaped(text: str) -> str:
    """Write the characters that are not printable as escapes of Python."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 message`, `2,000 messages`; `many` is an irregular plural."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def shortened(items: Sequence[str], limit: int) -> str:
    """Return the first `limit` items, and the number of the others: `a, b and 3 more`."""
    more = len(items) - limit
    return ", ".join(items[:limit]) + (f" and {more} more" if more > 0 else "")


def hanging(text: str, width: int, head: str) -> list[str]:
    """Return a text in lines of at most `width` after `head`; the other lines are indented as far."""
    indent = " " * len(head)
    return textwrap.wrap(
        text,
        width,
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def between_words(line: str, width: int) -> list[str]:
    """Return a line of text in lines of at most `width`, indented by two more than the first.

    A word is never broken, so that a path can be copied.
    """
    text = line.lstrip(" ")
    head = line[: len(line) - len(text)]
    first, *others = hanging(text, width, head) or [""]
    rest = text[len(first) - len(head) :].lstrip(" ")
    return [first, *hanging(rest, width, f"{head}  ")] if others else [first]


def first_line(raw: bytes) -> str:
    """Return the first line that is not blank, cleaned."""
    return next((line for line in map(clean, raw[:4096].splitlines()) if line), "")
