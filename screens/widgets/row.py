"""One line of a list, and texts as such lines."""

from __future__ import annotations

from dataclasses import dataclass

from screens.widgets.line import ERROR
from screens.widgets.wrap import split_at, wrapped


@dataclass(frozen=True)
class Row:
    """One line: text, tail and end. `key` identifies it. The cursor skips lines without a key."""

    text: str
    look: str = ""
    key: str = ""
    tail: str = ""
    tail_look: str = "quiet"
    end: str = ""
    """After the tail."""
    end_look: str = "quiet"
    bar: int = 0
    """How many characters of the text the cursor covers, 0 for all of them."""

    @property
    def whole(self) -> str:
        """All that is in the line."""
        return self.text + self.tail + self.end


def text_rows(
    text: str, width: int, look: str = "", indent: str = "", words: str = ""
) -> list[Row]:
    """Return rows with a text that is wrapped to the width, indented.

    `words` are those of the text that have the look, "" for all.
    """
    parts = (split_at(line, words) for line in wrapped(text, width - len(indent)))
    return [
        Row(indent + before, "", "", found, look, after, "") if words else Row(indent + found, look)
        for before, found, after in parts
    ]


def error_rows(text: str, width: int) -> list[Row]:
    """Return rows with an error. Its sentences are not in red: that is hard to read."""
    return text_rows(f"{ERROR}: {text}", width, "wrong", words=ERROR)
