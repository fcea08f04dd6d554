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
        (*_begin(), *_sections(), *_end()),
    )


def _begin() -> Iterator[Block]:
    yield Heading("description")
    yield Paragraph(
        "The answers file is TOML, with a table for each section. A field that you leave out has its "
        'default. If the default is "no change", the parameter stays as it is. `myhostname` is always '
        "required. A certificate needs the fields of its source, such as `name` or `host`. "
        "A run saves its answers in `/etc/postfix-wizard/answers.toml`. The screens ask for the same "
        "fields."
    )
    yield Example(EXAMPLE)


def _end() -> Iterator[Block]:
    yield Heading("in the screens")
    yield Paragraph(
        "Only in a form, you may type some values in another way: a size as `50M` (52428800 bytes), "
        "and a name with a final dot, in capitals, as a URL or as `root@NAME`. The form shows what the "
        'file will have. If you empty a field whose default is "no change", a run of this section '
        "comments the parameter out in main.cf."
    )


def _sections() -> Iterator[Block]:
    for section in SECTIONS:
        yield Heading(f"`[{section}]`")
        yield from _entries(section, SECTION_TYPES[section])
        if section == "blocklists":
            yield Heading("`[[blocklists.custom]]`")
            yield Paragraph(
                "A blocklist of your own is a table of this name. `kind` is what is looked up in its DNS "
                "zone: the client's address, the sender's domain, the HELO name, or the client's name. "
                "`replies` is the filter of reject_rbl_client, such as `127.0.0.[2..11]`; if it is "
                "empty, each reply counts."
            )
            yield from _entries("blocklists.custom", CustomBlocklist)
            yield Heading("blocklists of the catalogue")
            for one in CATALOGUE:
                zone = one.zone.replace(MASK, "KEY")
                yield Entry(one.name, f"{zone}, {', '.join(one.kinds)}; {one.terms}.")


def _entries(section: str, kind: Any) -> Iterator[Block]:
    defaults = {one.name: one for one in dataclasses.fields(kind)}
    for one in fields_of(section):
        about = [f"{one.label}.", one.help]
        about += [f"`{word}`: {text}" for word, text in zip(one.choices, one.says)]
        about.append(f"Value: {values(one)}. {default(one, defaults[one.name])}.")
        if one.becomes and one.becomes != one.name:
            about.append(f"Used in: {one.becomes}.")
        yield Entry(one.name, " ".join(filter(None, about)))


def values(field: Field) -> str:
    """Return what may be written in a field."""
    if field.choices:
        which = "these" if field.says else ", ".join(f'`"{one}"`' for one in field.choices)
        return f"{'a list of' if field.kind == 'list' else 'one of'} {which}"
    if field.kind == "number":
        return f"a number, {field.lowest} to {field.highest}"
    return "a list of strings" if field.kind == "list" else "a string"


def default(answer: Field, field: dataclasses.Field[Any]) -> str:
    """Return what a field has if the file leaves it out, as it is written in the file."""
    if field.default is dataclasses.MISSING:
        return "Required" if answer.required else "Default: made from other fields"
    if answer.optional:
        return "Default: no change"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    shown = f'"{value}"' if isinstance(value, str) else str(value).replace("'", '"')
    return f"Default: `{shown}`"
