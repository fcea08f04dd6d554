"""Print docs/answers.md: every field of the answers file, from the fields themselves.

    .venv/bin/python scripts/answers_page.py >docs/answers.md

A test compares the page with the fields.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from wizard.answers.catalogue import CATALOGUE
from wizard.answers.fields import SECTION_TYPES, fields_of
from wizard.answers.model import SECTIONS
from wizard.answers.sections.blocklists import CustomBlocklist
from wizard.manual.answers import default, values
from wizard.secrets import MASK

HEAD = """# The answers file

Made by `scripts/answers_page.py` from the fields; do not edit it by hand.

TOML. A field that is not there has its default. Where that is "as it is", a file without the field does not change the line
of main.cf; in a run of single sections, the emptied field of the form comments the line out. `[hostname] myhostname` is
always needed, and for each source of a certificate what that needs (`name`, `host`, two files). The screens ask for the same
fields by the same rules. In a form, and only there, some values may be typed as people write them, and the form shows what
they become: a size (`50M` is 52428800 bytes), a name with a final dot, in capitals, as a URL or as `root@NAME`, another server also as `USER@NAME`.
`postfix-wizard apply` saves the answers in `/etc/postfix-wizard/answers.toml`, root's, 0600. `examples/` has whole files.
"""
_CUSTOM = """
A list of your own is a table of its own, `[[blocklists.custom]]`, with these fields:
"""
_LISTS = """
The lists of the catalogue, [blocklists.md](blocklists.md):
"""


def text() -> str:
    """Return the whole page."""
    return "\n".join((HEAD, *_sections()))


def _sections() -> Iterator[str]:
    for section in SECTIONS:
        yield f"## [{section}]\n"
        yield from _table(section, SECTION_TYPES[section])
        if section == "blocklists":
            yield _CUSTOM
            yield from _table("blocklists.custom", CustomBlocklist)
            yield _LISTS
            yield from _catalogue()
        yield ""


def _catalogue() -> Iterator[str]:
    yield "| list | zone | kind | free for whom |"
    yield "|---|---|---|---|"
    for one in CATALOGUE:
        zone = one.zone.replace(MASK, "KEY")
        yield f"| `{one.name}` | {zone} | {', '.join(one.kinds)} | {one.terms} |"


def _table(section: str, kind: Any) -> Iterator[str]:
    defaults = {one.name: one for one in fields(kind)}
    yield "| field | value | default | becomes | what it is |"
    yield "|---|---|---|---|---|"
    for one in fields_of(section):
        cells = (
            f"`{one.name}`",
            values(one),
            default(one, defaults[one.name]),
            one.becomes,
            " ".join(
                (one.help, *(f"`{word}`: {text}" for word, text in zip(one.choices, one.says)))
            ),
        )
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    print(text(), end="")
