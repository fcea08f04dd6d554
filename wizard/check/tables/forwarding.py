"""Find mail that leads to other servers: by aliases(5), .forward files and virtual_alias_maps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Optional

from wizard.check.host.homes import forwarded
from wizard.check.tables.values import values
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding
from wizard.host.dovecot import people_of
from wizard.host.postmap import look_up
from wizard.paths import ALIASES
from wizard.postfix.aliases import Aliases
from wizard.postfix.classes import NONE, QUERIED, Classes
from wizard.postfix.forwarding import HELPS, LOSES, IsLocal, forwarding_aliases, is_outside, named
from wizard.postfix.settings import Settings

MOST = 200
"""Rows and files that are counted."""
_FORWARDING = Check(
    "aliases.forwarding", "mail that is sent on to other servers", "none", fatal=False
)


def judge_forwarding(door: Door, settings: Settings) -> Iterator[Finding]:
    """`aliases.forwarding`: what SPF and DMARC make of it; nothing if no mail is sent on."""
    found = list(islice(_found(door, settings), MOST))
    if found:
        yield _FORWARDING.warning(f"{named(found)}: {LOSES}", HELPS)


def _found(door: Door, settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield where mail is sent on from, and the address that it is sent to."""
    is_local = _local(door, settings)
    if any(one.endswith(f":{ALIASES}") for one in settings.words("alias_maps")):
        try:
            text = door.read_bytes(ALIASES) or b""
        except Trouble:
            text = b""
        yield from forwarding_aliases(Aliases.parse(text), is_local)
    for path, target in forwarded(people_of(door)):
        if is_outside(target, is_local):
            yield path, target
    for _, key, value in values(door, settings, "virtual_alias_maps"):
        for target in value.replace(",", " ").split():
            # A row of a whole domain keeps the name before the @.
            if is_outside(target, is_local):
                yield key, target


def _local(door: Door, settings: Settings) -> IsLocal:
    """Return what tells whether a domain has a class; one whose class is not known counts as such."""
    classes = Classes(
        {name: settings.value(name) for name in QUERIED},
        lambda table, keys: _had(door, table, keys),
        lambda path: _text(door, path),
    )
    known: dict[str, bool] = {}

    def is_local(domain: str) -> bool:
        if domain not in known:
            known[domain] = classes.of([domain])[domain] != NONE
        return known[domain]

    return is_local


def _had(door: Door, table: str, keys: Collection[str]) -> Optional[frozenset[str]]:
    try:
        return frozenset(look_up(door, table, sorted(keys)))
    except Trouble:
        return None  # `tables` tells of it


def _text(door: Door, path: str) -> Optional[str]:
    try:
        return door.read_text(path)
    except Trouble:
        return None
