"""A page of the manual, and its three forms: man(7) for the packages, plain text, Markdown for docs/.

In the texts, `backquotes` mark what one types or reads, as in Markdown.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Union

WIDTH = 78
_MARKDOWN_WIDTH = 120
_INDENT = " " * 7
_DEEPER = " " * 14


@dataclass(frozen=True)
class Heading:
    """The title of a part. In man(7) and plain text it has capitals, except within backquotes."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True)
class Entry:
    """A term, such as an option, and the sentences about it."""

    term: str
    text: str


@dataclass(frozen=True)
class Example:
    """Lines that are shown as they are."""

    lines: tuple[str, ...]


Block = Union[Heading, Paragraph, Entry, Example]


@dataclass(frozen=True)
class Page:
    """A page. `name` and `section` are those of man-pages(7); `about` is a line for whatis(1)."""

    name: str
    section: str
    about: str
    blocks: tuple[Block, ...]


def plain(page: Page) -> str:
    """Return the page as text of at most `WIDTH` columns."""
    blocks = (Heading("name"), Paragraph(f"{page.name} - {page.about}"), *page.blocks)
    lines: list[str] = []
    for block in blocks:
        lines += ["", *_plain_lines(block)]
    return "\n".join(lines[1:]) + "\n"


def _plain_lines(block: Block) -> list[str]:
    if isinstance(block, Heading):
        return [_title(block)]
    if isinstance(block, Example):
        return [(_DEEPER + line).rstrip() for line in block.lines]
    if isinstance(block, Paragraph):
        return _wrapped(block.text, _INDENT, _INDENT)
    return [_INDENT + block.term, *_wrapped(block.text, _DEEPER, _DEEPER)]


def _title(heading: Heading) -> str:
    parts = heading.text.split("`")
    return "".join(part if index % 2 else part.upper() for index, part in enumerate(parts))


def _wrapped(text: str, first: str, later: str, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )


def roff(page: Page, version: str) -> str:
    """Return the page for man(1), with the macros of man(7)."""
    title = page.name.upper().replace("-", r"\-")
    lines = [
        ".\\\" Made from the program's own tables.",
        f'.TH "{title}" "{page.section}" "" "postfix\\-wizard {version}" "postfix\\-wizard"',
        ".SH NAME",
        f"{_escaped(page.name)} \\- {_escaped(page.about)}",
    ]
    for block in page.blocks:
        lines += _roff_lines(block)
    return "\n".join(lines) + "\n"


def _roff_lines(block: Block) -> list[str]:
    if isinstance(block, Heading):
        return [f".SH {_escaped(_title(block))}"]
    if isinstance(block, Example):
        return [".PP", ".RS 4", ".nf", *map(_escaped, block.lines), ".fi", ".RE"]
    if isinstance(block, Paragraph):
        return [".PP", _marked(block.text)]
    return [".TP", f"\\fB{_escaped(block.term)}\\fR", _marked(block.text)]


def _escaped(text: str) -> str:
    """Write what roff(7) would read as a request or an escape."""
    shown = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{shown}" if shown[:1] in {".", "'"} else shown


def _marked(text: str) -> str:
    parts = re.split("`([^`]+)`", text)
    return "".join(
        f"\\fB{_escaped(part)}\\fR" if index % 2 else _escaped(part)
        for index, part in enumerate(parts)
    )


def markdown(page: Page, title: str) -> str:
    """Return the page for docs/."""
    return "\n".join([f"# {title}", "", f"{_sentence(page.about)}", *_markdown_lines(page.blocks)])


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _markdown_lines(blocks: Sequence[Block]) -> Iterator[str]:
    in_list = False
    for block in blocks:
        if not (in_list and isinstance(block, Entry)):
            yield ""
        in_list = isinstance(block, Entry)
        if isinstance(block, Heading):
            yield f"## {block.text[:1].upper()}{block.text[1:]}"
        elif isinstance(block, Example):
            yield from (f"    {line}".rstrip() for line in block.lines)
        elif isinstance(block, Paragraph):
            yield from _wrapped(block.text, "", "", _MARKDOWN_WIDTH)
        else:
            yield from _wrapped(f"`{block.term}`: {block.text}", "- ", "  ", _MARKDOWN_WIDTH)
    yield ""
