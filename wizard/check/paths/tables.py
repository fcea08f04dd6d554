"""Query the tables that rewrite a recipient, with the programs that Postfix brings (postmap(1))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.postmap import look_up
from wizard.postfix.settings import Settings

MOST_STEPS = 40
"""Rows that are followed from one address; a server has one or two."""

MOST = 20
"""How many addresses that one leads to are followed."""

_REWRITES = ("recipient_canonical_maps", "canonical_maps", "virtual_alias_maps")
"""The tables of cleanup(8) for a recipient, in its order."""


@dataclass(frozen=True)
class Step:
    """What a table made of an address: the parameter that names the table, and the addresses."""

    parameter: str
    address: str
    becomes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.parameter}: {self.address} becomes {', '.join(self.becomes)}"


@dataclass(frozen=True)
class Rewritten:
    """What cleanup(8) makes of a recipient: the addresses at the end and the steps there.

    `fault` is why that is not known, or that it has no end; else "".
    """

    ends: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    fault: str = ""
    has_no_end: bool = False


def rewritten(door: Door, settings: Settings, address: str) -> Rewritten:
    """Follow a recipient through canonical_maps and virtual_alias_maps. Never raises."""
    steps: list[Step] = []
    try:
        now = address
        for name in _REWRITES[:2]:
            step = _step(door, settings, name, now)
            if step is not None and step.becomes and step.becomes[0] != now:
                steps.append(step)
                now = step.becomes[0]
        return _aliases(door, settings, now, steps)
    except Trouble as trouble:
        return Rewritten((), tuple(steps), fault=trouble.wrong)


def _aliases(door: Door, settings: Settings, address: str, steps: list[Step]) -> Rewritten:
    """Follow virtual_alias_maps until nothing changes. Raises Trouble for a failing table."""
    name = _REWRITES[2]
    ends: list[str] = []
    waiting: list[tuple[str, ...]] = [(address,)]
    expanded: set[str] = set()
    while waiting and len(ends) < MOST and len(steps) < MOST_STEPS:
        way = waiting.pop(0)
        now = way[-1]
        if now in way[:-1]:
            return Rewritten(tuple(ends), tuple(steps), f"{name} leads {now} round", True)
        if now in expanded:
            continue
        expanded.add(now)
        step = _step(door, settings, name, now)
        if step is None or step.becomes == (now,):
            ends.append(now)
            continue
        if not step.becomes:
            return Rewritten(
                tuple(ends), tuple(steps), f"{name}: the row of {now} has no address", True
            )
        steps.append(step)
        # An address that a row names itself is an end (virtual(5)).
        ends += [one for one in step.becomes if one == now]
        waiting += [(*way, one) for one in step.becomes if one != now]
    return Rewritten(tuple(dict.fromkeys(ends)), tuple(steps))


def _step(door: Door, settings: Settings, name: str, address: str) -> Optional[Step]:
    tables = settings.words(name)
    if not tables:
        return None
    keys = tuple(_keys(settings, address))
    rows = [look_up(door, table, keys) for table in tables]
    for key in keys:
        for found in rows:
            if key in found:
                return Step(name, address, tuple(_addresses(settings, found[key], address)))
    return None


def _keys(settings: Settings, address: str) -> Iterator[str]:
    """Yield the keys of an address in the order of virtual(5) and canonical(5)."""
    user, _, domain = address.lower().rpartition("@")
    delimiters = settings.value("recipient_delimiter")
    plain = re.split(f"[{re.escape(delimiters)}]", user)[0] if delimiters else user
    names = tuple(dict.fromkeys((user, plain or user)))
    yield from (f"{one}@{domain}" for one in names)
    if domain in {one.lower() for one in settings.words("mydestination")} | {
        settings.value("myorigin").lower()
    }:
        yield from names
    yield f"@{domain}"


def _addresses(settings: Settings, value: str, address: str) -> Iterator[str]:
    user = address.rpartition("@")[0]
    for word in re.split(r"[,\s]+", value.strip()):
        if word.startswith("@"):
            yield f"{user}{word.lower()}"
        elif "@" in word:
            yield word.lower()
        elif word:
            yield f"{word}@{settings.value('myorigin')}".lower()
