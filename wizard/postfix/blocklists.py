"""The restrictions of a blocklist in smtpd_recipient_restrictions, and the zone to test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Optional

from wizard.answers.catalogue import CATALOGUE, KINDS, NAME_POINTS, Blocklist, ListZone
from wizard.answers.rules import names, parameters
from wizard.answers.sections.blocklists import Blocklists, CustomBlocklist
from wizard.postfix.items import item
from wizard.secrets import MASK, masked, without_number


def in_use(answers: Blocklists) -> tuple[Blocklist, ...]:
    """Return the catalogue's entries that the answers name, in the catalogue's order.

    Raises ValueError for a name that the catalogue does not have.
    """
    unknown = set(answers.use) - {entry.name for entry in CATALOGUE}
    if unknown:
        raise ValueError(f"no such blocklist: {', '.join(sorted(unknown))}")
    return tuple(entry for entry in CATALOGUE if entry.name in answers.use)


def zones_to_test(answers: Blocklists) -> tuple[ListZone, ...]:
    """Return the zone of each list in use, those of the catalogue first."""
    return (*in_use(answers), *map(custom_zone, answers.custom))


def custom_zone(custom: CustomBlocklist) -> ListZone:
    """Return the zone of the operator's own list, with the usual test points."""
    kinds = (custom.kind,)
    if custom.kind == "client":
        return ListZone(custom.zone, custom.zone, custom.replies, kinds=kinds)
    # A zone may be used for addresses and for names; the name tells the two tests apart.
    name = f"{custom.zone}:names"
    return ListZone(name, custom.zone, custom.replies, kinds=kinds, points=NAME_POINTS)


def with_key(zones: Iterable[ListZone], key: str) -> tuple[ListZone, ...]:
    """Replace the mark by the key in the zones that need one; without a key the mark remains."""
    return tuple(
        replace(one, zone=one.zone.replace(MASK, key)) if key and MASK in one.zone else one
        for one in zones
    )


def custom_restriction(custom: CustomBlocklist) -> str:
    """Return the restriction for a list of the operator's own.

    Raises ValueError for an unknown kind, and for a zone or a reply filter that has several words
    or that Postfix would expand as a parameter.
    """
    if custom.kind not in KINDS:
        raise ValueError(f"no such kind of blocklist: {custom.kind!r}")
    domain = custom.zone + (f"={custom.replies}" if custom.replies else "")
    if "$" in domain or "=" in custom.zone or ":" in custom.zone:
        raise ValueError(f"not a blocklist's zone and replies: {domain!r}")
    return f"{KINDS[custom.kind]} {item(domain)}"


def read_back(restrictions: Iterable[str]) -> tuple[tuple[str, ...], tuple[CustomBlocklist, ...]]:
    """Return the catalogue names in use and the operator's own lists, from main.cf's restrictions.

    A catalogue entry is in use if its first line is there exactly. Other restrictions that the
    answers can express are lists of the operator's own.
    """
    by_key = {_open_key(one).lower(): one for one in restrictions}
    used = tuple(entry for entry in CATALOGUE if entry.rejects[0] in by_key)
    known = {line for entry in used for line in entry.rejects}
    custom = [parse_custom(one) for key, one in by_key.items() if key not in known]
    return tuple(entry.name for entry in used), tuple(one for one in custom if one)


_KEYED_LINES = frozenset(
    line.lower() for entry in CATALOGUE if MASK in entry.zone for line in entry.rejects
)


def _open_key(restriction: str) -> str:
    """Return a restriction with the mark in the place of a key of the catalogue's lists."""
    shown = masked(restriction)
    return shown if shown.lower() in _KEYED_LINES else restriction


def needs_key(answers: Blocklists) -> bool:
    """True if a list in use needs the key from the key file."""
    return any(MASK in entry.zone for entry in in_use(answers))


def parse_custom(restriction: str) -> Optional[CustomBlocklist]:
    """Return the list of a restriction, None if the answers cannot express it."""
    words = restriction.split(" ")
    kinds = {name: kind for kind, name in KINDS.items()}
    if len(words) != len(("restriction", "domain")) or words[0].lower() not in kinds:
        return None
    if words[1][0] in "${":
        return None
    zone, _, replies = words[1].partition("=")
    try:
        names.fqdn(without_number(zone).replace(MASK, "key"))
        parameters.replies(replies)
    except ValueError:
        return None
    return CustomBlocklist(zone, kinds[words[0].lower()], replies)
