"""Find mail that leads to other servers: by aliases(5), .forward files and virtual_alias_maps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from wizard.check.host.homes import forwarded
from wizard.check.tables.values import values
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding
from wizard.host.dovecot import people_of
from wizard.host.postmap import look_up
from wizard.paths import ALIASES
from wizard.postfix.aliases import Aliases
from wizard.postfix.forwarding import HELPS, LOSES, IsLocal, forwarding_aliases, is_outside, named
from wizard.postfix.settings import Settings

MOST = 200
"""Rows and files that are counted."""
_LISTS = ("mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains")
_TABLE_SIGNS = (":", "/")
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
    listed = [one for name in _LISTS for one in settings.words(name)]
    names = {one.lower() for one in listed if not one.startswith(_TABLE_SIGNS) and ":" not in one}
    tables = [one for one in listed if ":" in one]
    known: dict[str, bool] = {}

    def is_local(domain: str) -> bool:
        if domain not in known:
            known[domain] = domain in names or any(_has(door, one, domain) for one in tables)
        return known[domain]

    return is_local


def _has(door: Door, table: str, domain: str) -> bool:
    try:
        return domain in look_up(door, table, [domain])
    except Trouble:
        return True  # `tables` tells of it
