"""Look keys up in a table with postmap(1), which reads it as Postfix does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wizard.door import Door, Outcome
from wizard.errors import Trouble
from wizard.text import clean

NOT_FOUND = 1
"""The exit status where no key is in the table, and where the table cannot be read."""

_OF_MAIN_CF = re.compile(rb"\S+: warning: \S*/main\.cf\b")
"""Warnings about main.cf, which every Postfix command prints; another finding reports them."""


def complaints(outcome: Outcome) -> list[str]:
    """Return the lines that postmap complains of, cleaned, without those that are no fault of the table."""
    lines = (line for line in outcome.stderr.splitlines() if not _OF_MAIN_CF.match(line))
    return [one for one in map(clean, lines) if one]


def look_up(door: Door, table: str, keys: Sequence[str]) -> dict[str, str]:
    """Return the rows that a table (TYPE:NAME) has for keys, by key in lower case.

    proxymap(8) is passed by: root opens a table without it. Raises Trouble for a table that fails.
    """
    plain = [one for one in keys if one.isprintable() and one == one.strip()]
    data = "".join(f"{one}\n" for one in plain).encode("utf-8", "surrogateescape")
    doing = f"looking up in {table}"
    done = door.run(("postmap", "-q", "-", re.sub("^proxy:", "", table)), data=data)
    if done is None:
        raise Trouble(doing, "there is no postmap", "Install Postfix.")
    faults = complaints(done) if done.code else []
    if faults or done.code not in {0, NOT_FOUND}:
        wrong = faults[-1] if faults else f"postmap ended with {done.code}"
        raise Trouble(doing, wrong, "Correct the table.")
    rows = (line.partition("\t") for line in done.text.splitlines())
    return {key.lower(): value.strip() for key, tab, value in rows if tab}
