"""Find names on this host that aliases(5), .forward files and tables send mail on to, and nobody has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from wizard.check.host.homes import forwarded
from wizard.check.paths.nobody import Ask, Nobody, ends_of, local_domains, reply_of
from wizard.check.tables.values import values
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.host.dovecot import people_of
from wizard.paths import ALIASES
from wizard.postfix.aliases import Aliases
from wizard.postfix.settings import Settings
from wizard.text import printable

MOST = 200
"""Targets that are followed; a server has some dozens."""
_CHECK = Check(
    "aliases.nobody", "names here that mail is sent on to", "people or aliases", fatal=False
)
_NOTICE = "main.cf: "
_NOTICES = tuple(f"{kind}_notice_recipient" for kind in ("bounce", "2bounce", "delay", "error"))
"""Parameters that name who reads notices (postconf(5), notify_classes)."""


def judge_nobody(door: Door, settings: Settings, ask: Ask = reply_of) -> Iterator[Finding]:
    """`aliases.nobody`; nothing if no mail is sent on to an address of this host."""
    nobody = Nobody(door, settings, ask)
    local = local_domains(settings)
    origin = settings.value("myorigin").lower()
    named: dict[str, str] = {}
    for where, target in islice(_targets(door, settings), MOST):
        address = (target if "@" in target else f"{target}@{origin}").lower()
        for name in ends_of(door, settings, address, local):
            named.setdefault(nobody.plain(name), f"{where} names {target}")
    if not named:
        return
    unknown = nobody.of(named)
    missing = sorted(unknown, key=lambda one: (not unknown[one], named[one].startswith(_NOTICE)))
    if not missing:
        yield _CHECK.right(f"{len(named)} of {len(named)} are known")
        return
    first = missing[0]
    where = named[first].partition(" names ")[0]
    more = f"; and {len(missing) - 1} more" if len(missing) > 1 else ""
    does = "its mail is returned" if unknown[first] else "no table has that name"
    yield _CHECK.finding(
        WRONG if unknown[first] and not where.startswith(_NOTICE) else WARNING,
        printable(f"{named[first]}, whom nobody is here: {does}{more}"),
        printable(f"Correct {where}: no user and no alias is {first}."),
    )


def _targets(door: Door, settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield where a target is named, and the target; names alone in aliases(5) are `aliases.rows`'."""
    for path, target in forwarded(people_of(door)):
        if _is_address(target):
            yield path, target.lstrip("\\")
    yield from _of_aliases(door, settings)
    for name in _NOTICES:
        if name in settings.own:
            yield f"{_NOTICE}{name}", settings.value(name)
    for name, key, value in values(door, settings, "virtual_alias_maps"):
        for target in re.split(r"[,\s]+", value):
            # A row of a whole domain keeps the name before the @.
            if target and not target.startswith("@"):
                yield f"{name}: {key}", target


def _of_aliases(door: Door, settings: Settings) -> Iterator[tuple[str, str]]:
    if not any(one.endswith(f":{ALIASES}") for one in settings.words("alias_maps")):
        return
    try:
        rows = Aliases.parse(door.read_bytes(ALIASES) or b"").rows
    except Trouble:
        return
    for name, row in rows.items():
        for one in row.targets:
            if "@" in one.text and _is_address(one.text):
                yield f"{name} in {ALIASES}", one.text.strip('"')


def _is_address(target: str) -> bool:
    return target.strip('" ')[:1] not in {"", "|", "/", ":", "@"}
