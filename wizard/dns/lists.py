"""What is known of a blocklist's zone: its test points, and which replies mean what (RFC 5782)."""

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
    """One list as it is asked.

    `name` is the catalogue's or the zone, `counted` the reply filter (postconf(5),
    reject_rbl_client) of the replies that Postfix takes as a listing, "" for any; `errors` the
    filter of replies that are none; `listed` and `unlisted` the test points. `by_address` says
    that hosts' addresses are looked up, else names. `page` tells about listings, `remedy` what
    to do where the list refuses to answer, `registration` a sentence on who gets an answer at all.
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
    """Put the key into the zones that need one; without a key they keep its mark."""
    return tuple(
        replace(one, zone=one.zone.replace(MASK, key)) if key and MASK in one.zone else one
        for one in zones
    )


def matches(reply_filter: str, address: str) -> bool:
    """Whether an address passes a reply filter such as `127.0.0.[2..11;14]`; "" passes all."""
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
