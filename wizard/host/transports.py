"""Query transport_maps for domains: where mail for them goes, whatever their class (transport(5))."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.postmap import look_up

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
    keys = {one: (one.lower(), *_parents(one.lower()), ALL) for one in domains}
    rows: dict[str, str] = {}
    unknown = []
    for table in tables:
        wanted = sorted({key for these in keys.values() for key in these} - rows.keys())
        try:
            rows.update(look_up(door, table, wanted))
        except Trouble:
            unknown.append(table)
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
