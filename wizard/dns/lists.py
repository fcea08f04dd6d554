"""A blocklist's zone: its test points and the meaning of its replies (RFC 5782)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from wizard.answers.catalogue import ADDRESS_POINTS, ERRORS
from wizard.secrets import MASK

_OCTET = re.compile(r"\[([0-9.;]+)\]|([0-9]+)")
_OCTETS = 4


@dataclass(frozen=True)
class ListZone:
    """One list, with all that is needed to test it.

    `name` is that of the catalogue, or the zone. `counted` is the reply filter (postconf(5),
    reject_rbl_client) of the replies that Postfix takes as a listing, "" for any. `errors` is the
    filter of error replies. `listed` and `unlisted` are the test points. `by_address` is True for
    a list of addresses, False for one of names. `page` explains listings, `remedy` says what to
    do if the list refuses to answer, `registration` who gets an answer at all.
    """

    name: str
    zone: str
    counted: str = ""
    errors: str = ERRORS
    listed: str = ADDRESS_POINTS[0]
    unlisted: str = ADDRESS_POINTS[1]
    by_address: bool = True
    page: str = ""
    remedy: str = ""
    registration: str = ""


def with_key(zones: Iterable[ListZone], key: str) -> tuple[ListZone, ...]:
    """Replace the mark by the key in the zones that need one; without a key the mark remains."""
    return tuple(
        replace(one, zone=one.zone.replace(MASK, key)) if key and MASK in one.zone else one
        for one in zones
    )


def matches(reply_filter: str, address: str) -> bool:
    """True if an address matches a reply filter such as `127.0.0.[2..11;14]`; "" matches all."""
    if not reply_filter:
        return True
    patterns = _OCTET.findall(reply_filter)
    octets = address.split(".")
    if len(octets) != _OCTETS or not all(octet.isdecimal() for octet in octets):
        return False
    return len(patterns) == _OCTETS and all(
        _passes(choices or number, int(octet)) for (choices, number), octet in zip(patterns, octets)
    )


def _passes(choices: str, octet: int) -> bool:
    for choice in choices.split(";"):
        lowest, _, highest = choice.partition("..")
        numbers = lowest.isdecimal() and (not highest or highest.isdecimal())
        if numbers and int(lowest) <= octet <= int(highest or lowest):
            return True
    return False
