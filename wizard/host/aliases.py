"""Who reads mail for whom: /etc/aliases, its table, and the users of passwd(5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Aliases, FileFacts, User, missing_file
from wizard.host.files import read_of_section
from wizard.host.main_cf import expanded
from wizard.host.postfix import INDEX_SUFFIX, read_table
from wizard.paths import ALIASES

MAX_LINES = 50_000
"""Lines: forty thousand aliases, and comments. More take longer than a second."""
MAX_COMMAS = 50_000
"""Commas: the targets of all rows are read in at most a second."""

_UID = re.compile(r"[0-9]{1,10}")
"""A user's number has 32 bits; int() refuses thousands of digits."""
_TABLE = re.compile(rf"(?:proxy:)?([a-z]+):{ALIASES}")


def read_aliases_file(door: Door) -> FileFacts:
    """Read the file. Never raises, since most plans do not need it."""
    file = read_of_section(door, ALIASES)
    why = file.why or too_many(file.live or b"", file.original or b"")
    return replace(missing_file(ALIASES), why=why) if why else file


def read_aliases(
    door: Door, file: FileFacts, parameters: Mapping[str, str], default_type: str
) -> Aliases:
    """Return the rows of the table, if the file can be read. Never raises.

    `parameters` are main.cf's own (`postconf -n`).
    """
    table_type = alias_type(parameters, default_type)
    if file.why:
        return Aliases(table_type)
    try:
        return Aliases(table_type, read_table(door, table_type, ALIASES, "postalias"))
    except Trouble as trouble:
        return Aliases(table_type, why_no_rows=trouble.wrong)


def too_many(*texts: bytes) -> str:
    """Return which limit one of these texts exceeds, "" for none. At the limits an edit takes 1 s."""
    for what, sign, most in (("lines", b"\n", MAX_LINES), ("commas", b",", MAX_COMMAS)):
        found = max(text.count(sign) for text in texts)
        if found > most:
            return f"it has {found} {what}, and the wizard edits at most {most}"
    return ""


def alias_type(parameters: Mapping[str, str], default_type: str) -> str:
    """Return the type of the table of /etc/aliases that alias_maps looks up, "" for none.

    Postfix's own default names it too.
    """
    known = {
        "default_database_type": default_type,
        "alias_database": f"{default_type}:{ALIASES}",
        **parameters,
    }
    value = known.get("alias_maps", "$alias_database")
    for _ in range(2):
        value = expanded(value, lambda name: known.get(name, ""))
    found = (_TABLE.fullmatch(word) for word in re.split(r"[,\s]+", value))
    return next((one[1] for one in found if one and one[1] in INDEX_SUFFIX), "")


def read_users(door: Door) -> tuple[User, ...]:
    """Return the users of /etc/passwd, none where it cannot be read."""
    rows = passwd_rows(door.readable_text("/etc/passwd"))
    return tuple(User(fields[0], int(fields[2])) for fields in rows)


def passwd_rows(text: str) -> Iterator[list[str]]:
    """Yield the fields of each line of passwd(5) that has the number of a user."""
    for fields in (line.split(":") for line in text.splitlines()):
        if len(fields) > 2 and _UID.fullmatch(fields[2]):  # noqa: PLR2004 (name:password:uid)
            yield fields
