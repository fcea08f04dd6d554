"""The lookup tables that a parameter names (postconf(5), DATABASE_README)."""

from __future__ import annotations

import re

_TABLE = re.compile(r"(?:proxy:)?([a-z][a-z0-9]*):(/[^\s,{}]+)")


def tables_in(value: str) -> list[tuple[str, str]]:
    """Return the type and path of each table of files in a value, as in `hash:/a, proxy:hash:/b`.

    Items are separated by blanks or commas. Tables without a path of their own (inline, static, pgsql)
    are not among them.
    """
    return _TABLE.findall(value)
