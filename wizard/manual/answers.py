"""postfix-wizard-answers(5), from the fields of the answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from wizard.answers.catalogue import CATALOGUE
from wizard.answers.field import Field
from wizard.answers.fields import SECTION_TYPES, fields_of
from wizard.answers.model import SECTIONS
from wizard.answers.sections.blocklists import CustomBlocklist
from wizard.manual.page import Block, Entry, Example, Heading, Page, Paragraph
from wizard.secrets import MASK

EXAMPLE = (
    "[hostname]",
    'myhostname = "mail.example.com"',
    "",
    "[domains]",
    'local = ["example.com"]',
    "",
    "[certificate]",
    'source = "letsencrypt"',
    'name = "example.com"',
)


def page() -> Page:
    """Return the page of the answers file."""
    return Page(
        "postfix-wizard-answers",
        "5",
        "the answers file of postfix-wizard",
        (*_begin(), *_sections()),
    )


def _begin() -> Iterator[Block]:
    yield Heading("description")
    yield Paragraph(
        "The answers file is TOML, with a table for each section. A field that is not there has its "
        'default. Where the default is "as it is", a file without the field does not change the '
        "parameter. Only `[hostname]` is always needed. A run saves its answers in "
        "`/etc/postfix-wizard/answers.toml`. The screens ask for the same fields."
    )
    yield Example(EXAMPLE)


def _sections() -> Iterator[Block]:
    for section in SECTIONS:
        yield Heading(f"`[{section}]`")
        yield from _entries(section, SECTION_TYPES[section])
        if section == "blocklists":
            yield Heading("`[[blocklists.custom]]`")
            yield Paragraph("A blocklist of your own is a table of this name.")
            yield from _entries("blocklists.custom", CustomBlocklist)
            yield Heading("blocklists of the catalogue")
            for one in CATALOGUE:
                zone = one.zone.replace(MASK, "KEY")
                yield Entry(one.name, f"{zone}, {', '.join(one.kinds)}; {one.terms}.")


def _entries(section: str, kind: Any) -> Iterator[Block]:
    defaults = {one.name: one for one in dataclasses.fields(kind)}
    for one in fields_of(section):
        about = [one.help, *(f"`{word}`: {text}" for word, text in zip(one.choices, one.says))]
        about.append(f"It is {values(one)}. Default: {default(one, defaults[one.name])}.")
        if one.becomes and one.becomes != one.name:
            about.append(f"It results in: {one.becomes}.")
        yield Entry(one.name, " ".join(about))


def values(field: Field) -> str:
    """Return what may be written in a field."""
    if field.choices:
        which = ", ".join(f'`"{one}"`' for one in field.choices)
        return f"{'a list of' if field.kind == 'list' else 'one of'} {which}"
    if field.kind == "number":
        return f"a number, {field.lowest} to {field.highest}"
    return "a list of texts" if field.kind == "list" else "a text"


def default(answer: Field, field: dataclasses.Field[Any]) -> str:
    """Return the default of a field, as it is written in the file."""
    if field.default is dataclasses.MISSING:
        return "needed" if answer.required else "of the others"
    if answer.optional:
        return "as it is"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    shown = f'"{value}"' if isinstance(value, str) else str(value).replace("'", '"')
    return f"`{shown}`"
