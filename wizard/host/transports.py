"""Query transport_maps for domains: where mail for them goes, whatever their class (transport(5))."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from wizard.door import Door
from wizard.errors import Trouble

ALL = "*"
_AWAY = frozenset({"smtp", "relay", "error", "discard", "retry", "uucp"})
"""Transports that deliver nothing on this host (master(5))."""


@dataclass(frozen=True)
class Transports:
    """The transport of each domain that leaves this host, and the tables that do not answer."""

    away: Mapping[str, str]
    unknown: tuple[str, ...] = ()


def transports(door: Door, tables: Sequence[str], domains: Collection[str]) -> Transports:
    """Return where transport_maps sends mail for these domains. Never raises."""
    keys = {one: (one, *_parents(one), ALL) for one in domains}
    rows: dict[str, str] = {}
    unknown = []
    for table in tables:
        wanted = sorted({key for these in keys.values() for key in these} - rows.keys())
        found = _query(door, table, wanted)
        if found is None:
            unknown.append(table)
        else:
            rows.update(found)
    away = {
        domain: rows[key]
        for domain, these in keys.items()
        for key in [next((one for one in these if one in rows), "")]
        if key and rows[key].partition(":")[0] in _AWAY
    }
    return Transports(away, tuple(unknown))


def _parents(domain: str) -> tuple[str, ...]:
    parts = domain.split(".")
    return tuple(f".{'.'.join(parts[at:])}" for at in range(1, len(parts)))


def _query(door: Door, table: str, keys: Sequence[str]) -> Mapping[str, str] | None:
    """Return the rows of these keys, None if the table does not answer (postmap(1) -q -)."""
    argv = ("postmap", "-q", "-", re.sub("^proxy:", "", table))
    try:
        outcome = door.run(argv, data="".join(f"{one}\n" for one in keys).encode())
    except Trouble:
        return None
    # It exits with 1 if it has none of the keys, and if it cannot read the table.
    if outcome is None or outcome.code not in {0, 1}:
        return None
    # What it says of main.cf is no fault of the table.
    if outcome.code and any("/main.cf" not in line for line in outcome.complaints):
        return None
    rows = (line.partition("\t") for line in outcome.text.splitlines())
    return {key: value.strip() for key, _, value in rows}
